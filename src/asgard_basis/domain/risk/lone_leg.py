"""Defending one leg alone, while the venue of the other does not answer: as a rule.

Both legs cannot be cut then. What is free at the leg's own venue goes into it first; only where
that is too little a part of the leg goes, and no more of it than keeps the rest from liquidation:
what is cut leaves as much of the other leg uncovered.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.money import CENT, ONE, ZERO, ceil_to, cents, floor_to
from asgard_basis.domain.risk.defence import Leg
from asgard_basis.domain.risk.defence_facts import DefenceThresholds
from asgard_basis.domain.risk.distances import CutCosts, PairLegs, cut_to, long_lacks, short_lacks

_PERCENT = Decimal("0.01")
_SILENT_SECONDS = 10
"""As for the playbooks: one answer that was lost is no outage."""
_ROOM = Decimal(2)
"""Of the emergency buffer, for what is left: twice as far as where it is done again."""


class LoneAct(StrEnum):
    """What is done with the leg that can be reached."""

    HOLD = "hold"
    WAIT = "wait"
    """It is near enough, but its fellow's venue has not been silent for long enough."""
    ADD = "add"
    """Money that is free at its own venue goes into it."""
    CUT = "cut"
    """A part of it goes, after what is free was put in."""
    NOTHING_HELPS = "nothing_helps"


@dataclass(frozen=True, slots=True)
class LoneFacts:
    """One leg whose fellow's venue does not answer."""

    leg: Leg
    """That can be reached."""
    away: str
    """Who does not answer."""
    away_seconds: int
    """Host time since that was first found."""
    price: Decimal
    size_sol: Decimal
    """Of the leg, as it is now."""
    legs: PairLegs
    """The leg in USD; nothing in the place of its fellow."""
    stated_health: Decimal | None
    """The lender's own figure, where the leg is the long; None is unknown."""
    free_usd: Decimal
    """At the leg's own venue, in no leg."""
    sells_parts: bool = True
    """Whether a part of it can be sold, or some of its debt be repaid."""

    @property
    def distance(self) -> Decimal | None:
        """To liquidation; None is unknown. The lender's own word counts where it is worse."""
        if self.leg is Leg.SHORT:
            return self.legs.short_distance
        return self.stated_health


@dataclass(frozen=True, slots=True)
class LoneThresholds:
    """When something is done, and how much."""

    emergency: Decimal
    """Nearer than this to liquidation the leg is defended alone."""
    target: Decimal
    """What is restored for what is left of it."""
    away_seconds: int
    order_usd_min: Decimal
    part_max: Decimal
    """Never more of it than this goes at once."""
    costs: CutCosts

    @staticmethod
    def of(pair: DefenceThresholds) -> "LoneThresholds":
        """From the pair's own limits: its emergency buffer, and twice that for what is left."""
        return LoneThresholds(
            emergency=pair.emergency,
            target=pair.emergency * _ROOM,
            away_seconds=_SILENT_SECONDS,
            order_usd_min=pair.order_usd_min,
            part_max=pair.close_part,
            costs=pair.costs,
        )


@dataclass(frozen=True, slots=True)
class LoneDefence:
    """What to do."""

    act: LoneAct
    add_usd: Decimal = ZERO
    fraction: Decimal = ZERO
    """Of the leg, whole percent."""


def judge(facts: LoneFacts, thresholds: LoneThresholds) -> LoneDefence:
    """What to do with the leg that can be reached."""
    distance = facts.distance
    if distance is None or distance > thresholds.emergency:
        return LoneDefence(LoneAct.HOLD)
    if facts.away_seconds < thresholds.away_seconds:
        return LoneDefence(LoneAct.WAIT)
    if not facts.sells_parts:
        return LoneDefence(LoneAct.NOTHING_HELPS)
    is_long = facts.leg is Leg.LONG
    lacks = (long_lacks if is_long else short_lacks)(facts.legs, thresholds.target)
    add = floor_to(max(ZERO, min(facts.free_usd, lacks)), CENT)
    fed = facts.legs.fed(**({"long_usd": add} if is_long else {"short_usd": add}))
    needed = cut_to(fed, thresholds.target, thresholds.costs)
    if needed * _worth(facts) < ONE:
        return LoneDefence(LoneAct.ADD, add)
    least = thresholds.order_usd_min / _worth(facts)
    fraction = ceil_to(min(max(needed, least), thresholds.part_max), _PERCENT)
    return LoneDefence(LoneAct.CUT, add, min(fraction, thresholds.part_max))


def decide(facts: LoneFacts, thresholds: LoneThresholds) -> Ruling:
    """The same in words and criteria."""
    defence = judge(facts, thresholds)
    acts = defence.act in {LoneAct.ADD, LoneAct.CUT}
    verdict = Verdict.REDUCE if acts else Verdict.HOLD
    if defence.act is LoneAct.WAIT:
        verdict = Verdict.WAIT
    measure = None
    if acts:
        measure = f"add {defence.add_usd:f} USD, cut {defence.fraction:f} of the {facts.leg}"
    return Ruling(verdict, told(facts, defence), _criteria(facts, thresholds), measure)


LONE_LEG = Rule("risk.lone_leg", 1, LoneFacts, LoneThresholds, decide)


def told(facts: LoneFacts, defence: LoneDefence) -> str:
    """One sentence for a person."""
    if facts.distance is None:
        return f"Nobody says how near the {facts.leg} is to liquidation, so it is held."
    near = f"The {facts.leg} is {_percent(facts.distance)} from liquidation"
    why = f"while {facts.away} does not answer"
    match defence.act:
        case LoneAct.ADD:
            return f"{near} {why}: ${cents(defence.add_usd):,} that is free goes into it."
        case LoneAct.CUT:
            added = f"${cents(defence.add_usd):,} goes into it and " if defence.add_usd else ""
            part = _percent(defence.fraction)
            return f"{near} {why}: {added}{part} of it goes, which leaves as much uncovered."
        case LoneAct.WAIT:
            return f"{near} {why}, which may be over in a moment."
        case LoneAct.NOTHING_HELPS:
            return f"{near} {why}, and its lender takes no part of it back."
    return f"{near} {why}: it is held."


def _criteria(facts: LoneFacts, thresholds: LoneThresholds) -> tuple[Check, ...]:
    distance = facts.distance
    return (
        Check(
            "other_venue",
            "Both legs can be reached",
            False,
            f"{facts.away} has not answered for {facts.away_seconds} s",
            f"at most {thresholds.away_seconds} s",
        ),
        Check(
            "leg_known",
            f"The distance of the {facts.leg} is known",
            distance is not None,
            _percent(distance),
            "known",
        ),
        Check(
            "leg_room",
            f"The {facts.leg} has room",
            distance is None or distance > thresholds.emergency,
            _percent(distance),
            f"more than {_percent(thresholds.emergency)}",
        ),
        Check(
            "leg_divisible",
            "A part of it can go",
            facts.sells_parts,
            "it can" if facts.sells_parts else "its lender takes no parts",
            "it can",
        ),
    )


def only(leg: Leg, legs: PairLegs) -> PairLegs:
    """The leg without its fellow."""
    if leg is Leg.LONG:
        return replace(legs, notional_usd=ZERO, margin_usd=ZERO)
    return replace(legs, value_usd=ZERO, debt_usd=ZERO)


def _worth(facts: LoneFacts) -> Decimal:
    return facts.legs.value_usd if facts.leg is Leg.LONG else facts.legs.notional_usd


def _percent(fraction: Decimal | None) -> str:
    return "unknown" if fraction is None else f"{fraction * 100:.1f} %".replace(".0 %", " %")
