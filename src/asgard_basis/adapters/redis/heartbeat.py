"""Whether any worker lives."""

from asgard_basis.adapters.redis.connection import Redis, redis_errors

_KEY = "basis:worker:heartbeat"
_SECONDS = 10


class RedisHeartbeat:
    """A mark that fades ten seconds after the last beat."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def beat(self) -> None:
        """Say that a worker lives; raises Unavailable GEN-0006."""
        with redis_errors():
            await self._client.set(_KEY, b"1", ex=_SECONDS)

    async def is_alive(self) -> bool:
        """Whether any worker beat in the last ten seconds; raises Unavailable GEN-0006."""
        with redis_errors():
            return bool(await self._client.exists(_KEY))
