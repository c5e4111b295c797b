"""What a staking token redeemed for, and the yield that its own past shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.rates import HOURS_PER_YEAR, AnnualYield

_LEAST = timedelta(hours=40)
"""Solana pays about every two days: less than that shows nothing."""
_PLAUSIBLE = (Decimal("-0.05"), Decimal("0.30"))


@dataclass(frozen=True, slots=True)
class Redemption:
    """SOL per token in one hour."""

    asset: Asset
    hour: datetime
    """The full hour, market time."""
    rate: Decimal


def realised_yield(rows: Sequence[Redemption]) -> AnnualYield | None:
    """Growth from the first change of the rate to its last, compounded over a year.

    Rows are oldest first. Rates move in steps, so only whole steps are counted: the time before
    the first change and after the last one is of unknown length. None while too little is known
    or the figure is beyond -5 to 30 % a year.
    """
    changes = [new for old, new in pairwise(rows) if new.rate != old.rate]
    if len(changes) < 2 or changes[-1].hour - changes[0].hour < _LEAST:
        return None
    hours = Decimal((changes[-1].hour - changes[0].hour) // timedelta(hours=1))
    yearly = (changes[-1].rate / changes[0].rate) ** (HOURS_PER_YEAR / hours) - 1
    low, high = _PLAUSIBLE
    return AnnualYield(yearly) if low <= yearly <= high else None
