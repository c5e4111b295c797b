"""Whether what is booked adds up to what the venues say (to one lot, one cent, and interest)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.market.funding import HOUR, FundingPayment
from asgard_basis.domain.money import CENT, ONE, ZERO
from asgard_basis.domain.position.existence import LedgerOff
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.position.position import Position

_YEAR = timedelta(days=365)
_INTEREST_YEARLY_MAX = Decimal("0.5")
"""A lender that pays more on collateral than this is not believed."""
_SLACK = Decimal("0.001")
"""Of the collateral: rounding, and interest of the first moments."""


@dataclass(frozen=True, slots=True)
class Share:
    """One settlement of an account, and how much of its short was one position's then."""

    payment: FundingPayment
    held: Decimal

    @property
    def amount_usdc(self) -> Decimal:
        """What of the payment is the position's."""
        size = abs(self.payment.signed_size)
        return self.payment.amount_usdc * min(ONE, self.held / size) if size else ZERO


def funding_off(
    position_id: PositionId, shares: Iterable[Share], booked: Mapping[datetime, Decimal]
) -> LedgerOff | None:
    """The venue's payments against the bookings of the same hours; None when they are equal."""
    stated = {_hour(share.payment.settled_at): share.amount_usdc for share in shares}
    owed = sum(stated.values(), ZERO)
    kept = sum((amount for at, amount in booked.items() if _hour(at) in stated), ZERO)
    if abs(owed - kept) <= CENT:
        return None
    return LedgerOff(position_id, what="funding", booked=kept, stated=owed)


def collateral_off(position: Position, state: LongState, *, now: datetime) -> LedgerOff | None:
    """Collateral against what was bought, interest allowed for; None when it can be true."""
    if position.long is None:
        return None
    tokens = position.long.collateral_bought - position.long.collateral_sold
    elapsed = Decimal((now - position.requested_at) // timedelta(seconds=1))
    years = elapsed / Decimal(_YEAR // timedelta(seconds=1))
    most = tokens * (ONE + _SLACK + years * _INTEREST_YEARLY_MAX)
    if tokens * (ONE - _SLACK) <= state.collateral <= most:
        return None
    return LedgerOff(position.id, what="collateral", booked=tokens, stated=state.collateral)


def record_off(position: Position, short: Decimal, *, lot: Decimal) -> LedgerOff | None:
    """The short's record against its own journals; None when they are equal to one lot."""
    recorded = position.short.size if position.short else ZERO
    if abs(recorded - short) < lot:
        return None
    return LedgerOff(position.id, what="record of the short", booked=recorded, stated=short)


def settled_hours(payments: Sequence[FundingPayment], *, until: datetime) -> list[FundingPayment]:
    """Those of full hours that have had their time to be booked."""
    return [payment for payment in payments if _hour(payment.settled_at) + HOUR <= until]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
