"""Every cycle: look at each held position, book its funding, and notice what should not be.

One user never stops another. The account is read once for each user, the long's figures less
often; when anything does not fit, the existence gate looks closer at once.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

import structlog

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.trading.existence_gate import ExistenceGate
from asgard_basis.application.trading.exposure_watch import ExposureWatch
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.existence import LONG_SHRUNK_MIN
from asgard_basis.domain.position.legs import LongState, PerpAccount
from asgard_basis.domain.position.lifecycle import ENDED, PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpVenue

log = structlog.get_logger(__name__)

_WATCHED = {PositionState.HEDGED, PositionState.STUCK_UNWIND, PositionState.QUARANTINED}
"""Those no saga is working on."""
_LATE = timedelta(hours=2)
"""A settlement may be listed after the position it belongs to was closed."""
_ENDED_MAX = 200
_LONG_EVERY = timedelta(seconds=10)
_CLOSER_EVERY = timedelta(seconds=30)
_CLOSER_WHEN_OPEN = timedelta(seconds=10)
"""While something is counted down, or a job of the user is at work."""
_ACCOUNT_WEIGHT = 4
_WEIGHT_A_SECOND = Decimal(12)
"""Of the 20 that Hyperliquid allows one address: orders and what they need take the rest."""
_LOOKS_A_SECOND = Decimal("0.4")
"""Of Asgard's one request a second, for each of the two kinds of looks at longs."""
_CLOSER_REQUESTS = 2
_OF_THE_GATE = {
    AlarmKind.LEG_LOST,
    AlarmKind.BOOK_MISMATCH,
    AlarmKind.ORPHAN_EXPOSURE,
    AlarmKind.LEDGER_MISMATCH,
}


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """How often can be looked without using up what the venues grant to everybody's orders."""

    account: timedelta = timedelta(0)
    long: timedelta = _LONG_EVERY
    closer: timedelta = _CLOSER_EVERY

    @staticmethod
    def of(users: int, positions: int) -> "_Rhythm":
        """For so many; a few are looked at as often as is of use."""
        return _Rhythm(
            account=_seconds(users * _ACCOUNT_WEIGHT / _WEIGHT_A_SECOND),
            long=max(_LONG_EVERY, _seconds(positions / _LOOKS_A_SECOND)),
            closer=max(_CLOSER_EVERY, _seconds(users * _CLOSER_REQUESTS / _LOOKS_A_SECOND)),
        )


def _seconds(number: Decimal) -> timedelta:
    return timedelta(milliseconds=int(number * 1000))


@dataclass(slots=True)
class _Watch:
    """One user in one cycle."""

    watched: list[Position] = field(default_factory=list)
    ended: list[Position] = field(default_factory=list)
    is_moving: bool = False
    """A job may be changing a leg."""
    is_open: bool = False
    """Something is known to be wrong."""


class Defender(Protocol):
    """Judges how near a position is to liquidation, and has done what is to be done."""

    async def consider(self, position: Position) -> object:
        """Judge it as it was just read; raises DomainError when that cannot be taken on."""
        ...


class PositionMonitor:
    """Reconciles positions with the venues."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        book: PositionBook,
        perp: PerpVenue,
        gate: ExistenceGate,
        exposures: ExposureWatch,
        clock: Clock,
        defender: Defender | None = None,
        concurrency: int = 8,
    ) -> None:
        self._transactions = transactions
        self._book = book
        self._perp = perp
        self._gate = gate
        self._exposures = exposures
        self._clock = clock
        self._defender = defender
        self._turns = asyncio.Semaphore(concurrency)
        self._long_read_at: dict[PositionId, datetime] = {}
        self._looked_at: dict[UserId, datetime] = {}
        self._account_read_at: dict[UserId, datetime] = {}
        self._rhythm = _Rhythm()

    async def alone(self) -> None:
        """Tell of legs that stand alone by our own journals; asks no venue, so none delays it."""
        async with self._transactions.for_system() as work:
            jobs = await work.jobs.unfinished()
            held = await work.positions.held()
            alarms = await work.alarms.unresolved()
        await self._exposures.check(jobs, held, alarms)

    async def cycle(self) -> int:
        """Look at every held position once; returns how many could be looked at.

        With many positions it takes as long as the venues' request budgets say: `alone` goes on
        beside it.
        """
        await self.alone()
        async with self._transactions.for_system() as work:
            held = await work.positions.held()
            ended = await work.positions.ended(limit=_ENDED_MAX)
            jobs = await work.jobs.unfinished()
            orphans = await work.orphans.unended()
            alarms = await work.alarms.unresolved()
        late = _LATE + timedelta(minutes=1) * self._clock.speed
        oldest = self._clock.now() - late
        users: dict[UserId, _Watch] = {}

        def watch(user_id: UserId) -> _Watch:
            return users.setdefault(user_id, _Watch())

        for position in held:
            if position.state in _WATCHED:
                watch(position.user_id).watched.append(position)
        for position in ended:
            if position.short and position.closed_at and position.closed_at >= oldest:
                watch(position.user_id).ended.append(position)
        for job in jobs:
            if job.position_id is not None and job.user_id in users:
                watch(job.user_id).is_moving = True
        troubled = [orphan.user_id for orphan in orphans]
        troubled += [a.user_id for a in alarms if a.user_id and a.kind in _OF_THE_GATE]
        for user_id in troubled:
            watch(user_id).is_open = True
        watched = [len(each.watched) for each in users.values() if each.watched]
        self._rhythm = _Rhythm.of(len(watched), sum(watched))
        self._forget(held, users)
        return await self._all([self._user(user, each) for user, each in users.items()])

    async def _all(self, looks: Sequence[Coroutine[None, None, int]]) -> int:
        seen = 0
        for outcome in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("position_monitor_failed", error=repr(outcome), exc_info=outcome)
            else:
                seen += outcome
        return seen

    async def _user(self, user_id: UserId, watch: _Watch) -> int:
        async with self._turns:
            try:
                context = await trading_context(self._transactions, user_id)
            except DomainError as error:
                log.warning("positions_not_observed", code=error.code.code, why=error.message)
                return 0
            seen = sum([await self._booked(context, position) for position in watch.ended])
            is_odd = False
            if watch.watched and self._is_account_due(user_id, watch):
                observed, is_odd = await self._observed(context, watch)
                seen += observed
            if (is_odd and not watch.is_open) or self._is_due(user_id, watch):
                await self._closer(user_id)
            return seen

    async def _observed(self, context: UserTradingContext, watch: _Watch) -> tuple[int, bool]:
        """How many positions could be looked at, and whether anything does not fit."""
        self._account_read_at[context.user_id] = self._clock.host()
        try:
            account = await self._perp.account(context.evm_address)
        except DomainError as error:
            log.warning("account_not_observed", code=error.code.code, why=error.message)
            return 0, False
        is_odd = not watch.is_moving and _is_another_size(account, watch.watched)
        seen = 0
        for position in watch.watched:
            try:
                booked = await self._book.book_funding(context, position)
                state, is_asked = await self._long(booked)
                noted = await self._book.note(booked, account, state)
                if self._defender is not None and noted.state is PositionState.HEDGED:
                    await self._defender.consider(noted)
            except DomainError as error:
                log.warning(
                    "position_not_observed",
                    position=position.id,
                    code=error.code.code,
                    why=error.message,
                )
                continue
            is_odd = is_odd or (is_asked and _is_another_long(booked, state))
            seen += 1
        return seen, is_odd

    async def _booked(self, context: UserTradingContext, position: Position) -> bool:
        try:
            await self._book.book_funding(context, position)
        except DomainError as error:
            log.warning("funding_not_booked", position=position.id, why=error.message)
            return False
        return True

    async def _long(self, position: Position) -> tuple[LongState | None, bool]:
        now = self._clock.host()
        read_at = self._long_read_at.get(position.id)
        if position.long is None or (read_at is not None and now - read_at < self._rhythm.long):
            return None, False
        state = await self._book.long_state(position)
        self._long_read_at[position.id] = now
        return state, True

    def _is_account_due(self, user_id: UserId, watch: _Watch) -> bool:
        read_at = self._account_read_at.get(user_id)
        if read_at is None or watch.is_open:
            return True
        return self._clock.host() - read_at >= self._rhythm.account

    def _is_due(self, user_id: UserId, watch: _Watch) -> bool:
        is_open = watch.is_open or (watch.is_moving and bool(watch.watched))
        if not watch.watched and not watch.is_open:
            return False
        patience = _CLOSER_WHEN_OPEN if is_open else self._rhythm.closer
        looked_at = self._looked_at.get(user_id)
        return looked_at is None or self._clock.host() - looked_at >= patience

    async def _closer(self, user_id: UserId) -> None:
        self._looked_at[user_id] = self._clock.host()
        try:
            await self._gate.settle(user_id)
        except DomainError as error:
            log.warning("existence_not_settled", code=error.code.code, why=error.message)

    def _forget(self, held: Sequence[Position], users: dict[UserId, _Watch]) -> None:
        ids = {position.id for position in held}
        for position_id in set(self._long_read_at) - ids:
            del self._long_read_at[position_id]
        for moments in (self._looked_at, self._account_read_at):
            for user_id in set(moments) - set(users):
                del moments[user_id]


def _is_another_size(account: PerpAccount, watched: Sequence[Position]) -> bool:
    booked = sum((p.short.size for p in watched if p.short is not None), ZERO)
    stated = -account.position.signed_size if account.position else ZERO
    return booked != stated


def _is_another_long(position: Position, state: LongState | None) -> bool:
    if position.long is None or position.state in ENDED:
        return False
    tokens = position.long.collateral_bought - position.long.collateral_sold
    return state is None or state.collateral < tokens * (1 - LONG_SHRUNK_MIN)
