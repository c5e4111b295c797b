"""Duties begin again when they fail and end when they are told."""

import asyncio
from datetime import UTC, datetime

import pytest
import structlog

from asgard_basis.workers.loop import supervised


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
