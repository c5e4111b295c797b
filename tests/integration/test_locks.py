"""Leases over real connections: processes that die, hang or lose the database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context

import asyncpg
import pytest

from asgard_basis.adapters.embedded.postgres import EmbeddedPostgres
from asgard_basis.adapters.postgres.locks import PostgresLocks
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.errors import Superseded, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.coordination import ensure_sure
from tests.builders_platform import a_user

ADA = UserId("ada")
NAME = "user:ada"


@pytest.fixture
async def locks(database: str) -> AsyncIterator[PostgresLocks]:
    made = PostgresLocks(database)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def successor(database: str) -> AsyncIterator[PostgresLocks]:
    made = PostgresLocks(database)
    try:
        yield made
    finally:
        await made.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it, a few seconds at most."""
    async with asyncio.timeout(5):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def renewed(login: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Wait for the next renewal."""
    ends = await login.fetchval("SELECT expires_at FROM leases")

    async def is_later() -> bool:
        return bool(await login.fetchval("SELECT expires_at > $1 FROM leases", ends))

    await until(is_later)


async def won(locks: PostgresLocks) -> int:
    """Another process's fence, as soon as it gets the name."""
    while True:
        async with locks.hold(NAME) as tenure:
            if tenure is not None:
                return tenure.fence
        await asyncio.sleep(0.05)


_HOLDER = """
import asyncio, sys
from asgard_basis.adapters.postgres.locks import PostgresLocks

async def main():
    async with PostgresLocks(sys.argv[1], seconds=2, renew_seconds=0.2).hold("user:ada") as tenure:
        print(tenure.fence, flush=True)
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
    assert (await holder.stdout.readline()).strip() == b"1"
    async with locks.hold(NAME) as tenure:
        assert tenure is None
    holder.kill()
    await holder.communicate()
    async with asyncio.timeout(10):
        assert await won(locks) == 2


async def _end_connections(login: "asyncpg.Connection[asyncpg.Record]") -> None:
    await login.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'basis locks'"
    )


async def test_who_loses_the_database_is_interrupted(
    database: str, postgres_server: EmbeddedPostgres
) -> None:
    locks = PostgresLocks(database, seconds=2, renew_seconds=0.1)
    name = database.rsplit("/", 1)[1].split("?", 1)[0]
    login = await asyncpg.connect(postgres_server.superuser_url)

    async def work() -> None:
        async with locks.hold(NAME) as tenure:
            assert tenure is not None
            await login.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await _end_connections(login)
            await asyncio.sleep(30)

    with pytest.raises(Unavailable, match="tenure of user:ada was lost"):
        await work()
    await login.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await login.close()
    async with asyncio.timeout(10):
        assert await won(locks) == 2
    await locks.close()


async def test_a_lost_connection_is_replaced_before_anything_is_lost(database: str) -> None:
    locks = PostgresLocks(database, renew_seconds=0.1)
    login = await asyncpg.connect(database)
    async with locks.hold(NAME) as tenure:
        assert tenure is not None
        await _end_connections(login)
        await renewed(login)
        ensure_sure()
    await login.close()
    await locks.close()


async def test_a_write_waits_for_a_take_over_that_is_not_decided_yet(
    locks: PostgresLocks, pool: "asyncpg.Pool[asyncpg.Record]", database: str
) -> None:
    store = PostgresTransactions(pool)
    rival = await asyncpg.connect(database)

    async def write() -> None:
        async with store.for_user(ADA) as work:
            await work.users.save(a_user(ADA))

    async with locks.hold(NAME):
        undecided = rival.transaction()
        await undecided.start()
        await rival.execute("UPDATE leases SET fence = fence + 1, holder = 'rival'")
        waiting = asyncio.create_task(write())
        watching = await asyncpg.connect(database)

        async def is_waiting() -> bool:
            return bool(
                await watching.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            )

        await until(is_waiting)
        await undecided.commit()
        with pytest.raises(Superseded):
            await waiting
        await watching.close()
    await rival.close()


async def test_a_renewal_waits_for_no_unit_of_work(
    database: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    locks = PostgresLocks(database, renew_seconds=0.05)
    login = await asyncpg.connect(database)
    async with locks.hold(NAME), PostgresTransactions(pool).for_user(ADA):
        await renewed(login)
    await login.close()
    await locks.close()


async def test_who_is_paused_inside_a_transaction_is_succeeded_all_the_same(
    database: str, pool: "asyncpg.Pool[asyncpg.Record]", successor: PostgresLocks
) -> None:
    slow = PostgresLocks(database, seconds=1.5, renew_seconds=3600)

    async def paused() -> None:
        async with slow.hold(NAME) as tenure, PostgresTransactions(pool).for_user(ADA) as work:
            assert tenure is not None
            await work.users.save(a_user(ADA))
            task = asyncio.get_running_loop().create_task(won(successor), context=Context())
            async with asyncio.timeout(8):
                assert await task > tenure.fence
            await work.users.get(ADA)

    with pytest.raises(Unavailable):
        await paused()
    async with PostgresTransactions(pool).for_user(ADA) as work:
        assert await work.users.get(ADA) is None
    await slow.close()
