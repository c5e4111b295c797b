"""Every cycle: look at each held position, book its funding, never let one user stop another."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.position.lifecycle import ENDED, PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

_WATCHED = {PositionState.HEDGED, PositionState.STUCK_UNWIND}
"""Those no saga is working on."""
_LATE = timedelta(hours=2)
"""A settlement may be listed after the position it belongs to was closed."""
_ENDED_MAX = 200


class PositionMonitor:
    """Reconciles positions with the venues."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        book: PositionBook,
        clock: Clock,
        concurrency: int = 8,
    ) -> None:
        self._transactions = transactions
        self._book = book
        self._clock = clock
        self._gate = asyncio.Semaphore(concurrency)

    async def cycle(self) -> int:
        """Look at every held position once; returns how many could be looked at."""
        async with self._transactions.for_system() as work:
            watched = [p for p in await work.positions.held() if p.state in _WATCHED]
            ended = await work.positions.ended(limit=_ENDED_MAX)
        late = _LATE + timedelta(minutes=1) * self._clock.speed
        oldest = self._clock.now() - late
        watched += [p for p in ended if p.short and p.closed_at and p.closed_at >= oldest]
        by_user: dict[UserId, list[Position]] = {}
        for position in watched:
            by_user.setdefault(position.user_id, []).append(position)
        users = [self._user(user, positions) for user, positions in by_user.items()]
        seen = 0
        for outcome in await asyncio.gather(*users, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("position_monitor_failed", error=repr(outcome), exc_info=outcome)
            else:
                seen += outcome
        return seen

    async def _user(self, user_id: UserId, positions: Sequence[Position]) -> int:
        async with self._gate:
            try:
                context = await trading_context(self._transactions, user_id)
            except DomainError as error:
                log.warning("positions_not_observed", code=error.code.code, why=error.message)
                return 0
            return sum([await self._one(context, position) for position in positions])

    async def _one(self, context: UserTradingContext, position: Position) -> bool:
        try:
            booked = await self._book.book_funding(context, position)
            if booked.state not in ENDED:
                await self._book.observe(context, booked)
        except DomainError as error:
            log.warning(
                "position_not_observed",
                position=position.id,
                code=error.code.code,
                why=error.message,
            )
            return False
        return True
