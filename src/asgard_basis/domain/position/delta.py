"""How far a pair is from having no price risk, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class LegChange:
    """What one step made of a leg."""

    at: datetime
    """Market time."""
    long_sol: Decimal | None = None
    """SOL-equivalents the long holds from then on; None leaves it."""
    short_change: Decimal = ZERO
    """SOL sold short (positive) or bought back."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One leg without as much of the other."""

    since: datetime
    """Market time from which on it has been outside the band without a break."""
    net_sol: Decimal
    """Long minus short, in SOL-equivalents."""
    is_certain: bool = True
    """False while it depends on an order or a transaction nobody answers for."""


def deviation(long_sol: Decimal, short_sol: Decimal) -> Decimal:
    """|long - short| as a fraction of the larger leg; zero when nothing is held."""
    larger = max(long_sol, short_sol)
    return abs(long_sol - short_sol) / larger if larger else ZERO


def exposed(
    changes: Sequence[LegChange],
    *,
    band: Decimal,
    long_sol: Decimal = ZERO,
    short_sol: Decimal = ZERO,
) -> Exposure | None:
    """The exposure at the end of these changes, oldest first; None when it is inside the band.

    It begins with what was held before the first change.
    """
    since: datetime | None = None
    for change in changes:
        if change.long_sol is not None:
            long_sol = change.long_sol
        short_sol += change.short_change
        if deviation(long_sol, short_sol) <= band:
            since = None
        elif since is None:
            since = change.at
    return None if since is None else Exposure(since, long_sol - short_sol)
