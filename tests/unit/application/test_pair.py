"""Opening and closing through the use cases: what is recorded, whatever goes wrong between."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.domain.errors import ErrorCode, Refused, Unavailable
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.exit import ATTEMPTS_MAX
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.repositories import JobKind, JobStatus
from tests.unit.application.pair import STATE, Pair

AWAY = Unavailable(ErrorCode.ASGARD_API, "away")
NO = Refused(ErrorCode.ASGARD_BUILD, "no")


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def test_a_pair_is_opened_and_its_job_ends_with_it(pair: Pair) -> None:
    job = await pair.open_job()
    assert await pair.opening.run(job) is None
    position, job, _ = await pair.now(job)
    assert (position.state, job.status) == (PositionState.HEDGED, JobStatus.COMPLETED)
    assert position.short is not None
    assert position.short.size == Decimal("6.12")
    assert pair.margin_usdc == Decimal("459.75")


async def test_a_venue_away_right_after_hedging_leaves_a_hedged_pair(pair: Pair) -> None:
    job = await pair.open_job()

    def away_after_reading(*_: object, **__: object) -> object:
        hedging = pair.world.calls.count("state") > 1
        return AWAY if hedging else STATE

    pair.world.answers["state"] = away_after_reading
    assert await pair.opening.run(job) is None
    position, job, _ = await pair.now(job)
    assert (position.state, job.status) == (PositionState.HEDGED, JobStatus.COMPLETED)
    again = await pair.closing.request(position.user_id, position.id, None)
    assert again.kind is JobKind.CLOSE


async def test_a_pair_is_closed_and_its_job_ends_with_it(pair: Pair) -> None:
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    assert await pair.closing.run(job) is None
    position, job, _ = await pair.now(job)
    assert (position.state, job.status) == (PositionState.CLOSED, JobStatus.COMPLETED)
    assert position.short is not None
    assert position.short.size == 0
    assert pair.sold_short == 0


async def test_a_stuck_closing_records_what_it_did_and_is_not_done_twice(pair: Pair) -> None:
    position = await pair.hedged()
    pair.sold_short = Decimal(10)  # another position shares the account
    pair.world.answers["prepare_close"] = NO
    job = await pair.job(JobKind.CLOSE, position)
    failure = await pair.closing.run(job)
    assert failure is not None
    position, job, journal = await pair.now(job)
    assert (position.state, job.status) == (PositionState.STUCK_UNWIND, JobStatus.FAILED)
    assert journal.attempts(StepName.CLOSE_LONG) == ATTEMPTS_MAX
    assert position.short is not None
    assert position.short.size == 0
    left = pair.sold_short
    assert left == Decimal("3.88")
    pair.world.answers["prepare_close"] = lambda *_, **__: replace(pair._submission())
    second = await pair.job(JobKind.CLOSE, position, key="second")
    assert await pair.closing.run(second) is None
    assert pair.sold_short == left
    position, _, _ = await pair.now(second)
    assert position.state is PositionState.CLOSED
    assert position.short is not None
    assert position.short.exit_price == Decimal(170)
