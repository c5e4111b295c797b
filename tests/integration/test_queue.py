"""A job reaches a worker when, and only when, its transaction was committed."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import asyncpg
import procrastinate
import pytest

from asgard_basis.adapters.postgres.queue import queue_connector
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import JobId
from asgard_basis.ports.repositories import JobKind
from asgard_basis.workers.main import QUEUES, deliver
from tests.builders_platform import a_job, a_user

ADA = a_user("ada")


class Stopped(Exception):
    """Raised in the middle of a transaction."""


async def test_a_committed_job_is_delivered_and_a_rolled_back_one_is_not(
    database: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    transactions = PostgresTransactions(pool)
    app = procrastinate.App(connector=queue_connector(database))
    delivered: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    @app.task(name="run_job", queue="jobs")
    async def run_job(job_id: str, user_id: str) -> None:
        await delivered.put((job_id, user_id))

    async def abandoned() -> None:
        async with transactions.for_user(ADA.id) as work:
            await work.jobs.add(replace(a_job(ADA.id), id=JobId("lost"), idempotency_key=None))
            raise Stopped

    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(queues=["jobs"], install_signal_handlers=False)
        )
        async with transactions.for_user(ADA.id) as work:
            await work.users.save(ADA)
        with pytest.raises(Stopped):
            await abandoned()
        async with transactions.for_user(ADA.id) as work:
            await work.jobs.add(a_job(ADA.id))
        async with asyncio.timeout(10):
            assert await delivered.get() == ("j-ada", "ada")
        assert delivered.empty()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_openings_that_wait_for_a_venue_leave_a_closing_its_room(
    database: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    transactions = PostgresTransactions(pool)
    queue = procrastinate.App(connector=queue_connector(database))
    app: Any = SimpleNamespace(queue=queue)
    left = asyncio.Event()

    @queue.task(name="run_job", queue="jobs")
    async def run_job(job_id: str, user_id: str) -> None:
        if job_id == "close":
            left.set()
        await left.wait()

    async with transactions.for_user(ADA.id) as work:
        await work.users.save(ADA)
        for n in range(QUEUES["jobs"]):
            await work.jobs.add(replace(a_job(ADA.id), id=JobId(f"o{n}"), idempotency_key=None))
        closing = replace(a_job(ADA.id, kind=JobKind.CLOSE), id=JobId("close"))
        await work.jobs.add(replace(closing, idempotency_key=None))
    async with queue.open_async():
        workers = [asyncio.create_task(deliver(app, name)) for name in QUEUES]
        try:
            async with asyncio.timeout(20):
                await left.wait()
        finally:
            left.set()
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


async def test_the_same_work_waits_once(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    defer = "SELECT basis_defer('jobs', 'run_job', 'job:1', '{}')"
    async with pool.acquire() as connection:
        first = await connection.fetchval(defer)
        assert first is not None
        async with connection.transaction():
            assert await connection.fetchval(defer) is None
            async with pool.acquire() as other, other.transaction():
                await other.execute("SET LOCAL ROLE basis_worker")
                taken = await other.fetchval(
                    "SELECT (procrastinate_fetch_job_v2(ARRAY['jobs'], NULL)).id"
                )
                assert taken is None, "a worker must not begin before the second request is saved"
        async with pool.acquire() as other, other.transaction():
            await other.execute("SET LOCAL ROLE basis_worker")
            taken = await other.fetchval(
                "SELECT (procrastinate_fetch_job_v2(ARRAY['jobs'], NULL)).id"
            )
            assert taken == first
