"""From an empty database to the present schema, in any number of processes."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest

from asgard_basis.adapters.postgres.migrate import (
    Migration,
    MigrationRefused,
    migrate,
    shipped_migrations,
)

_PROCESS = """
import asyncio, sys
from asgard_basis.adapters.postgres.migrate import migrate
print(len(asyncio.run(migrate(sys.argv[1]))))
"""


def test_processes_that_start_together_on_an_empty_database_all_come_up(
    empty_database: str,
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, empty_database],
            stdout=subprocess.PIPE,
            env=environment,
        )
        for _ in range(3)
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(map(int, outputs)) == [0, 0, len(shipped_migrations())]


async def test_a_second_run_changes_nothing(database: str) -> None:
    assert await migrate(database) == []


def test_file_numbers_have_no_gaps() -> None:
    versions = [m.version for m in shipped_migrations()]
    assert versions == list(range(1, len(versions) + 1))


async def test_a_failing_file_leaves_nothing_behind(empty_database: str) -> None:
    good = Migration(1, "make_one", "CREATE TABLE one (id int);")
    bad = Migration(2, "make_two", "CREATE TABLE two (id int); SELECT 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_database, [good, bad])
    fixed = Migration(2, "make_two", "CREATE TABLE two (id int);")
    assert await migrate(empty_database, [good, fixed]) == [fixed]


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ([Migration(1, "make_one", "CREATE TABLE other (id int);")], "other contents"),
        ([], "newer version"),
        (
            [
                Migration(0, "make_zero", "SELECT 1;"),
                Migration(1, "make_one", "CREATE TABLE one (id int);"),
            ],
            "missing from the database",
        ),
    ],
)
async def test_a_database_with_another_past_is_refused(
    empty_database: str, later: list[Migration], message: str
) -> None:
    await migrate(empty_database, [Migration(1, "make_one", "CREATE TABLE one (id int);")])
    with pytest.raises(MigrationRefused, match=message):
        await migrate(empty_database, later)


async def test_two_migrators_in_one_process(empty_database: str) -> None:
    counts = await asyncio.gather(*(migrate(empty_database) for _ in range(4)))
    assert sorted(len(c) for c in counts)[:3] == [0, 0, 0]
