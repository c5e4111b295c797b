"""Jobs, their journals and events, in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.saga.step import Journal, Step, StepStatus, leg_of
from asgard_basis.ports.repositories import Event, Job, JobKind, JobStatus

UNFINISHED = frozenset({JobStatus.PENDING, JobStatus.RUNNING})


def _clean(text: str | None) -> str | None:
    """As PostgreSQL can hold it: without NUL characters."""
    return None if text is None else text.replace("\x00", "�")


class MemoryJobs:
    """Implements Jobs; a committed job is handed to `deliver`."""

    def __init__(self, transaction: Transaction, deliver: Callable[[Job], None]) -> None:
        self._rows = transaction
        self._deliver = deliver

    async def get(self, job_id: JobId) -> Job | None:
        """The job, or None."""
        row = self._rows.find("jobs", job_id)
        return row.value if row else None

    async def by_key(self, user_id: UserId, idempotency_key: str) -> Job | None:
        """The user's job asked for under that key, or None."""
        row = self._rows.find("job_keys", (user_id, idempotency_key))
        return None if row is None else await self.get(row.value)

    async def add(self, job: Job) -> None:
        """Insert a new job and hand it to the workers, both when this is committed.

        Raises DomainError POS-0006 when the same key was used by a request at the same moment,
        or when something else is still to be done with the position.
        """
        refusal = DomainError(ErrorCode.POSITION_BUSY, "the same request is being handled already")
        if job.idempotency_key is not None:
            key = (job.user_id, job.idempotency_key)
            if self._rows.find("job_keys", key) is not None:
                raise refusal
            self._rows.guard("job_keys", key, refusal)
            self._rows.put("job_keys", key, job.id, owner=job.user_id)
        if self._rows.find("jobs", job.id) is not None:
            raise refusal
        if job.position_id is not None:
            if await self.unfinished(position_id=job.position_id):
                raise refusal
            # One row for each position, which every new job changes: two at once meet there.
            self._rows.guard("busy", job.position_id, refusal)
            self._rows.put("busy", job.position_id, job.id, owner=job.user_id)
        self._put(job)
        self._rows.after_commit(lambda: self._deliver(job))

    async def save(self, job: Job) -> None:
        """Update one that has not ended; details are only added to."""
        present = await self.get(job.id)
        if present is not None and present.status in UNFINISHED:
            self._put(replace(job, details={**present.details, **job.details}))

    async def note(self, job_id: JobId, details: Mapping[str, str]) -> None:
        """Add to the details of a job that is not ended, and change nothing else of it."""
        present = await self.get(job_id)
        if present is not None and present.status in UNFINISHED:
            self._put(replace(present, details={**present.details, **details}))

    async def unfinished(self, *, position_id: PositionId | None = None) -> Sequence[Job]:
        """Pending and running ones, oldest first."""
        return [
            job
            for job in self._all()
            if job.status in UNFINISHED and (position_id is None or job.position_id == position_id)
        ]

    async def recent(self, *, kind: JobKind | None = None, limit: int = 50) -> Sequence[Job]:
        """Newest first."""
        return [job for job in reversed(self._all()) if kind is None or job.kind is kind][:limit]

    def _put(self, job: Job) -> None:
        details = {name: _clean(text) or "" for name, text in job.details.items()}
        stored = replace(job, error=_clean(job.error), details=details)
        self._rows.put("jobs", job.id, stored, owner=job.user_id)

    def _all(self) -> list[Job]:
        return [row.value for row in self._rows.rows("jobs")]


class MemoryJournals:
    """Implements Journals."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def of_job(self, job_id: JobId) -> Journal:
        """Everything written for the job, oldest first."""
        return Journal(tuple(step for owner, step in self._all() if owner == job_id))

    async def intend(self, job_id: JobId, user_id: UserId, step: Step) -> None:
        """Append a step that is about to happen.

        Raises DomainError POS-0006 when this attempt, or another open step, is there already:
        somebody else is working on it. Beside an open step of another leg only what `is_beside`
        may be begun.
        """
        refusal = DomainError(
            ErrorCode.POSITION_BUSY,
            f"step {step.name} {step.attempt} cannot begin: another one is open",
            {"job_id": job_id},
        )
        key = (job_id, step.name, step.attempt)
        journal = await self.of_job(job_id)
        is_blocked = step.status is StepStatus.INTENDED and any(
            leg_of(other.name) is leg_of(step.name) or not (step.is_beside or other.is_beside)
            for other in journal.open_steps()
        )
        if is_blocked or self._rows.find("steps", key) is not None:
            raise refusal
        # One row for each job, which every step changes: two at once meet there.
        self._rows.guard("open_steps", job_id, refusal)
        self._rows.put("open_steps", job_id, key, owner=user_id)
        self._rows.put(
            "steps", key, (job_id, replace(step, error=_clean(step.error))), owner=user_id
        )

    async def conclude(self, job_id: JobId, step: Step) -> None:
        """Write the outcome of the intended step of the same name and attempt.

        Raises DomainError POS-0006 when that step is not open (any more).
        """
        key = (job_id, step.name, step.attempt)
        refusal = DomainError(
            ErrorCode.POSITION_BUSY,
            f"step {step.name} {step.attempt} is not open any more",
            {"job_id": job_id},
        )
        row = self._rows.find("steps", key)
        if row is None or row.value[1].status is not StepStatus.INTENDED:
            raise refusal
        intended: Step = row.value[1]
        concluded = replace(
            intended,
            status=step.status,
            outcome=step.outcome,
            finished_at=step.finished_at,
            error_code=step.error_code,
            error=_clean(step.error),
        )
        self._rows.guard("steps", key, refusal)
        self._rows.put("steps", key, (job_id, concluded), owner=row.owner)

    async def of_position(self, position_id: PositionId) -> Sequence[Step]:
        """The steps of all jobs of a position, oldest first."""
        jobs = {r.value.id for r in self._rows.rows("jobs") if r.value.position_id == position_id}
        return [step for owner, step in self._all() if owner in jobs]

    def _all(self) -> list[tuple[JobId, Step]]:
        return [row.value for row in self._rows.rows("steps")]


class MemoryOutbox:
    """Implements Outbox."""

    def __init__(self, transaction: Transaction, number: Callable[[], int]) -> None:
        self._rows = transaction
        self._number = number

    async def append(self, event: Event) -> None:
        """Write it in this transaction; what is read back has been JSON."""
        text = msgspec.json.encode(event.payload).decode().replace("\\u0000", "�")
        stored = replace(event, payload=msgspec.json.decode(text, type=dict[str, object]))
        number = self._number()
        self._rows.put("outbox", number, (number, stored), owner=event.user_id)

    async def take(self, limit: int) -> Sequence[tuple[int, Event]]:
        """Oldest unsent events, locked for this transaction; others skip them."""
        waiting: dict[int, Event] = dict(row.value for row in self._rows.rows("outbox"))
        taken = self._rows.lock_free("outbox", list(waiting), limit=limit)
        return [(number, waiting[number]) for number in taken if isinstance(number, int)]

    async def sent(self, ids: Sequence[int]) -> None:
        """Forget events that were published."""
        self._rows.remove("outbox", ids)
