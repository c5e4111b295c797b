"""What a worker does with a job's id."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.domain.errors import DomainError, Refused, Unavailable
from asgard_basis.domain.identifiers import JobId
from asgard_basis.ports.coordination import Locks
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

Work = Callable[[Job], Awaitable[DomainError | None]]


class Dispatch:
    """Runs a job under its user's lock; a job that was finished before is left alone."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        desk: JobDesk,
        locks: Locks,
        work: Mapping[JobKind, Work],
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._locks = locks
        self._work = work

    async def run(self, job_id: JobId) -> bool:
        """Carry the job out; False when another worker holds the user's lock right now.

        Errors that leave the outcome open are raised, so that the queue delivers it again.
        """
        async with self._transactions.for_system() as work:
            job = await work.jobs.get(job_id)
        if job is None or job.status in {JobStatus.COMPLETED, JobStatus.FAILED}:
            return True
        async with self._locks.hold(f"user:{job.user_id}") as is_held:
            if not is_held:
                return False
            job = await self._desk.started(job)
            try:
                failure = await self._work[job.kind](job)
            except (Refused, Unavailable) as error:
                log.warning("job_interrupted", job=job.id, code=error.code.code)
                raise
            await self._desk.finished(job, failure)
            log.info("job_finished", job=job.id, kind=job.kind.value, ok=failure is None)
        return True
