"""Defending a pair in two speeds: what to do at one mark, and how much of it.

A leg near liquidation is never topped up by itself: a part of both legs goes, and what that
sets free stays with the leg it came from. With its owner's leave, money from elsewhere makes
the cut smaller. Nothing here ever makes a position larger.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.money import CENT, ONE, ZERO, ceil_to, floor_to
from asgard_basis.domain.position.delta import deviation
from asgard_basis.domain.risk.defence_facts import DefenceFacts, DefenceThresholds, Rails
from asgard_basis.domain.risk.distances import (
    PairLegs,
    balanced_distance,
    carried_part,
    cut_to,
    long_lacks,
    nearest,
    short_lacks,
)

_PERCENT = Decimal("0.01")
_PRICE_STEP = Decimal("0.0001")


class Act(StrEnum):
    """What is done."""

    NOTHING = "nothing"
    WAIT = "wait"
    """It is near enough to act, and something is being done already, or was a moment ago."""
    UNKNOWN = "unknown"
    """Nothing is wrong as far as is known, and not enough is known."""
    TRIM = "trim"
    """The short is brought to the long."""
    CUT = "cut"
    HALVE = "halve"
    """A half at least, at once."""
    EQUALISE = "equalise"
    """A smaller cut, and money to the poorer leg."""
    CLOSE = "close"


ACTING = frozenset({Act.TRIM, Act.CUT, Act.HALVE, Act.EQUALISE, Act.CLOSE})


class Leg(StrEnum):
    """One of both."""

    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Defence:
    """What to do."""

    act: Act
    why: str
    fraction: Decimal = ZERO
    """Of both legs, to be sold and bought back: whole percent."""
    poorer: Leg | None = None
    """Nearer to liquidation."""
    move_usd: Decimal = ZERO
    """To the poorer leg, besides what the cut sets free."""
    is_from_other: bool = False
    """The other leg gives it, over a bridge; else it is free where the poorer one is."""
    is_bridge_missed: bool = False
    """The other leg could spare money, and nothing carries it."""


@dataclass(frozen=True, slots=True)
class NextAction:
    """What will be done when the price gets there."""

    price: Decimal
    defence: Defence


def judge(facts: DefenceFacts, thresholds: DefenceThresholds) -> Defence:
    """What to do at this mark."""
    near = nearest(facts.legs)
    if not facts.is_idle:
        return Defence(Act.WAIT, "something else is being done with the position")
    if near is None or near > thresholds.trigger:
        return _calm(facts, thresholds)
    poorer = _poorer(facts.legs)
    if not facts.sells_parts:
        return Defence(Act.CLOSE, "its lender sells no parts of a position", ONE, poorer)
    is_emergency = near <= thresholds.emergency
    if not is_emergency and near > thresholds.again:
        if facts.is_moving:
            return Defence(Act.WAIT, "money is on its way", poorer=poorer)
        if facts.minutes_since is not None and facts.minutes_since < thresholds.pause_minutes:
            return Defence(Act.WAIT, "it was defended a moment ago", poorer=poorer)
        if facts.defended_today >= thresholds.daily_max:
            return Defence(Act.WAIT, "it was defended often enough today", poorer=poorer)
    needed = cut_to(facts.legs, thresholds.target, thresholds.costs)
    if is_emergency:
        fraction = max(thresholds.emergency_part, _percent(needed))
        return _cut(facts, thresholds, Act.HALVE, fraction, poorer)
    if facts.rails is not None and not facts.is_moving:
        moved = _equalised(facts, thresholds, facts.rails, _percent(needed), poorer)
        if moved is not None:
            return moved
    missed = facts.rails is not None and not facts.rails.has_bridge and not facts.is_moving
    return _cut(facts, thresholds, Act.CUT, _percent(needed), poorer, is_bridge_missed=missed)


def next_actions(facts: DefenceFacts, thresholds: DefenceThresholds) -> tuple[NextAction, ...]:
    """What will be done first when the price falls, and when it rises, if nothing else changes.

    One of them at most stands at the present price, where that wants something done now.
    """
    now = judge(facts, thresholds)
    if now.act in ACTING and now.act is not Act.TRIM:
        return (NextAction(facts.price, now),)
    if not facts.is_idle:
        return ()
    down, up = _price_below, _price_above
    found = [_first(facts, thresholds, Leg.LONG, down), _first(facts, thresholds, Leg.SHORT, up)]
    return tuple(action for action in found if action is not None)


def _calm(facts: DefenceFacts, thresholds: DefenceThresholds) -> Defence:
    apart = deviation(facts.long_sol, facts.short_sol)
    worth = abs(facts.long_sol - facts.short_sol) * facts.price
    if apart > thresholds.delta_max and worth >= thresholds.order_usd_min:
        return Defence(Act.TRIM, "the legs have drifted apart")
    if not facts.is_long_known or nearest(facts.legs) is None:
        return Defence(Act.UNKNOWN, "the venue does not say what the long holds and owes")
    return Defence(Act.NOTHING, "both legs have room")


def _equalised(
    facts: DefenceFacts,
    thresholds: DefenceThresholds,
    rails: Rails,
    local: Decimal,
    poorer: Leg,
) -> Defence | None:
    """The cut that money from elsewhere allows, or None where it does not pay or is not there."""
    legs, target, costs = facts.legs, thresholds.target, thresholds.costs
    free = rails.free_for_long_usd if poorer is Leg.LONG else rails.free_for_short_usd
    by_size = _percent(ONE - carried_part(legs, target))
    is_from_other = rails.has_bridge and free < rails.least_usd
    if rails.has_bridge and rails.is_freed_only:
        shared = _shared(facts, thresholds, rails, (by_size, local), poorer)
        own = _equalised(facts, thresholds, replace(rails, has_bridge=False), local, poorer)
        ways = [way for way in (own, shared) if way is not None]
        return min(ways, key=lambda way: way.fraction, default=None)
    if is_from_other:
        fraction, most = by_size, rails.allowed_usd
    else:
        # What is free helps, but never replaces more than half of the cut.
        fraction, most = max(by_size, _percent(local / 2)), min(free, rails.allowed_usd)
    left = legs.cut(fraction, costs)
    aim = balanced_distance(left) if is_from_other else target
    lacks = long_lacks if poorer is Leg.LONG else short_lacks
    amount = floor_to(max(ZERO, min(most, lacks(left, aim or target))), CENT)
    if amount < rails.least_usd:
        return None
    given = {"long_usd": amount} if poorer is Leg.LONG else {"short_usd": amount}
    rest = legs.fed(**_taken(amount, poorer)) if is_from_other else legs
    fraction = max(fraction, _percent(cut_to(rest, target, costs, **given)))
    if not _pays(facts, thresholds, rails, local - fraction):
        return None
    if fraction > thresholds.close_part:
        return None
    return _moving(fraction, poorer, amount, is_from_other=is_from_other)


def _shared(
    facts: DefenceFacts,
    thresholds: DefenceThresholds,
    rails: Rails,
    between: tuple[Decimal, Decimal],
    poorer: Leg,
) -> Defence | None:
    """The smallest cut after which what it sets free of the other leg is enough for this one.

    And after which no leg is at its trigger while the money is under way.
    """
    legs, target, costs = facts.legs, thresholds.target, thresholds.costs
    fraction, local = between
    lacks = long_lacks if poorer is Leg.LONG else short_lacks
    while fraction < min(local, thresholds.close_part):
        left = legs.cut(fraction, costs)
        freed = _freed(legs, fraction, poorer, thresholds)
        aim = balanced_distance(left) or target
        amount = floor_to(max(ZERO, min(freed, rails.allowed_usd, lacks(left, aim))), CENT)
        given = {"long_usd": amount} if poorer is Leg.LONG else {"short_usd": amount}
        rest = legs.fed(**_taken(amount, poorer))
        under_way = nearest(left.fed(**_taken(amount, poorer)))
        is_safe = under_way is not None and under_way > thresholds.trigger
        if is_safe and cut_to(rest, target, costs, **given) <= fraction:
            is_worth_it = amount >= rails.least_usd
            if is_worth_it and _pays(facts, thresholds, rails, local - fraction):
                return _moving(fraction, poorer, amount, is_from_other=True)
            return None
        fraction += _PERCENT
    return None


def _pays(facts: DefenceFacts, thresholds: DefenceThresholds, rails: Rails, saved: Decimal) -> bool:
    """Whether the part that need not be sold is worth what the move costs."""
    costs, worth = thresholds.costs, saved * facts.legs.notional_usd
    days = max(ZERO, rails.income_daily) * thresholds.payback_days
    return worth > 0 and worth * (2 * (costs.long + costs.short) + days) >= rails.move_usd


def _moving(fraction: Decimal, poorer: Leg, amount: Decimal, *, is_from_other: bool) -> Defence:
    why = f"the {poorer.value} is near its liquidation, and its owner allows money to be moved"
    if is_from_other:
        other = Leg.SHORT if poorer is Leg.LONG else Leg.LONG
        why += f": from the {other.value}, over the bridge between the chains"
    return Defence(Act.EQUALISE, why, fraction, poorer, amount, is_from_other)


def _freed(
    legs: PairLegs, fraction: Decimal, poorer: Leg, thresholds: DefenceThresholds
) -> Decimal:
    """What a cut pays out of the leg that is not the poorer one."""
    if poorer is Leg.LONG:
        return max(ZERO, legs.margin_usd * fraction - legs.notional_usd * thresholds.costs.short)
    sold = legs.value_usd * (ONE - thresholds.costs.long) - legs.debt_usd
    return max(ZERO, sold * fraction)


def _taken(amount: Decimal, poorer: Leg) -> dict[str, Decimal]:
    """What the other leg gives."""
    return {"short_usd": -amount} if poorer is Leg.LONG else {"long_usd": -amount}


def _cut(
    facts: DefenceFacts,
    thresholds: DefenceThresholds,
    act: Act,
    fraction: Decimal,
    poorer: Leg,
    *,
    is_bridge_missed: bool = False,
) -> Defence:
    size = facts.legs.notional_usd
    least = _percent(thresholds.order_usd_min / size) if size > 0 else ONE
    fraction = max(fraction, least)
    if fraction > thresholds.close_part or (ONE - fraction) * size < thresholds.order_usd_min:
        why = "too little would be left of it"
        return Defence(Act.CLOSE, why, ONE, poorer, is_bridge_missed=is_bridge_missed)
    why = f"the {poorer.value} is near its liquidation"
    return Defence(act, why, fraction, poorer, is_bridge_missed=is_bridge_missed)


def _poorer(legs: PairLegs) -> Leg:
    long, short = legs.long_distance, legs.short_distance
    if long is None or (short is not None and short < long):
        return Leg.SHORT
    return Leg.LONG


def _percent(fraction: Decimal) -> Decimal:
    """Whole percent, rounded to more."""
    return ceil_to(max(ZERO, fraction), _PERCENT)


def _first(
    facts: DefenceFacts,
    thresholds: DefenceThresholds,
    leg: Leg,
    price_at: Callable[[DefenceFacts, Decimal], Decimal | None],
) -> NextAction | None:
    """At the furthest of the three levels where anything is done."""
    for level in (thresholds.trigger, thresholds.again, thresholds.emergency):
        price = price_at(facts, level)
        if price is None:
            continue
        defence = judge(facts.at(price), thresholds)
        if defence.poorer is leg and defence.act in ACTING:
            return NextAction(price, defence)
    return None


def _price_below(facts: DefenceFacts, level: Decimal) -> Decimal | None:
    """Where the long is that near; None when it is nearer already, or has no debt."""
    distance = facts.legs.long_distance
    if distance is None or facts.legs.debt_usd <= 0 or distance <= level:
        return None
    return floor_to(facts.price * (ONE - distance) / (ONE - level), _PRICE_STEP)


def _price_above(facts: DefenceFacts, level: Decimal) -> Decimal | None:
    """Where the short is that near; None when it is nearer already, or there is none."""
    distance = facts.legs.short_distance
    if distance is None or distance <= level:
        return None
    return ceil_to(facts.price * (ONE + distance) / (ONE + level), _PRICE_STEP)
