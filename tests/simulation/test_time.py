"""Time that jumps: nothing is waited for, and nothing real can be."""

import asyncio
import time

import pytest

from asgard_basis.simulation.time import Blocked, VirtualLoop, run_virtually


def test_a_day_passes_in_no_time() -> None:
    async def day(loop: VirtualLoop) -> float:
        await asyncio.sleep(86_400)
        return loop.time()

    began = time.process_time()
    assert run_virtually(day) == 86_400
    assert time.process_time() - began < 1


def test_who_wakes_first_runs_first() -> None:
    order: list[int] = []

    async def after(seconds: int) -> None:
        await asyncio.sleep(seconds)
        order.append(seconds)

    async def race(loop: VirtualLoop) -> None:
        await asyncio.gather(after(30), after(10), after(20))

    run_virtually(race)
    assert order == [10, 20, 30]


def test_waiting_for_what_never_comes_is_an_error() -> None:
    async def forever(loop: VirtualLoop) -> None:
        await loop.create_future()

    with pytest.raises(Blocked):
        run_virtually(forever)


def test_a_thread_is_an_error() -> None:
    async def threaded(loop: VirtualLoop) -> None:
        await asyncio.to_thread(time.sleep, 0)

    with pytest.raises(Blocked):
        run_virtually(threaded)


def test_a_timeout_takes_virtual_time() -> None:
    async def late(loop: VirtualLoop) -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(15):
                await asyncio.sleep(60)
        return loop.time()

    assert run_virtually(late) == 15
