"""Saga journals: one row for each outside effect, written before and after it happens."""

from collections.abc import Sequence

from asgard_basis.adapters.postgres.codec import decoded, encoded
from asgard_basis.adapters.postgres.rows import Connection, Row, affected, storable
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.saga.step import Intent, Journal, Outcome, Step, StepName, StepStatus


class PostgresJournals:
    """Implements Journals."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of_job(self, job_id: JobId) -> Journal:
        """Everything written for the job, oldest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM saga_steps WHERE job_id = $1 ORDER BY sequence", job_id
        )
        return Journal(tuple(_step(row) for row in rows))

    async def intend(self, job_id: JobId, user_id: UserId, step: Step) -> None:
        """Append a step that is about to happen.

        Raises DomainError POS-0006 when this attempt, or another open step, is there already:
        somebody else is working on it. Beside an open step of another leg only what `is_beside`
        may be begun.
        """
        status = await self._connection.execute(
            "INSERT INTO saga_steps (job_id, user_id, name, attempt, status, intent,"
            " intended_at, outcome, finished_at, error_code, error, is_beside)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
            job_id,
            user_id,
            step.name.value,
            step.attempt,
            step.status.value,
            encoded(step.intent),
            step.intended_at,
            None if step.outcome is None else encoded(step.outcome),
            step.finished_at,
            step.error_code,
            storable(step.error),
            step.is_beside,
        )
        if affected(status) != 1:
            raise DomainError(
                ErrorCode.POSITION_BUSY,
                f"step {step.name} {step.attempt} cannot begin: another one is open",
                {"job_id": job_id},
            )

    async def conclude(self, job_id: JobId, step: Step) -> None:
        """Write the outcome of the intended step of the same name and attempt.

        Raises DomainError POS-0006 when that step is not open (any more).
        """
        status = await self._connection.execute(
            "UPDATE saga_steps SET status = $4, outcome = $5, finished_at = $6, error_code = $7,"
            " error = $8 WHERE job_id = $1 AND name = $2 AND attempt = $3 AND status = 'intended'",
            job_id,
            step.name.value,
            step.attempt,
            step.status.value,
            None if step.outcome is None else encoded(step.outcome),
            step.finished_at,
            step.error_code,
            storable(step.error),
        )
        if affected(status) != 1:
            raise DomainError(
                ErrorCode.POSITION_BUSY,
                f"step {step.name} {step.attempt} is not open",
                {"job_id": job_id},
            )

    async def of_position(self, position_id: PositionId) -> Sequence[Step]:
        """The steps of all jobs of a position, oldest first."""
        rows = await self._connection.fetch(
            "SELECT step.* FROM saga_steps AS step JOIN position_jobs AS job ON job.id = job_id"
            " WHERE job.position_id = $1 ORDER BY step.sequence",
            position_id,
        )
        return [_step(row) for row in rows]


def _step(row: Row) -> Step:
    intent = decoded(row["intent"])
    outcome = None if row["outcome"] is None else decoded(row["outcome"])
    if not isinstance(intent, Intent):
        raise ValueError(f"expected a stored intent, was {type(intent)!r}")
    if outcome is not None and not isinstance(outcome, Outcome):
        raise ValueError(f"expected a stored outcome, was {type(outcome)!r}")
    return Step(
        name=StepName(row["name"]),
        attempt=row["attempt"],
        status=StepStatus(row["status"]),
        intent=intent,
        intended_at=row["intended_at"],
        outcome=outcome,
        finished_at=row["finished_at"],
        error_code=row["error_code"],
        error=row["error"],
        is_beside=row["is_beside"],
    )
