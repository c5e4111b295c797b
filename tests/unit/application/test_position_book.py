"""Funding is booked to who held the short, and a record is never overwritten by an older one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.oversight.position_monitor import PositionMonitor
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.identifiers import JobId
from asgard_basis.domain.market.funding import FundingPayment, FundingRate
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.position.legs import LongState, OrderResult, PerpAccount, PerpPosition
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.progress import short_span
from asgard_basis.domain.saga.step import (
    OrderDone,
    PlainIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.repositories import JobKind, JobStatus
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import MOMENT, a_job, a_long, a_position, a_short, a_user, a_wallet
from tests.unit.application.guards import watching
from tests.unit.application.pair import SNAPSHOT
from tests.unit.application.world import ADA, CONTEXT, Outside, StillClock

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
ONE_HOUR = timedelta(hours=1)


def paid(hour: datetime, amount: str, size: str) -> FundingPayment:
    return FundingPayment(hour, Decimal(amount), -Decimal(size), FundingRate(Decimal("0.00001")))


def traded(name: StepName, size: str, at: datetime, attempt: int = 1) -> Step:
    result = OrderResult(1, Decimal(size), Decimal(170), "filled")
    done = OrderDone(result, Decimal("0.1"), filled_at=at)
    # Written down late: what counts is when the venue executed it.
    later = at + timedelta(minutes=3)
    return Step(name, attempt, StepStatus.DONE, PlainIntent(), at, done, later)


class Books:
    """Ada's positions and what Hyperliquid has paid her."""

    def __init__(self, at: datetime) -> None:
        self.transactions = MemoryTransactions()
        self.clock = StillClock(at)
        self.payments: list[FundingPayment] = []
        self.perp = Outside(
            funding_payments=lambda _address, *, since: [
                p for p in self.payments if p.settled_at >= since
            ],
            account=lambda *_: self.account(),
            fills=[],
        )
        state = LongState(
            "key",
            LendingProtocol.KAMINO,
            Asset.SOL,
            Decimal("6.13"),
            Decimal(541),
            HealthFactor(Decimal("0.37")),
            MOMENT,
        )
        self.short = Decimal(0)
        self.margin = Outside(state=state, open_fill=None, positions=[])
        self.book = PositionBook(
            transactions=self.transactions,
            perp=self.perp,  # type: ignore[arg-type]
            margin=self.margin,  # type: ignore[arg-type]
            clock=self.clock,
        )

    def account(self) -> PerpAccount:
        """It holds what is booked short."""
        held = None
        if self.short:
            held = PerpPosition(
                -self.short, Decimal(170), self.short * 170, Decimal(1), None, Decimal(0), None, 3,
                False,
            )  # fmt: skip
        return PerpAccount(Decimal(1), Decimal(1), held, Decimal(0), "default", MOMENT, True)

    def monitor(self) -> PositionMonitor:
        """Whoever looks at it every cycle."""
        world = Outside(**self.perp.answers, **self.margin.answers, latest=SNAPSHOT)
        world.calls = self.perp.calls
        return watching(world, self.transactions, self.clock, None, None).monitor

    async def add(self, key: str, *steps: Step, **changes: Any) -> Position:
        size = short_span(steps).held(self.clock.now())
        assert size is not None
        position = replace(
            a_position(ADA, key=key),
            state=PositionState.HEDGED,
            requested_at=min(s.intended_at for s in steps) - timedelta(minutes=1),
            long=replace(a_long(), position_key=key),
            short=replace(a_short(), size=size),
            **changes,
        )
        self.short += size
        job = replace(
            a_job(ADA, key=key, kind=JobKind.OPEN, position_id=position.id),
            status=JobStatus.COMPLETED,
        )
        async with self.transactions.for_user(ADA) as work:
            await work.users.save(a_user(ADA))
            for role in WalletRole:
                await work.wallets.add(ADA, a_wallet("ada", role))
            await work.positions.add(position)
            await work.jobs.add(job)
        for step in steps:
            await self.write(job.id, step)
        return position

    async def write(self, job_id: JobId, step: Step) -> None:
        async with self.transactions.for_user(ADA) as work:
            await work.journals.intend(
                job_id, ADA, replace(step, status=StepStatus.INTENDED, outcome=None)
            )
            if step.status is not StepStatus.INTENDED:
                await work.journals.conclude(job_id, step)

    async def now(self, position: Position) -> Position:
        async with self.transactions.for_user(ADA) as work:
            found = await work.positions.get(position.id)
        assert found is not None
        return found

    async def booked(self, position: Position) -> Decimal:
        await self.book.book_funding(CONTEXT, await self.now(position))
        return (await self.now(position)).funding_usdc


def opened(size: str, at: datetime) -> Step:
    return traded(StepName.OPEN_SHORT, size, at)


async def test_the_settlement_before_the_short_was_opened_is_not_its_own() -> None:
    books = Books(NOON + timedelta(hours=1, minutes=5))
    first = await books.add("a", opened("6", NOON - timedelta(hours=2)))
    # Asked for before noon, sold short after it.
    second = await books.add("b", opened("4", NOON + timedelta(seconds=10)))
    books.payments = [paid(NOON, "0.06", "6"), paid(NOON + ONE_HOUR, "0.10", "10")]
    assert await books.booked(first) == Decimal("0.12")
    assert await books.booked(second) == Decimal("0.04")


async def test_the_settlement_after_the_short_was_bought_back_is_not_its_own() -> None:
    books = Books(NOON + timedelta(minutes=2))
    first = await books.add(
        "a",
        opened("6", NOON - timedelta(hours=2)),
        traded(StepName.CLOSE_SHORT, "6", NOON - timedelta(seconds=1)),
        closed_at=NOON + timedelta(minutes=1),
    )
    second = await books.add("b", opened("4", NOON - timedelta(hours=2)))
    books.payments = [paid(NOON - ONE_HOUR, "0.10", "10"), paid(NOON, "0.04", "4")]
    assert await books.booked(first) == Decimal("0.06")
    assert await books.booked(second) == Decimal("0.08")


async def test_shares_of_several_positions_add_up_to_the_payment() -> None:
    books = Books(NOON + timedelta(minutes=2))
    positions = [
        await books.add(key, opened(size, NOON - timedelta(minutes=40)))
        for key, size in (("a", "1.37"), ("b", "2.11"), ("c", "3.52"))
    ]
    books.payments = [paid(NOON, "-0.7", "7")]
    assert sum([await books.booked(p) for p in positions]) == Decimal("-0.7")


async def test_a_settlement_during_an_order_waits_for_what_became_of_it() -> None:
    books = Books(NOON + timedelta(minutes=2))
    first = await books.add("a", opened("6", NOON - timedelta(minutes=40)))
    order = traded(StepName.CLOSE_SHORT, "6", NOON - timedelta(seconds=1))
    await books.write(JobId("a-ada"), replace(order, status=StepStatus.INTENDED, outcome=None))
    books.payments = [paid(NOON, "0.06", "6")]
    assert await books.booked(first) == 0
    filled_after = replace(order.outcome, filled_at=NOON + timedelta(seconds=1))  # type: ignore[arg-type]
    async with books.transactions.for_user(ADA) as work:
        await work.journals.conclude(JobId("a-ada"), replace(order, outcome=filled_after))
    books.clock.pass_time(60)
    assert await books.booked(first) == Decimal("0.06")


async def test_the_total_is_right_also_when_somebody_else_saved_in_between() -> None:
    books = Books(NOON + timedelta(minutes=2))
    position = await books.add("a", opened("6", NOON - timedelta(minutes=40)))
    books.payments = [paid(NOON, "0.06", "6")]
    async with books.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, state=PositionState.CLOSING_SHORT))
    await books.book.book_funding(CONTEXT, position)
    now = await books.now(position)
    assert (now.funding_usdc, now.state) == (Decimal("0.06"), PositionState.CLOSING_SHORT)


async def test_an_observation_never_takes_back_what_a_saga_wrote() -> None:
    books = Books(NOON + timedelta(minutes=2))
    position = await books.add("a", opened("6", NOON - timedelta(minutes=40)))
    short = replace(a_short(), size=Decimal(1))
    async with books.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, state=PositionState.CLOSING_SHORT, short=short))
    await books.book.observe(CONTEXT, position)
    now = await books.now(position)
    assert (now.state, now.short) == (PositionState.CLOSING_SHORT, short)
    assert now.observation is not None
    assert now.observation.collateral == Decimal("6.13")


async def test_a_late_settlement_reaches_a_position_that_was_closed_meanwhile() -> None:
    books = Books(NOON + timedelta(minutes=12))
    position = await books.add(
        "a",
        opened("6", NOON - timedelta(minutes=40)),
        traded(StepName.CLOSE_SHORT, "6", NOON + timedelta(minutes=1)),
        closed_at=NOON + timedelta(minutes=2),
    )
    ended = replace(position, state=PositionState.CLOSED)
    async with books.transactions.for_user(ADA) as work:
        await work.positions.save(ended)
    monitor = books.monitor()
    assert await monitor.cycle() == 1
    assert (await books.now(position)).funding_usdc == 0
    books.payments = [paid(NOON, "0.06", "6")]
    books.clock.pass_time(60)
    await monitor.cycle()
    now = await books.now(position)
    assert (now.funding_usdc, now.state) == (Decimal("0.06"), PositionState.CLOSED)
    books.perp.calls.clear()
    await monitor.cycle()
    assert books.perp.calls == []


async def ended_alone(books: Books, *, closed_at: datetime) -> Position:
    """A position that held its short over noon and ended a minute after."""
    position = await books.add(
        "a",
        opened("6", NOON - timedelta(minutes=40)),
        traded(StepName.CLOSE_SHORT, "6", NOON + timedelta(minutes=1)),
        closed_at=closed_at,
    )
    async with books.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, state=PositionState.CLOSED))
    return position


async def test_the_last_settlement_is_asked_for_though_nobody_worked_for_a_day() -> None:
    books = Books(NOON + timedelta(minutes=2))
    position = await ended_alone(books, closed_at=NOON + timedelta(minutes=2))
    books.payments = [paid(NOON, "0.06", "6")]
    books.clock.pass_time(24 * 3600)
    await books.monitor().cycle()
    assert (await books.now(position)).funding_usdc == Decimal("0.06")


async def test_an_outage_of_the_venue_does_not_lose_the_last_settlement() -> None:
    books = Books(NOON + timedelta(minutes=2))
    position = await ended_alone(books, closed_at=NOON + timedelta(minutes=2))
    books.payments = [paid(NOON, "0.06", "6")]
    away = [True]

    def listed(_: Any, *, since: datetime) -> Any:
        if away:
            return Unavailable(ErrorCode.HYPERLIQUID_API, "away")
        return [p for p in books.payments if p.settled_at >= since]

    books.perp.answers["funding_payments"] = listed
    monitor = books.monitor()
    for _ in range(5):
        await monitor.cycle()
        books.clock.pass_time(3600)
    away.clear()
    await monitor.cycle()
    assert (await books.now(position)).funding_usdc == Decimal("0.06")


async def test_what_was_never_settled_is_asked_for_once_and_not_for_ever() -> None:
    books = Books(NOON + timedelta(minutes=2))
    await ended_alone(books, closed_at=NOON + timedelta(minutes=2))
    books.clock.pass_time(24 * 3600)
    monitor = books.monitor()
    for _ in range(20):
        await monitor.cycle()
        books.clock.pass_time(1800)
    assert books.perp.calls.count("funding_payments") == 1


async def test_a_month_of_hours_is_booked_and_later_only_the_new_one_is_asked_for() -> None:
    books = Books(NOON + timedelta(minutes=2))
    begin = NOON - timedelta(days=31)
    position = await books.add("a", opened("6", begin - timedelta(minutes=40)))
    books.payments = [paid(begin + n * ONE_HOUR, "0.01", "6") for n in range(31 * 24 + 1)]
    assert await books.booked(position) == Decimal("7.45")
    asked: list[datetime] = []
    books.perp.answers["funding_payments"] = lambda _, *, since: asked.append(since) or []
    await books.booked(position)
    assert asked == []
    books.clock.pass_time(3600)
    await books.booked(position)
    assert asked == [NOON - ONE_HOUR]


async def test_a_position_that_cannot_be_asked_about_does_not_hide_the_next() -> None:
    books = Books(NOON + timedelta(minutes=2))
    for key in "ab":
        await books.add(key, opened("3", NOON - timedelta(minutes=40)))
    state = books.margin.answers["state"]

    def only_b(key: str, **_: Any) -> Any:
        return state if key == "b" else Unavailable(ErrorCode.ASGARD_API, "away")

    books.margin.answers["state"] = only_b
    monitor = books.monitor()
    assert await monitor.cycle() == 1


@pytest.mark.parametrize("requests", [2])
async def test_a_settlement_not_listed_yet_is_not_asked_for_all_the_time(requests: int) -> None:
    books = Books(NOON + timedelta(minutes=2))
    position = await books.add("a", opened("6", NOON - timedelta(minutes=40)))
    for _ in range(10):
        await books.booked(position)
        books.clock.pass_time(5)
    assert books.perp.calls.count("funding_payments") == requests
