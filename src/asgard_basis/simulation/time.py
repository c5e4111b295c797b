"""Time that jumps: an event loop without sockets or threads, and clocks over it."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Blocked(Exception):
    """The simulated program waits for something that no timer and no task will ever bring."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An asyncio loop whose time jumps to the next timer as soon as nothing is ready.

    It has no sockets, no threads and no signals: what would wait for any of them raises Blocked.
    """

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0
        # What BaseEventLoop asks for: to wait at most so long for the outside world.
        self._selector = _Leap(self._leap)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def run_in_executor(self, *wanted: Any) -> NoReturn:  # type: ignore[override]
        """There are no threads here."""
        raise Blocked(f"{wanted[1]!r} wants a thread")

    def _leap(self, seconds: float | None) -> None:
        if seconds is None:
            raise Blocked("everything waits, and nothing will happen")
        if seconds > 0:
            self._virtual += seconds

    def _process_events(self, event_list: object) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""


class _Leap:
    """Stands where a selector stands: instead of waiting, time passes."""

    def __init__(self, leap: Callable[[float | None], None]) -> None:
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """No event, after `timeout` virtual seconds."""
        self._leap(timeout)
        return []


def run_virtually(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run to the end on virtual time; tasks left over are cancelled. Raises Blocked."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main(loop))
    finally:
        try:
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


class LoopClock:
    """Clock over a virtual loop: host time from `began`, market time in step.

    `skew` is how far this machine's clock is ahead.
    """

    speed = 1.0

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, began: datetime, skew: timedelta = timedelta(0)
    ) -> None:
        self._loop = loop
        self._began = began
        self._skew = skew

    def skewed(self, skew: timedelta) -> "LoopClock":
        """The same time on a machine whose clock is off."""
        return LoopClock(self._loop, began=self._began, skew=skew)

    def now(self) -> datetime:
        """Market time (UTC)."""
        return self.host()

    def host(self) -> datetime:
        """This machine's time (UTC)."""
        return self._began + timedelta(seconds=self._loop.time()) + self._skew

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
