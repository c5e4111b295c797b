"""Requests per window."""

from asgard_basis.adapters.redis.connection import Redis, redis_errors

# One window per key, from its first request on. A refused request is not counted.
_ALLOW = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then
  local left = redis.call('PTTL', KEYS[1])
  if left > 0 then return math.max(1, math.ceil(left / 1000)) end
end
if redis.call('INCR', KEYS[1]) == 1 or redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return 0
"""


class RedisRateLimiter:
    """Implements RateLimiter, for all processes together; raises Unavailable GEN-0006."""

    def __init__(self, client: Redis) -> None:
        self._allow = client.register_script(_ALLOW)

    async def allow(self, key: str, *, limit: int, window_seconds: int) -> int:
        """0 when allowed, else seconds until it may be tried again."""
        with redis_errors():
            return int(await self._allow(keys=[f"basis:rate:{key}"], args=[limit, window_seconds]))
