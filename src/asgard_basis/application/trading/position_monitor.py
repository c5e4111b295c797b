"""Every cycle: look at each held position, book its funding, never let one user stop another."""

import asyncio
from collections.abc import Sequence

import structlog

from asgard_basis.application.context import trading_context
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)


class PositionMonitor:
    """Reconciles hedged positions with the venues."""

    def __init__(
        self, *, transactions: Transactions, book: PositionBook, concurrency: int = 8
    ) -> None:
        self._transactions = transactions
        self._book = book
        self._gate = asyncio.Semaphore(concurrency)

    async def cycle(self) -> int:
        """Look at every hedged position once; returns how many could be looked at."""
        async with self._transactions.for_system() as work:
            held = [p for p in await work.positions.held() if p.state is PositionState.HEDGED]
        by_user: dict[UserId, list[Position]] = {}
        for position in held:
            by_user.setdefault(position.user_id, []).append(position)
        done = await asyncio.gather(*(self._user(u, ps) for u, ps in by_user.items()))
        return sum(done)

    async def _user(self, user_id: UserId, positions: Sequence[Position]) -> int:
        seen = 0
        async with self._gate:
            try:
                context = await trading_context(self._transactions, user_id)
                for position in positions:
                    booked = await self._book.book_funding(context, position)
                    await self._book.observe(context, booked)
                    seen += 1
            except DomainError as error:
                log.warning("position_not_observed", code=error.code.code, reason=error.message)
        return seen
