"""The market as a watch would have published it, looked up only when somebody asks."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import datetime
from typing import Any

from asgard_basis.adapters.memory.coordination import MemorySnapshots
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.simulation.time import LoopClock

_FRESH_SECONDS = 4.0


class LazySnapshots(MemorySnapshots):
    """The shared snapshot, looked up anew when somebody asks and it has aged.

    It stands for a watch that publishes every second, without the work nobody looks at.
    """

    def __init__(
        self,
        look: Callable[[], Coroutine[Any, Any, None]],
        kept: MemorySnapshots,
        clock: LoopClock,
    ) -> None:
        super().__init__()
        self._look = look
        self._kept = kept
        self._clock = clock
        self._looking: asyncio.Task[None] | None = None
        self._looked_at: datetime | None = None

    async def latest(self) -> MarketSnapshot | None:
        """See SnapshotStore."""
        now = self._clock.host()
        is_old = self._looked_at is None or (now - self._looked_at).total_seconds() > _FRESH_SECONDS
        if is_old and self._looking is None:
            # Not in the name of whoever asked.
            loop = asyncio.get_running_loop()
            self._looking = loop.create_task(self._looked(), context=Context())
        if self._looking is not None:
            await asyncio.shield(self._looking)
        return await self._kept.latest()

    async def _looked(self) -> None:
        try:
            await self._look()
        except DomainError:
            return
        finally:
            self._looked_at = self._clock.host()
            self._looking = None
