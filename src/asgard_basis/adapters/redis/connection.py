"""The connection to Redis or Valkey, and what its failures mean."""

import contextlib
from collections.abc import Iterator
from typing import TypeAlias

import redis.asyncio
from redis import exceptions
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

from asgard_basis.domain.errors import ErrorCode, Unavailable

Redis: TypeAlias = "redis.asyncio.Redis"

_CONNECTIONS_MAX = 50
"""A burst waits for its turn instead of failing."""
LOST = (exceptions.RedisError, OSError, TimeoutError)


def open_redis(url: str) -> Redis:
    """A client with bounded waits; it connects when it is first used. Close with `aclose`."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS_MAX,
        timeout=5,
        socket_timeout=5,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(cap=0.5, base=0.05), 2),
        retry_on_error=[exceptions.ConnectionError],
    )
    return redis.asyncio.Redis.from_pool(pool)


@contextlib.contextmanager
def redis_errors() -> Iterator[None]:
    """Turn a server that does not answer into Unavailable GEN-0006."""
    try:
        yield
    except LOST as error:
        raise Unavailable(
            ErrorCode.NOT_READY, "Redis does not answer", {"cause": type(error).__name__}
        ) from error


async def answers(client: Redis) -> bool:
    """Whether it answers now."""
    try:
        return bool(await client.ping())
    except LOST:
        return False
