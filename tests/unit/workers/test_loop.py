"""Duties begin again when they fail and end when they are told."""

import asyncio
from datetime import UTC, datetime

import pytest
import structlog

from asgard_basis.adapters.memory.locks import LeaseBook, MemoryLocks
from asgard_basis.workers.loop import fenced, supervised
from tests.unit.application.world import StillClock


class _Clock:
    """Sleeps without taking time."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime(2025, 6, 1, tzinfo=UTC)

    host = now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def test_a_duty_that_fails_is_done_again() -> None:
    done = asyncio.Event()
    calls: list[int] = []

    async def duty() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise OSError("not yet")
        done.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(supervised("duty", duty, _Clock()))
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(calls) == 3


async def test_a_duty_that_answers_cancellation_with_an_error_ends_all_the_same() -> None:
    begun = asyncio.Event()

    async def duty() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise OSError("the database is gone") from None

    task = asyncio.create_task(supervised("duty", duty, _Clock()))
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_duty_that_fails_all_day_is_done_again_the_next_morning() -> None:
    done = asyncio.Event()
    calls = 0

    async def duty() -> None:
        nonlocal calls
        calls += 1
        if calls < 1100:
            raise OSError("not yet")
        done.set()
        await asyncio.sleep(60)

    with structlog.testing.capture_logs():
        task = asyncio.create_task(supervised("duty", duty, _Clock()))
        async with asyncio.timeout(10):
            await done.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_one_process_watches_and_another_goes_on_when_it_is_gone() -> None:
    """Without Redis: legs that stand alone are told of while it is away."""
    clock = StillClock()
    book = LeaseBook(clock)
    begun: asyncio.Queue[str] = asyncio.Queue()

    async def watching(name: str) -> None:
        async def duty() -> None:
            begun.put_nowait(name)
            await asyncio.Event().wait()

        locks = MemoryLocks(book, _Clock(), holder=name)
        await fenced("monitor", duty, locks=locks, clock=_Clock())

    first, second = (asyncio.create_task(watching(name)) for name in ("first", "second"))
    async with asyncio.timeout(5):
        assert await begun.get() == "first"
        assert begun.empty()
        first.cancel()
        assert await begun.get() == "second"
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
