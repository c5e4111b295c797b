"""What is told of the next step is what the rules do there, and not before."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.risk.engine import decide
from asgard_basis.domain.risk.facts import RiskFacts
from asgard_basis.domain.risk.outlook import Step, outlook
from tests.unit.domain.risk.pairs import LIMITS, facts


def test_a_pair_of_two_is_defended_first_on_both_sides() -> None:
    below, above = outlook(facts(), LIMITS)
    assert below == Step("room", Verdict.REDUCE, D("73.5294"))
    assert above is not None
    assert (above.rule, above.action) == ("room", Verdict.REDUCE)
    assert D(127) < above.price < D(128)


def test_what_is_due_now_stands_at_the_price_of_now() -> None:
    below, _ = outlook(facts(health=D("0.14")), LIMITS)
    assert below == Step("room", Verdict.REDUCE, D(100))


def test_nothing_is_told_of_a_leg_that_is_not_known() -> None:
    below, above = outlook(facts(liquidation_threshold=None, short_raw_usd=None), LIMITS)
    assert (below, above) == (None, None)


@settings(max_examples=150, deadline=None)
@given(
    st.decimals(D("0.17"), D("0.6"), places=4),
    st.decimals(D("0.25"), D("1.5"), places=4),
    st.sampled_from([D("1.5"), D(2), D("2.7")]),
)
def test_a_hair_before_the_step_is_a_hold(health: D, margin: D, leverage: D) -> None:
    found = facts(health=health, margin=margin, leverage=leverage)
    below, above = outlook(found, LIMITS)
    assert below is not None
    assert above is not None
    if below.price < 100:
        assert _verdict_at(found, below.price + D("0.001")) is Verdict.HOLD
    if above.price > 100:
        assert _verdict_at(found, above.price - D("0.001")) is Verdict.HOLD


def _verdict_at(found: RiskFacts, price: D) -> Verdict:
    there = replace(
        found,
        price=replace(found.price, mark_price=price, oracle_price=price),
        legs=replace(found.legs, stated_health=None),
    )
    return decide(there, LIMITS).verdict
