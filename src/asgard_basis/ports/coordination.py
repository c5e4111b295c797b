"""Keeping processes out of each other's way."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from asgard_basis.domain.market.snapshot import MarketSnapshot


class NonceSource(Protocol):
    """One counter per signer for all processes."""

    async def next(self, signer: str, *, at_least: int) -> int:
        """max(at_least, last + 1), persisted before it is returned; never the same twice."""
        ...


class SnapshotStore(Protocol):
    """The latest market snapshot, shared by all processes."""

    async def publish(self, snapshot: MarketSnapshot) -> None:
        """Replace the snapshot for everybody."""
        ...

    async def latest(self) -> MarketSnapshot | None:
        """The latest snapshot, or None before the first."""
        ...


class EventBus(Protocol):
    """Messages to people's open dashboards."""

    async def publish(self, channel: str, payload: bytes) -> None:
        """Append to a channel; kept for a while so that a reader can resume."""
        ...

    def subscribe(
        self, channels: list[str], *, after: str | None
    ) -> AsyncIterator[tuple[str, str, bytes]]:
        """(channel, id, payload) from after the given id on, then live."""
        ...


class Leases(Protocol):
    """Exclusive duties with an end."""

    def hold(self, name: str, *, seconds: float) -> AbstractAsyncContextManager[bool]:
        """Enter with True when the lease was won; it is renewed until left."""
        ...


class RateLimiter(Protocol):
    """Requests per window."""

    async def allow(self, key: str, *, limit: int, window_seconds: int) -> int:
        """0 when allowed, else seconds until it may be tried again."""
        ...


class Locks(Protocol):
    """One worker at a time for one user's money, across machines."""

    def hold(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Enter with True when the lock was won; it ends with the process that holds it."""
        ...
