"""Asking both venues about one user's positions; nothing is written here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import structlog

from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import EvmAddress, PositionId, UserId
from asgard_basis.domain.market.funding import HOUR, FundingPayment
from asgard_basis.domain.position.legs import LongState, PerpPosition
from asgard_basis.domain.position.observing import is_another_long, is_another_size, observed
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.funding_share import funding_shares
from asgard_basis.ports.reconciling import WATCHED, Booking, Change, Household, Kept
from asgard_basis.ports.venues import MarginVenue, PerpVenue

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of one user is to be asked."""

    household: Household
    address: EvmAddress
    account: bool
    longs: Collection[PositionId]

    @property
    def watched(self) -> list[Kept]:
        """Positions nobody else keeps the records of."""
        return [kept for kept in self.household.held if kept.position.state in WATCHED]


@dataclass(frozen=True, slots=True)
class Found:
    """What the venues said of one user."""

    user_id: UserId
    changes: tuple[Change, ...]
    seen: tuple[Position, ...]
    """Held ones that could be looked at, with what was seen."""
    looked_at: int
    """How many positions anything could be asked of."""
    is_odd: bool
    """Something is not as it is booked: somebody should look closer."""
    is_funding_news: bool
    """Payments were asked for, and there were some that were not booked."""
    all_booked: tuple[Position, ...]
    """Ended ones whose payments were asked for, and there were none that were not booked."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One position as it was seen."""

    position: Position
    is_looked_at: bool
    change: Change
    is_odd: bool = False


class PositionLooks:
    """One user at a time, one request after another; what cannot be asked hides nothing else."""

    def __init__(self, perp: PerpVenue, margin: MarginVenue) -> None:
        self._perp = perp
        self._margin = margin

    async def look(self, wanted: Wanted) -> Found:
        """Ask; a venue that does not answer leaves its part out."""
        home, watched = wanted.household, wanted.watched
        payments = await self._payments(wanted)
        held, is_known = await self._held(wanted)
        is_odd = (
            is_known
            and not home.is_moving
            and is_another_size(held, (kept.position for kept in watched))
        )
        looks = [await self._one(kept, held, payments, wanted, is_known) for kept in watched]
        late = [_booked(kept, payments) for kept in home.ended]
        changes = [look.change for look in looks] + late
        asked = 0 if payments is None else len(home.ended)
        return Found(
            user_id=home.user_id,
            changes=tuple(change for change in changes if not change.is_empty),
            seen=tuple(look.position for look in looks if look.is_looked_at),
            looked_at=sum(look.is_looked_at for look in looks) + asked,
            is_odd=is_odd or any(look.is_odd for look in looks),
            is_funding_news=_is_news((*watched, *home.ended), changes),
            all_booked=tuple(
                kept.position
                for kept, change in zip(home.ended, late, strict=True)
                if payments is not None
                and kept.steps is not None
                and not _is_news([kept], [change])
            ),
        )

    async def _held(self, wanted: Wanted) -> tuple[PerpPosition | None, bool]:
        """The account's position, and whether it was asked for with success."""
        if not wanted.account:
            return None, False
        try:
            return await self._perp.position(wanted.address), True
        except DomainError as error:
            log.warning("account_not_observed", code=error.code.code, why=error.message)
            return None, False

    async def _one(
        self,
        kept: Kept,
        held: PerpPosition | None,
        payments: Sequence[FundingPayment] | None,
        wanted: Wanted,
        is_known: bool,
    ) -> _Seen:
        position = kept.position
        booked = _booked(kept, payments)
        if not is_known:
            return _Seen(position, False, booked)
        try:
            is_asked = position.id in wanted.longs and position.long is not None
            state = await self._long(position) if is_asked else None
            fee = await self._fee(position) if state is not None else None
        except DomainError as error:
            log.warning(
                "position_not_observed",
                position=position.id,
                code=error.code.code,
                why=error.message,
            )
            return _Seen(position, False, booked)
        seen = observed(held, state, position.observation) if position.long else None
        news = None if seen == position.observation else seen
        return _Seen(
            position=replace(position, observation=seen or position.observation),
            is_looked_at=True,
            change=replace(booked, observation=news, fee_usdc=fee),
            is_odd=is_asked and is_another_long(position, state),
        )

    async def _long(self, position: Position) -> LongState | None:
        if position.long is None:
            return None
        key = position.long.position_key
        return await self._margin.state(key, protocol=position.protocol, asset=position.asset)

    async def _fee(self, position: Position) -> Decimal | None:
        """The venue publishes its executed record up to a minute after the opening."""
        if position.long is None or position.long.fee_usdc is not None:
            return None
        fill = await self._margin.open_fill(position.long.position_key)
        return None if fill is None else fill.fee_usdc

    async def _payments(self, wanted: Wanted) -> Sequence[FundingPayment] | None:
        """From the first that one of the positions may miss; None when they are not asked for."""
        due = [k for k in (*wanted.watched, *wanted.household.ended) if k.steps is not None]
        if not due:
            return None
        since = min(
            kept.booked_until - HOUR if kept.booked_until else kept.position.requested_at
            for kept in due
        )
        try:
            return await self._perp.funding_payments(wanted.address, since=since)
        except DomainError as error:
            log.warning("funding_not_read", code=error.code.code, why=error.message)
            return None


def _booked(kept: Kept, payments: Sequence[FundingPayment] | None) -> Change:
    position = kept.position
    shares = () if payments is None or kept.steps is None else funding_shares(kept.steps, payments)
    bookings = tuple(Booking(payment, share) for payment, share in shares)
    return Change(position.id, position.version, bookings=bookings)


def _is_news(kept: Sequence[Kept], changes: Sequence[Change]) -> bool:
    until = {each.position.id: each.booked_until for each in kept}
    return any(
        (known := until.get(change.position_id)) is None
        or booking.payment.settled_at >= known + HOUR
        for change in changes
        for booking in change.bookings
    )
