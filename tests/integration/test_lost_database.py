"""What only a database can do wrong, and what its unit of work makes of it."""

import contextlib

import asyncpg
import pytest

from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.errors import Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import a_position, a_user

ADA = UserId("ada")


@pytest.fixture
async def transactions(pool: "asyncpg.Pool[asyncpg.Record]") -> Transactions:
    made = PostgresTransactions(pool)
    async with made.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
    return made


async def test_a_failed_statement_cannot_pass_for_saved(transactions: Transactions) -> None:
    async def swallow() -> None:
        async with transactions.for_user(ADA) as work:
            await work.positions.add(a_position(ADA))
            with contextlib.suppress(asyncpg.UniqueViolationError):
                await work.positions.add(a_position(ADA))

    with pytest.raises(Unavailable, match="nothing was saved"):
        await swallow()
    async with transactions.for_user(ADA) as work:
        assert await work.positions.held() == []


async def test_a_database_that_is_lost_is_said_so(
    transactions: Transactions, database: str
) -> None:
    async def lose() -> None:
        async with transactions.for_user(ADA) as work:
            await work.positions.held()
            login = await asyncpg.connect(database)
            await login.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
            await login.close()
            await work.positions.held()

    with pytest.raises(Unavailable, match="GEN-0006"):
        await lose()
    async with transactions.for_user(ADA) as work:
        assert await work.positions.held() == []
