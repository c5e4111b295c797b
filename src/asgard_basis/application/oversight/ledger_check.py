"""What the books say of a user's money, held against both venues; differences are alarms."""

from datetime import timedelta

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.oversight.existence_alarms import Bell
from asgard_basis.application.oversight.existence_reader import Look
from asgard_basis.application.trading.preflight import known
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.ledger.reconciliation import (
    Share,
    collateral_off,
    funding_off,
    record_off,
    settled_hours,
)
from asgard_basis.domain.position.existence import LedgerOff
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.booked import journalled_short
from asgard_basis.domain.saga.progress import short_span
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpVenue

_WINDOW = timedelta(hours=48)
"""Market time of funding that is added up again each time."""
_BOOKED_BY = timedelta(hours=2)
"""A settlement is listed late, and booked a little later."""
_PAYMENTS_MAX = 200


class LedgerCheck:
    """Adds up again what is booked; never changes a figure."""

    def __init__(self, *, transactions: Transactions, perp: PerpVenue, clock: Clock) -> None:
        self._transactions = transactions
        self._perp = perp
        self._clock = clock

    async def check(self, user_id: UserId, look: Look) -> tuple[LedgerOff, ...]:
        """What does not add up, told as alarms; those that add up again are over.

        Positions a job is at work on are left out. A venue that cannot be asked proves nothing.
        """
        context = await trading_context(self._transactions, user_id)
        held = [
            position
            for position in look.books.positions
            if position.state not in ENDED
            and position.id not in look.books.running
            and position.id not in look.books.settling
        ]
        found: list[LedgerOff] = []
        for position in held:
            written = journalled_short(look.books.steps[position.id])
            if written is not None:
                found += _some(record_off(position, written, lot=look.facts.lot))
            state = look.states.get(position.long.position_key) if position.long else None
            if state is not None:
                found += _some(collateral_off(position, state, now=self._clock.now()))
        found += await self._funding(context, look, held)
        await self._tell(user_id, look, found)
        return tuple(found)

    async def _funding(
        self, context: UserTradingContext, look: Look, held: list[Position]
    ) -> list[LedgerOff]:
        now = self._clock.now()
        spans = {p.id: short_span(look.books.steps[p.id]) for p in held}
        begun = [span.began for span in spans.values() if span.began is not None]
        if not begun:
            return []
        since = max(now - _WINDOW, min(begun))
        payments = await known(self._perp.funding_payments(context.evm_address, since=since))
        if payments is None:
            return []
        late = _BOOKED_BY + timedelta(minutes=1) * self._clock.speed
        settled = settled_hours(payments, until=now - late)
        found: list[LedgerOff] = []
        for position in held:
            shares = [
                Share(payment, size)
                for payment in settled
                if (size := spans[position.id].held(payment.settled_at))
            ]
            async with self._transactions.for_user(position.user_id) as work:
                booked = await work.payments.of_position(position.id, limit=_PAYMENTS_MAX)
            found += _some(funding_off(position.id, shares, dict(booked)))
        return found

    async def _tell(self, user_id: UserId, look: Look, found: list[LedgerOff]) -> None:
        bell = Bell(user_id, look.at, look.price)
        alarms = [bell.ledger(off) for off in found]
        wanted = {alarm.subject for alarm in alarms}
        async with self._transactions.for_user(user_id) as work:
            present = [
                alarm
                for alarm in await work.alarms.unresolved()
                if alarm.kind is AlarmKind.LEDGER_MISMATCH and not alarm.subject.endswith(":short")
            ]
            for alarm in alarms:
                if not any(
                    (a.subject, a.message) == (alarm.subject, alarm.message) for a in present
                ):
                    await work.alarms.put(alarm)
            for alarm in present:
                if alarm.subject not in wanted:
                    await work.alarms.resolve(alarm.kind, alarm.subject, at=look.at)


def _some(off: LedgerOff | None) -> list[LedgerOff]:
    return [] if off is None else [off]
