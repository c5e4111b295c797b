"""What writing everything down before and after it happens adds to opening and closing.

The product's own runner makes a real journal again, step by step with its real contents, on the
database it runs on, with hands that do nothing: what is left is reading and writing the journal,
with queue events, audit log and fence checks in the same transactions.
"""

import asyncio
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from asgard_basis.adapters.postgres.locks import PostgresLocks
from asgard_basis.adapters.postgres.pool import open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.adapters.system.clock import SystemClock
from asgard_basis.application.operations.duty import Duty, on_duty
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Intent,
    Journal,
    Outcome,
    Perform,
    Step,
)
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from benchmarks.product import Figure, database_url

_RUNS = 30


def journal_figures(home: Path, jobs: dict[str, tuple[str, float]]) -> list[Figure]:
    """For each kind of job: its id, and the seconds it took as a whole."""
    return asyncio.run(_measured(home, jobs))


async def _measured(home: Path, jobs: dict[str, tuple[str, float]]) -> list[Figure]:
    pool = await open_pool(database_url(home))
    locks = PostgresLocks(database_url(home))
    figures = []
    try:
        transactions = OverseenTransactions(PostgresTransactions(pool), SystemClock())
        for kind, (job_id, seconds) in jobs.items():
            async with transactions.for_system() as work:
                original = await work.jobs.get(JobId(job_id))
            if original is None:
                raise RuntimeError(f"there is no job {job_id}")
            async with transactions.for_user(original.user_id) as work:
                journal = await work.journals.of_job(original.id)
            times = []
            for _ in range(_RUNS):
                job = _another(home, original.user_id)
                async with locks.hold(f"user:{job.user_id}") as tenure:
                    if tenure is None:
                        raise RuntimeError("somebody else acts for this user")
                    times.append(await _again(transactions, job, journal))
            value = statistics.median(times) * 1000
            note = f"{len(journal.steps)} steps, {value / seconds / 10:.1f} % of {seconds:.2f} s"
            figures.append(Figure(f"journal_{kind}_ms", value, "ms", None, note))
    finally:
        await locks.close()
        await pool.close()
    return figures


async def _again(transactions: OverseenTransactions, job: Job, journal: Journal) -> float:
    runner = SagaRunner(transactions=transactions, clock=SystemClock())
    started = time.perf_counter()
    with on_duty(Duty(job.user_id, job.id)):
        await runner.run(
            job, decide=_following(journal), performer=_Idle(journal), on_progress=_nothing
        )
    return time.perf_counter() - started


class _Idle:
    """Hands that know beforehand what each step comes to."""

    def __init__(self, journal: Journal) -> None:
        self._steps = {(step.name, step.attempt): step for step in journal.steps}

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        return self._steps[command.name, attempt].intent

    async def execute(self, step: Step) -> Outcome:
        outcome = self._steps[step.name, step.attempt].outcome
        if outcome is None:
            raise RuntimeError(f"{step.name} came to nothing in the journal that is measured")
        return outcome

    async def resolve(self, step: Step) -> Outcome:
        raise RuntimeError(f"{step.name} was left open")


def _following(journal: Journal) -> Callable[[Journal], Decision]:
    def decide(written: Journal) -> Decision:
        done = len(written.steps)
        return Perform(journal.steps[done].name) if done < len(journal.steps) else Finished()

    return decide


async def _nothing(_journal: Journal) -> None:
    """A position's row is written with or without a journal."""


def _another(home: Path, user_id: UserId) -> Job:
    """A job that no queue delivers."""
    job = Job(
        id=JobId(str(uuid.uuid4())),
        user_id=user_id,
        kind=JobKind.DEPOSIT,
        status=JobStatus.RUNNING,
        created_at=datetime.now(UTC),
    )
    with psycopg.connect(database_url(home, login="postgres"), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO position_jobs (id, user_id, kind, status, created_at, details)"
            " VALUES (%s, %s, %s, %s, %s, '{}')",
            (job.id, job.user_id, job.kind.value, job.status.value, job.created_at),
        )
    return job
