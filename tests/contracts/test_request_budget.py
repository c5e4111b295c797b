"""One bucket for all processes: the same promises in memory and on a real server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asgard_basis.adapters.bucket import Bucket
from asgard_basis.adapters.hyperliquid.weights import ALLOWANCE as HYPERLIQUID
from asgard_basis.adapters.memory.budget import MemoryRequestBudget
from asgard_basis.adapters.redis.budget import RedisRequestBudget
from asgard_basis.adapters.redis.connection import Redis, open_redis
from asgard_basis.domain.errors import Unavailable
from asgard_basis.ports.coordination import Allowance, Priority, RequestBudget
from tests.unit.application.world import StillClock

SCREENS, RECONCILE, UNWIND, RISK = Priority
ONE_A_SECOND = Allowance("asgard", 1, 1_000_000, 0, 60)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    opened = open_redis(redis_url)
    try:
        yield opened
    finally:
        await opened.aclose()


@pytest.fixture(params=["memory", "redis"])
def budget(request: pytest.FixtureRequest, clock: StillClock) -> RequestBudget:
    if request.param == "memory":
        return MemoryRequestBudget(clock)
    return RedisRequestBudget(request.getfixturevalue("client"), now=clock.host)


async def until_told_to_wait(budget: RequestBudget, priority: Priority) -> int:
    taken = 0
    while not await budget.take(HYPERLIQUID, 1, priority):
        taken += 1
    return taken


async def test_each_class_leaves_what_is_kept_for_those_above(
    budget: RequestBudget, clock: StillClock
) -> None:
    assert await until_told_to_wait(budget, SCREENS) == 120
    assert await until_told_to_wait(budget, RECONCILE) == 40
    assert await until_told_to_wait(budget, UNWIND) == 40
    assert await until_told_to_wait(budget, RISK) == 40


async def test_the_bucket_fills_by_sixteen_a_second_and_no_further(
    budget: RequestBudget, clock: StillClock
) -> None:
    assert await until_told_to_wait(budget, RISK) == 240
    clock.pass_time(1)
    assert await until_told_to_wait(budget, RISK) == 16
    clock.pass_time(3600)
    assert await until_told_to_wait(budget, RISK) == 240


async def test_who_is_told_to_wait_is_told_how_long(
    budget: RequestBudget, clock: StillClock
) -> None:
    assert await until_told_to_wait(budget, RISK) == 240
    assert await budget.take(HYPERLIQUID, 2, RISK) == 0.125
    assert await budget.take(HYPERLIQUID, 60, RISK) == 2
    clock.pass_time(0.125)
    assert await budget.take(HYPERLIQUID, 2, RISK) == 0


async def test_a_class_that_waits_goes_before_lower_ones_in_other_processes(
    budget: RequestBudget, clock: StillClock
) -> None:
    assert await budget.take(ONE_A_SECOND, 1, SCREENS) == 0
    assert await budget.take(ONE_A_SECOND, 1, UNWIND) == 1
    clock.pass_time(1)
    assert await budget.take(ONE_A_SECOND, 1, SCREENS) == 0.25
    assert await budget.take(ONE_A_SECOND, 1, RISK) == 0
    clock.pass_time(1)
    assert await budget.take(ONE_A_SECOND, 1, UNWIND) == 0
    clock.pass_time(1)
    assert await budget.take(ONE_A_SECOND, 1, SCREENS) == 0


async def test_who_gave_up_waiting_holds_nobody_up_for_long(
    budget: RequestBudget, clock: StillClock
) -> None:
    assert await budget.take(ONE_A_SECOND, 1, RISK) == 0
    assert await budget.take(ONE_A_SECOND, 1, RISK) == 1
    clock.pass_time(1.5)
    assert await budget.take(ONE_A_SECOND, 1, SCREENS) == 0


async def test_a_429_for_screens_leaves_closing_its_reserve(
    budget: RequestBudget, clock: StillClock
) -> None:
    await budget.refused(HYPERLIQUID, SCREENS)
    assert await budget.take(HYPERLIQUID, 1, SCREENS) > 0
    assert await budget.take(HYPERLIQUID, 80, UNWIND) == 0


async def test_a_429_for_the_highest_class_empties_the_bucket(
    budget: RequestBudget, clock: StillClock
) -> None:
    await budget.refused(HYPERLIQUID, RISK)
    assert await budget.take(HYPERLIQUID, 1, RISK) > 0
    clock.pass_time(1)
    assert await until_told_to_wait(budget, RISK) == 16


async def test_what_only_the_answer_told_is_owed(budget: RequestBudget, clock: StillClock) -> None:
    await budget.charge(HYPERLIQUID, 256, RECONCILE)
    assert await budget.take(HYPERLIQUID, 16, RISK) == 2
    clock.pass_time(2)
    assert await budget.take(HYPERLIQUID, 16, RISK) == 0


async def test_use_is_told_by_class_for_the_last_minute(
    budget: RequestBudget, clock: StillClock
) -> None:
    for priority in (SCREENS, SCREENS, RISK):
        assert await budget.take(HYPERLIQUID, 20, priority) == 0
    clock.pass_time(30)
    await budget.charge(HYPERLIQUID, 7, RECONCILE)
    used = await budget.used_last_minute(HYPERLIQUID)
    assert used == {SCREENS: 40, RECONCILE: 7, UNWIND: 0, RISK: 20}
    clock.pass_time(40)
    assert (await budget.used_last_minute(HYPERLIQUID))[RECONCILE] == 7
    clock.pass_time(3600)
    assert sum((await budget.used_last_minute(HYPERLIQUID)).values()) == 0


async def test_venues_have_buckets_of_their_own(budget: RequestBudget, clock: StillClock) -> None:
    assert await until_told_to_wait(budget, RISK) == 240
    assert await budget.take(ONE_A_SECOND, 1, SCREENS) == 0


async def test_many_at_once_never_take_more_than_there_is(client: Redis) -> None:
    fixed = StillClock()
    processes = [RedisRequestBudget(client, now=fixed.host) for _ in range(5)]
    waits = await asyncio.gather(
        *(process.take(HYPERLIQUID, 3, RISK) for process in processes for _ in range(40))
    )
    assert sum(wait == 0 for wait in waits) == 80


async def test_the_servers_clock_is_used_by_default(client: Redis) -> None:
    budget = RedisRequestBudget(client)
    assert await budget.take(HYPERLIQUID, 200, RISK) == 0
    assert await budget.take(HYPERLIQUID, 200, RISK) > 0
    assert (await budget.used_last_minute(HYPERLIQUID))[RISK] == 200


async def test_a_server_that_is_away_is_told() -> None:
    nowhere = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(Unavailable):
        await RedisRequestBudget(nowhere).take(HYPERLIQUID, 1, RISK)
    await nowhere.aclose()


Steps = list[tuple[str, int, Priority, int]]
steps = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "charge", "refused"]),
        st.integers(1, 80),
        st.sampled_from(Priority),
        st.integers(0, 4_000_000),
    ),
    max_size=25,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_the_server_computes_what_the_bucket_computes(redis_url: str, steps: Steps) -> None:
    async def run() -> None:
        client = open_redis(redis_url)
        await client.flushdb()
        now = datetime(2026, 1, 1, tzinfo=UTC)
        server = RedisRequestBudget(client, now=lambda: now)
        bucket = Bucket()
        try:
            for what, weight, priority, passes in steps:
                now += timedelta(microseconds=passes)
                at = (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
                if what == "take":
                    told = await server.take(HYPERLIQUID, weight, priority)
                    expected = bucket.take(HYPERLIQUID, weight, priority, at)
                    assert round(told * 1_000_000) == expected
                elif what == "charge":
                    await server.charge(HYPERLIQUID, weight, priority)
                    bucket.charge(HYPERLIQUID, weight, priority, at)
                else:
                    await server.refused(HYPERLIQUID, priority)
                    bucket.refused(HYPERLIQUID, priority, at)
                used = await server.used_last_minute(HYPERLIQUID)
                assert used == bucket.used_last_minute(at)
        finally:
            await client.aclose()

    asyncio.run(run())
