"""When a strategy enters, what it waits for, what it is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.autonomous import decide, needs_purse
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.entry_choice import (
    LastClose,
    Purse,
    StrategyEntryFacts,
    chosen,
    entry_thresholds,
)
from asgard_basis.domain.strategy.evaluation import (
    StrategyFunding,
    StrategyMarket,
    StrategyOffer,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OFFER = StrategyOffer(
    asset=Asset.SOL,
    protocol=LendingProtocol.KAMINO,
    leverage=Decimal("2.5"),
    safe_leverage=Decimal("2.7"),
    net_apr=Decimal("0.25"),
    cost_share=Decimal("0.004"),
    collateral_share=Decimal("0.55"),
    capacity_usd=Decimal(10**6),
)
FUNDING = StrategyFunding(Decimal("0.2"), Decimal("0.21"), Decimal("0.22"), Decimal("0.2"))
FACTS = StrategyEntryFacts(
    now=NOW,
    market=StrategyMarket(FUNDING, (OFFER,)),
    positions_held=0,
    in_positions_usd=Decimal(0),
    trades_today=0,
    enabled_at=NOW - timedelta(days=1),
    last_close=None,
    purse=Purse(Decimal(6000), Decimal(1), Decimal(4000)),
)
WISH = StrategyConfig(enabled=True)
LIMITS = RiskLimits()


def ruled(facts: StrategyEntryFacts = FACTS, **wish: Any) -> Ruling:
    return decide(facts, entry_thresholds(replace(WISH, **wish), LIMITS))


def having(**funding: Any) -> StrategyEntryFacts:
    return replace(FACTS, market=replace(FACTS.market, funding=replace(FUNDING, **funding)))


def offering(*offers: StrategyOffer) -> StrategyEntryFacts:
    return replace(FACTS, market=replace(FACTS.market, offers=offers))


def test_it_enters_where_everything_holds_with_a_share_of_the_money() -> None:
    ruling = ruled()
    assert (ruling.verdict, ruling.measure) == (Verdict.ENTER, "2500")
    choice = chosen(FACTS, entry_thresholds(WISH, LIMITS))
    assert choice is not None
    assert (choice.asset, choice.leverage) == (Asset.SOL, Decimal("2.5"))


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (having(now=Decimal("0.0547")), "short_earns_now"),
        (having(now=Decimal("-0.2")), "short_earns_now"),
        (having(predicted=Decimal("0.0547")), "short_earns_next"),
        (having(predicted=None), "short_earns_next"),
        (having(day=Decimal("0.0547")), "short_earns_day"),
        (having(day=None), "short_earns_day"),
        (having(volatility=Decimal("0.51")), "steady"),
        (having(volatility=None), "steady"),
        (offering(), "pays"),
        (offering(replace(OFFER, net_apr=Decimal("0.19"))), "pays"),
        (offering(replace(OFFER, capacity_usd=Decimal(99))), "pays"),
        (replace(FACTS, positions_held=2), "own_limits"),
        (replace(FACTS, is_busy=True), "one_at_a_time"),
        (replace(FACTS, last_close=LastClose(NOW - timedelta(minutes=29), 30)), "cooldown"),
    ],
)
def test_it_waits_for_what_passes_by_itself(facts: StrategyEntryFacts, key: str) -> None:
    ruling = ruled(facts)
    assert ruling.verdict is Verdict.WAIT
    assert key in ruling.failing


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (replace(FACTS, paused="The operator has paused opening: review"), "not_paused"),
        (replace(FACTS, trades_today=20), "daily_trades"),
        (replace(FACTS, held_back="Opening is held back until 13:00"), "not_held_back"),
        (replace(FACTS, refused="WAL-0001 Not enough SOL"), "preflight"),
    ],
)
def test_it_is_refused_what_somebody_forbids(facts: StrategyEntryFacts, key: str) -> None:
    ruling = ruled(facts)
    assert (ruling.verdict, ruling.failing) == (Verdict.REFUSE, (key,))


def test_data_that_cannot_be_believed_is_waited_for() -> None:
    blind = replace(FACTS.market, unfit=("price: 31 s old",), is_blind=True)
    ruling = ruled(replace(FACTS, market=blind))
    assert (ruling.verdict, ruling.failing) == (Verdict.WAIT, ("fresh_data",))
    one_lender = replace(FACTS.market, unfit=("Marginfi SOL lender: 200 s old",))
    assert ruled(replace(FACTS, market=one_lender)).verdict is Verdict.ENTER


def test_the_best_offer_after_costs_is_taken() -> None:
    dear = replace(OFFER, asset=Asset.INF, net_apr=Decimal("0.26"), cost_share=Decimal("0.01"))
    better = replace(OFFER, asset=Asset.JITOSOL, net_apr=Decimal("0.27"))
    facts = offering(OFFER, dear, better)
    choice = chosen(facts, entry_thresholds(WISH, LIMITS))
    assert choice is not None
    assert choice.asset is Asset.JITOSOL
    patient = entry_thresholds(replace(WISH, planned_hold_days=365), LIMITS)
    assert chosen(offering(OFFER, dear), patient) is not None


def test_without_asking_venues_money_alone_is_missing() -> None:
    ruling = ruled(replace(FACTS, purse=None))
    assert (ruling.verdict, needs_purse(ruling)) == (Verdict.WAIT, True)
    assert not needs_purse(ruled(replace(having(now=Decimal(0)), purse=None)))


@pytest.mark.parametrize(
    ("purse", "told"),
    [
        (Purse(Decimal(0), Decimal(1), Decimal(0)), "USDC to Solana"),
        (Purse(Decimal(500), Decimal(1), Decimal(10)), "more to Hyperliquid"),
        (Purse(Decimal(500), Decimal(0), Decimal(500)), "SOL to Solana"),
        (Purse(Decimal(100), Decimal(1), Decimal(100)), "is less than $100.00"),
    ],
)
def test_who_has_too_little_is_told_what_is_missing(purse: Purse, told: str) -> None:
    ruling = ruled(replace(FACTS, purse=purse))
    assert (ruling.verdict, ruling.failing) == (Verdict.WAIT, ("funds",))
    (funds,) = [check for check in ruling.criteria if check.key == "funds"]
    assert funds.remedy is not None
    assert told in funds.remedy


def test_without_reopening_it_enters_once_until_it_is_started_again() -> None:
    closed = replace(FACTS, last_close=LastClose(NOW - timedelta(hours=5), 30))
    assert ruled(closed, auto_reopen=True).verdict is Verdict.ENTER
    assert ruled(closed, auto_reopen=False).failing == ("reopens",)
    started_again = replace(closed, enabled_at=NOW - timedelta(hours=4))
    assert ruled(started_again, auto_reopen=False).verdict is Verdict.ENTER


@settings(deadline=None)
@given(
    frozen=st.integers(5, 10_080),
    wished=st.integers(5, 10_080),
    passed=st.integers(0, 12_000),
)
def test_no_edit_of_the_wish_shortens_a_cooldown(frozen: int, wished: int, passed: int) -> None:
    facts = replace(FACTS, last_close=LastClose(NOW - timedelta(minutes=passed), frozen))
    is_open = ruled(facts, cooldown_minutes=wished).verdict is Verdict.ENTER
    assert is_open is (passed >= frozen)


money = st.decimals(0, 500_000, places=2)


@settings(deadline=None)
@given(
    purse=st.builds(Purse, money, st.just(Decimal(1)), money),
    held=money,
    pct=st.decimals("0.01", 1, places=2),
    share=st.decimals("0.3", "0.8", places=3),
    capacity=money,
)
def test_no_size_is_beyond_what_is_there_or_allowed(
    purse: Purse, held: Decimal, pct: Decimal, share: Decimal, capacity: Decimal
) -> None:
    facts = replace(
        offering(replace(OFFER, collateral_share=share, capacity_usd=capacity)),
        purse=purse,
        in_positions_usd=held,
    )
    choice = chosen(facts, entry_thresholds(replace(WISH, max_position_pct=pct), LIMITS))
    if choice is None:
        return
    size = choice.size_usd
    assert LIMITS.size_min_usd <= size <= LIMITS.size_max_usd
    assert size * share <= purse.solana_usdc
    assert size * (1 - share) <= purse.margin_usdc
    assert size <= capacity
    assert size <= (purse.solana_usdc + purse.margin_usdc + held) * pct
