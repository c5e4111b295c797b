"""What the venue took from a leg without our doing, as a rule: liquidations and auto-deleveraging.

The verdict itself is the existence gate's; this is the same decision about one pair, kept with
what it was made from.
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.money import ZERO, plain
from asgard_basis.domain.position.existence import LONG_SHRUNK_MIN


@dataclass(frozen=True, slots=True)
class LostFacts:
    """One pair by the book and by the venues, in two looks in a row."""

    short_booked: Decimal
    """SOL."""
    short_stated: Decimal | None
    """Of the account's short, what is this pair's; None: it could not be asked."""
    long_booked: Decimal
    """Tokens bought and not sold."""
    long_stated: Decimal | None
    """Tokens; zero for a long that is listed as ended, None: it could not be asked."""


@dataclass(frozen=True, slots=True)
class LostThresholds:
    """From when on something is missing."""

    least_order_sol: Decimal
    """Less of the short cannot be traded, unless all of it is gone."""
    long_shrunk_min: Decimal = LONG_SHRUNK_MIN
    """Fraction of the long."""


def decide(facts: LostFacts, thresholds: LostThresholds) -> Ruling:
    """Bring the legs together again where one has lost something; else hold."""
    stated = facts.short_stated
    short = ZERO if stated is None else max(ZERO, facts.short_booked - stated)
    is_short_whole = short < thresholds.least_order_sol and not (short and not stated)
    long = ZERO if facts.long_stated is None else max(ZERO, facts.long_booked - facts.long_stated)
    is_long_whole = long <= facts.long_booked * thresholds.long_shrunk_min
    criteria = (
        _whole("short_whole", "The short is as booked", is_short_whole, facts.short_booked, stated),
        _whole(
            "long_whole",
            "The long is as booked",
            is_long_whole,
            facts.long_booked,
            facts.long_stated,
        ),
    )
    if is_short_whole and is_long_whole:
        return Ruling(Verdict.HOLD, "No leg has lost anything.", criteria)
    lost = [] if is_short_whole else [f"{plain(short)} SOL of the short"]
    lost += [] if is_long_whole else [f"{plain(long)} tokens of the long"]
    reason = (
        f"The venue took {' and '.join(lost)} without an order of ours: the legs are brought"
        " together, or what is left is closed."
    )
    measure = f"short {plain(short)}, long {plain(ZERO if is_long_whole else long)}"
    return Ruling(Verdict.REDUCE, reason, criteria, measure)


LOST_LEG = Rule("risk.lost_leg", 1, LostFacts, LostThresholds, decide)


def _whole(key: str, label: str, passed: bool, booked: Decimal, stated: Decimal | None) -> Check:
    figure = "not known" if stated is None else plain(stated)
    return Check(key, label, passed, figure, plain(booked))
