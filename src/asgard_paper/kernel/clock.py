"""The world's two times: market time, which can run fast, and host time, which cannot."""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What the engines ask for the time."""

    def now_ms(self) -> int:
        """Market time, Unix milliseconds: funding, interest, prices, nonce windows."""
        ...

    def host_ms(self) -> int:
        """Host time, Unix milliseconds: request limits, access tokens, block production."""
        ...


def _system_ms() -> int:
    return time.time_ns() // 1_000_000


class WorldClock:
    """A market clock that runs with the host clock at a speed, and can be moved forward.

    Speed 1 is real time, larger is accelerated, 0 is stepped: time moves only by `advance`.
    Market time never goes backwards, and stands still at `latest_ms` where a recording ends.
    """

    def __init__(
        self,
        *,
        start_ms: int | None = None,
        speed: float = 1.0,
        latest_ms: int | None = None,
        host_ms: Callable[[], int] = _system_ms,
    ) -> None:
        self._host_ms = host_ms
        self._host_origin = host_ms()
        self._market_origin = self._host_origin if start_ms is None else start_ms
        self._speed = _checked(speed)
        self._latest_ms = latest_ms

    @property
    def speed(self) -> float:
        """Market seconds per host second."""
        return self._speed

    def now_ms(self) -> int:
        """Market time, Unix milliseconds."""
        elapsed = max(0, self._host_ms() - self._host_origin)
        reached = self._market_origin + int(elapsed * self._speed)
        return reached if self._latest_ms is None else min(reached, self._latest_ms)

    def host_ms(self) -> int:
        """Host time, Unix milliseconds."""
        return self._host_ms()

    def set_speed(self, speed: float) -> None:
        """Continue from the present market time at another speed."""
        checked = _checked(speed)
        self._rebase(self.now_ms())
        self._speed = checked

    def advance(self, milliseconds: int) -> int:
        """Move market time forward; return the new market time."""
        if milliseconds < 0:
            raise ValueError(f"market time cannot go back: was {milliseconds} ms")
        self._rebase(self.now_ms() + milliseconds)
        return self.now_ms()

    def _rebase(self, market_ms: int) -> None:
        self._host_origin = self._host_ms()
        self._market_origin = market_ms


def _checked(speed: float) -> float:
    if speed < 0:
        raise ValueError(f"speed must be 0 or more, was {speed}")
    return speed
