"""What remembers and coordinates, as one process reaches it: through its membrane."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from asgard_basis.adapters.memory.coordination import MemoryNonces, MemorySnapshots
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import Locks, Tenure
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.simulation.membrane import Membrane


class OwnClock:
    """The shared time as one process sees it, which stands still for it while it is stopped."""

    speed = 1.0

    def __init__(self, clock: Clock, membrane: Membrane) -> None:
        self._clock = clock
        self._membrane = membrane

    def now(self) -> datetime:
        """Market time (UTC)."""
        return self._clock.now()

    def host(self) -> datetime:
        """This machine's time (UTC)."""
        return self._clock.host()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        self._membrane.check()
        await asyncio.sleep(seconds)
        await self._membrane.stand()


class GuardedTransactions:
    """Implements Transactions: every begin and every commit crosses the membrane."""

    def __init__(
        self, inner: Transactions, membrane: Membrane, on_commit: Callable[[], None]
    ) -> None:
        self._inner = inner
        self._membrane = membrane
        self._on_commit = on_commit

    def for_user(self, user_id: UserId) -> AbstractAsyncContextManager[UnitOfWork]:
        """See Transactions."""
        return self._guarded(self._inner.for_user(user_id))

    def for_visitor(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """See Transactions."""
        return self._guarded(self._inner.for_visitor())

    def for_system(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """See Transactions."""
        return self._guarded(self._inner.for_system())

    @contextlib.asynccontextmanager
    async def _guarded(
        self, inner: AbstractAsyncContextManager[UnitOfWork]
    ) -> AsyncIterator[UnitOfWork]:
        await self._membrane.cross("database begin")
        async with inner as work:
            yield work
            # Leaving by an error here rolls back.
            await self._membrane.cross("database commit")
        self._on_commit()
        await self._membrane.cross("database saved")


class GuardedNonces:
    """Implements NonceSource."""

    def __init__(self, inner: MemoryNonces, membrane: Membrane) -> None:
        self._inner = inner
        self._membrane = membrane

    async def next(self, signer: str, *, at_least: int) -> int:
        """See NonceSource."""
        await self._membrane.cross("database nonce")
        number = await self._inner.next(signer, at_least=at_least)
        await self._membrane.cross("database nonce taken")
        return number


class GuardedSnapshots:
    """Implements SnapshotStore."""

    def __init__(self, inner: MemorySnapshots, membrane: Membrane) -> None:
        self._inner = inner
        self._membrane = membrane

    async def publish(self, snapshot: MarketSnapshot) -> None:
        """See SnapshotStore."""
        await self._membrane.cross("snapshot publish")
        await self._inner.publish(snapshot)

    async def latest(self) -> MarketSnapshot | None:
        """See SnapshotStore."""
        await self._membrane.cross("snapshot read")
        return await self._inner.latest()

    async def watch(self) -> AsyncIterator[MarketSnapshot]:
        """See SnapshotStore."""
        async for snapshot in self._inner.watch():
            await self._membrane.cross("snapshot heard")
            yield snapshot


class GuardedLocks:
    """Implements Locks."""

    def __init__(self, inner: Locks, membrane: Membrane) -> None:
        self._inner = inner
        self._membrane = membrane

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Tenure | None]:
        """See Locks."""
        await self._membrane.cross("lock take")
        async with self._inner.hold(name) as tenure:
            yield tenure
