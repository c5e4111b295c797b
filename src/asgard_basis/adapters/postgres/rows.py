"""Small pieces of SQL and rows shared by the repositories."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy
Row: TypeAlias = asyncpg.Record


def insert_sql(table: str, columns: Sequence[str]) -> str:
    """INSERT of one row with positional values."""
    marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def update_sql(table: str, columns: Sequence[str], *, first: int) -> str:
    """UPDATE ... SET of these columns from value number `first` on; the caller adds WHERE."""
    pairs = ", ".join(f"{column} = ${n}" for n, column in enumerate(columns, first))
    return f"UPDATE {table} SET {pairs}"


def affected(status: Any) -> int:
    """How many rows a command changed, from its status text such as `UPDATE 1`."""
    return int(str(status).rsplit(" ", 1)[-1])


def storable(text: str | None) -> str | None:
    """Text as PostgreSQL can hold it: without NUL characters."""
    return None if text is None else text.replace("\x00", "�")
