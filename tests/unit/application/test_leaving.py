"""Getting out: without our own cache, without a venue, in a hurry; and what a person is told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.market.leaving import LeavingMarket
from asgard_basis.application.operations.jobs import JobView
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import LstMarket
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from tests.builders_platform import a_short
from tests.unit.application.pair import PERP, PRICE, SNAPSHOT, STATE, Pair
from tests.unit.application.world import ADA, START, Outside, StillClock

NO_REDIS = Unavailable(ErrorCode.NOT_READY, "Redis does not answer")
NO_ASGARD = Unavailable(ErrorCode.ASGARD_API, "away")
NO_EXCHANGE = Unavailable(ErrorCode.HYPERLIQUID_API, "away")
NO_SOLANA = Unavailable(ErrorCode.SOLANA_RPC, "away")
INF = LstMarket(Asset.INF, Decimal("1.4"), AnnualYield(Decimal("0.07")), None, START)


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def delivered(pair: Pair, job: Job, *, times: int = 50) -> int:
    """The queue's part: again every two seconds until the job has ended; how often it took."""
    for count in range(1, times + 1):
        try:
            await pair.closing.run(job)
        except Unavailable:
            pair.clock.pass_time(2)
            continue
        return count
    return times


async def shown(pair: Pair, job: Job) -> JobView:
    return await pair.desk.view(ADA, job.id)


async def test_a_pair_is_closed_without_redis(pair: Pair) -> None:
    pair.world.answers["latest"] = NO_REDIS
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    assert await pair.closing.run(job) is None
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.CLOSED
    assert position.long is not None
    assert position.long.oracle_closed == PRICE


async def test_a_price_that_has_stood_still_is_asked_of_the_venue(pair: Pair) -> None:
    pair.clock.pass_time(3600)
    asked: list[Decimal] = []

    def prepared(*_: Any, reference_price: Decimal, **__: Any) -> Any:
        asked.append(reference_price)
        return pair._submission()

    pair.world.answers |= {
        "market": replace(PERP, oracle_price=Decimal(190)),
        "prepare_close": prepared,
    }
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    assert await pair.closing.run(job) is None
    assert asked == [Decimal(190)]


def leaving(**answers: Any) -> LeavingMarket:
    world: Any = Outside(
        **{
            "latest": replace(SNAPSHOT, lsts={Asset.INF: INF}),
            "market": replace(PERP, oracle_price=Decimal(190)),
            "spot_prices": {Asset.SOL: Decimal(188)},
            "lst_markets": {Asset.INF: replace(INF, redemption_rate=Decimal("1.41"))},
            **answers,
        }
    )
    clock = StillClock(START + timedelta(seconds=20))
    return LeavingMarket(reader=world, perp=world, margin=world, chain=world, clock=clock)


OLD = replace(
    SNAPSHOT,
    lsts={Asset.INF: INF},
    perp=replace(PERP, observed_at=START - timedelta(minutes=1)),
)


@pytest.mark.parametrize(
    ("answers", "price", "rate", "is_second_opinion"),
    [
        ({}, "170", "1.4", True),
        ({"latest": OLD}, "190", "1.41", True),
        ({"latest": NO_REDIS}, "190", "1.41", True),
        ({"latest": OLD, "lst_markets": NO_SOLANA}, "190", "1.4", True),
        ({"latest": NO_REDIS, "market": NO_EXCHANGE}, "188", "1.41", False),
        ({"latest": OLD, "market": NO_EXCHANGE, "lst_markets": NO_SOLANA}, "188", "1.4", False),
    ],
)
async def test_prices_come_from_whoever_can_be_asked(
    answers: dict[str, Any], price: str, rate: str, is_second_opinion: bool
) -> None:
    found = await leaving(**answers).prices(Asset.INF)
    assert (found.oracle_price, found.redemption_rate) == (Decimal(price), Decimal(rate))
    assert found.is_second_opinion is is_second_opinion


@pytest.mark.parametrize(
    "answers",
    [
        {"latest": NO_REDIS, "market": NO_EXCHANGE, "spot_prices": NO_ASGARD},
        {"latest": NO_REDIS, "lst_markets": NO_SOLANA},
    ],
)
async def test_a_price_nobody_knows_is_not_invented(answers: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        await leaving(**answers).prices(Asset.INF)


@pytest.mark.parametrize(
    ("call", "answer", "whom"),
    [
        ("account", NO_EXCHANGE, "Hyperliquid"),
        ("state", NO_ASGARD, "Asgard"),
        ("block_height", NO_SOLANA, "Solana"),
        ("block_height", 7, "Solana"),
    ],
)
async def test_a_pair_stays_whole_until_both_venues_answer(
    pair: Pair, call: str, answer: object, whom: str
) -> None:
    position = await pair.hedged()
    held, well = pair.sold_short, pair.world.answers[call]
    pair.world.answers[call] = answer
    job = await pair.closing.request(ADA, position.id, None)
    began = pair.clock.now()
    assert await delivered(pair, job, times=5) == 5
    assert pair.sold_short == held
    view = await shown(pair, job)
    assert view.waiting_for == whom
    assert view.waiting_since is not None
    assert view.waiting_since - began < timedelta(seconds=10)  # not the newest look: the first
    assert view.remains == ("short of 6.12 SOL on Hyperliquid", "long of 6.123456789 SOL on Solana")
    pair.world.answers[call] = well
    assert await delivered(pair, job) == 1
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.CLOSED
    view = await shown(pair, job)
    assert (view.waiting_for, view.remains) == (None, ())


async def test_an_emergency_buys_the_short_back_while_the_long_cannot_be_sold(pair: Pair) -> None:
    position = await pair.hedged()
    pair.world.answers |= {"state": NO_ASGARD, "prepare_close": NO_ASGARD}
    job = await pair.closing.request(ADA, position.id, None, is_emergency=True)

    def back_after_a_while(*_: Any, **__: Any) -> Any:
        return STATE if pair.sold_short == 0 and pair.world.calls.count("state") > 3 else NO_ASGARD

    views: list[JobView] = []

    async def look(seconds: float) -> None:
        views.append(await shown(pair, job))
        pair.clock.pass_time(seconds)

    pair.clock.sleep = look  # type: ignore[method-assign]
    pair.world.answers["state"] = back_after_a_while
    pair.world.answers["prepare_close"] = lambda *_, **__: pair._submission()
    assert await pair.closing.run(job) is None
    waited = views[-1]
    assert waited.waiting_for == "Asgard"
    assert waited.remains == ("long of 6.123456789 SOL on Solana",)
    position, job, _ = await pair.now(job)
    assert (position.state, job.status) == (PositionState.CLOSED, JobStatus.COMPLETED)
    assert pair.sold_short == 0


async def test_an_emergency_sells_the_long_while_the_exchange_is_away(pair: Pair) -> None:
    position = await pair.hedged()
    place = pair.world.answers["place"]
    sold = False

    def back_when_sold(*given: Any, **named: Any) -> Any:
        is_back = sold and pair.clock.now() - START > timedelta(minutes=1)
        return place(*given, **named) if is_back else NO_EXCHANGE

    def selling(*_: Any, **__: Any) -> None:
        nonlocal sold
        sold = True

    pair.world.answers |= {"place": back_when_sold, "submit_close": selling}
    job = await pair.closing.request(ADA, position.id, None, is_emergency=True)
    assert await pair.closing.run(job) is None
    position, _, journal = await pair.now(job)
    assert position.state is PositionState.CLOSED
    names = [s.name for s in journal.steps if s.outcome is not None]
    assert names.index(StepName.CLOSE_LONG) < names.index(StepName.CLOSE_SHORT)
    assert pair.sold_short == 0
    assert position.short is not None
    assert position.short.size == 0


async def test_a_waiting_closing_can_be_hurried(pair: Pair) -> None:
    position = await pair.hedged()
    pair.world.answers["state"] = NO_ASGARD
    patient = await pair.closing.request(ADA, position.id, "the first key")
    await delivered(pair, patient, times=2)
    hurried = await pair.closing.request(ADA, position.id, None, is_emergency=True)
    assert hurried.id == patient.id
    other = await pair.job(JobKind.CLOSE, await _another(pair), key="other")
    pair.sold_short *= 2
    with pytest.raises(Unavailable, match="other positions go first"):
        await pair.closing.run(hurried)
    assert pair.sold_short == Decimal("6.12")  # the other position's
    assert other.id != hurried.id


async def test_a_closing_that_waits_can_be_called_off(pair: Pair) -> None:
    position = await pair.hedged()
    state = pair.world.answers["state"]
    pair.world.answers["state"] = NO_ASGARD
    job = await pair.closing.request(ADA, position.id, None)
    await delivered(pair, job, times=2)
    called_off = await pair.closing.cancel(ADA, job.id)
    assert (called_off.status, called_off.error_code) == (JobStatus.FAILED, "POS-0011")
    assert await pair.closing.cancel(ADA, job.id) == called_off
    pair.world.answers["state"] = state
    assert await pair.closing.run(job) is None  # delivered once more
    held, ended, journal = await pair.now(job)
    assert (held.state, ended.status) == (PositionState.HEDGED, JobStatus.FAILED)
    assert journal.steps == ()
    again = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(again) is None


async def test_a_closing_called_off_just_before_it_sets_out_does_nothing(pair: Pair) -> None:
    position = await pair.hedged()
    job = await pair.closing.request(ADA, position.id, None)
    sleep = pair.clock.sleep

    async def cancelling(seconds: float) -> None:
        """Between the last look at the venues and the first step."""
        await sleep(seconds)
        await pair.closing.cancel(ADA, job.id)

    pair.clock.sleep = cancelling  # type: ignore[method-assign]
    assert await pair.closing.run(job) is None
    position, job, journal = await pair.now(job)
    assert (position.state, job.status, journal.steps) == (
        PositionState.HEDGED,
        JobStatus.FAILED,
        (),
    )
    assert pair.sold_short > 0


async def test_a_closing_that_has_begun_goes_on(pair: Pair) -> None:
    position = await pair.hedged()
    job = await pair.closing.request(ADA, position.id, None)
    refusals: list[ErrorCode] = []
    place = pair.world.answers["place"]

    async def late(_seconds: float) -> None:
        with pytest.raises(DomainError) as refusal:
            await pair.closing.cancel(ADA, job.id)
        refusals.append(refusal.value.code)
        pair.world.answers["place"] = place

    pair.world.answers["place"] = OrderResult(None, Decimal(0), None, "iocCancelRejected", "none")
    began = pair.clock.sleep

    async def sleeping(seconds: float) -> None:
        await began(seconds)
        if pair.world.calls.count("place"):
            await late(seconds)

    pair.clock.sleep = sleeping  # type: ignore[method-assign]
    assert await pair.closing.run(job) is None
    assert set(refusals) == {ErrorCode.POSITION_BUSY}


async def _another(pair: Pair) -> Position:
    async with pair.transactions.for_user(ADA) as work:
        (first,) = await work.positions.held()
        other = replace(first, id=PositionId("other"))
        await work.positions.add(other)
    return other


async def test_who_can_only_wait_lets_the_other_positions_go_first(pair: Pair) -> None:
    position = await pair.hedged()
    pair.sold_short = 2 * pair.sold_short
    first = await pair.closing.request(ADA, position.id, None, is_emergency=True)
    second = await pair.closing.request(ADA, (await _another(pair)).id, None, is_emergency=True)
    pair.world.answers["state"] = NO_ASGARD
    for job in (first, second, first, second):
        with pytest.raises(Unavailable):
            await pair.closing.run(job)
    assert pair.sold_short == 0
    pair.world.answers["state"] = STATE
    for job in (first, second):
        assert await pair.closing.run(job) is None


async def test_an_order_that_may_be_filled_keeps_the_other_positions_waiting(pair: Pair) -> None:
    """What the account has cannot be told apart while it may hold one order more or less."""
    position = await pair.hedged()
    pair.sold_short = 2 * pair.sold_short
    first = await pair.closing.request(ADA, position.id, None)
    second = await pair.closing.request(ADA, (await _another(pair)).id, None)
    place, find = pair.world.answers["place"], pair.world.answers["find_order"]

    def filled_but_lost(*given: Any) -> Any:
        place(*given)
        raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)

    away = OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)
    pair.world.answers |= {"place": filled_but_lost, "find_order": away}
    with pytest.raises(Unavailable, match="other positions go first"):
        await pair.closing.run(first)
    pair.world.answers |= {"place": place, "find_order": find}
    with pytest.raises(Unavailable, match="an order of another position"):
        await pair.closing.run(second)
    pair.world.answers["find_order"] = OrderResult(1, Decimal("6.12"), PRICE, "filled")
    assert await pair.closing.run(first) is None
    assert pair.sold_short == Decimal("6.12")
    assert await pair.closing.run(second) is None
    assert pair.sold_short == 0


async def test_a_pair_that_has_lost_a_leg_is_left_without_asking_both(pair: Pair) -> None:
    position = await pair.hedged()
    pair.world.answers["account"] = NO_EXCHANGE
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, short=None, state=PositionState.STUCK_UNWIND))
    job = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(job) is None
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.CLOSED


async def test_a_long_left_alone_is_sold_though_the_exchange_is_away(pair: Pair) -> None:
    position = await pair.hedged()
    pair.world.answers |= {"account": NO_EXCHANGE, "market": NO_EXCHANGE}
    async with pair.transactions.for_user(ADA) as work:
        bought_back = replace(a_short(), size=Decimal(0))
        stuck = PositionState.STUCK_UNWIND
        await work.positions.save(replace(position, short=bought_back, state=stuck))
    job = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(job) is None
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.CLOSED


async def test_a_short_left_alone_is_bought_back_though_asgard_is_away(pair: Pair) -> None:
    position = await pair.hedged()
    pair.world.answers["state"] = NO_ASGARD
    async with pair.transactions.for_user(ADA) as work:
        assert position.long is not None
        sold = replace(
            position.long,
            collateral_sold=position.long.collateral_bought,
            redemption_closed=Decimal(1),
            oracle_closed=Decimal(170),
            debt_repaid=Decimal(540),
        )
        stuck = PositionState.STUCK_UNWIND
        await work.positions.save(replace(position, long=sold, state=stuck))
    job = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(job) is None
    assert pair.sold_short == 0


async def test_closing_is_refused_with_its_reason(pair: Pair) -> None:
    job = await pair.open_job()
    with pytest.raises(DomainError) as refusal:
        await pair.closing.request(ADA, job.position_id, None)  # type: ignore[arg-type]
    assert refusal.value.code is ErrorCode.POSITION_BUSY
