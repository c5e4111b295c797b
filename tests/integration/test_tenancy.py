"""Nobody sees or moves another's row, whatever the statement."""

import asyncpg
import pytest

from asgard_basis.adapters.postgres.pool import Role, open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import UserId
from tests.builders_platform import a_job, a_position, a_session, a_user, a_wallet

Pool = asyncpg.Pool

_PERSONAL = """
    SELECT DISTINCT c.table_name FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name = 'user_id'
"""


async def _fill(pool: "Pool[asyncpg.Record]", name: str) -> None:
    user = a_user(name)
    async with PostgresTransactions(pool).for_user(user.id) as work:
        await work.users.save(user)
        await work.sessions.save(a_session(user.id))
        await work.wallets.add(user.id, a_wallet(name))
        position = a_position(user.id)
        await work.positions.add(position)
        await work.jobs.add(a_job(user.id, position_id=position.id))


async def test_every_personal_table_forces_row_security(pool: "Pool[asyncpg.Record]") -> None:
    tables = {row[0] for row in await pool.fetch(_PERSONAL)} | {"users"}
    assert tables >= {"users", "sessions", "wallets", "positions", "position_jobs", "saga_steps"}
    forced = await pool.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relrowsecurity AND relforcerowsecurity"
    )
    assert tables <= {row[0] for row in forced}


async def test_the_application_role_can_neither_bypass_nor_own(
    pool: "Pool[asyncpg.Record]",
) -> None:
    assert await pool.fetchval("SELECT current_user") == "basis_app"
    for role in Role:
        facts = await pool.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", role.value)
        assert facts is not None
        assert not facts["rolsuper"]
        assert not facts["rolbypassrls"]
        assert not facts["rolcanlogin"]
        owned = await pool.fetchval(
            "SELECT count(*) FROM pg_class WHERE relowner = $1::regrole", role.value
        )
        assert owned == 0
    member = await pool.fetchval("SELECT pg_has_role('basis_app', 'basis_worker', 'MEMBER')")
    assert not member


async def test_a_second_tenant_sees_nothing_of_the_first(pool: "Pool[asyncpg.Record]") -> None:
    await _fill(pool, "ada")
    await _fill(pool, "bob")
    tables = [row[0] for row in await pool.fetch(_PERSONAL)]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('basis.user_id', 'bob', true)")
        for table in tables:
            owners = await connection.fetch(f'SELECT DISTINCT user_id FROM "{table}"')
            assert {row[0] for row in owners} <= {"bob"}, table
        assert await connection.fetchval("SELECT count(*) FROM users") == 1
        assert await connection.execute("UPDATE positions SET size_usd = 0") == "UPDATE 1"
        assert await connection.execute("DELETE FROM sessions WHERE user_id = 'ada'") == "DELETE 0"


async def test_without_a_user_nothing_is_seen(pool: "Pool[asyncpg.Record]") -> None:
    await _fill(pool, "ada")
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM positions") == 0
        async with connection.transaction():
            await connection.execute("SELECT set_config('basis.user_id', 'ada', true)")
            assert await connection.fetchval("SELECT count(*) FROM positions") == 1
        assert await connection.fetchval("SELECT count(*) FROM positions") == 0


async def test_a_row_cannot_be_given_to_somebody_else(pool: "Pool[asyncpg.Record]") -> None:
    await _fill(pool, "ada")
    await _fill(pool, "bob")
    transactions = PostgresTransactions(pool)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transactions.for_user(UserId("bob")) as work:
            await work.positions.add(a_position(UserId("ada"), key="another"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM procrastinate_jobs",
        "DELETE FROM schema_migrations",
        "INSERT INTO funding_hours VALUES (now(), 0, 0)",
        "UPDATE signer_nonces SET last = 0",
        "ALTER TABLE positions DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE anything (id int)",
        "SELECT basis_isolate('positions', 'user_id')",
    ],
)
async def test_the_application_role_reaches_only_its_tables(
    pool: "Pool[asyncpg.Record]", statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


async def test_the_owner_of_the_tables_is_bound_too(
    database: str, pool: "Pool[asyncpg.Record]"
) -> None:
    await _fill(pool, "ada")
    login = await asyncpg.connect(database)
    try:
        assert await login.fetchval("SELECT count(*) FROM positions") == 0
    finally:
        await login.close()


async def test_the_worker_role_sees_everybody(database: str, pool: "Pool[asyncpg.Record]") -> None:
    await _fill(pool, "ada")
    await _fill(pool, "bob")
    workers = await open_pool(database, role=Role.WORKER)
    try:
        assert await workers.fetchval("SELECT count(*) FROM positions") == 2
    finally:
        await workers.close()
    async with PostgresTransactions(pool).for_system() as work:
        assert {p.user_id for p in await work.positions.held()} == {"ada", "bob"}
