"""The market by websocket: one subscription that heals itself."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.market.snapshot import PerpMarket

PING_SECONDS = 30.0
_SILENCE_SECONDS = 70.0
_CONNECT_SECONDS = 5.0
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
_SUBSCRIBE = {
    "method": "subscribe",
    "subscription": {"type": "activeAssetCtx", "coin": parse.COIN},
}

_log = structlog.get_logger(__name__)


class _Frame(msgspec.Struct):
    channel: str
    data: msgspec.Raw = msgspec.Raw()


class _ContextData(msgspec.Struct):
    coin: str
    ctx: wire.AssetContext


class _Silent(Exception):
    """Not even the answers to our pings arrive."""


async def market_stream(
    url: str,
    *,
    coin: Callable[[], Awaitable[wire.Coin]],
    host_now: Callable[[], datetime],
    ping_seconds: float = PING_SECONDS,
) -> AsyncIterator[PerpMarket]:
    """Every market context the venue pushes, for ever.

    A lost, refused or silent connection is made again after a growing pause; until then nothing
    is yielded, and the age of the last market tells.
    """
    failures = 0
    while True:
        try:
            listing = await coin()
            async with connect(
                url, open_timeout=_CONNECT_SECONDS, ping_interval=None, proxy=None
            ) as socket:
                await socket.send(msgspec.json.encode(_SUBSCRIBE).decode())
                async for context in _contexts(socket, ping_seconds):
                    failures = 0
                    yield parse.perp_market(listing, context, observed_at=host_now())
        except (OSError, TimeoutError, WebSocketException, DomainError, _Silent) as problem:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # Closing the connection swallowed the cancellation: nobody listens any more.
                raise asyncio.CancelledError from problem
            _log.warning("market stream lost", cause=type(problem).__name__, failures=failures)
        ceiling = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
        failures += 1
        await asyncio.sleep(random.uniform(ceiling / 2, ceiling))


async def _contexts(
    socket: ClientConnection, ping_seconds: float
) -> AsyncIterator[wire.AssetContext]:
    """Contexts from one connection, pinging it so that neither side takes it for dead."""
    loop = asyncio.get_running_loop()
    heard = pinged = loop.time()
    while True:
        pause = pinged + ping_seconds - loop.time()
        if pause <= 0:
            if loop.time() - heard > max(_SILENCE_SECONDS, 2 * ping_seconds):
                raise _Silent
            await socket.send('{"method":"ping"}')
            pinged = loop.time()
            continue
        try:
            async with asyncio.timeout(pause):
                frame = await socket.recv()
        except TimeoutError:
            continue
        heard = loop.time()
        context = _context_of(frame)
        if context is not None:
            yield context


def _context_of(frame: Any) -> wire.AssetContext | None:
    """The SOL context in a frame; None for greetings, acknowledgements, pongs and the like."""
    try:
        message = msgspec.json.decode(frame, type=_Frame)
        if message.channel != "activeAssetCtx":
            if message.channel == "error":
                _log.warning("market stream error", text=bytes(message.data).decode()[:200])
            return None
        data = msgspec.json.decode(message.data, type=_ContextData)
    except msgspec.ValidationError as problem:
        _log.warning("market frame in another shape", problem=str(problem))
        return None
    except msgspec.DecodeError:
        return None  # The venue greets in plain text.
    return data.ctx if data.coin == parse.COIN else None
