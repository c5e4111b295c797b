"""What all processes share besides rows, in memory: numbers, the snapshot, duties, messages."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.ports.clock import Clock


class MemoryNonces:
    """Implements NonceSource."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}

    async def next(self, signer: str, *, at_least: int) -> int:
        """max(at_least, last + 1); never the same twice."""
        self.last[signer] = max(at_least, self.last.get(signer, 0) + 1)
        return self.last[signer]


class MemorySnapshots:
    """Implements SnapshotStore."""

    def __init__(self) -> None:
        self._latest: MarketSnapshot | None = None
        self._changes: set[asyncio.Event] = set()

    async def publish(self, snapshot: MarketSnapshot) -> None:
        """Replace the snapshot for everybody."""
        self._latest = snapshot
        for change in self._changes:
            change.set()

    async def latest(self) -> MarketSnapshot | None:
        """The latest snapshot, or None before the first."""
        return self._latest

    async def watch(self) -> AsyncIterator[MarketSnapshot]:
        """The latest snapshot and every later one; older ones may be left out."""
        change = asyncio.Event()
        self._changes.add(change)
        try:
            while True:
                change.clear()
                if self._latest is not None:
                    yield self._latest
                await change.wait()
        finally:
            self._changes.discard(change)


class DutyBook:
    """Who has which duty until when; judged by one clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, tuple[object, datetime]] = {}

    def take(self, name: str, holder: object, seconds: float) -> bool:
        """Whether it was free, had run out, or is the holder's already; it then lasts so long."""
        now = self._clock.host()
        present = self._until.get(name)
        if present is not None and present[0] is not holder and now < present[1]:
            return False
        self._until[name] = (holder, now + timedelta(seconds=seconds))
        return True

    def release(self, name: str, holder: object) -> None:
        """Let go of it."""
        if self._until.get(name, (None,))[0] is holder:
            del self._until[name]


class MemoryLeases:
    """Implements Leases for one process."""

    def __init__(self, book: DutyBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    @contextlib.asynccontextmanager
    async def hold(self, name: str, *, seconds: float) -> AsyncIterator[bool]:
        """Enter with True when the lease was won; it is renewed until left."""
        holder = object()
        won = self._book.take(name, holder, seconds)
        renewal = asyncio.create_task(self._renew(name, holder, seconds)) if won else None
        try:
            yield won
        finally:
            if renewal is not None:
                renewal.cancel()
                self._book.release(name, holder)

    async def _renew(self, name: str, holder: object, seconds: float) -> None:
        while self._book.take(name, holder, seconds):
            await self._clock.sleep(seconds / 3)


class MemoryRateLimiter:
    """Implements RateLimiter by fixed windows of host time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, int], int] = {}

    async def allow(self, key: str, *, limit: int, window_seconds: int) -> int:
        """0 when allowed, else seconds until it may be tried again."""
        number, passed = divmod(int(self._clock.host().timestamp()), window_seconds)
        count = self._seen[key, number] = self._seen.get((key, number), 0) + 1
        return 0 if count <= limit else window_seconds - passed


class MemoryEventBus:
    """Implements EventBus; keeps every message."""

    def __init__(self) -> None:
        self._channels: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
        self._number = 0
        self._news = asyncio.Event()

    async def publish(self, channel: str, payload: bytes) -> None:
        """Append to a channel."""
        self._number += 1
        self._channels[channel].append((self._number, payload))
        self._news.set()

    async def subscribe(
        self, channels: list[str], *, after: str | None
    ) -> AsyncIterator[tuple[str, str, bytes]]:
        """(channel, id, payload) from after the given id on, then live."""
        reached = self._number if after is None else int(after)
        while True:
            waiting = sorted(
                (number, channel, payload)
                for channel in channels
                for number, payload in self._channels[channel]
                if number > reached
            )
            for number, channel, payload in waiting:
                reached = number
                yield channel, str(number), payload
            if not waiting:
                self._news.clear()
                await self._news.wait()
