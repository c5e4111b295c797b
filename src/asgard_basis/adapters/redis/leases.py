"""Exclusive duties with an end: they save work, they do not guard money."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from asgard_basis.adapters.redis.connection import Redis, redis_errors
from asgard_basis.domain.errors import ErrorCode, Unavailable

_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""


class RedisLeases:
    """Implements Leases.

    A lease that cannot be renewed in time, or that somebody else has, interrupts its holder: the
    body of `hold` is cancelled and `hold` raises Unavailable GEN-0006.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)

    @contextlib.asynccontextmanager
    async def hold(self, name: str, *, seconds: float) -> AsyncIterator[bool]:
        """Enter with True when the lease was won, without waiting; it is renewed until left."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a lease can be held by a task only")
        key, token = f"basis:lease:{name}", secrets.token_hex(16)
        lifetime_ms = int(seconds * 1000)
        with redis_errors():
            is_won = bool(await self._client.set(key, token, nx=True, px=lifetime_ms))
        if not is_won:
            yield False
            return
        renewal = asyncio.create_task(
            self._keep(key, token, lifetime_ms, task), name=f"lease {name}"
        )
        try:
            try:
                yield True
            finally:
                is_lost = _was_lost(renewal)
                renewal.cancel()
                with contextlib.suppress(Unavailable):
                    await asyncio.shield(self._let_go(key, token))
        finally:
            # Whatever the holder answered: libraries turn an interruption into errors of their own.
            if is_lost:
                if task.uncancel():
                    # Somebody else ends the task as well.
                    raise asyncio.CancelledError
                raise Unavailable(ErrorCode.NOT_READY, f"the lease {name} was lost")

    async def _keep(
        self, key: str, token: str, lifetime_ms: int, holder: asyncio.Task[object]
    ) -> bool:
        """Renew at thirds of the lifetime; True after interrupting a holder that lost it."""
        loop = asyncio.get_running_loop()
        seconds = lifetime_ms / 1000
        valid_until = loop.time() + seconds
        while True:
            await asyncio.sleep(seconds / 3)
            asked_at = loop.time()
            try:
                async with asyncio.timeout_at(valid_until):
                    with redis_errors():
                        kept = await self._renew(keys=[key], args=[token, lifetime_ms])
            except (Unavailable, TimeoutError):
                kept = None
            if kept:
                valid_until = asked_at + seconds
            elif kept is not None or loop.time() >= valid_until - seconds / 3:
                holder.cancel()
                return True

    async def _let_go(self, key: str, token: str) -> None:
        with redis_errors():
            await self._release(keys=[key], args=[token])


def _was_lost(renewal: "asyncio.Task[bool]") -> bool:
    return renewal.done() and not renewal.cancelled() and renewal.exception() is None
