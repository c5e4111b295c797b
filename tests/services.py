"""Real PostgreSQL and Valkey for tests: started once, one fresh database for each test.

Load with `pytest_plugins = ("tests.services",)` or import the fixtures in a conftest.
"""

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Iterator

import asyncpg
import psycopg
import pytest
import redis

from asgard_basis.adapters.embedded.postgres import EmbeddedPostgres, start_postgres
from asgard_basis.adapters.embedded.valkey import EmbeddedValkey, start_valkey
from asgard_basis.adapters.postgres.migrate import migrate
from asgard_basis.adapters.postgres.pool import open_pool

_TEMPLATE = "migrated"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server of this test run, stopped at its end whatever happens."""
    server = start_postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A Valkey server of this test run, stopped at its end whatever happens."""
    server = start_valkey(tmp_path_factory.mktemp("valkey"), durable=False)
    try:
        yield server
    finally:
        server.stop()


def database_url(server: EmbeddedPostgres, name: str) -> str:
    """The address of another database on the same server, for the product's login."""
    return server.url.rsplit("/", 1)[0] + "/" + name


def _execute(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def empty_database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """The address of a database without any table."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    _execute(postgres_server, f"CREATE DATABASE {name}")
    yield database_url(postgres_server, name)
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _template(postgres_server: EmbeddedPostgres) -> str:
    _execute(postgres_server, f"CREATE DATABASE {_TEMPLATE}")
    asyncio.run(_migrated(database_url(postgres_server, _TEMPLATE)))
    return _TEMPLATE


async def _migrated(url: str) -> None:
    await migrate(url)


@pytest.fixture
def database(postgres_server: EmbeddedPostgres, _template: str) -> Iterator[str]:
    """The address of a fresh, migrated database of this test's own."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {_template}")
    yield database_url(postgres_server, name)
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A pool on this test's database, acting as the application's role."""
    opened = await open_pool(database)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def redis_url(valkey_server: EmbeddedValkey) -> str:
    """The address of an emptied Valkey."""
    with contextlib.closing(redis.Redis.from_url(valkey_server.url)) as client:
        client.flushall()
    return valkey_server.url
