"""Opening and closing through the use cases: what is recorded, whatever goes wrong between."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.application.trading.position_views import valued
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import client_order_id
from asgard_basis.domain.ledger.attribution import attribute
from asgard_basis.domain.position.legs import OrderResult, PerpFill
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.hedge import SECOND_LEG
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.repositories import JobKind, JobStatus
from tests.builders_platform import a_position, a_short
from tests.unit.application.pair import LENDER, PERP, PLAN, PRICE, SNAPSHOT, STATE, Pair, report
from tests.unit.application.world import ADA, START

AWAY = Unavailable(ErrorCode.ASGARD_API, "away")
NO = Refused(ErrorCode.ASGARD_BUILD, "no")


class Killed(Exception):
    """The process is gone."""


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


async def test_two_browsers_closing_at_once_get_the_same_job(pair: Pair) -> None:
    position = await pair.hedged()
    asked = [pair.closing.request(position.user_id, position.id, None) for _ in range(4)]
    assert len({job.id for job in await asyncio.gather(*asked)}) == 1


async def test_a_stuck_closing_records_what_it_did_and_is_not_done_twice(pair: Pair) -> None:
    position = await pair.hedged()
    pair.sold_short = Decimal(10)  # another position shares the account
    pair.world.answers["prepare_close"] = NO
    job = await pair.job(JobKind.CLOSE, position)
    failure = await pair.closing.run(job)
    assert failure is not None
    position, job, journal = await pair.now(job)
    assert (position.state, job.status) == (PositionState.STUCK_UNWIND, JobStatus.FAILED)
    assert journal.attempts(StepName.CLOSE_LONG) == SECOND_LEG.leaving_refusals_max
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


async def test_an_hour_without_a_venue_is_waited_out_when_closing(pair: Pair) -> None:
    position = await pair.hedged()
    begun = pair.clock.now()

    def away_for_an_hour(*_: object, **__: object) -> object:
        hours = (pair.clock.now() - begun).total_seconds() / 3600
        return AWAY if hours < 1 else pair._submission()

    pair.world.answers["prepare_close"] = away_for_an_hour
    job = await pair.job(JobKind.CLOSE, position)
    assert await pair.closing.run(job) is None
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.CLOSED


async def test_a_book_without_sellers_is_tried_until_there_are_some(pair: Pair) -> None:
    position = await pair.hedged()
    place = pair.world.answers["place"]
    nobody = OrderResult(None, Decimal(0), None, "iocCancelRejected", "nobody")

    def empty_at_first(trader: object, order: object, nonce: object) -> object:
        return place(trader, order, nonce) if pair.world.calls.count("place") > 20 else nobody

    pair.world.answers["place"] = empty_at_first
    job = await pair.job(JobKind.CLOSE, position)
    assert await pair.closing.run(job) is None
    assert pair.sold_short == 0
    assert sum(pair.clock.slept) > 60


@pytest.mark.parametrize("begins", [1, 2])
async def test_a_hedged_pair_is_not_unwound_because_a_venue_is_away(
    pair: Pair, begins: int
) -> None:
    job = await pair.open_job()
    account = pair.world.answers["account"]

    def away_for_a_while(*_: object) -> object:
        asked = pair.world.calls.count("account")
        return AWAY if begins <= asked < begins + 10 else account()

    pair.world.answers["account"] = away_for_a_while
    assert await pair.opening.run(job) is None
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.HEDGED
    assert pair.margin_usdc == Decimal("459.75")


async def test_margin_is_never_asked_for_beyond_what_is_free(pair: Pair) -> None:
    job = await pair.open_job()
    pair.free = Decimal("20.126789")
    assert await pair.opening.run(job) is None
    assert Decimal("0.00") <= pair.free < Decimal("0.01")


async def test_a_short_the_venue_closed_itself_is_booked_from_its_fills(pair: Pair) -> None:
    position = await pair.hedged()
    pair.flat_by_venue("220", fee="1.5")
    pair.clock.pass_time(60)
    job = await pair.job(JobKind.CLOSE, position)
    before = position.short
    assert await pair.closing.run(job) is None
    position, _, _ = await pair.now(job)
    short = position.short
    assert short is not None
    assert before is not None
    assert (short.size, short.exit_price) == (Decimal(0), Decimal(220))
    assert short.realised_usd == before.size * (before.entry_price - 220)
    assert short.fee_usdc == before.fee_usdc + Decimal("1.5")
    assert short.slippage_usd == before.slippage_usd


async def test_a_long_that_is_gone_is_recorded_as_lost_and_said(pair: Pair) -> None:
    position = await pair.hedged()
    pair.world.answers |= {"state": None, "positions": [pair.listed(is_open=False)]}
    job = await pair.job(JobKind.CLOSE, position)
    await pair.closing.run(job)
    position, job, _ = await pair.now(job)
    assert (position.state, job.status) == (PositionState.CLOSED, JobStatus.COMPLETED)
    assert position.failure_code == "ASG-0003"
    assert position.long is not None
    assert position.long.usdc_returned == 0
    assert position.long.redemption_closed is not None
    result = attribute(
        long=position.long,
        short=position.short or a_short(),
        funding_usdc=Decimal(0),
        valuation=valued(position, None) or pytest.fail("not valued"),
        mark_price=Decimal(0),
    )
    assert result.total < -position.long.usdc_spent / 2
    assert result.price_residual < -position.long.usdc_spent / 2


async def test_a_long_the_venue_does_not_list_at_all_is_not_given_up(pair: Pair) -> None:
    position = await pair.hedged()
    listed = pair.listed(is_open=False)

    def listed_later(*_: object) -> object:
        return [listed] if pair.world.calls.count("positions") > 5 else []

    pair.world.answers |= {"state": None, "positions": listed_later}
    job = await pair.job(JobKind.CLOSE, position)
    await pair.closing.run(job)
    assert pair.world.calls.count("positions") == 6


async def test_the_long_is_looked_at_again_before_another_try_to_close_it(pair: Pair) -> None:
    position = await pair.hedged()
    pair.world.answers["landing"] = lambda *_, **__: (
        Landing.DEAD if pair.world.calls.count("landing") == 1 else Landing.CONFIRMED
    )
    pair.world.answers["state"] = lambda *_, **__: replace(
        STATE, debt_usdc=STATE.debt_usdc + pair.world.calls.count("state")
    )
    job = await pair.job(JobKind.CLOSE, position)
    assert await pair.closing.run(job) is None
    position, _, journal = await pair.now(job)
    names = [step.name for step in journal.steps if "long" in step.name]
    assert names == ["observe_long", "close_long", "observe_long", "close_long"]
    assert position.long is not None
    assert position.long.debt_repaid == 544


async def test_the_lot_is_the_venues(pair: Pair) -> None:
    perp = replace(PERP, size_decimals=1)
    pair.world.answers["latest"] = replace(SNAPSHOT, perp=perp)
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    pair.world.answers["place"] = lambda *_: OrderResult(1, Decimal("6.1"), Decimal(170), "filled")
    pair.fills = []
    pair.world.answers["fills"] = lambda _address, **_named: [
        PerpFill(1, 1, key, Decimal(170), Decimal("6.1"), True, Decimal(1), Decimal(0), START)
        for key in (client_order_id(saga=job.id, step="close_short", attempt=1),)
    ]
    assert await pair.closing.run(job) is None
    assert pair.world.calls.count("place") == 1


async def test_a_plan_of_another_market_is_made_anew_while_nothing_is_bought(pair: Pair) -> None:
    pair.world.answers["prepare_open"] = Killed()
    job = await pair.open_job()
    with pytest.raises(Killed):
        await pair.opening.run(job)
    no_longer = DomainError(ErrorCode.UNSAFE_LEVERAGE, "not any more")
    pair.world.answers |= {"prepare_open": None, "check": report(no_longer)}
    assert await pair.opening.run(job) is no_longer
    position, job, journal = await pair.now(job)
    assert (position.state, job.status) == (PositionState.FAILED, JobStatus.FAILED)
    assert journal.attempts(StepName.OPEN_LONG) == 0


async def test_what_was_bought_is_hedged_by_its_plan_whatever_the_market(pair: Pair) -> None:
    pair.world.answers["submit_open"] = Killed()
    job = await pair.open_job()
    with pytest.raises(Killed):
        await pair.opening.run(job)
    no_longer = DomainError(ErrorCode.UNSAFE_LEVERAGE, "not any more")
    pair.world.answers |= {"submit_open": None, "check": report(no_longer)}
    assert await pair.opening.run(job) is None
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.HEDGED
    assert pair.signed == 1


async def test_the_margin_leaves_room_for_the_accounts_own_fee(pair: Pair) -> None:
    pair.world.answers["check"] = report(taker="0.0009")
    position = await pair.added(a_position(ADA))
    job = await pair.job(JobKind.OPEN, position)
    assert await pair.opening.run(job) is None
    _, job, _ = await pair.now(job)
    assert job.plan is not None
    dearer = Decimal("6.12") * PRICE * Decimal("0.00045")
    assert job.plan.short_margin_usdc == PLAN.short_margin_usdc - dearer


@pytest.mark.parametrize(
    ("lender", "asked"), [(LendingProtocol.KAMINO, 0), (LendingProtocol.MARGINFI, 1)]
)
async def test_a_wallet_may_call_a_lender_switched_on_later_before_anything_is_bought(
    pair: Pair, lender: LendingProtocol, asked: int
) -> None:
    lenders = (LENDER, replace(LENDER, protocol=LendingProtocol.MARGINFI))
    pair.world.answers |= {
        "ensure_wallet": None,
        "latest": replace(SNAPSHOT, lenders=lenders),
    }
    job = await pair.open_job()
    position, _, _ = await pair.now(job)
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, protocol=lender))
    assert await pair.opening.run(job) is None
    calls = pair.world.calls
    assert calls.count("ensure_wallet") == asked
    assert "ensure_wallet" not in calls[calls.index("approve_agent") :]


async def test_a_wallet_that_may_not_be_given_a_lender_buys_nothing(pair: Pair) -> None:
    pair.world.answers["ensure_wallet"] = Refused(ErrorCode.CUSTODY_API, "the policy has a hole")
    job = await pair.open_job()
    position, _, _ = await pair.now(job)
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, protocol=LendingProtocol.SOLEND))
    failure = await pair.opening.run(job)
    assert failure is not None
    assert failure.code is ErrorCode.CUSTODY_API
    position, job, journal = await pair.now(job)
    assert (position.state, job.status) == (PositionState.FAILED, JobStatus.FAILED)
    assert journal.steps == ()
