"""What a failing database means to the rest of the product."""

import contextlib
from collections.abc import Iterator

import asyncpg

from asgard_basis.domain.errors import ErrorCode, Unavailable

LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Nothing was done, or it was rolled back; asking again may help."""


@contextlib.contextmanager
def database_errors() -> Iterator[None]:
    """Turn a database that does not answer into Unavailable GEN-0006."""
    try:
        yield
    except LOST as error:
        if isinstance(error, asyncpg.DataError):
            raise
        raise Unavailable(
            ErrorCode.NOT_READY, "the database does not answer", {"cause": type(error).__name__}
        ) from error
