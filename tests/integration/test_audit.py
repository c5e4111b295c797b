"""Whoever changes the audit log behind the product's back is found, by chain and line."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from asgard_basis.adapters.embedded.postgres import EmbeddedPostgres
from asgard_basis.adapters.postgres.pool import Role, open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.ports.oversight import AuditEntry, AuditKind
from tests.builders_platform import MOMENT

Pool = asyncpg.Pool
ADA, BOB = UserId("ada"), UserId("bob")


@pytest.fixture
async def transactions(pool: "Pool[asyncpg.Record]") -> PostgresTransactions:
    """Five lines of Ada, two of Bob, one of the operators."""
    filled = PostgresTransactions(pool)
    async with filled.for_system() as work:
        for user in (ADA, ADA, BOB, ADA, None, ADA, ADA, BOB):
            await work.audit.append(
                AuditEntry(MOMENT, AuditKind.STATE, {"to": "hedged"}, user, PositionId("p"))
            )
    return filled


async def _tampered(postgres_server: EmbeddedPostgres, database: str, statements: str) -> None:
    """As the machine's owner, who can switch off every guard."""
    url = postgres_server.superuser_url.rsplit("/", 1)[0] + "/" + database.rsplit("/", 1)[1]
    owner = await asyncpg.connect(url)
    try:
        await owner.execute(
            "ALTER TABLE audit_log DISABLE TRIGGER ALL;"
            "ALTER TABLE audit_heads DISABLE TRIGGER ALL;" + statements
        )
    finally:
        await owner.close()


async def _faults(transactions: PostgresTransactions) -> list[tuple[str, int]]:
    async with transactions.for_system() as work:
        walk = await work.audit.verify()
    return [(fault.chain, fault.number) for fault in walk.faults]


_REHASHED = (
    "encode(sha256(convert_to(previous || E'\\n' || number || E'\\n' || chain || E'\\n' || text,"
    " 'UTF8')), 'hex')"
)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (
            "UPDATE audit_log SET text = replace(text, 'hedged', 'closed')"
            " WHERE chain = 'ada' AND number = 3",
            [("ada", 3)],
        ),
        (
            "UPDATE audit_log SET text = replace(text, 'hedged', 'closed')"
            " WHERE chain = 'ada' AND number = 3;"
            f" UPDATE audit_log SET hash = {_REHASHED} WHERE chain = 'ada' AND number = 3",
            [("ada", 4)],
        ),
        ("DELETE FROM audit_log WHERE chain = 'ada' AND number = 2", [("ada", 2)]),
        ("DELETE FROM audit_log WHERE chain = 'ada' AND number >= 4", [("ada", 4)]),
        ("DELETE FROM audit_log WHERE chain = 'ada'", [("ada", 1)]),
        (
            "UPDATE audit_log SET number = -number WHERE chain = 'ada' AND number IN (2, 3);"
            " UPDATE audit_log SET number = 5 + number WHERE chain = 'ada' AND number < 0",
            [("ada", 2), ("ada", 2), ("ada", 3), ("ada", 3), ("ada", 4)],
        ),
        (
            "INSERT INTO audit_log (chain, number, text, previous, hash) SELECT chain, 6, text,"
            " hash, hash FROM audit_log WHERE chain = 'ada' AND number = 5;"
            f" UPDATE audit_log SET hash = {_REHASHED} WHERE chain = 'ada' AND number = 6",
            [("ada", 6)],
        ),
        (
            "UPDATE audit_log SET chain = 'eve', text = replace(text, 'bob', 'eve')"
            " WHERE chain = 'bob'",
            [("bob", 1), ("eve", 1), ("eve", 2), ("eve", 2)],
        ),
        ("DELETE FROM audit_heads WHERE chain = 'bob'", [("bob", 2)]),
    ],
    ids=[
        "edited",
        "edited and hashed again",
        "cut out",
        "tail cut off",
        "chain cut off",
        "swapped",
        "added",
        "moved to another chain",
        "end forgotten",
    ],
)
async def test_tampering_is_found(
    statements: str,
    found: list[tuple[str, int]],
    postgres_server: EmbeddedPostgres,
    database: str,
    transactions: PostgresTransactions,
) -> None:
    assert await _faults(transactions) == []
    await _tampered(postgres_server, database, statements)
    assert await _faults(transactions) == found


_LINE = """'{"user_id": "ada"}'"""


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET text = text",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        f"INSERT INTO audit_log (chain, number, text, previous, hash) VALUES ('ada', 9, {_LINE},"
        " '', '')",
        "UPDATE audit_heads SET number = number + 1",
        "DELETE FROM audit_heads",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    ],
)
async def test_the_roles_only_append(
    role: Role, statement: str, database: str, transactions: PostgresTransactions
) -> None:
    acting = await open_pool(database, role=role, size_max=1)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await acting.execute(statement)
    finally:
        await acting.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET text = text",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit_heads",
        "UPDATE audit_heads SET number = number - 1",
        "UPDATE audit_heads SET hash = ''",
    ],
)
async def test_not_even_the_owner_changes_it_with_the_guards_on(
    statement: str, database: str, transactions: PostgresTransactions
) -> None:
    owner = await asyncpg.connect(database)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(statement)
    finally:
        await owner.close()


async def test_a_user_cannot_append_in_the_name_of_another(
    pool: "Pool[asyncpg.Record]", transactions: PostgresTransactions
) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('basis.user_id', 'bob', true)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction():
                await connection.execute(f"SELECT basis_audit('ada', {_LINE})")
        with pytest.raises(asyncpg.CheckViolationError):
            async with connection.transaction():
                await connection.execute(f"SELECT basis_audit('bob', {_LINE})")


def _audit(database: str, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "asgard_basis", "audit", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BASIS_HOME": str(home),
            "DATABASE_URL": database,
        },
    )


async def test_the_command_tells_a_whole_log_from_one_that_was_changed(
    tmp_path: Path,
    postgres_server: EmbeddedPostgres,
    database: str,
    transactions: PostgresTransactions,
) -> None:
    whole = await asyncio.to_thread(_audit, database, tmp_path, "verify")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith("8 lines in 3 chains")
    shown = await asyncio.to_thread(_audit, database, tmp_path, "show", "p")
    assert shown.returncode == 0
    assert shown.stdout.count("Position hedged") == 8
    statement = "DELETE FROM audit_log WHERE chain = 'bob' AND number = 1"
    await _tampered(postgres_server, database, statement)
    broken = await asyncio.to_thread(_audit, database, tmp_path, "verify")
    assert broken.returncode == 1
    assert "BROKEN bob: line 1 is missing." in broken.stdout
    unknown = await asyncio.to_thread(_audit, database, tmp_path, "show", "q")
    assert unknown.returncode == 1
