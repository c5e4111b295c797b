"""This machine's time, and the paper world's."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self

import structlog

from asgard_basis.adapters.http import HttpClient
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable

_REFRESH_SECONDS = 1.0
_TIMEOUT_SECONDS = 3.0
_PATH = "/control/clock"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_log = structlog.get_logger(__name__)


class SystemClock:
    """Live trading: market time is host time."""

    speed = 1.0

    def now(self) -> datetime:
        """Market time (UTC)."""
        return datetime.now(UTC)

    def host(self) -> datetime:
        """This machine's time (UTC)."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait that long in host time."""
        await asyncio.sleep(seconds)


class VenueClock:
    """Paper trading: market time as the paper world tells it, extrapolated by its speed.

    Asked every second in the background between `start` and `close`. Time never goes back: where
    the world is found to be behind, time stands until the world has caught up.
    """

    def __init__(self, url: str) -> None:
        """`url` is the control port's address, with or without the clock's own path."""
        url = url.rstrip("/").removesuffix(_PATH)
        self._http = HttpClient(url, timeout_seconds=_TIMEOUT_SECONDS, name="paper clock")
        self._asking: asyncio.Task[None] | None = None
        self._market_ms: int | None = None
        self._heard_at = 0
        self._speed = Decimal(1)
        self._latest_ms = 0

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except DomainError:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Learn the time and keep learning it; raises Unavailable when nobody answers."""
        await self._ask()
        self._asking = asyncio.create_task(self._keep_asking(), name="venue clock")

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._http.close()

    @property
    def speed(self) -> float:
        """Market seconds per host second; 0 while time is stepped."""
        return float(self._speed)

    def now(self) -> datetime:
        """Market time (UTC); raises Unavailable NET-0003 before `start`."""
        if self._market_ms is None:
            raise Unavailable(ErrorCode.VENUE_DOWN, "the paper world has not told its time yet")
        elapsed_ns = max(0, time.monotonic_ns() - self._heard_at)
        market_ms = self._market_ms + int(elapsed_ns * self._speed) // 1_000_000
        self._latest_ms = max(self._latest_ms, market_ms)
        return _EPOCH + timedelta(milliseconds=self._latest_ms)

    def host(self) -> datetime:
        """This machine's time (UTC)."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait that long in host time."""
        await asyncio.sleep(seconds)

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            try:
                await self._ask()
            except DomainError as error:
                _log.warning("paper clock does not answer", code=error.code.code)

    async def _ask(self) -> None:
        reply = await self._http.get_json(_PATH, error=ErrorCode.VENUE_DOWN)
        match reply.json:
            case {"now_ms": int(now_ms), "speed": int() | Decimal() as speed} if speed >= 0:
                self._market_ms = now_ms
                self._heard_at = time.monotonic_ns()
                self._speed = Decimal(speed)
            case _:
                raise Unavailable(ErrorCode.VENUE_DOWN, "the paper world's clock reads strangely")
