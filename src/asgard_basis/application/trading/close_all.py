"""Closing everything a user holds: one job for each position, whoever asks and how often."""

from collections.abc import Sequence
from dataclasses import dataclass

from asgard_basis.application.trading.close_position import ClosePosition
from asgard_basis.application.trading.position_record import unchallenged
from asgard_basis.application.trading.wishes import TURNING
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.position.lifecycle import CLOSEABLE, PositionState
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

_JOBS_REMEMBERED = 200
_UNDER = "under:"
"""In a closing's details, with the key of each request to close everything that it answers."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A position that nothing was begun for, and why."""

    position_id: PositionId
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """What asking to close everything came to."""

    jobs: tuple[Job, ...]
    not_taken: tuple[NotTaken, ...] = ()


class CloseAll:
    """Asks for the closing of every position at once, all or none of them in one transaction."""

    def __init__(self, *, transactions: Transactions, closing: ClosePosition) -> None:
        self._transactions = transactions
        self._closing = closing

    async def request(
        self,
        user_id: UserId,
        key: str | None,
        *,
        is_emergency: bool = False,
        states: frozenset[PositionState] = CLOSEABLE,
    ) -> Leaving:
        """One closing job for each position in one of `states`; those under way are joined.

        The same key gives the jobs it gave before. A position something else is being done with
        (it is being opened) is named with its reason; a repair or a reduction becomes its closing.
        """

        async def once() -> Leaving:
            async with self._transactions.for_user(user_id) as work:
                earlier = await self._earlier(work, key)
                if earlier:
                    return Leaving(earlier)
                return await self._taken_on(work, user_id, key, is_emergency, states)

        # Two browsers may ask at the same moment: who comes second finds the other's jobs.
        return await unchallenged(once)

    async def _earlier(self, work: UnitOfWork, key: str | None) -> tuple[Job, ...]:
        if key is None:
            return ()
        recent = await work.jobs.recent(limit=_JOBS_REMEMBERED)
        return tuple(job for job in recent[::-1] if f"{_UNDER}{key}" in job.details)

    async def _taken_on(
        self,
        work: UnitOfWork,
        user_id: UserId,
        key: str | None,
        is_emergency: bool,
        states: frozenset[PositionState],
    ) -> Leaving:
        positions = await work.positions.held()
        running = await work.jobs.unfinished()
        jobs, not_taken = [], []
        for position in positions:
            closing, other = _work_on(running, position.id)
            if closing is None and (other is not None or position.state not in states):
                if position.state is not PositionState.REQUESTED:
                    not_taken.append(_busy(position.id, position.state))
                continue
            job = await self._closing.take_on(work, position.id, user_id, None, is_emergency)
            if key is not None:
                await work.jobs.note(job.id, {f"{_UNDER}{key}": "yes"})
            jobs.append(job)
        return Leaving(tuple(jobs), tuple(not_taken))


def _work_on(running: Sequence[Job], position_id: PositionId) -> tuple[Job | None, Job | None]:
    """What closes a position or becomes its closing, and whatever else is under way."""
    own = [job for job in running if job.position_id == position_id]
    closing = next((j for j in own if j.kind is JobKind.CLOSE or j.kind in TURNING), None)
    return closing, next((j for j in own if j is not closing), None)


def _busy(position_id: PositionId, state: PositionState) -> NotTaken:
    doing = state.value.replace("_", " ")
    return NotTaken(
        position_id, ErrorCode.POSITION_BUSY.code, f"This position is {doing}; ask again then."
    )
