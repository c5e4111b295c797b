"""One holder at a time, over processes, and an end with the process that holds."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from asgard_basis.adapters.postgres.locks import PostgresLocks
from asgard_basis.domain.errors import Unavailable


@pytest.fixture
async def locks(database: str) -> AsyncIterator[PostgresLocks]:
    made = PostgresLocks(database)
    try:
        yield made
    finally:
        await made.close()


async def test_a_lock_is_won_once_in_and_across_processes(
    locks: PostgresLocks, database: str
) -> None:
    other = PostgresLocks(database)
    async with locks.hold("user:a") as first, locks.hold("user:b") as separate:
        assert first
        assert separate
        async with locks.hold("user:a") as again, other.hold("user:a") as elsewhere:
            assert not again
            assert not elsewhere
        async with locks.hold("user:a") as still:
            assert not still
    async with other.hold("user:a") as now:
        assert now
    await other.close()


_HOLDER = """
import asyncio, sys
from asgard_basis.adapters.postgres.locks import PostgresLocks

async def main():
    async with PostgresLocks(sys.argv[1]).hold("user:a") as held:
        print(held, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_the_lock_of_a_killed_process_is_free(locks: PostgresLocks, database: str) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _HOLDER,
        database,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout is not None
    assert (await holder.stdout.readline()).strip() == b"True"
    async with locks.hold("user:a") as held:
        assert not held
    holder.kill()
    await holder.communicate()
    async with asyncio.timeout(10):
        while True:
            async with locks.hold("user:a") as held:
                if held:
                    return


async def test_who_loses_the_database_is_interrupted(
    locks: PostgresLocks, pool: "asyncpg.Pool[asyncpg.Record]", database: str
) -> None:
    login = await asyncpg.connect(database)

    async def work() -> None:
        async with locks.hold("user:a"):
            ending.append(
                asyncio.ensure_future(
                    login.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                        " application_name = 'basis locks' AND datname = current_database()"
                    )
                )
            )
            await asyncio.sleep(30)

    ending: list[asyncio.Future[str]] = []
    with pytest.raises(Unavailable, match="lock on user:a was lost"):
        await work()
    await ending[0]
    await login.close()
    async with locks.hold("user:a") as held:
        assert held


async def test_a_cancelled_holder_lets_go_and_stays_cancelled(locks: PostgresLocks) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with locks.hold("user:a"):
            begun.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with locks.hold("user:a") as held:
        assert held
