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
from asgard_basis.adapters.hyperliquid.stream import Patience, market_stream
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.market.funding import FundingRate
from asgard_basis.domain.market.snapshot import PerpMarket

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def listing() -> wire.Coin:
    return wire.Coin("SOL", 2, 20)


def context(mark: str, *, coin: str = "SOL") -> str:
    ctx = {"funding": "0.0000125", "openInterest": "1", "oraclePx": mark, "markPx": mark}
    extra = {"midPx": None, "premium": None, "impactPxs": None}
    return json.dumps({"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": ctx | extra}})


def market(mark: str) -> PerpMarket:
    price = Decimal(mark)
    rate = FundingRate(Decimal("0.0000125"))
    return PerpMarket(price, price, None, None, rate, Decimal(1), 20, 2, NOW)


class Rest:
    """What is read over REST: each answer once, the last for ever."""

    def __init__(self, *marks: str | Exception) -> None:
        self.answers = list(marks)
        self.asked = 0

    async def __call__(self) -> PerpMarket:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return market(answer)


@asynccontextmanager
async def venue(handle: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    async with serve(handle, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def pong(socket: ServerConnection) -> None:
    assert json.loads(await socket.recv()) == {"method": "ping"}
    await socket.send('{"channel":"pong"}')


async def ponging(socket: ServerConnection) -> None:
    async for _ in socket:
        await socket.send('{"channel":"pong"}')


async def first(url: str, count: int, **options: Any) -> list[PerpMarket]:
    seen: list[PerpMarket] = []
    options = {"coin": listing, "read": Rest("1")} | options
    stream = market_stream(url, host_now=lambda: NOW, **options)
    async with aclosing(stream) as markets:
        async for market in markets:
            seen.append(market)
            if len(seen) == count:
                break
    return seen


def marks(seen: list[PerpMarket]) -> list[str]:
    return [str(market.mark_price) for market in seen]


async def test_it_subscribes_and_passes_over_everything_that_is_not_our_market() -> None:
    asked: list[Any] = []

    async def handle(socket: ServerConnection) -> None:
        asked.append(json.loads(await socket.recv()))
        await socket.send("Websocket connection established.")
        await socket.send(json.dumps({"channel": "subscriptionResponse", "data": asked[0]}))
        await pong(socket)
        await socket.send(context("1", coin="BTC"))
        await socket.send('{"channel":"error","data":"Already subscribed: x"}')
        await socket.send('{"channel":"activeAssetCtx","data":{"coin":"SOL","ctx":{}}}')
        await socket.send(context("86.148"))
        await socket.wait_closed()

    async with venue(handle) as url:
        (_, market) = await first(url, 2)
    assert asked[0]["subscription"] == {"type": "activeAssetCtx", "coin": "SOL"}
    assert (market.mark_price, market.max_leverage) == (Decimal("86.148"), 20)
    assert market.observed_at == NOW


async def test_after_each_gap_the_market_is_read_before_what_is_pushed_counts() -> None:
    connections: list[str] = []

    async def handle(socket: ServerConnection) -> None:
        connections.append(str(await socket.recv()))
        await socket.send(context("99"))  # from before the read: older than what it says
        await pong(socket)
        await socket.send(context(f"{len(connections)}.5"))

    async with venue(handle) as url:
        seen = await first(url, 4, read=Rest("1", "2"))
    assert marks(seen) == ["1", "1.5", "2", "2.5"]
    assert connections[0] == connections[1]


async def test_nothing_counts_while_the_gap_cannot_be_healed() -> None:
    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(context("99"))
        await ponging(socket)

    rest = Rest(Unavailable(ErrorCode.HYPERLIQUID_API), "3")
    async with venue(handle) as url:
        seen = await first(url, 1, read=rest)
    assert (marks(seen), rest.asked) == (["3"], 2)


async def test_a_connection_that_answers_nothing_is_given_up_and_made_again() -> None:
    connections: list[int] = []

    async def handle(socket: ServerConnection) -> None:
        connections.append(1)
        if len(connections) == 1:
            await socket.wait_closed()  # takes everything, says nothing
        await socket.recv()
        await ponging(socket)

    async with venue(handle) as url:
        seen = await first(url, 2, read=Rest("1", "2"), patience=Patience(0.01, 0.02, 60))
    assert (marks(seen), len(connections)) == (["1", "2"], 2)


async def test_a_market_that_is_calm_stays_fresh_without_pushes() -> None:
    connections: list[int] = []

    async def handle(socket: ServerConnection) -> None:
        connections.append(1)
        await socket.recv()
        await ponging(socket)

    async with venue(handle) as url:
        seen = await first(url, 3, read=Rest("1"), patience=Patience(0.01, 60, 0.02))
    assert (marks(seen), len(connections)) == (["1", "1", "1"], 1)


async def test_a_subscription_that_was_forgotten_is_noticed_and_made_again() -> None:
    connections: list[int] = []

    async def handle(socket: ServerConnection) -> None:
        connections.append(1)
        await socket.recv()
        await ponging(socket)

    async with venue(handle) as url:
        seen = await first(url, 2, read=Rest("1", "2"), patience=Patience(0.01, 60, 0.02))
    assert (marks(seen), len(connections)) == (["1", "2"], 2)


async def test_the_connection_is_kept_alive_by_pings() -> None:
    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        for _ in range(3):
            await pong(socket)
        await socket.send(context("5"))
        await socket.wait_closed()

    async with venue(handle) as url:
        seen = await first(url, 2, patience=Patience(0.01, 60, 60))
    assert marks(seen) == ["1", "5"]


async def test_it_waits_for_a_venue_that_cannot_say_its_rules_yet() -> None:
    asked: list[int] = []

    async def coin() -> wire.Coin:
        asked.append(1)
        if len(asked) == 1:
            raise Unavailable(ErrorCode.HYPERLIQUID_API)
        return await listing()

    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        await ponging(socket)

    async with venue(handle) as url:
        seen = await first(url, 1, coin=coin)
    assert (marks(seen), len(asked)) == (["1"], 2)


async def test_who_stops_listening_is_rid_of_it_although_a_part_answers_with_an_error() -> None:
    """Else whoever lost the market watch would listen for ever, and nobody watch the market."""
    asked = asyncio.Event()

    async def handle(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async def read() -> PerpMarket:
        asked.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise Unavailable(ErrorCode.HYPERLIQUID_API) from None
        return market("1")

    async with venue(handle) as url:
        listening = asyncio.create_task(first(url, 1, read=read))
        await asked.wait()
        listening.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await listening
