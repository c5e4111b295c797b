"""An emergency is never held up by one order nobody can tell the fate of."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.operations.jobs import JobView
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.step import Step, StepName, StepStatus
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.repositories import Job, JobStatus
from asgard_basis.ports.venues import PerpOrder
from tests.unit.application.pair import PRICE, Pair
from tests.unit.application.test_leaving import shown
from tests.unit.application.test_reduce import QUARTER, LessLong
from tests.unit.application.test_turns import another
from tests.unit.application.world import ADA, START

NO_EXCHANGE = Unavailable(ErrorCode.HYPERLIQUID_API, "away")
NO_SOLANA = Unavailable(ErrorCode.SOLANA_RPC, "away")
OF_THE_EXCHANGE = (
    "market",
    "account",
    "place",
    "find_order",
    "fills",
    "void",
    "reserve_nonce",
    "funding_payments",
)


class Killed(BaseException):
    """The process is gone."""


class Outage:
    """The exchange answers nothing any more from the next order on, which it does or not."""

    def __init__(self, pair: Pair, *, is_done: bool, only: StepName | None = None) -> None:
        self._pair = pair
        self._is_done = is_done
        self._well = {name: pair.world.answers[name] for name in OF_THE_EXCHANGE}
        self._well["find_order"] = self._found
        self.began_at: datetime | None = None
        self.orders: list[PerpOrder] = []
        pair.world.answers["place"] = self._lost

    def end(self) -> None:
        self._pair.world.answers |= {**self._well, "place": self._placed}
        self.began_at = None

    def _placed(self, trader: Any, order: PerpOrder, nonce: Any) -> Any:
        self.orders.append(order)
        return self._well["place"](trader, order, nonce)

    def _lost(self, trader: Any, order: PerpOrder, nonce: Any) -> None:
        if self._is_done:
            self._placed(trader, order, nonce)
        self.began_at = self._pair.clock.now()
        self._pair.world.answers |= dict.fromkeys(OF_THE_EXCHANGE, NO_EXCHANGE)
        raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)

    def _found(self, _address: Any, key: str) -> OrderResult | None:
        fills = [fill for fill in self._pair.fills if fill.client_order_id == key]
        size = sum((fill.size for fill in fills), Decimal(0))
        return OrderResult(1, size, PRICE, "filled") if fills else None


def whenever_it_waits(pair: Pair, happens: Callable[[], Any]) -> None:
    """Let something happen each time the product sleeps."""
    sleep = pair.clock.sleep

    async def sleeping(seconds: float) -> None:
        await sleep(seconds)
        if asyncio.iscoroutine(done := happens()):
            await done

    pair.clock.sleep = sleeping  # type: ignore[method-assign]


@pytest.fixture
def pair() -> LessLong:
    found = LessLong()

    def impatient() -> None:
        assert found.clock.now() - START < timedelta(hours=3), "it waits for ever"

    whenever_it_waits(found, impatient)
    return found


def named(steps: tuple[Step, ...], name: StepName) -> list[Step]:
    return [step for step in steps if step.name is name]


async def closed(pair: Pair, job: Job, outage: Outage) -> None:
    """Both legs are gone, each by one trade that counts, and the books know it."""
    position, ended, journal = await pair.now(job)
    assert (position.state, ended.status) == (PositionState.CLOSED, JobStatus.COMPLETED)
    assert pair.sold_short == 0
    bought = [fill for fill in pair.fills if fill.is_buy]
    assert sum(fill.size for fill in bought) - Decimal("6.12") == sum(
        fill.size for fill in pair.fills if not fill.is_buy
    )
    assert all(order.reduce_only for order in outage.orders if order.is_buy)
    assert pair.world.calls.count("submit_close") == 1
    assert journal.open_step() is None
    assert position.short is not None
    assert position.short.size == 0
    assert position.long is not None
    assert position.long.redemption_closed is not None


@pytest.mark.parametrize("is_done", [True, False])
async def test_the_long_is_sold_while_nobody_tells_what_became_of_the_order(
    pair: LessLong, is_done: bool
) -> None:
    position = await pair.hedged()
    outage = Outage(pair, is_done=is_done)
    job = await pair.closing.request(ADA, position.id, None)
    views: list[JobView] = []
    stopped: list[datetime] = []

    async def later() -> None:
        if outage.began_at is None:
            return
        waited = pair.clock.now() - outage.began_at
        if waited > timedelta(seconds=30) and not stopped:
            assert "submit_close" not in pair.world.calls
            await pair.stop.request(ADA, reason="enough", key=None)
            stopped.append(pair.clock.now())
        if waited > timedelta(minutes=5):
            views.append(await shown(pair, job))
            outage.end()

    whenever_it_waits(pair, later)
    assert await pair.closing.run(job) is None
    await closed(pair, job, outage)
    _, _, journal = await pair.now(job)
    (sold,) = named(journal.steps, StepName.CLOSE_LONG)
    assert sold.is_beside
    assert sold.finished_at is not None
    assert sold.finished_at - stopped[0] < timedelta(seconds=10)
    assert views[0].waiting_for == "Hyperliquid"
    assert views[0].remains == (
        "short of 6.12 SOL on Hyperliquid; an order to buy back 6.12 is not answered yet",
    )
    assert len(outage.orders) == 1  # it was bought back once, whichever order did it


async def test_an_ordinary_closing_still_waits_with_both_legs(pair: LessLong) -> None:
    position = await pair.hedged()
    outage = Outage(pair, is_done=False)
    job = await pair.closing.request(ADA, position.id, None)

    def later() -> None:
        if outage.began_at and pair.clock.now() - outage.began_at > timedelta(hours=1):
            assert "submit_close" not in pair.world.calls
            outage.end()

    whenever_it_waits(pair, later)
    assert await pair.closing.run(job) is None
    await closed(pair, job, outage)


async def test_an_answer_that_is_only_late_is_waited_for(pair: LessLong) -> None:
    """The venue is there and its records lag: the short first, as ever."""
    position = await pair.hedged()
    outage = Outage(pair, is_done=True)
    job = await pair.closing.request(ADA, position.id, None, is_emergency=True)

    def soon() -> None:
        if outage.began_at and pair.clock.now() - outage.began_at > timedelta(seconds=2):
            outage.end()

    whenever_it_waits(pair, soon)
    assert await pair.closing.run(job) is None
    await closed(pair, job, outage)
    _, _, journal = await pair.now(job)
    assert not any(step.is_beside for step in journal.steps)


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_process_that_dies_with_both_unanswered_looks_both_up(
    pair: LessLong, is_done: bool
) -> None:
    position = await pair.hedged()
    outage = Outage(pair, is_done=is_done)
    job = await pair.closing.request(ADA, position.id, None, is_emergency=True)
    sell = pair.world.answers["submit_close"]

    def dying(*given: Any) -> None:
        sell(*given)
        raise Killed

    pair.world.answers["submit_close"] = dying
    with pytest.raises(Killed):
        await pair.closing.run(job)
    _, _, journal = await pair.now(job)
    assert [s.name for s in journal.open_steps()] == [StepName.CLOSE_SHORT, StepName.CLOSE_LONG]
    view = await shown(pair, job)
    assert view.remains == (
        "short of 6.12 SOL on Hyperliquid; an order to buy back 6.12 is not answered yet",
        "long of 6.123456789 SOL on Solana; its sale is not answered yet",
    )

    def later() -> None:
        if outage.began_at and pair.clock.now() - outage.began_at > timedelta(minutes=1):
            outage.end()

    whenever_it_waits(pair, later)
    assert await pair.closing.run(job) is None
    await closed(pair, job, outage)


async def test_the_short_is_bought_back_while_the_chain_tells_nothing(pair: LessLong) -> None:
    """The same the other way round: a sale of the long that was sent, and no block since."""
    position = await pair.hedged()
    market = pair.world.answers["market"]
    sell = pair.world.answers["submit_close"]
    pair.world.answers["market"] = NO_EXCHANGE

    def sent_into_silence(*given: Any) -> None:
        sell(*given)
        pair.world.answers |= {"landing": NO_SOLANA, "market": market}

    pair.world.answers["submit_close"] = sent_into_silence
    job = await pair.closing.request(ADA, position.id, None, is_emergency=True)
    bought: list[datetime] = []

    def later() -> None:
        if pair.sold_short == 0 and not bought:
            bought.append(pair.clock.now())
        if bought and pair.clock.now() - bought[0] > timedelta(minutes=5):
            pair.world.answers["landing"] = Landing.CONFIRMED

    whenever_it_waits(pair, later)
    assert await pair.closing.run(job) is None
    await closed(pair, job, Outage(pair, is_done=False))
    _, _, journal = await pair.now(job)
    (sold,) = named(journal.steps, StepName.CLOSE_LONG)
    assert bought[0] - sold.intended_at < timedelta(seconds=15)


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_reduction_whose_order_is_lost_is_left_the_same_way(
    pair: LessLong, is_done: bool
) -> None:
    position = await pair.hedged()
    outage = Outage(pair, is_done=is_done)
    job = await pair.reducing.request(ADA, position.id, QUARTER, None)
    stopped: list[datetime] = []
    views: list[JobView] = []

    async def later() -> None:
        if outage.began_at is None:
            return
        waited = pair.clock.now() - outage.began_at
        if waited > timedelta(seconds=30) and not stopped:
            await pair.stop.request(ADA, reason="enough", key=None)
            stopped.append(pair.clock.now())
        if waited > timedelta(minutes=5):
            views.append(await shown(pair, job))
            outage.end()

    whenever_it_waits(pair, later)
    assert await pair.reducing.run(job) is None
    await closed(pair, job, outage)
    _, _, journal = await pair.now(job)
    (sold,) = named(journal.steps, StepName.CLOSE_LONG)
    assert sold.finished_at is not None
    assert sold.finished_at - stopped[0] < timedelta(seconds=10)
    assert views[0].remains == (
        "short of 6.12 SOL on Hyperliquid; an order to buy back 1.53 is not answered yet",
    )


async def test_a_part_of_the_long_that_may_be_sold_does_not_keep_the_short(
    pair: LessLong,
) -> None:
    position = await pair.hedged()
    cut = pair.world.answers["submit_reduce"]

    def sent_into_silence(*given: Any) -> None:
        cut(*given)
        pair.world.answers["landing"] = NO_SOLANA

    pair.world.answers["submit_reduce"] = sent_into_silence
    job = await pair.reducing.request(ADA, position.id, QUARTER, None)
    flat: list[datetime] = []
    stopped: list[datetime] = []

    async def later() -> None:
        if pair.world.answers["landing"] is NO_SOLANA and not stopped:
            await pair.stop.request(ADA, reason="enough", key=None)
            stopped.append(pair.clock.now())
        if pair.sold_short == 0 and not flat:
            flat.append(pair.clock.now())
        if flat and pair.clock.now() - flat[0] > timedelta(minutes=5):
            pair.world.answers["landing"] = Landing.CONFIRMED

    whenever_it_waits(pair, later)
    assert await pair.reducing.run(job) is None
    await closed(pair, job, Outage(pair, is_done=False))
    assert flat[0] - stopped[0] < timedelta(seconds=15)
    assert pair.world.calls.count("submit_reduce") == 1


async def test_a_sale_that_may_still_arrive_is_waited_out_before_the_long_goes(
    pair: LessLong,
) -> None:
    """The short is being restored: alone it would stand without a long."""
    position = await pair.hedged()
    pair.world.answers["prepare_reduce"] = Unavailable(ErrorCode.ASGARD_API, "away")
    job = await pair.reducing.request(ADA, position.id, QUARTER, None)
    place = pair.world.answers["place"]
    outages: list[Outage] = []

    def cut_first(trader: Any, order: PerpOrder, nonce: Any) -> Any:
        outages.append(Outage(pair, is_done=True))  # from the next order on
        return place(trader, order, nonce)

    pair.world.answers["place"] = cut_first

    async def later() -> None:
        if not outages or outages[0].began_at is None:
            return
        if (await pair.now(job))[1].details.get("manner") is None:
            await pair.stop.request(ADA, reason="enough", key=None)
        if pair.clock.now() - outages[0].began_at > timedelta(minutes=5):
            outages[0].end()

    whenever_it_waits(pair, later)
    assert await pair.reducing.run(job) is None
    await closed(pair, job, outages[0])
    _, _, journal = await pair.now(job)
    (sale,) = named(journal.steps, StepName.OPEN_SHORT)
    (sold,) = named(journal.steps, StepName.CLOSE_LONG)
    assert sold.intended_at - sale.intended_at >= timedelta(seconds=40)
    assert sold.finished_at is not None
    assert sale.finished_at is not None
    assert sold.finished_at < sale.finished_at


async def test_all_positions_of_a_stop_sell_their_longs_though_each_has_a_lost_order(
    pair: LessLong,
) -> None:
    """One job of a user at a time: who can only wait makes room, but not before it did its part."""
    position = await pair.hedged()
    other = await another(pair, position)
    outage = Outage(pair, is_done=False)
    leaving = await pair.stop.request(ADA, reason="enough", key=None)
    assert {job.position_id for job in leaving.jobs} == {position.id, other.id}
    ends: set[str] = set()
    for _ in range(60):
        for job in leaving.jobs:
            if job.id in ends:
                continue
            try:
                await pair.closing.run(job)
            except Unavailable:
                pair.clock.pass_time(2)
            else:
                ends.add(job.id)
        if pair.world.calls.count("submit_close") == 2 and outage.began_at:
            outage.end()
    assert ends == {job.id for job in leaving.jobs}
    assert pair.sold_short == 0
    assert pair.world.calls.count("submit_close") == 2
    for job in leaving.jobs:
        found, _, journal = await pair.now(job)
        assert found.state is PositionState.CLOSED
        statuses = {s.status for s in named(journal.steps, StepName.CLOSE_LONG)}
        assert statuses == {StepStatus.DONE}
