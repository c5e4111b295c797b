"""Defence: what is cut, when, and that nothing it does brings liquidation nearer."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.risk.defence import ACTING, Act, Defence, Leg, judge, next_actions
from asgard_basis.domain.risk.defence_facts import DefenceFacts, Rails, thresholds_for
from asgard_basis.domain.risk.distances import (
    CutCosts,
    PairLegs,
    balanced_distance,
    nearest,
)
from asgard_basis.domain.risk.limits import RiskLimits

D = Decimal
COSTS = CutCosts(long=D("0.0005"), short=D("0.00065"))
MAINTENANCE = D("0.025")
EXACT = D("1e-18")


def a_pair(
    leverage: Decimal = D(2),
    *,
    threshold: Decimal = D("0.8"),
    size: Decimal = D(1000),
    price: Decimal = D(100),
    **changes: object,
) -> DefenceFacts:
    """Just opened: equal legs, both as far from liquidation."""
    debt = size * (leverage - 1) / leverage
    distance = 1 - debt / (threshold * size)
    margin = size * ((1 + distance) * (1 + MAINTENANCE) - 1)
    facts = DefenceFacts(
        price=price,
        legs=PairLegs(size, debt, threshold, size, margin, MAINTENANCE),
        long_sol=size / price,
        short_sol=size / price,
        sells_parts=True,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def bands(leverage: Decimal = D(2), threshold: Decimal = D("0.8")):
    return thresholds_for(leverage, threshold, RiskLimits(), COSTS)


def rails(**changes: object) -> Rails:
    present = Rails(
        free_for_long_usd=D(0),
        free_for_short_usd=D(0),
        has_bridge=False,
        allowed_usd=D(5000),
        least_usd=D(5),
        move_usd=D("0.10"),
        income_daily=D("0.0003"),
    )
    return replace(present, **changes)  # type: ignore[arg-type]


def after(facts: DefenceFacts, defence: Defence) -> PairLegs:
    """Both legs once it is done and the money has arrived."""
    legs = facts.legs.cut(defence.fraction, COSTS)
    long = defence.move_usd if defence.poorer is Leg.LONG else D(0)
    short = defence.move_usd if defence.poorer is Leg.SHORT else D(0)
    if defence.is_from_other:
        return legs.fed(long_usd=long - short, short_usd=short - long)
    return legs.fed(long_usd=long, short_usd=short)


leverages = st.sampled_from([D("1.2"), D("1.5"), D(2), D("2.5"), D(3)])
thresholds = st.sampled_from([D("0.75"), D("0.8"), D("0.85")])
moves = st.decimals(D("-0.9"), D("1.2"), places=4)


def test_a_pair_with_room_is_left_alone() -> None:
    assert judge(a_pair(), bands()).act is Act.NOTHING


def test_a_falling_price_has_both_legs_cut_so_that_the_long_has_room_again() -> None:
    facts = a_pair().at(D("73"))
    assert facts.legs.long_distance == 1 - D(500) / (D("0.8") * 730)
    defence = judge(facts, bands())
    assert (defence.act, defence.poorer, defence.fraction) == (Act.CUT, Leg.LONG, D("0.38"))
    left = after(facts, defence)
    assert D("0.375") <= left.long_distance < D("0.385"), "as far as at the opening"
    assert left.short_distance > facts.legs.short_distance


def test_a_rising_price_has_both_legs_cut_so_that_the_short_has_room_again() -> None:
    facts = a_pair().at(D("120"))
    defence = judge(facts, bands())
    assert (defence.act, defence.poorer) == (Act.CUT, Leg.SHORT)
    assert D("0.375") <= after(facts, defence).short_distance < D("0.385")


def test_at_the_emergency_buffer_half_goes_at_once_whatever_was_done_before() -> None:
    facts = replace(
        a_pair().at(D("65")),
        is_moving=True,
        minutes_since=D(0),
        defended_today=99,
    )
    defence = judge(facts, bands())
    assert defence.act is Act.HALVE
    assert defence.fraction >= D("0.5")


def test_a_lender_that_sells_no_parts_has_the_pair_closed() -> None:
    assert judge(a_pair(sells_parts=False).at(D("73")), bands()).act is Act.CLOSE


def test_what_would_leave_too_little_for_an_order_is_closed() -> None:
    assert judge(a_pair(size=D(14)).at(D("73")), bands()).act is Act.CLOSE


def test_a_defence_a_moment_ago_is_waited_for_while_there_is_time() -> None:
    facts = a_pair().at(D("73"))
    assert judge(replace(facts, minutes_since=D(3)), bands()).act is Act.WAIT
    assert judge(replace(facts, minutes_since=D(30)), bands()).act is Act.CUT
    assert judge(replace(facts, defended_today=6), bands()).act is Act.WAIT
    nearer = a_pair().at(D("68"))
    assert judge(replace(nearer, minutes_since=D(3)), bands()).act is Act.CUT


def test_while_something_else_is_done_nothing_is_begun() -> None:
    assert judge(a_pair(is_idle=False).at(D("65")), bands()).act is Act.WAIT


def test_an_unknown_long_is_never_healthy_and_never_alone_a_reason_to_act() -> None:
    assert judge(a_pair(is_long_known=False), bands()).act is Act.UNKNOWN
    assert judge(a_pair(is_long_known=False).at(D("125")), bands()).act is Act.CUT


def test_legs_that_drifted_are_trimmed_once_it_is_worth_an_order() -> None:
    assert judge(a_pair(short_sol=D("9.8")), bands()).act is Act.TRIM
    assert judge(a_pair(short_sol=D("9.96")), bands()).act is Act.NOTHING
    small = a_pair(size=D(200), short_sol=D("1.98"))
    assert judge(small, bands()).act is Act.NOTHING


def test_free_money_makes_the_cut_smaller_and_never_replaces_it() -> None:
    facts = a_pair().at(D("120"))
    local = judge(facts, bands())
    free = judge(replace(facts, rails=rails(free_for_short_usd=D(400))), bands())
    assert free.act is Act.EQUALISE
    assert local.fraction / 2 <= free.fraction < local.fraction
    assert after(facts, free).short_distance >= bands().target - EXACT


def test_money_at_the_other_leg_does_not_help_without_a_bridge_and_the_card_says_so() -> None:
    facts = replace(a_pair().at(D("120")), rails=rails(free_for_long_usd=D(400)))
    defence = judge(facts, bands())
    assert (defence.act, defence.is_bridge_missed) == (Act.CUT, True)


def test_caps_hold_and_what_they_forbid_is_cut_instead() -> None:
    facts = a_pair().at(D("120"))
    capped = rails(free_for_short_usd=D(400), allowed_usd=D(20))
    defence = judge(replace(facts, rails=capped), bands())
    assert defence.move_usd == D(20)
    assert after(facts, defence).short_distance >= bands().target - EXACT
    nothing = rails(free_for_short_usd=D(400), allowed_usd=D(0))
    assert judge(replace(facts, rails=nothing), bands()).act is Act.CUT


def test_a_move_that_costs_more_than_it_saves_is_not_made() -> None:
    facts = a_pair().at(D("120"))
    dear = rails(free_for_short_usd=D(400), move_usd=D(50))
    assert judge(replace(facts, rails=dear), bands()).act is Act.CUT


def test_over_a_bridge_both_legs_come_out_balanced() -> None:
    facts = replace(a_pair().at(D("120")), rails=rails(has_bridge=True))
    defence = judge(facts, bands())
    assert (defence.act, defence.is_from_other) == (Act.EQUALISE, True)
    left = after(facts, defence)
    assert abs(left.long_distance - left.short_distance) < D("0.001")


@given(leverages, thresholds, moves, st.booleans(), st.integers(0, 2000))
def test_after_a_defence_both_legs_have_the_room_that_was_aimed_at(
    leverage: Decimal, threshold: Decimal, move: Decimal, has_bridge: bool, free: int
) -> None:
    aimed = bands(leverage, threshold)
    facts = a_pair(leverage, threshold=threshold).at(D(100) * (1 + move))
    money = rails(has_bridge=has_bridge, free_for_short_usd=D(free), free_for_long_usd=D(free))
    for present in (facts, replace(facts, rails=money)):
        defence = judge(present, aimed)
        if defence.act in {Act.CUT, Act.HALVE, Act.EQUALISE}:
            assert nearest(after(present, defence)) >= aimed.target - EXACT


@given(leverages, thresholds, moves, st.integers(0, 2000))
def test_no_defence_adds_to_a_position_or_tops_up_one_leg_alone(
    leverage: Decimal, threshold: Decimal, move: Decimal, free: int
) -> None:
    money = rails(free_for_short_usd=D(free), free_for_long_usd=D(free))
    facts = a_pair(leverage, threshold=threshold, rails=money).at(D(100) * (1 + move))
    defence = judge(facts, bands(leverage, threshold))
    assert 0 <= defence.fraction <= 1
    assert defence.move_usd <= D(free)
    if defence.move_usd > 0:
        assert defence.fraction > 0
    left = after(facts, defence)
    assert left.value_usd <= facts.legs.value_usd
    assert left.notional_usd <= facts.legs.notional_usd
    if nearest(facts.legs) > 0 and left.value_usd > 0:
        assert left.long_distance >= facts.legs.long_distance
        assert left.short_distance >= facts.legs.short_distance


@given(leverages, thresholds, moves, st.decimals(D("0.0001"), D("0.2"), places=4))
def test_the_nearer_to_liquidation_the_more_is_cut(
    leverage: Decimal, threshold: Decimal, move: Decimal, further: Decimal
) -> None:
    aimed = bands(leverage, threshold)
    facts = a_pair(leverage, threshold=threshold).at(D(100) * (1 + move))
    away = 1 + further if move > 0 else 1 - further
    nearer = facts.at(facts.price * away)
    assert judge(nearer, aimed).fraction >= judge(facts, aimed).fraction


@given(leverages, thresholds, moves, st.booleans())
def test_nothing_is_done_between_the_prices_that_are_told(
    leverage: Decimal, threshold: Decimal, move: Decimal, is_moving: bool
) -> None:
    aimed = bands(leverage, threshold)
    facts = a_pair(leverage, threshold=threshold, is_moving=is_moving).at(D(100) * (1 + move))
    told = next_actions(facts, aimed)
    for action in told:
        there = judge(facts.at(action.price), aimed)
        assert (there.act, there.fraction) == (action.defence.act, action.defence.fraction)
        assert there.act in ACTING
        short_of = action.price * (D("1.0001") if action.price < facts.price else D("0.9999"))
        if (
            action.price != facts.price
            and (short_of - facts.price) * (action.price - facts.price) > 0
        ):
            assert judge(facts.at(short_of), aimed).act not in ACTING


def test_a_balanced_pair_is_where_it_began() -> None:
    assert balanced_distance(a_pair().legs) == D("0.375")


def crossing(**changed: object) -> Rails:
    """What the cut sets free of one leg may go to the other."""
    return rails(has_bridge=True, is_freed_only=True, least_usd=D(10), **changed)


@given(
    st.sampled_from([D("-0.29"), D("-0.27"), D("-0.25"), D("0.2"), D("0.24"), D("0.28")]),
    st.sampled_from([D("1.8"), D(2), D("2.2")]),
)
def test_what_crosses_makes_the_cut_smaller_and_takes_no_leg_under_the_target(
    change: Decimal, leverage: Decimal
) -> None:
    limits = bands(leverage)
    facts = a_pair(leverage)
    facts = facts.at(facts.price * (1 + change))
    alone = judge(facts, limits)
    moved = judge(replace(facts, rails=crossing()), limits)
    if moved.act is not Act.EQUALISE:
        return
    assert moved.is_from_other
    assert moved.fraction < alone.fraction
    left = facts.legs.cut(moved.fraction, COSTS)
    both = {"long_usd": moved.move_usd, "short_usd": -moved.move_usd}
    if moved.poorer is Leg.SHORT:
        both = {name: -usd for name, usd in both.items()}
    near = nearest(left.fed(**both))
    assert near is not None
    assert near >= limits.target - EXACT
    given_up = left.fed(**{name: usd for name, usd in both.items() if usd < 0})
    assert nearest(given_up) > limits.trigger, "also while the money is under way"


def test_the_smaller_cut_counts_where_money_is_free_and_may_cross() -> None:
    facts = a_pair()
    facts = facts.at(facts.price * D("0.72"))
    ways = judge(replace(facts, rails=crossing(free_for_long_usd=D(50))), bands())
    own = judge(replace(facts, rails=rails(free_for_long_usd=D(50))), bands())
    assert ways.is_from_other
    assert ways.fraction < own.fraction


def test_caps_bound_what_crosses() -> None:
    facts = a_pair()
    facts = facts.at(facts.price * D("0.72"))
    capped = judge(replace(facts, rails=crossing(allowed_usd=D(40))), bands())
    assert capped.act is Act.EQUALISE
    assert capped.move_usd <= 40
    whole = judge(replace(facts, rails=crossing()), bands())
    assert capped.fraction > whole.fraction
