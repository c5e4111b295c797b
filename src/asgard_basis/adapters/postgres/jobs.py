"""Durable work: what users see of a job; the queue that delivers it is Procrastinate's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asgard_basis.adapters.postgres.codec import decoded, encoded, from_json, json_text
from asgard_basis.adapters.postgres.rows import (
    Connection,
    Row,
    affected,
    insert_sql,
    storable,
    update_sql,
)
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.ports.repositories import Job, JobKind, JobStatus

_COLUMNS = (
    "user_id",
    "kind",
    "status",
    "created_at",
    "started_at",
    "finished_at",
    "position_id",
    "amount_usdc",
    "fraction",
    "plan",
    "idempotency_key",
    "request_hash",
    "error_code",
    "error",
    "details",
)

LEAVING = frozenset({JobKind.CLOSE, JobKind.REDUCE, JobKind.REPAIR, JobKind.SWEEP})
"""Kinds that never wait behind openings and deposits."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How workers are told of a job: a task of theirs, called with `job_id` and `user_id`."""

    queue: str = "jobs"
    leaving: str = "leaving"
    """The queue of what takes risk away: it has workers' slots of its own."""
    task: str = "run_job"

    def queue_of(self, kind: JobKind) -> str:
        """Where a job of that kind waits."""
        return self.leaving if kind in LEAVING else self.queue


class PostgresJobs:
    """Implements Jobs."""

    def __init__(self, connection: Connection, delivery: Delivery) -> None:
        self._connection = connection
        self._delivery = delivery

    async def get(self, job_id: JobId) -> Job | None:
        """The job, or None."""
        row = await self._connection.fetchrow("SELECT * FROM position_jobs WHERE id = $1", job_id)
        return None if row is None else job_of(row)

    async def by_key(self, user_id: UserId, idempotency_key: str) -> Job | None:
        """The user's job asked for under that key, or None."""
        row = await self._connection.fetchrow(
            "SELECT * FROM position_jobs WHERE user_id = $1 AND idempotency_key = $2",
            user_id,
            idempotency_key,
        )
        return None if row is None else job_of(row)

    async def add(self, job: Job) -> None:
        """Insert a new job and hand it to the workers, both in this transaction.

        Raises DomainError POS-0006 when the same key was used by a request at the same moment,
        or when something else is still to be done with the position.
        """
        status = await self._connection.execute(
            insert_sql("position_jobs", ("id", *_COLUMNS)) + " ON CONFLICT DO NOTHING",
            job.id,
            *_values(job),
        )
        if affected(status) != 1:
            raise DomainError(ErrorCode.POSITION_BUSY, "the same request is being handled already")
        await self._connection.execute(
            "SELECT basis_defer($1, $2, $3, $4::jsonb)",
            self._delivery.queue_of(job.kind),
            self._delivery.task,
            f"job:{job.id}",
            json_text({"job_id": job.id, "user_id": job.user_id}),
        )

    async def save(self, job: Job) -> None:
        """Update one that has not ended; details are only added to."""
        *columns, details = _COLUMNS
        await self._connection.execute(
            update_sql("position_jobs", columns, first=2)
            + f", {details} = {details} || ${len(_COLUMNS) + 1}"
            " WHERE id = $1 AND status IN ('pending', 'running')",
            job.id,
            *_values(job),
        )

    async def note(self, job_id: JobId, details: Mapping[str, str]) -> None:
        """Add to the details of a job that is not ended, and change nothing else of it."""
        await self._connection.execute(
            "UPDATE position_jobs SET details = details || $2"
            " WHERE id = $1 AND status IN ('pending', 'running')",
            job_id,
            _details_text(details),
        )

    async def unfinished(self, *, position_id: PositionId | None = None) -> Sequence[Job]:
        """Pending and running ones, oldest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM position_jobs WHERE status IN ('pending', 'running')"
            " AND ($1::text IS NULL OR position_id = $1) ORDER BY sequence",
            position_id,
        )
        return [job_of(row) for row in rows]

    async def of_position(self, position_id: PositionId) -> Sequence[Job]:
        """All of a position, oldest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM position_jobs WHERE position_id = $1 ORDER BY sequence", position_id
        )
        return [job_of(row) for row in rows]

    async def recent(self, *, kind: JobKind | None = None, limit: int = 50) -> Sequence[Job]:
        """Newest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM position_jobs WHERE $1::text IS NULL OR kind = $1"
            " ORDER BY sequence DESC LIMIT $2",
            kind.value if kind else None,
            limit,
        )
        return [job_of(row) for row in rows]


def _values(job: Job) -> list[object]:
    return [
        job.user_id,
        job.kind.value,
        job.status.value,
        job.created_at,
        job.started_at,
        job.finished_at,
        job.position_id,
        job.amount_usdc,
        job.fraction,
        None if job.plan is None else encoded(job.plan),
        job.idempotency_key,
        job.request_hash,
        job.error_code,
        storable(job.error),
        _details_text(job.details),
    ]


def _details_text(details: Mapping[str, str]) -> str:
    return json_text({name: storable(text) for name, text in details.items()})


def job_of(row: Row) -> Job:
    """A row of `position_jobs` as the job it is."""
    return Job(
        id=JobId(row["id"]),
        user_id=UserId(row["user_id"]),
        kind=JobKind(row["kind"]),
        status=JobStatus(row["status"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        position_id=None if row["position_id"] is None else PositionId(row["position_id"]),
        amount_usdc=row["amount_usdc"],
        fraction=row["fraction"],
        plan=_plan(row["plan"]),
        idempotency_key=row["idempotency_key"],
        request_hash=row["request_hash"],
        error_code=row["error_code"],
        error=row["error"],
        details=from_json(row["details"], dict[str, str]),
    )


def _plan(text: str | None) -> EntryPlan | None:
    if text is None:
        return None
    plan = decoded(text)
    if not isinstance(plan, EntryPlan):
        raise ValueError(f"expected a stored EntryPlan, was {type(plan)!r}")
    return plan
