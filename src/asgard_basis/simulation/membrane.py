"""The skin of one simulated process: nothing gets out of it, or back in, when it is dead."""

import asyncio
from collections.abc import Awaitable, Callable


class Killed(asyncio.CancelledError):
    """The process that waited here is dead."""


class Membrane:
    """Passed before and after everything a process does outside of itself.

    `watch` is told each place that is crossed, by its name, and may let the process wait, fail
    or die there.
    """

    def __init__(self, name: str, watch: Callable[["Membrane", str], Awaitable[None]]) -> None:
        self.name = name
        self.is_dead = False
        self._watch = watch
        self._running = asyncio.Event()
        self._running.set()

    @property
    def is_paused(self) -> bool:
        """Whether the process is stopped, and will go on as if nothing had been."""
        return not self._running.is_set()

    async def cross(self, place: str) -> None:
        """Raises Killed once the process is dead, and what the watch raises."""
        self.check()
        await self._watch(self, place)
        await self.stand()

    async def stand(self) -> None:
        """Wait while the process is stopped; raises Killed once it is dead."""
        while self.is_paused and not self.is_dead:
            await self._running.wait()
        self.check()

    def check(self) -> None:
        """Raises Killed once the process is dead."""
        if self.is_dead:
            raise Killed(self.name)

    def pause(self) -> None:
        """Stop the process where it stands."""
        self._running.clear()

    def resume(self) -> None:
        """Let it go on."""
        self._running.set()

    def kill(self) -> None:
        """From here on nothing of it reaches anything."""
        self.is_dead = True
        self._running.set()
