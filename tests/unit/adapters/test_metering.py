"""A process waits its turn by class, gives up in time, and goes on alone without the budget."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from asgard_basis.adapters.asgard.client import ALLOWANCE as ASGARD
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.adapters.hyperliquid.weights import ALLOWANCE as HYPERLIQUID
from asgard_basis.adapters.memory.budget import MemoryRequestBudget
from asgard_basis.adapters.metering import Meter
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.ports.coordination import Allowance, Priority, asking_as
from asgard_basis.simulation.time import LoopClock, run_virtually

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SCREENS, RECONCILE, UNWIND, RISK = Priority


class World:
    """Virtual time, one budget, and what was let through when."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.clock = LoopClock(loop, began=BEGAN)
        self.budget = MemoryRequestBudget(self.clock)
        self.passed: list[str] = []
        self.at: dict[str, float] = {}

    def meter(self, allowance: Allowance = ASGARD) -> Meter:
        return Meter(allowance, self.budget, self.clock)

    async def ask(self, meter: Meter, name: str, priority: Priority, weight: int = 1) -> None:
        with asking_as(priority):
            await meter.enter(weight)
        self.passed.append(name)
        self.at[name] = self.loop.time()


def virtually(main: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    run_virtually(lambda loop: main(World(loop)))


class Away(MemoryRequestBudget):
    """A budget that cannot be asked, or hangs, for as long as it is told to."""

    is_away = True
    hangs = False

    async def take(self, allowance: Allowance, weight: int, priority: Priority) -> float:
        await self._reached()
        return await super().take(allowance, weight, priority)

    async def charge(self, allowance: Allowance, weight: int, priority: Priority) -> None:
        await self._reached()
        await super().charge(allowance, weight, priority)

    async def _reached(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_away:
            raise Unavailable(ErrorCode.NOT_READY)


def test_whoever_closes_waits_for_one_look_however_many_are_in_line() -> None:
    async def main(world: World) -> None:
        meter = world.meter()
        async with asyncio.TaskGroup() as group:
            for n in range(4):
                group.create_task(world.ask(meter, f"look {n}", RECONCILE))
            await asyncio.sleep(0.5)
            group.create_task(world.ask(meter, "close", UNWIND))
            group.create_task(world.ask(meter, "defend", RISK))
        assert world.passed == ["look 0", "defend", "close", "look 1", "look 2", "look 3"]
        assert world.at["close"] == pytest.approx(2.1)

    virtually(main)


def test_looks_of_another_process_do_not_delay_a_closing_either() -> None:
    async def main(world: World) -> None:
        screens, worker = world.meter(), world.meter()
        looks = [asyncio.create_task(world.ask(screens, f"{n}", SCREENS)) for n in range(50)]
        await asyncio.sleep(0.1)
        await world.ask(worker, "close", UNWIND)
        assert world.at["close"] <= 1.5
        for look in looks:
            look.cancel()

    virtually(main)


def test_who_waits_too_long_is_told_by_a_code_and_holds_nobody_up() -> None:
    async def main(world: World) -> None:
        meter = world.meter()
        looks = [world.ask(meter, f"look {n}", SCREENS) for n in range(10)]
        outcomes = await asyncio.gather(*looks, return_exceptions=True)
        given_up = [o for o in outcomes if isinstance(o, Unavailable)]
        assert {o.code for o in given_up} == {ErrorCode.REQUEST_BUDGET}
        assert (len(world.passed), len(given_up)) == (5, 5)
        assert world.loop.time() <= 5.1
        await asyncio.sleep(2)
        await world.ask(meter, "later", SCREENS)
        assert world.at["later"] <= 7.3

    virtually(main)


def test_whoever_is_cancelled_leaves_its_place_to_the_next() -> None:
    async def main(world: World) -> None:
        meter = world.meter()
        await world.ask(meter, "first", UNWIND)
        gone = asyncio.create_task(world.ask(meter, "gone", UNWIND))
        await asyncio.sleep(0.1)
        stays = asyncio.create_task(world.ask(meter, "stays", SCREENS))
        await asyncio.sleep(0.1)
        gone.cancel()
        await stays
        assert world.passed == ["first", "stays"]

    virtually(main)


@pytest.mark.parametrize("hangs", [False, True])
def test_without_the_budget_a_process_goes_on_by_a_share_of_its_own(hangs: bool) -> None:
    async def main(world: World) -> None:
        budget = world.budget = Away(world.clock)
        budget.hangs = hangs
        meter = world.meter(HYPERLIQUID)
        await world.ask(meter, "close", UNWIND, 2)
        assert meter.is_local
        assert world.at["close"] <= 0.51
        looks = [meter.enter(20, patience=0) for _ in range(10)]
        outcomes = await asyncio.gather(*looks, return_exceptions=True)
        assert 1 <= outcomes.count(None) <= HYPERLIQUID.burst / 3 / 20
        await world.ask(meter, "close again", UNWIND, 2)

    virtually(main)


def test_the_budget_is_asked_again_when_it_is_back() -> None:
    async def main(world: World) -> None:
        budget = world.budget = Away(world.clock)
        meter = world.meter(HYPERLIQUID)
        await meter.charge(20)
        assert meter.is_local
        budget.is_away = False
        await asyncio.sleep(6)
        await world.ask(meter, "shared", RISK, 2)
        assert not meter.is_local
        assert (await budget.used_last_minute(HYPERLIQUID))[RISK] == 2

    virtually(main)


def client(world: World, answer: Callable[[int], httpx.Response]) -> HyperliquidClient:
    """A venue that answers by the number of the request."""
    asked = 0

    def handle(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return answer(asked)

    http = HttpClient(
        "http://venue",
        timeout_seconds=15,
        name="hyperliquid",
        transport=httpx.MockTransport(handle),
    )
    return HyperliquidClient(http, world.meter(HYPERLIQUID))


def used(budget: MemoryRequestBudget) -> Awaitable[Mapping[Priority, int]]:
    return budget.used_last_minute(HYPERLIQUID)


def test_each_request_costs_its_weight_and_its_rows() -> None:
    async def main(world: World) -> None:
        venue = client(world, lambda _: httpx.Response(200, json=[{}] * 41))
        for request, weight in (
            ("clearinghouseState", 2),
            ("userRole", 60),
            ("openOrders", 20),
            ("userFunding", 20 + 3),
        ):
            before = (await used(world.budget))[RECONCILE]
            with asking_as(RECONCILE):
                await venue.info(list[Any], request)
            assert (await used(world.budget))[RECONCILE] - before == weight

    virtually(main)


def test_a_429_empties_the_bucket_for_that_class_and_each_attempt_is_counted() -> None:
    async def main(world: World) -> None:
        venue = client(world, lambda n: httpx.Response(429 if n == 1 else 200, json=[]))
        await venue.info(list[Any], "openOrders")
        assert (await used(world.budget))[SCREENS] == 40
        assert world.loop.time() > 1.2  # twenty more had to be granted

    virtually(main)


def test_a_storm_of_429_for_screens_does_not_delay_a_close() -> None:
    async def main(world: World) -> None:
        stormed = 0

        def turn_away(number: int) -> httpx.Response:
            nonlocal stormed
            stormed = number
            return httpx.Response(429, json=None)

        storm = client(world, turn_away)
        closing = client(world, lambda _: httpx.Response(200, json={"status": "ok", "response": 1}))

        async def look() -> None:
            while True:
                try:
                    await storm.info(list[Any], "metaAndAssetCtxs")
                except Unavailable:
                    await asyncio.sleep(0.1)

        looks = [asyncio.create_task(look()) for _ in range(30)]
        await asyncio.sleep(20)
        for _ in range(20):
            began = world.loop.time()
            with asking_as(UNWIND):
                await closing.info(dict[str, Any], "clearinghouseState")
                await closing.exchange(
                    {"type": "order", "orders": [{}]},
                    nonce=1,
                    signature=bytes(65),
                    otherwise=ErrorCode.HYPERLIQUID_ORDER,
                )
            assert world.loop.time() - began < 0.5
            await asyncio.sleep(1)
        assert stormed > 2
        for each in looks:
            each.cancel()

    virtually(main)
