"""Taking turns: one job of a user at a time, and the one that can only wait lets the others go."""

from asgard_basis.application.trading.wishes import is_leaving
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.saga.step import Journal, StepStatus
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions


class Turns:
    """One delivery of a job that leaves something; asked after every step of it."""

    def __init__(self, transactions: Transactions, job: Job) -> None:
        self._transactions = transactions
        self._job = job
        self._seen: int | None = None
        self._before: Journal | None = None
        self.is_waiting = False
        """Whether nobody answered this delivery when it was last asked about."""

    async def taken(self, journal: Journal) -> None:
        """Go on; or, when nobody answered and another closing of this user waits, make room.

        Raises Unavailable NET-0003: the queue delivers the job again.
        """
        last = journal.steps[-1] if journal.steps else None
        was_seen, before = self._seen, self._before
        self._seen, self._before = len(journal.steps), journal
        if last is None or was_seen is None:
            return
        is_silence = last.status is StepStatus.UNAVAILABLE and len(journal.steps) > was_seen
        is_still_open = journal.open_step() is not None and journal == before
        self.is_waiting = is_silence or is_still_open
        if self.is_waiting and await self._others_wait():
            raise Unavailable(ErrorCode.VENUE_DOWN, "nobody answers; other positions go first")

    async def _others_wait(self) -> bool:
        async with self._transactions.for_user(self._job.user_id) as work:
            unfinished = await work.jobs.unfinished()
        return any(is_leaving(j) and j.id != self._job.id for j in unfinished)
