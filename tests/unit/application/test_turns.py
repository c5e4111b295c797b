"""One job of a user at a time: whoever can only wait makes room, and still comes to its end."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.repositories import Job, JobKind
from tests.builders_platform import a_position
from tests.unit.application.guards import GuardedPair
from tests.unit.application.pair import PLAN, Pair
from tests.unit.application.world import ADA


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def another(pair: Pair, position: Position) -> Position:
    assert position.long is not None
    long = replace(position.long, position_key="key-2")
    other = replace(position, id=PositionId("p-other"), long=long)
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.add(other)
    pair.sold_short *= 2
    return other


async def delivered(pair: Pair, *jobs: Job, times: int) -> int:
    """As the queue does, two seconds later each time; how many have come to their end."""
    waiting = list(jobs)
    for _ in range(times):
        for job in list(waiting):
            try:
                await pair.closing.run(job)
            except DomainError:
                pair.clock.pass_time(2)
            else:
                waiting.remove(job)
    return len(jobs) - len(waiting)


async def test_a_lost_order_whose_number_is_used_up_does_not_wait_for_ever_with_its_neighbour(
    pair: Pair,
) -> None:
    """Each kept the other from going on: the one makes room, and the other must know first."""
    position = await pair.hedged()
    other = await another(pair, position)
    jobs = [await pair.closing.request(ADA, p.id, None) for p in (position, other)]
    place = pair.world.answers["place"]

    def lost_once(*_: Any) -> Any:
        pair.world.answers["place"] = place
        raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)

    # An earlier attempt to make it void was heard, and its answer was lost.
    pair.world.answers |= {"place": lost_once, "void": False}
    assert await delivered(pair, *jobs, times=8) == 2
    assert pair.sold_short == Decimal(0)


async def test_a_repair_that_nobody_answers_makes_room_for_a_closing() -> None:
    pair = GuardedPair(repairs=True)
    position = await pair.hedged()
    other = await another(pair, position)
    pair.longs["key-2"] = replace(pair.longs["key"], position_key="key-2")
    repair = await pair.watchers.repairs.request(ADA, position.id, "a test")
    await pair.closing.request(ADA, other.id, None)
    pair.world.answers["account"] = Unavailable(ErrorCode.HYPERLIQUID_API, "away")
    with pytest.raises(Unavailable, match="other positions go first"):
        await pair.watchers.repairs.run(repair)


async def test_an_opening_whose_purchase_hangs_makes_room_for_a_closing(pair: Pair) -> None:
    position = await pair.hedged()
    wanted = replace(a_position(ADA), id=PositionId("p-new"))
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.add(wanted)
    opening = await pair.job(JobKind.OPEN, wanted, key="o", plan=PLAN)
    closing = await pair.closing.request(ADA, position.id, None)
    pair.world.answers["landing"] = Landing.PENDING
    with pytest.raises(Unavailable, match="other positions go first"):
        await pair.opening.run(opening)
    bought = replace(pair.listed(), position_key="new")
    pair.world.answers["landing"] = Landing.CONFIRMED
    assert await pair.closing.run(closing) is None
    pair.world.answers["positions"] = [bought]
    assert await pair.opening.run(opening) is None
    opened, _, _ = await pair.now(opening)
    assert opened.state is PositionState.HEDGED
