"""The latest market snapshot, shared by all processes."""

from collections.abc import AsyncIterator

import msgspec

from asgard_basis.adapters.redis.connection import Redis, redis_errors
from asgard_basis.domain.market.snapshot import MarketSnapshot

_KEY = "basis:market:snapshot"
_FORMAT = b"2\n"
"""A process of another version must not misread it: it is then as if there were none."""
_SILENCE_SECONDS = 5.0
_DECODER = msgspec.json.Decoder(MarketSnapshot)


class RedisSnapshotStore:
    """Implements SnapshotStore; raises Unavailable GEN-0006."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def publish(self, snapshot: MarketSnapshot) -> None:
        """Replace the snapshot for everybody."""
        payload = _FORMAT + msgspec.json.encode(snapshot)
        with redis_errors():
            async with self._client.pipeline(transaction=False) as both:
                both.set(_KEY, payload)
                both.publish(_KEY, payload)
                await both.execute()

    async def latest(self) -> MarketSnapshot | None:
        """The latest snapshot, or None before the first (or when another version wrote it)."""
        with redis_errors():
            payload = await self._client.get(_KEY)
        return _read(payload)

    async def watch(self) -> AsyncIterator[MarketSnapshot]:
        """The latest snapshot and every later one; raises Unavailable GEN-0006."""
        async with self._client.pubsub(ignore_subscribe_messages=True) as channel:
            with redis_errors():
                await channel.subscribe(_KEY)
            newest = await self.latest()
            if newest is not None:
                yield newest
            while True:
                with redis_errors():
                    message = await channel.get_message(timeout=_SILENCE_SECONDS)
                snapshot = None if message is None else _read(message["data"])
                if snapshot is not None:
                    yield snapshot


def _read(payload: object) -> MarketSnapshot | None:
    """None for what another version wrote."""
    if not isinstance(payload, bytes) or not payload.startswith(_FORMAT):
        return None
    try:
        return _DECODER.decode(payload[len(_FORMAT) :])
    except msgspec.ValidationError:
        return None
