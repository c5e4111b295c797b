"""Whether an intent is carried out: each criterion alone decides, and the sign is the right one."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.intent_rule import (
    IntentFacts,
    IntentThresholds,
    PersonFacts,
    decide,
    ruled,
)
from asgard_basis.domain.strategy.market_evaluation import (
    MarketEvaluation,
    entry_bounds,
    market_checks,
)

MARKET = MarketEvaluation(
    asset=Asset.JITOSOL,
    protocol=LendingProtocol.KAMINO,
    leverage=Decimal(2),
    mark_price=Decimal(150),
    funding_now=Decimal("0.1095"),
    funding_next=Decimal("0.1095"),
    funding_volatility=Decimal("0.18"),
    net_apr=Decimal("0.166"),
    break_even_days=Decimal(11),
    safe_leverage=Decimal("2.7"),
    borrow_share=Decimal("0.54"),
    lender_free_usdc=Decimal(1_000_000),
    price_deviation=Decimal("0.0001"),
    lst_discount=Decimal("-0.0003"),
)
FACTS = IntentFacts(MARKET, PersonFacts(positions_held=0), Decimal(1200))
BOUNDS = entry_bounds(RiskLimits())
ASKED = EntryCriteria(
    min_funding_apr=Decimal("0.10"),
    max_entry_price=Decimal(160),
    min_net_apr=Decimal("0.10"),
    max_break_even_days=Decimal(14),
)
LIMITS = IntentThresholds(ASKED, BOUNDS)


def market(**changes: Any) -> IntentFacts:
    return replace(FACTS, market=replace(MARKET, **changes))


def person(**changes: Any) -> IntentFacts:
    return replace(FACTS, person=replace(FACTS.person, **changes))


def test_it_is_carried_out_when_everything_holds() -> None:
    ruling = decide(FACTS, LIMITS)
    assert ruling.verdict is Verdict.ENTER
    assert all(check.passed for check in ruling.criteria)


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (market(funding_now=Decimal("0.0999")), "short_earns_now"),
        (market(funding_now=Decimal("-0.5")), "short_earns_now"),
        (market(funding_next=Decimal("0.0999")), "short_earns_next"),
        (market(funding_next=None), "short_earns_next"),
        (market(net_apr=Decimal("0.0999")), "net"),
        (market(net_apr=None), "net"),
        (market(funding_volatility=Decimal("0.51")), "steady"),
        (market(funding_volatility=None), "steady"),
        (market(break_even_days=Decimal("14.1")), "break_even"),
        (market(break_even_days=None), "break_even"),
        (market(mark_price=Decimal("160.01")), "entry_price"),
        (market(lender_free_usdc=Decimal(647)), "lender_capacity"),
        (market(lender_free_usdc=None), "lender_capacity"),
        (market(protocol=None), "lender"),
        (market(unfit=("price: 40 s old, at most 30 s",)), "fresh_data"),
        (market(price_deviation=Decimal("0.006")), "prices_agree"),
        (market(price_deviation=None), "prices_agree"),
        (market(lst_discount=Decimal("0.02")), "lst_value"),
        (market(lst_discount=None), "lst_value"),
        (person(is_opening=True), "one_at_a_time"),
        (person(held_back="The short could not be filled."), "not_held_back"),
    ],
)
def test_one_thing_missing_makes_it_wait(facts: IntentFacts, key: str) -> None:
    ruling = decide(facts, LIMITS)
    assert ruling.failing == (key,)
    assert ruling.verdict is Verdict.WAIT
    missing = next(check for check in ruling.criteria if check.key == key)
    assert missing.figure
    assert missing.limit
    assert missing.label in ruling.reason


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (market(safe_leverage=Decimal("1.9")), "safe_leverage"),
        (person(paused="The kill switch is on: drill"), "not_paused"),
        (person(positions_held=3), "own_limits"),
    ],
)
def test_what_waiting_does_not_mend_is_refused(facts: IntentFacts, key: str) -> None:
    worse = replace(facts, market=replace(facts.market, funding_now=Decimal("-0.1")))
    for some in (facts, worse):
        ruling = decide(some, LIMITS)
        assert ruling.verdict is Verdict.REFUSE
        assert key in ruling.failing
    failing = next(check for check in ruling.criteria if check.key == key)
    assert failing.label in ruling.reason
    assert failing.remedy


def test_whoever_asks_for_nothing_still_never_pays() -> None:
    nothing = IntentThresholds(EntryCriteria(), BOUNDS)
    assert decide(FACTS, nothing).verdict is Verdict.ENTER
    for facts in (
        market(funding_now=Decimal(0)),
        market(funding_next=Decimal(0)),
        market(net_apr=Decimal(0)),
    ):
        assert decide(facts, nothing).verdict is Verdict.WAIT


RATES = st.decimals(min_value="-3", max_value="3", places=4)
PEOPLE = st.builds(
    PersonFacts,
    positions_held=st.integers(0, 4),
    is_opening=st.booleans(),
    paused=st.none() | st.just("You have paused opening: holidays"),
    held_back=st.none() | st.just("Refused."),
)
MARKETS = st.builds(
    replace,
    st.just(MARKET),
    asset=st.sampled_from(Asset),
    funding_now=RATES,
    funding_next=st.none() | RATES,
    net_apr=st.none() | RATES,
    funding_volatility=st.none() | st.decimals("0", "2", places=3),
    unfit=st.sampled_from([(), ("price: too old",)]),
)
WISHES = st.builds(
    EntryCriteria,
    min_funding_apr=st.none() | st.decimals("0", "1", places=3),
    max_funding_volatility=st.decimals("0", "2", places=3),
    min_net_apr=st.none() | st.decimals("0", "1", places=3),
)


@given(MARKETS, PEOPLE, WISHES)
def test_the_shared_evaluation_rules_as_the_rule_does(
    at: MarketEvaluation, who: PersonFacts, wish: EntryCriteria
) -> None:
    facts, thresholds = IntentFacts(at, who, Decimal(500)), IntentThresholds(wish, BOUNDS)
    ruling = decide(facts, thresholds)
    assert ruled(market_checks(at, BOUNDS), facts, thresholds) == ruling
    if ruling.verdict is Verdict.ENTER:
        floor = wish.min_funding_apr or Decimal(0)
        assert at.funding_now > 0
        assert at.funding_next is not None
        assert at.funding_next > 0
        assert min(at.funding_now, at.funding_next) >= floor
        assert who.paused is None
        assert not at.unfit


@given(MARKETS, WISHES, st.decimals("0.001", "2", places=3))
def test_asking_for_less_is_never_harder(
    at: MarketEvaluation, wish: EntryCriteria, less: Decimal
) -> None:
    facts = IntentFacts(at, PersonFacts(0), Decimal(500))
    asked = wish.min_funding_apr or Decimal(0)
    easier = replace(wish, min_funding_apr=max(Decimal(0), asked - less))
    hard = decide(facts, IntentThresholds(wish, BOUNDS))
    if hard.verdict is Verdict.ENTER:
        assert decide(facts, IntentThresholds(easier, BOUNDS)).verdict is Verdict.ENTER
