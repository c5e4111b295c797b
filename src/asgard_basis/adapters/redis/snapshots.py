"""The latest market snapshot, shared by all processes."""

import msgspec

from asgard_basis.adapters.redis.connection import Redis, redis_errors
from asgard_basis.domain.market.snapshot import MarketSnapshot

_KEY = "basis:market:snapshot"
_FORMAT = b"2\n"
"""A process of another version must not misread it: it is then as if there were none."""
_DECODER = msgspec.json.Decoder(MarketSnapshot)


class RedisSnapshotStore:
    """Implements SnapshotStore; raises Unavailable GEN-0006."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def publish(self, snapshot: MarketSnapshot) -> None:
        """Replace the snapshot for everybody."""
        with redis_errors():
            await self._client.set(_KEY, _FORMAT + msgspec.json.encode(snapshot))

    async def latest(self) -> MarketSnapshot | None:
        """The latest snapshot, or None before the first (or when another version wrote it)."""
        with redis_errors():
            payload = await self._client.get(_KEY)
        if not isinstance(payload, bytes) or not payload.startswith(_FORMAT):
            return None
        try:
            return _DECODER.decode(payload[len(_FORMAT) :])
        except msgspec.ValidationError:
            return None
