"""The operator's share of new profit: off by default, only above the highest profit so far."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.ledger.accounts import FEE_OWED, PERFORMANCE_FEE
from asgard_basis.domain.ledger.postings import Entry, Lines
from asgard_basis.domain.money import USDC_UNIT, ZERO, floor_to


@dataclass(frozen=True, slots=True)
class HighWater:
    """How far profit has been counted."""

    profit_usd: Decimal = Decimal(0)
    """The highest so far, before the fee; deposits and withdrawals are no part of it."""


def accrued(mark: HighWater, profit_usd: Decimal, fraction: Decimal) -> tuple[HighWater, Decimal]:
    """The new mark, and what is owed more: the fraction of what lies above the old one.

    Losses are never given back from what was accrued, and have to be made good before any more is
    owed. Rounded down to USDC's smallest unit.
    """
    gained = profit_usd - mark.profit_usd
    if gained <= 0:
        return mark, ZERO
    return HighWater(profit_usd), floor_to(gained * fraction, USDC_UNIT)


def fee_entry(amount_usd: Decimal, *, at: datetime, fraction: Decimal) -> Entry:
    """What is owed from now on: an expense and a debt, nothing is moved."""
    lines = Lines()
    lines.value(PERFORMANCE_FEE, amount_usd)
    lines.value(FEE_OWED, -amount_usd)
    return Entry(
        venue="operator",
        kind="performance_fee",
        record=f"{at:%Y-%m-%d}",
        at=at,
        memo=f"Performance fee, {(fraction * 100).normalize():f}% of new profit",
        postings=lines.balanced(),
    )
