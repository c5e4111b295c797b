"""Who answers is found out quickly, and once for all who ask."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from asgard_basis.application.trading.reachability import Reachability
from asgard_basis.domain.errors import ErrorCode, Unavailable
from tests.builders_platform import a_long, a_position, a_short
from tests.unit.application.world import ADA, CONTEXT, Outside, StillClock

POSITION = replace(a_position(ADA), long=a_long(), short=a_short())
AWAY = Unavailable(ErrorCode.VENUE_DOWN)


@pytest.fixture
def world() -> Outside:
    return Outside(account=None, state=None, block_height=100)


def looking(world: Any, clock: StillClock) -> Reachability:
    return Reachability(perp=world, margin=world, chain=world, clock=clock)


async def test_a_chain_that_was_seen_to_move_is_not_waited_for(world: Outside) -> None:
    clock = StillClock()
    reach = looking(world, clock)
    await reach.pulse()
    clock.pass_time(1)
    world.answers["block_height"] = 102
    assert await reach.silent(CONTEXT, POSITION) is None
    assert clock.slept == []


@pytest.mark.parametrize("seconds", [1, 60])
async def test_a_chain_that_stands_still_is_noticed(world: Outside, seconds: float) -> None:
    """Also when it had moved until a minute ago."""
    clock = StillClock()
    reach = looking(world, clock)
    world.answers["block_height"] = 99 if seconds > 3 else 100
    await reach.pulse()
    clock.pass_time(seconds)
    world.answers["block_height"] = 100
    assert await reach.silent(CONTEXT, POSITION) == "Solana"


async def test_many_who_ask_at_once_ask_once(world: Outside) -> None:
    reach = looking(world, StillClock())
    await reach.pulse()
    world.answers["block_height"] = 102
    found = await asyncio.gather(*(reach.silent(CONTEXT, POSITION) for _ in range(10)))
    assert found == [None] * 10
    assert world.calls.count("state") == 1


async def test_a_venue_that_answered_a_second_ago_is_asked_again(world: Outside) -> None:
    clock = StillClock()
    reach = looking(world, clock)
    world.answers["block_height"] = iter(range(100, 200)).__next__
    assert await reach.silent(CONTEXT, POSITION) is None
    world.answers["state"] = AWAY
    clock.pass_time(1)
    assert await reach.silent(CONTEXT, POSITION) == "Asgard"
