"""Whether what a venue states of a long now can have grown out of what is booked."""

from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.ledger.attribution import LongValuation
from asgard_basis.domain.ledger.stand import Stand
from asgard_basis.domain.money import ONE

_SLACK = Decimal("0.001")
"""Of the amount: rounding, and interest of the first moments."""
_LENDING_YEARLY_MAX = Decimal("0.5")
_BORROWING_YEARLY_MAX = Decimal(3)
_STAKING_YEARLY_MAX = Decimal("0.5")
_YEAR_SECONDS = Decimal(365 * 86400)
REFRESH_EVERY = timedelta(hours=1)
"""Market time between two bookings of interest."""


def is_due(stand: Stand, at: datetime) -> bool:
    """Whether interest is to be booked by a look of that time."""
    if stand.long is None or stand.is_long_closed or stand.valuation is None:
        return False
    return stand.refreshed_at is None or at - stand.refreshed_at >= REFRESH_EVERY


def unexplained(stand: Stand, seen: LongValuation, *, since: datetime, at: datetime) -> str | None:
    """Why the figures are no interest, in words; None when they can be.

    Interest only grows: what has become less, or more than any lender pays, was traded or taken,
    and its own record is still to come.
    """
    if stand.valuation is None:
        return "the opening is not booked"
    years = max(Decimal(0), Decimal(int((at - since).total_seconds()))) / _YEAR_SECONDS
    for name, booked, stated, yearly in (
        ("collateral", stand.tokens, seen.collateral, _LENDING_YEARLY_MAX),
        ("debt", stand.debt_usdc, seen.debt_usdc, _BORROWING_YEARLY_MAX),
        (
            "redemption rate",
            stand.valuation.redemption_rate,
            seen.redemption_rate,
            _STAKING_YEARLY_MAX,
        ),
    ):
        most = booked * (ONE + _SLACK + years * yearly)
        if not booked * (ONE - _SLACK) <= stated <= most:
            return f"{name} booked {booked:.6f}, stated {stated:.6f}"
    return None
