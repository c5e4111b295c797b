"""One subscription that heals itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from asgard_basis.adapters.hyperliquid import wire
from asgard_basis.adapters.hyperliquid.stream import market_stream
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.market.snapshot import PerpMarket

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def listing() -> wire.Coin:
    return wire.Coin("SOL", 2, 20)


def context(mark: str, *, coin: str = "SOL") -> str:
    ctx = {"funding": "0.0000125", "openInterest": "1", "oraclePx": mark, "markPx": mark}
    extra = {"midPx": None, "premium": None, "impactPxs": None}
    return json.dumps({"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": ctx | extra}})


@asynccontextmanager
async def venue(handle: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    async with serve(handle, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def first(url: str, count: int, **options: Any) -> list[PerpMarket]:
    seen: list[PerpMarket] = []
    coin = options.pop("coin", listing)
    stream = market_stream(url, coin=coin, host_now=lambda: NOW, **options)
    async with aclosing(stream) as markets:
        async for market in markets:
            seen.append(market)
            if len(seen) == count:
                break
    return seen


async def test_it_subscribes_and_passes_over_everything_that_is_not_our_market() -> None:
    asked: list[Any] = []

    async def handle(socket: ServerConnection) -> None:
        asked.append(json.loads(await socket.recv()))
        await socket.send("Websocket connection established.")
        await socket.send(json.dumps({"channel": "subscriptionResponse", "data": asked[0]}))
        await socket.send(context("1", coin="BTC"))
        await socket.send('{"channel":"error","data":"Already subscribed: x"}')
        await socket.send('{"channel":"activeAssetCtx","data":{"coin":"SOL","ctx":{}}}')
        await socket.send(context("86.148"))
        await socket.wait_closed()

    async with venue(handle) as url:
        (market,) = await first(url, 1)
    assert asked[0]["subscription"] == {"type": "activeAssetCtx", "coin": "SOL"}
    assert (market.mark_price, market.max_leverage) == (Decimal("86.148"), 20)
    assert market.observed_at == NOW


async def test_a_lost_connection_is_made_and_subscribed_again() -> None:
    connections: list[str] = []

    async def handle(socket: ServerConnection) -> None:
        connections.append(str(await socket.recv()))
        await socket.send(context(str(len(connections))))

    async with venue(handle) as url:
        seen = await first(url, 2)
    assert [market.mark_price for market in seen] == [1, 2]
    assert connections[0] == connections[1]


async def test_the_connection_is_kept_alive_by_pings() -> None:
    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        assert json.loads(await socket.recv()) == {"method": "ping"}
        await socket.send('{"channel":"pong"}')
        await socket.send(context("5"))
        await socket.wait_closed()

    async with venue(handle) as url:
        (market,) = await first(url, 1, ping_seconds=0.01)
    assert market.mark_price == 5


async def test_it_waits_for_a_venue_that_cannot_say_its_rules_yet() -> None:
    asked: list[int] = []

    async def coin() -> wire.Coin:
        asked.append(1)
        if len(asked) == 1:
            raise Unavailable(ErrorCode.HYPERLIQUID_API)
        return await listing()

    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(context("7"))
        await socket.wait_closed()

    async with venue(handle) as url:
        (market,) = await first(url, 1, coin=coin)
    assert (market.mark_price, len(asked)) == (7, 2)


async def test_who_stops_listening_is_rid_of_it_although_a_part_answers_with_an_error() -> None:
    """Else whoever lost the market watch would listen for ever, and nobody watch the market."""
    asked = asyncio.Event()

    async def coin() -> wire.Coin:
        asked.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise Unavailable(ErrorCode.HYPERLIQUID_API) from None
        return await listing()

    listening = asyncio.create_task(first("ws://127.0.0.1:1", 1, coin=coin))
    await asked.wait()
    listening.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await listening
