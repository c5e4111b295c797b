"""Connections to PostgreSQL."""

from enum import StrEnum

import asyncpg

from asgard_basis.adapters.postgres.failures import LOST


class Role(StrEnum):
    """As whom a connection acts; made by the first migration."""

    APP = "basis_app"
    """Sees the rows of the transaction's user only."""
    WORKER = "basis_worker"
    """Sees everybody's rows."""


_SESSION = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


def session_settings(role: Role, *, name: str) -> dict[str, str]:
    """What every session of ours is set to: UTC, bounded waits, the role."""
    return {**_SESSION, "role": role.value, "application_name": name}


async def open_pool(
    url: str, *, role: Role = Role.APP, size_max: int = 10, name: str = "basis"
) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool whose sessions act as `role` outside units of work.

    NUMERIC comes as Decimal, timestamptz as aware UTC, jsonb as text. The database must have
    been migrated. Raises OSError or asyncpg.PostgresError when it cannot be reached or used.
    """
    return await asyncpg.create_pool(
        url,
        min_size=min(2, size_max),
        max_size=size_max,
        command_timeout=35,
        max_inactive_connection_lifetime=300,
        server_settings=session_settings(role, name=name),
    )


async def answers(pool: "asyncpg.Pool[asyncpg.Record]", *, seconds: float = 2) -> bool:
    """Whether the database answers a question within that time."""
    try:
        async with pool.acquire(timeout=seconds) as connection:
            return bool(await connection.fetchval("SELECT true", timeout=seconds))
    except LOST:
        return False
