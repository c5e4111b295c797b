"""A position's row: changed as it is now, never as somebody read it a while ago."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeVar

from asgard_basis.application.operations.jobs import job_event
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.hedge import short_held
from asgard_basis.domain.saga.step import Journal, OrderIntent
from asgard_basis.ports.repositories import Event, Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions

T = TypeVar("T")
_TRIES = 10


async def unchallenged(attempt: Callable[[], Awaitable[T]], *, tries: int = _TRIES) -> T:
    """What a transaction comes to, begun again while others change the same position in between.

    Raises DomainError POS-0006 after so many tries.
    """
    for _ in range(tries - 1):
        try:
            return await attempt()
        except DomainError as error:
            if error.code is not ErrorCode.POSITION_BUSY:
                raise
    return await attempt()


class PositionRecord:
    """Reads and changes positions, one transaction for each change."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of(self, job: Job) -> Position:
        """The position a job is about; raises DomainError POS-0001 when there is none."""
        if job.position_id is None:
            raise DomainError(ErrorCode.POSITION_NOT_FOUND)
        async with self._transactions.for_user(job.user_id) as work:
            position = await work.positions.get(job.position_id)
        if position is None:
            raise DomainError(ErrorCode.POSITION_NOT_FOUND)
        return position

    async def others_short(self, position: Position, *, is_emergency: bool = False) -> Decimal:
        """SOL the user's other positions have sold short in the same account now.

        What is under way counts as its journal says, not as the book did before. Raises
        Unavailable NET-0003 while an order of one of them may or may not have been filled: what
        the account has cannot be told apart then. An emergency does not wait for that: it takes
        the least they can have. More would be called missing from this position's own short,
        which would be left behind; and no order is ever larger than that.
        """
        async with self._transactions.for_user(position.user_id) as work:
            others = [p for p in await work.positions.held() if p.id != position.id]
            running = {job.position_id: job for job in await work.jobs.unfinished()}
            total = ZERO
            for other in others:
                size = other.short.size if other.short is not None else ZERO
                job = running.get(other.id)
                if job is not None:
                    journal = await work.journals.of_job(job.id)
                    order = _unanswered_order(journal)
                    if order is not None and not is_emergency:
                        raise Unavailable(
                            ErrorCode.VENUE_DOWN,
                            "an order of another position is not known to be filled yet",
                        )
                    size = short_held(journal, ZERO if job.kind is JobKind.OPEN else size)
                    if order is not None and order.is_buy:
                        size = max(ZERO, size - order.size)
                total += size
        return total

    async def change(
        self,
        user_id: UserId,
        position_id: PositionId,
        change: Callable[[Position], Position],
        event: str,
        *,
        ended: Job | None = None,
        check: Callable[[Job], None] | None = None,
    ) -> Position:
        """Apply `change` to the present row and announce it; nothing is written when it is equal.

        `ended` is the job this change concludes: both are written in one transaction, so that a
        crash never leaves a concluded position with a job that would conclude it again. `check`
        is shown that job as it is now, and prevents all of it by raising.
        """

        async def once() -> Position:
            async with self._transactions.for_user(user_id) as work:
                present = await work.positions.get(position_id)
                if present is None:
                    raise DomainError(ErrorCode.POSITION_NOT_FOUND)
                changed = change(present)
                if changed != present:
                    changed = await work.positions.save(changed)
                    payload: dict[str, object] = {"position_id": position_id}
                    await work.outbox.append(Event(event, payload, user_id))
                if ended is not None:
                    running = await work.jobs.get(ended.id)
                    if check is not None and running is not None:
                        check(running)
                    await work.jobs.save(ended)
                    await work.outbox.append(job_event(ended))
            return changed

        return await unchallenged(once)


def _unanswered_order(journal: Journal) -> OrderIntent | None:
    """The order that may or may not have been filled, if there is one."""
    orders = (step.intent for step in journal.open_steps())
    return next((order for order in orders if isinstance(order, OrderIntent)), None)
