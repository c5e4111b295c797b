"""What a worker does with a job's id."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from asgard_basis.application.operations.duty import Duty, on_duty
from asgard_basis.application.operations.jobs import ENDED, JobDesk
from asgard_basis.domain.errors import DomainError, Refused
from asgard_basis.domain.identifiers import JobId
from asgard_basis.ports.coordination import Locks, Priority, asking_as
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

Work = Callable[[Job], Awaitable[DomainError | None]]
Ended = Callable[[Job], Awaitable[None]]
"""Told of a job that has ended; raises nothing that would bring the job back."""


_LOCKS: dict[JobKind, str] = {
    JobKind.OPEN: "user",
    JobKind.CLOSE: "user",
    JobKind.REDUCE: "user",
    JobKind.REPAIR: "user",
    JobKind.SWEEP: "user",
    JobKind.DEPOSIT: "deposit",
    JobKind.MOVE: "deposit",
    JobKind.PROVISION: "provision",
}
"""What must not happen at the same time for one user. A deposit or a move may wait hours for a
bridge and touches nothing a position needs: it must never keep one from being closed."""


_BESIDE_POSITIONS = {JobKind.DEPOSIT, JobKind.MOVE, JobKind.PROVISION}
"""What asks venues in the class of looks. All others take positions apart or stand between two
legs, as an opening does; what that asks before it begins is of a lower class, see `Preflight`."""


_PATIENT = {JobKind.PROVISION}
"""What holds no money up: a refusal of it need not be asked about again and again."""


class Unwilling(Exception):
    """Somebody outside refused what can wait: worth another try, later each time."""


class Dispatch:
    """Runs a job under its user's lock; a job that was finished before is left alone."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        desk: JobDesk,
        locks: Locks,
        work: Mapping[JobKind, Work],
        ended: Ended | None = None,
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._locks = locks
        self._work = work
        self._ended = ended

    async def run(self, job_id: JobId) -> bool:
        """Carry the job out; False when another worker holds the user's lock right now.

        Errors that leave the outcome open are raised, so that the queue delivers it again;
        Unwilling, where that should be ever later.
        """
        job = await self._job(job_id)
        if job is None or job.status in ENDED:
            return True
        async with self._locks.hold(f"{_LOCKS[job.kind]}:{job.user_id}") as tenure:
            if tenure is None:
                return False
            # Read again: until the lock was won another worker may have been at it.
            job = await self._job(job_id)
            if job is None or job.status in ENDED:
                return True
            duty = Duty(job.user_id, job.id, job.position_id)
            is_beside = job.kind in _BESIDE_POSITIONS
            priority = Priority.RECONCILE if is_beside else Priority.UNWIND
            with on_duty(duty), asking_as(priority):
                failure = await self._worked(job)
                if self._ended is not None:
                    await self._ended(job)
            log.info("job_finished", job=job.id, kind=job.kind.value, ok=failure is None)
        return True

    async def _worked(self, job: Job) -> DomainError | None:
        job = await self._desk.started(job)
        try:
            failure = await self._work[job.kind](job)
        except DomainError as error:
            log.warning("job_interrupted", job=job.id, code=error.code.code, why=error.message)
            if isinstance(error, Refused) and job.kind in _PATIENT:
                raise Unwilling(error.message) from error
            raise
        await self._desk.finished(job, failure)
        return failure

    async def _job(self, job_id: JobId) -> Job | None:
        async with self._transactions.for_system() as work:
            return await work.jobs.get(job_id)
