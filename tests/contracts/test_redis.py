"""Coordination on a real server: snapshot, events, leases, limits, heartbeat."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.adapters.redis.connection import Redis, answers, open_redis
from asgard_basis.adapters.redis.events import RedisEventBus
from asgard_basis.adapters.redis.heartbeat import RedisHeartbeat
from asgard_basis.adapters.redis.leases import RedisLeases
from asgard_basis.adapters.redis.limits import RedisRateLimiter
from asgard_basis.adapters.redis.snapshots import RedisSnapshotStore
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import Unavailable
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import (
    LenderMarket,
    LstMarket,
    MarketSnapshot,
    PerpMarket,
)

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    opened = open_redis(redis_url)
    try:
        yield opened
    finally:
        await opened.aclose()


async def _some(source: AsyncIterator[tuple[str, str, bytes]], count: int) -> list[tuple[str, str]]:
    found = []
    async with asyncio.timeout(10):
        while len(found) < count:
            channel, event_id, payload = await anext(source)
            found.append((event_id, f"{channel}:{payload.decode()}"))
    return found


def _texts(found: list[tuple[str, str]]) -> list[str]:
    return [text for _, text in found]


def a_snapshot() -> MarketSnapshot:
    return MarketSnapshot(
        taken_at=NOW,
        perp=PerpMarket(
            mark_price=Decimal("176.540"),
            oracle_price=Decimal("176.5"),
            mid_price=None,
            premium=Decimal("-0.00012"),
            funding_now=FundingRate(Decimal("0.0000125")),
            open_interest_sol=Decimal("1234567.89"),
            max_leverage=20,
            size_decimals=2,
            observed_at=NOW,
        ),
        lenders=(
            LenderMarket(
                protocol=LendingProtocol.KAMINO,
                asset=Asset.JITOSOL,
                collateral_supply=AnnualYield(Decimal("0.01")),
                usdc_borrow=AnnualYield(Decimal("0.0725")),
                max_leverage=Decimal("4.2"),
                borrow_capacity_usdc=Decimal("1000000"),
                is_active=True,
                collateral_bank="a",
                debt_bank="b",
                liquidation_threshold=Decimal("0.8"),
                observed_at=NOW,
            ),
        ),
        lsts={
            Asset.JITOSOL: LstMarket(
                Asset.JITOSOL, Decimal("1.2345678901234567890"), None, Decimal("1.23"), NOW
            )
        },
        spot_prices={Asset.SOL: Decimal("176.51")},
        recent_funding=(FundingObservation(NOW, FundingRate(Decimal("0.0000125")), Decimal(0)),),
    )


async def test_the_snapshot_comes_back_exactly(client: Redis) -> None:
    store = RedisSnapshotStore(client)
    assert await store.latest() is None
    await store.publish(a_snapshot())
    assert await store.latest() == a_snapshot()


async def test_snapshots_are_heard_as_they_are_published(client: Redis) -> None:
    store = RedisSnapshotStore(client)
    await store.publish(a_snapshot())
    heard: Any = store.watch()
    async with asyncio.timeout(10):
        assert await anext(heard) == a_snapshot()
        later = replace(a_snapshot(), taken_at=NOW + timedelta(seconds=1))
        await store.publish(later)
        assert await anext(heard) == later
    await heard.aclose()


async def test_a_snapshot_of_another_version_is_none(client: Redis) -> None:
    store = RedisSnapshotStore(client)
    await store.publish(a_snapshot())
    await client.set("basis:market:snapshot", b'1\n{"taken_at": 3}')
    assert await store.latest() is None


async def test_events_arrive_live_on_the_channels_asked_for(client: Redis) -> None:
    bus = RedisEventBus(client)
    await bus.publish("user:a", b"before")
    source = bus.subscribe(["user:a", "everybody"], after=None)
    waiting = asyncio.ensure_future(_some(source, 3))
    other = bus.subscribe(["user:b"], after=None)
    others = asyncio.ensure_future(_some(other, 1))
    await _listeners(client, 3)
    await asyncio.sleep(0.05)
    await bus.publish("user:a", b"1")
    await bus.publish("user:b", b"secret")
    await bus.publish("everybody", b"2")
    await bus.publish("user:a", b"3")
    assert _texts(await waiting) == ["user:a:1", "everybody:2", "user:a:3"]
    assert _texts(await others) == ["user:b:secret"]
    await source.aclose()  # type: ignore[attr-defined]
    await other.aclose()  # type: ignore[attr-defined]
    await _listeners(client, 0)


async def _listeners(client: Redis, count: int) -> None:
    async with asyncio.timeout(10):
        while len(await client.pubsub_channels("basis:events:*")) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_one_id_resumes_several_channels_in_order(client: Redis) -> None:
    bus = RedisEventBus(client)
    await bus.publish("a", b"0")
    first = bus.subscribe(["a", "b"], after="0-0")
    (seen,) = await _some(first, 1)
    await first.aclose()  # type: ignore[attr-defined]
    for number in range(1, 21):
        await bus.publish("ab"[number % 2], str(number).encode())
    again = bus.subscribe(["a", "b"], after=seen[0])
    waiting = asyncio.ensure_future(_some(again, 21))
    await _listeners(client, 2)
    await bus.publish("b", b"21")
    texts = _texts(await waiting)
    assert [int(text.split(":")[1]) for text in texts] == list(range(1, 22))
    await again.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("after", ["", "x", "1-2-3", "$", "0-0\r\nFLUSHALL"])
async def test_a_foreign_id_is_taken_as_none(client: Redis, after: str) -> None:
    bus = RedisEventBus(client)
    await bus.publish("a", b"old")
    source = bus.subscribe(["a"], after=after)
    waiting = asyncio.ensure_future(_some(source, 1))
    await _listeners(client, 1)
    await asyncio.sleep(0.05)
    await bus.publish("a", b"new")
    assert _texts(await waiting) == ["a:new"]
    await source.aclose()  # type: ignore[attr-defined]


async def test_nothing_is_missed_when_the_connection_is_lost(client: Redis) -> None:
    bus = RedisEventBus(client)
    source = bus.subscribe(["a"], after="0-0")
    await bus.publish("a", b"1")
    assert _texts(await _some(source, 1)) == ["a:1"]
    await client.client_kill_filter(_type="pubsub")
    await bus.publish("a", b"2")
    assert _texts(await _some(source, 1)) == ["a:2"]
    await bus.publish("a", b"3")
    assert _texts(await _some(source, 1)) == ["a:3"]
    await source.aclose()  # type: ignore[attr-defined]


async def test_a_channel_keeps_about_a_thousand(client: Redis) -> None:
    bus = RedisEventBus(client)
    async with asyncio.TaskGroup() as group:
        for number in range(1500):
            group.create_task(bus.publish("a", str(number).encode()))
    assert 1000 <= await client.xlen("basis:events:a") < 1300


async def test_a_lease_is_held_by_one(client: Redis) -> None:
    leases = RedisLeases(client)
    async with leases.hold("watch", seconds=5) as first:
        assert first
        async with RedisLeases(client).hold("watch", seconds=5) as second:
            assert not second
    async with leases.hold("watch", seconds=5) as third:
        assert third


async def test_a_lease_is_renewed_while_it_is_held(client: Redis) -> None:
    leases = RedisLeases(client)
    async with leases.hold("watch", seconds=3):
        await client.pexpire("basis:lease:watch", 60_000)
        async with asyncio.timeout(30):
            while await client.pttl("basis:lease:watch") > 3_000:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        async with leases.hold("watch", seconds=3) as other:
            assert not other


async def test_who_loses_a_lease_is_interrupted_and_takes_nothing_from_the_next(
    client: Redis,
) -> None:
    leases = RedisLeases(client)

    async def duty() -> None:
        async with leases.hold("watch", seconds=0.3):
            await client.set("basis:lease:watch", "somebody else", px=60_000)
            await asyncio.sleep(30)

    with pytest.raises(Unavailable, match="was lost"):
        await duty()
    assert await client.get("basis:lease:watch") == b"somebody else"


async def test_who_answers_the_loss_of_a_lease_with_an_error_is_told_of_the_loss(
    client: Redis,
) -> None:
    """Else the market would be watched by nobody, as if the process were stopping."""
    leases = RedisLeases(client)

    async def duty() -> None:
        async with leases.hold("watch", seconds=0.3):
            await client.set("basis:lease:watch", "somebody else", px=60_000)
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                raise OSError("the socket was closed") from None

    with pytest.raises(Unavailable, match="was lost"):
        await duty()
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_who_is_stopped_while_losing_a_lease_stays_stopped(client: Redis) -> None:
    leases, lost = RedisLeases(client), asyncio.Event()

    async def duty() -> None:
        async with leases.hold("watch", seconds=0.3):
            await client.set("basis:lease:watch", "somebody else", px=60_000)
            try:
                await asyncio.sleep(30)
            finally:
                lost.set()
                await asyncio.sleep(30)

    holder = asyncio.create_task(duty())
    await lost.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder


async def test_a_cancelled_holder_stays_cancelled(client: Redis) -> None:
    leases = RedisLeases(client)
    begun = asyncio.Event()

    async def duty() -> None:
        async with leases.hold("watch", seconds=5):
            begun.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(duty())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await client.exists("basis:lease:watch")


async def test_requests_beyond_the_limit_wait(client: Redis) -> None:
    limiter = RedisRateLimiter(client)
    waits = await asyncio.gather(
        *(limiter.allow("code:a", limit=5, window_seconds=900) for _ in range(20))
    )
    assert waits.count(0) == 5
    assert all(890 <= wait <= 900 for wait in waits if wait)
    assert await limiter.allow("code:b", limit=5, window_seconds=900) == 0
    await client.pexpire("basis:rate:code:a", 1)
    await asyncio.sleep(0.02)
    assert await limiter.allow("code:a", limit=5, window_seconds=900) == 0


async def test_a_worker_lives_until_its_mark_fades(client: Redis) -> None:
    heartbeat = RedisHeartbeat(client)
    assert not await heartbeat.is_alive()
    await heartbeat.beat()
    assert await heartbeat.is_alive()
    assert 5 <= await client.ttl("basis:worker:heartbeat") <= 10


async def test_a_server_that_is_gone_is_said_so() -> None:
    gone = open_redis("redis://127.0.0.1:9/0")
    try:
        assert not await answers(gone)
        with pytest.raises(Unavailable, match="GEN-0006"):
            await RedisSnapshotStore(gone).latest()
        with pytest.raises(Unavailable, match="GEN-0006"):
            await RedisRateLimiter(gone).allow("a", limit=1, window_seconds=1)
    finally:
        await gone.aclose()
