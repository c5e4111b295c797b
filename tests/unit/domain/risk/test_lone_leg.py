"""How much of one leg goes while the other cannot be reached: enough, and no more."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.defence import Leg
from asgard_basis.domain.risk.defence_facts import thresholds_for
from asgard_basis.domain.risk.distances import CutCosts, PairLegs
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.lone_leg import (
    LoneAct,
    LoneFacts,
    LoneThresholds,
    decide,
    judge,
    only,
)

COSTS = CutCosts(long=D("0.003"), short=D("0.001"))
LIMITS = LoneThresholds.of(thresholds_for(D(2), D("0.8"), RiskLimits(), COSTS))
MAINTENANCE = D("0.025")


def a_leg(leg: Leg, distance: D, free: D = ZERO) -> LoneFacts:
    """A leg of 1 000 USD with that distance."""
    margin = ((1 + distance) * (1 + MAINTENANCE) - 1) * 1000
    debt = D("0.8") * (1 - distance) * 1000
    both = PairLegs(D(1000), debt, D("0.8"), D(1000), margin, MAINTENANCE)
    return LoneFacts(
        leg=leg,
        away="Solana",
        away_seconds=60,
        price=D(200),
        size_sol=D(5),
        legs=only(leg, both),
        stated_health=distance if leg is Leg.LONG else None,
        free_usd=free,
    )


def distance_of(legs: PairLegs, leg: Leg) -> D:
    found = legs.long_distance if leg is Leg.LONG else legs.short_distance
    assert found is not None
    return found


@given(
    leg=st.sampled_from(Leg),
    distance=st.decimals("0.005", "0.05", places=4),
    free=st.decimals("0", "200", places=2),
)
def test_what_is_left_has_twice_the_buffer_and_a_percent_less_would_not_do(
    leg: Leg, distance: D, free: D
) -> None:
    facts = a_leg(leg, distance, free)
    found = judge(facts, LIMITS)
    fed = {"long_usd" if leg is Leg.LONG else "short_usd": found.add_usd}
    near = D("0.002")

    def room(fraction: D) -> D:
        return distance_of(facts.legs.fed(**fed).cut(fraction, COSTS), leg)

    assert found.add_usd <= free
    if found.act is LoneAct.ADD:
        assert room(ZERO) >= LIMITS.target - near
        return
    assert found.act is LoneAct.CUT
    if found.fraction < LIMITS.part_max:
        assert room(found.fraction) >= LIMITS.target - near
    assert free - found.add_usd < D("0.01"), "nothing is cut while money is free"
    if found.fraction > D("0.02"):
        assert room(found.fraction - D("0.011")) < LIMITS.target


@given(leg=st.sampled_from(Leg), distance=st.decimals("0.0501", "0.9", places=4))
def test_above_the_buffer_it_is_held(leg: Leg, distance: D) -> None:
    assert judge(a_leg(leg, distance), LIMITS).act is LoneAct.HOLD


def test_a_silence_of_a_moment_is_waited_for() -> None:
    facts = replace(a_leg(Leg.SHORT, D("0.01")), away_seconds=9)
    assert decide(facts, LIMITS).verdict is Verdict.WAIT


def test_of_a_long_the_lenders_own_word_counts_and_no_other() -> None:
    facts = replace(a_leg(Leg.LONG, D("0.01")), stated_health=None)
    ruling = decide(facts, LIMITS)
    assert (ruling.verdict, ruling.measure) == (Verdict.HOLD, None)
    assert "leg_known" in ruling.failing


def test_a_lender_that_takes_no_parts_is_told() -> None:
    facts = replace(a_leg(Leg.LONG, D("0.01")), sells_parts=False)
    ruling = decide(facts, LIMITS)
    assert ruling.verdict is Verdict.HOLD
    assert "leg_divisible" in ruling.failing
