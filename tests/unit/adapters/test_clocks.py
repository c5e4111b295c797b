"""Market time in paper mode is the paper world's, and never goes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asgard_basis.adapters.system.clock import SystemClock, VenueClock
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.ports.clock import Clock
from tests.serving import free_port, serve

START_MS = 1_750_000_000_000
START = datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)


@contextmanager
def world(*answers: dict[str, Any]) -> Iterator[str]:
    """A control port that tells these times in turn; the last one stays."""
    times = list(answers)

    async def clock(request: Request) -> Response:
        return JSONResponse(times.pop(0) if len(times) > 1 else times[0])

    with serve(Starlette(routes=[Route("/control/clock", clock)])) as url:
        yield url


def told(now_ms: int, speed: float) -> dict[str, Any]:
    return {"now_ms": now_ms, "host_ms": 1, "speed": speed, "mode": "paper"}


async def test_stepped_time_stands_still_while_the_host_goes_on() -> None:
    with world(told(START_MS, 0)) as url:
        async with VenueClock(url) as clock:
            assert clock.now() == START
            assert clock.speed == 0
            assert abs(clock.host() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_accelerated_time_runs_on_between_answers() -> None:
    with world(told(START_MS, 3600.5)) as url:
        async with VenueClock(f"{url}/control/clock") as clock:
            await clock.sleep(0.02)
            assert clock.now() >= START + timedelta(seconds=60)
            assert clock.speed == 3600.5


async def test_a_world_that_is_behind_makes_time_stand_and_not_go_back() -> None:
    with world(told(START_MS, 0), told(START_MS - 60_000, 0)) as url:
        async with VenueClock(url) as clock:
            before = clock.now()
            await clock._ask()
            assert clock.now() == before


async def test_time_is_not_invented_when_nobody_tells_it() -> None:
    clock = VenueClock(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable) as caught:
        clock.now()
    assert caught.value.code is ErrorCode.VENUE_DOWN
    with pytest.raises(Unavailable):
        await clock.start()
    await clock.close()


@pytest.mark.parametrize("answer", [{}, told(START_MS, -1), {"now_ms": "soon", "speed": 1}])
async def test_a_clock_that_reads_strangely_is_not_believed(answer: dict[str, Any]) -> None:
    with world(answer) as url, pytest.raises(Unavailable):
        async with VenueClock(url):
            pass


def test_live_market_time_is_host_time() -> None:
    clock: Clock = SystemClock()
    assert abs(clock.now() - clock.host()) < timedelta(seconds=1)
    assert clock.now().tzinfo is UTC
