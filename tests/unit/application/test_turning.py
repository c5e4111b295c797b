"""Closing is asked for while a part is being sold or a repair is under way."""

from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from tests.unit.application.guards import GuardedPair
from tests.unit.application.test_reduce import QUARTER, LessLong
from tests.unit.application.world import ADA

NO_ASGARD = Unavailable(ErrorCode.ASGARD_API, "away")
NO_REDIS = Unavailable(ErrorCode.NOT_READY, "Redis does not answer")


class Killed(Exception):
    """The process is gone."""


@pytest.fixture
def pair() -> LessLong:
    return LessLong()


async def half_reduced(pair: LessLong) -> Job:
    """The short is cut, the long is not."""
    position = await pair.hedged()
    job = await pair.reducing.request(ADA, position.id, QUARTER, None)
    well = pair.world.answers["prepare_reduce"]
    pair.world.answers["prepare_reduce"] = Killed()
    with pytest.raises(Killed):
        await pair.reducing.run(job)
    pair.world.answers["prepare_reduce"] = well
    assert pair.sold_short == Decimal("4.59")
    return job


async def closed_by(pair: LessLong, job: Job) -> None:
    position, ended, journal = await pair.now(job)
    assert (position.state, ended.status) == (PositionState.CLOSED, JobStatus.COMPLETED)
    assert (position.failure_code, ended.error_code) == (None, None)
    assert pair.sold_short == 0
    assert journal.is_done(StepName.CLOSE_LONG)
    assert position.short is not None
    assert position.short.size == 0
    assert position.closed_at is not None


async def test_a_closing_does_not_wait_for_a_reduction_to_end(pair: LessLong) -> None:
    running = await half_reduced(pair)
    assert running.position_id is not None
    for key in ("a key", None):
        job = await pair.closing.request(ADA, running.position_id, key)
        assert job.id == running.id
    assert await pair.reducing.run(job) is None
    await closed_by(pair, job)
    _, _, journal = await pair.now(job)
    assert not journal.attempts(StepName.REDUCE_LONG)


async def test_a_reduction_that_was_not_begun_becomes_a_closing_without_redis(
    pair: LessLong,
) -> None:
    position = await pair.hedged()
    running = await pair.reducing.request(ADA, position.id, QUARTER, None)
    job = await pair.closing.request(ADA, position.id, None)
    pair.world.answers["latest"] = NO_REDIS
    assert await pair.reducing.run(running) is None
    assert job.id == running.id
    await closed_by(pair, job)


async def test_an_emergency_turns_a_reduction_though_asgard_is_away(pair: LessLong) -> None:
    running = await half_reduced(pair)
    leaving = await pair.stop.request(ADA, reason="enough", key="a key of mine")
    assert [job.id for job in leaving.jobs] == [running.id]
    assert leaving.not_taken == ()
    again = await pair.close_all.request(ADA, "a key of mine")
    assert [job.id for job in again.jobs] == [running.id]
    assert await pair.stop.keep() == 0

    def back_when_bought(*_: Any, **__: Any) -> Any:
        return pair.state if pair.sold_short == 0 else NO_ASGARD

    pair.world.answers["state"] = back_when_bought
    assert await pair.reducing.run(running) is None
    await closed_by(pair, running)


async def test_an_emergency_sells_the_long_of_a_reduction_while_the_exchange_is_away(
    pair: LessLong,
) -> None:
    running = await half_reduced(pair)
    await pair.stop.request(ADA, reason="enough", key=None)
    market, sell, sold = pair.world.answers["market"], pair.world.answers["submit_close"], []

    def selling(*given: Any) -> None:
        sold.append(given)
        sell(*given)

    away = Unavailable(ErrorCode.HYPERLIQUID_API, "away")
    pair.world.answers |= {"market": lambda *_: market if sold else away, "submit_close": selling}
    assert await pair.reducing.run(running) is None
    await closed_by(pair, running)


async def test_a_reduction_asked_to_close_restores_the_pair_while_asgard_is_away(
    pair: LessLong,
) -> None:
    """Nobody is in a hurry: both legs stay, or both go."""
    running = await half_reduced(pair)
    assert running.position_id is not None
    pair.clock.pass_time(2)  # by now nobody goes by what a venue answered before
    await pair.closing.request(ADA, running.position_id, None)
    well = pair.world.answers["state"]
    pair.world.answers |= {"state": NO_ASGARD, "prepare_reduce": NO_ASGARD}
    with pytest.raises(Unavailable, match="comes next"):
        await pair.reducing.run(running)
    assert pair.sold_short == Decimal("6.12")
    pair.world.answers["state"] = well
    assert await pair.reducing.run(running) is None
    await closed_by(pair, running)


async def test_a_closing_asked_for_as_a_reduction_ends_is_not_forgotten(
    pair: LessLong, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = await pair.hedged()
    running = await pair.reducing.request(ADA, position.id, QUARTER, None)
    finish, asked = pair.reducing._finish, []

    async def asked_just_before(*given: Any) -> Any:
        asked.append(await pair.closing.request(ADA, position.id, None))
        return await finish(*given)

    monkeypatch.setattr(pair.reducing, "_finish", asked_just_before)
    with pytest.raises(Unavailable, match="comes next"):
        await pair.reducing.run(running)
    monkeypatch.undo()
    assert asked[0].id == running.id
    assert await pair.reducing.run(running) is None
    await closed_by(pair, running)
    with pytest.raises(DomainError) as refusal:
        await pair.closing.request(ADA, position.id, None)
    assert refusal.value.code is ErrorCode.POSITION_CLOSED


@pytest.mark.parametrize("is_emergency", [False, True])
async def test_a_closing_does_not_wait_for_a_repair_to_end(is_emergency: bool) -> None:
    pair = GuardedPair(repairs=True)
    position = await pair.hedged()
    repair = await pair.watchers.repairs.request(ADA, position.id, "a test")
    job = await pair.closing.request(ADA, position.id, None, is_emergency=is_emergency)
    assert job.id == repair.id
    await pair.work_off()
    now = await pair.position(position)
    assert (now.state, pair.sold_short) == (PositionState.CLOSED, Decimal(0))
    assert now.failure_code is None
    (ended,) = await pair.jobs(JobKind.REPAIR)
    assert ended.status is JobStatus.COMPLETED
