"""The market by websocket: one subscription that heals itself.

What was missed while nobody listened is healed by one read over REST before anything that is
pushed counts. A connection on which not even our pings are answered is given up within seconds,
as is one that answers pings but has stopped telling of the market.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.market.snapshot import PerpMarket

_CONNECT_SECONDS = 5.0
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
_SUBSCRIBE = {
    "method": "subscribe",
    "subscription": {"type": "activeAssetCtx", "coin": parse.COIN},
}
_PING = '{"method":"ping"}'

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after which something is done about silence."""

    ping: float = 3.0
    """Between two pings."""
    silent: float = 8.0
    """Without any frame, not even a pong: the connection is dead."""
    quiet: float = 10.0
    """Without news of the market: it is read over REST, to see whether any were missed."""


PATIENCE = Patience()


class _Frame(msgspec.Struct):
    channel: str
    data: msgspec.Raw = msgspec.Raw()


class _ContextData(msgspec.Struct):
    coin: str
    ctx: wire.AssetContext


class _Silent(Exception):
    """Not even the answers to our pings arrive."""


class _Deaf(Exception):
    """Pings are answered, but the market moved without our being told."""


async def market_stream(
    url: str,
    *,
    coin: Callable[[], Awaitable[wire.Coin]],
    read: Callable[[], Awaitable[PerpMarket]],
    host_now: Callable[[], datetime],
    patience: Patience = PATIENCE,
) -> AsyncIterator[PerpMarket]:
    """Every market the venue pushes, for ever; after each gap first what `read` says.

    A lost, refused, silent or deaf connection is made again after a growing pause; until then
    nothing is yielded, and the age of the last market tells.
    """
    failures = 0
    while True:
        try:
            listing = await coin()
            async with connect(
                url, open_timeout=_CONNECT_SECONDS, ping_interval=None, proxy=None
            ) as socket:
                line = _Line(socket, patience)
                await line.send(msgspec.json.encode(_SUBSCRIBE).decode())
                last = await read()
                yield last
                await line.forget_what_waits()
                failures = 0
                while True:
                    context = await line.news()
                    if context is None:
                        missed = await read()
                        if missed.mark_price != last.mark_price:
                            raise _Deaf
                        last = missed
                    else:
                        last = parse.perp_market(listing, context, observed_at=host_now())
                    yield last
        except (OSError, TimeoutError, WebSocketException, DomainError, _Silent, _Deaf) as problem:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # Closing the connection swallowed the cancellation: nobody listens any more.
                raise asyncio.CancelledError from problem
            _log.warning("market stream lost", cause=type(problem).__name__, failures=failures)
        ceiling = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
        failures += 1
        await asyncio.sleep(random.uniform(ceiling / 2, ceiling))


class _Line:
    """One connection, pinged so that neither side takes the other for dead."""

    def __init__(self, socket: ClientConnection, patience: Patience) -> None:
        self._socket = socket
        self._patience = patience
        self._now = asyncio.get_running_loop().time
        self._heard = self._pinged = self._told = self._now()

    async def send(self, text: str) -> None:
        """One frame to the venue."""
        await self._socket.send(text)

    async def forget_what_waits(self) -> None:
        """Pass over everything that was pushed before now: the pong to a new ping ends it."""
        self._heard = self._now()
        await self._ping()
        while (frame := await self._next()) is None or frame.channel != "pong":
            pass
        self._told = self._now()

    async def news(self) -> wire.AssetContext | None:
        """The next context, or None when nothing was told of the market for too long."""
        while True:
            frame = await self._next()
            context = None if frame is None else _context_of(frame)
            if context is not None:
                self._told = self._now()
                return context
            if self._now() - self._told > self._patience.quiet:
                self._told = self._now()
                return None

    async def _next(self) -> _Frame | None:
        """One frame, or None when it is none of ours or time to look around; raises _Silent."""
        pause = self._pinged + self._patience.ping - self._now()
        if pause <= 0:
            if self._now() - self._heard > self._patience.silent:
                raise _Silent
            await self._ping()
            return None
        try:
            async with asyncio.timeout(pause):
                text = await self._socket.recv()
        except TimeoutError:
            return None
        self._heard = self._now()
        return _frame_of(text)

    async def _ping(self) -> None:
        await self._socket.send(_PING)
        self._pinged = self._now()


def _frame_of(text: Any) -> _Frame | None:
    try:
        frame = msgspec.json.decode(text, type=_Frame)
    except msgspec.ValidationError as problem:
        _log.warning("market frame in another shape", problem=str(problem))
        return None
    except msgspec.DecodeError:
        return None  # The venue greets in plain text.
    if frame.channel == "error":
        _log.warning("market stream error", text=bytes(frame.data).decode()[:200])
    return frame


def _context_of(frame: _Frame) -> wire.AssetContext | None:
    """The SOL context in a frame; None for acknowledgements, pongs and the like."""
    if frame.channel != "activeAssetCtx":
        return None
    try:
        data = msgspec.json.decode(frame.data, type=_ContextData)
    except msgspec.ValidationError as problem:
        _log.warning("market frame in another shape", problem=str(problem))
        return None
    return data.ctx if data.coin == parse.COIN else None
