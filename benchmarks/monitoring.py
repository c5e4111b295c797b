"""The position monitor with a thousand people, and with two thousand in one IP's budget."""

import asyncio
import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import asyncpg

from asgard_basis.adapters.embedded.postgres import start_postgres
from asgard_basis.adapters.hyperliquid.weights import ALLOWANCE, info_weight
from asgard_basis.adapters.memory.budget import MemoryRequestBudget
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.metering import Meter
from asgard_basis.adapters.postgres.migrate import migrate
from asgard_basis.adapters.postgres.pool import open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.oversight.defend_position import DefendPosition
from asgard_basis.application.oversight.exposure_watch import ExposureWatch
from asgard_basis.application.oversight.monitor_rota import Pace, Rota
from asgard_basis.application.oversight.position_looks import PositionLooks
from asgard_basis.application.oversight.position_monitor import PositionMonitor
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.nearness import NEAR, nearness
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import Priority, asking_as
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.simulation.time import LoopClock, VirtualLoop, run_virtually
from benchmarks.crowd import BEGAN, NEAR_DEBT, PRICE, Venues, address, market, pair_of, settle_in
from benchmarks.product import Figure

PEOPLE = 1000
CYCLES = 7
MANY = 2000
IN_DANGER = 20
HOUR = timedelta(hours=1)
_FREELY = Pace(
    weight_a_second=Decimal(10**6),
    funding_a_second=Decimal(10**6),
    weight_burst=10**6,
    longs_a_second=Decimal(10**6),
    longs_burst=10**6,
)
_CONTROL = ("BEGIN", "COMMIT", "SELECT set_config('role'")
_OF_THE_DRIVER = (
    "WITH RECURSIVE typeinfo_tree",
    "SELECT current_setting('jit')",
    "SELECT set_config('jit'",
)
"""What types are called, asked once for each new connection."""


def monitor_figures() -> Iterator[Figure]:
    """Both sizes."""
    yield from asyncio.run(_thousand())
    yield run_virtually(_two_thousand)


def watching(
    transactions: Transactions, venues: Venues, clock: Clock, rota: Rota, *, wait_seconds: float
) -> PositionMonitor:
    """The real monitor with the real defender over these venues; looks closer are only counted."""
    outside, limits = cast(Any, venues), RiskLimits()
    numbers = iter(range(10**9))
    desk = type("Desk", (), {"fresh_id": staticmethod(lambda: f"card-{next(numbers)}")})
    overseen = OverseenTransactions(transactions, clock)
    return PositionMonitor(
        transactions=overseen,
        looks=PositionLooks(outside, outside),
        gate=outside,
        exposures=ExposureWatch(transactions=overseen, market=outside, clock=clock),
        market=outside,
        limits=limits,
        clock=clock,
        defender=DefendPosition(
            transactions=overseen,
            reader=outside,
            perp=outside,
            solana=outside,
            desk=cast(Any, desk),
            reductions=outside,
            repairs=outside,
            closings=outside,
            clock=clock,
            limits=limits,
            fees=FeeSchedule(),
        ),
        rota=rota,
        wait_seconds=wait_seconds,
    )


class _Hours:
    """A market's hour a minute: each cycle has one to book, and longs to be looked at again."""

    speed = 60.0

    def __init__(self) -> None:
        self.cycles = 0

    def now(self) -> datetime:
        return BEGAN + HOUR * self.cycles

    def host(self) -> datetime:
        return BEGAN + HOUR / 60 * self.cycles

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _CountedPool:
    """A pool whose connections tell each statement of ours."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self.statements: list[str] = []

    def _note(self, query: Any) -> None:
        text = " ".join(query.query.split())
        if not text.startswith(_CONTROL + _OF_THE_DRIVER):
            self.statements.append(text)

    async def acquire(self, *, timeout: float) -> Any:
        connection = await self._pool.acquire(timeout=timeout)
        cast(Any, connection).add_query_logger(self._note)
        return connection

    async def release(self, connection: Any) -> None:
        connection.remove_query_logger(self._note)
        await self._pool.release(connection)


async def _thousand() -> list[Figure]:
    clock = _Hours()

    async def answer(_name: str) -> None:
        await asyncio.sleep(0.02)

    venues = Venues(clock.now, host=clock.host, before=answer)
    seconds, counts = [], []
    async with contextlib.AsyncExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="basis-bench-monitor-"))
        server = start_postgres(Path(folder))
        closing.callback(server.stop)
        await migrate(server.url)
        pool = await open_pool(server.url)
        closing.push_async_callback(pool.close)
        counted = _CountedPool(pool)
        transactions = PostgresTransactions(cast(Any, counted))
        people = [UserId(f"person-{number:04}") for number in range(PEOPLE)]
        await settle_in(transactions, [pair_of(person) for person in people])
        monitor = watching(transactions, venues, clock, Rota(_FREELY), wait_seconds=60)
        for _ in range(CYCLES):
            counted.statements.clear()
            venues.calls.clear()
            clock.cycles += 1
            venues.price += Decimal("0.1")
            began = time.perf_counter()
            seen = await monitor.reconcile()
            seconds.append(time.perf_counter() - began)
            counts.append(len(counted.statements))
            asked = [venues.calls[n] for n in ("position", "state", "funding_payments")]
            if seen != PEOPLE or asked != [PEOPLE] * 3:
                raise RuntimeError(f"{seen} positions were seen with {asked} calls")
    note = f"3 calls for each of {PEOPLE} positions, 20 ms each, real PostgreSQL"
    value = statistics.median(seconds[1:])
    told = f"in each cycle: {counts}; why-cards add one when they are news or an hour old"
    return [
        Figure("monitor_cycle_1000_users_s", value, "s", 2, note),
        Figure("monitor_statements_per_cycle", statistics.median(counts), "statements", 2, told),
    ]


async def _two_thousand(loop: VirtualLoop) -> Figure:
    clock = LoopClock(loop, began=BEGAN)
    budget = MemoryRequestBudget(clock)
    meter = Meter(ALLOWANCE, budget, clock)
    spent = 0

    async def metered(name: str) -> None:
        nonlocal spent
        if name == "state":
            return
        weight = info_weight("userFunding" if name == "funding_payments" else "clearinghouseState")
        await meter.enter(weight)
        if name == "funding_payments":
            await meter.charge(1)
            weight += 1
        spent += weight

    people = [UserId(f"person-{number:04}") for number in range(MANY)]
    near = set(people[:: MANY // IN_DANGER])
    pairs = [pair_of(p, debt=NEAR_DEBT) if p in near else pair_of(p) for p in people]
    debts = {f"key-{person}": NEAR_DEBT for person in near}
    venues = Venues(clock.now, before=metered, debts=debts)
    transactions = MemoryTransactions()
    await settle_in(transactions, pairs)
    limits = RiskLimits()
    danger = {
        pair.user_id
        for pair in pairs
        if (far := nearness(pair, market(PRICE, BEGAN), limits)) is not None and far < NEAR
    }
    if danger != near:
        raise RuntimeError(f"{len(danger)} are in danger instead of {len(near)}")
    monitor = watching(transactions, venues, clock, Rota(), wait_seconds=2)
    with asking_as(Priority.RECONCILE):
        running = asyncio.create_task(monitor.run())
        await asyncio.sleep(HOUR.total_seconds())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    note = _bounds(venues, people, near, clock.now)
    return Figure("hl_budget_2000_users_pct", spent / (1200 * 60) * 100, "%", 80, note)


def _bounds(
    venues: Venues, people: list[UserId], near: set[UserId], now: Callable[[], datetime]
) -> str:
    """How long anybody waited; raises RuntimeError when somebody in danger did too long."""
    longest: dict[bool, timedelta] = {True: timedelta(0), False: timedelta(0)}
    for person in people:
        moments = [BEGAN, *venues.read_at.get(address(person), []), now()]
        gaps = (later - earlier for earlier, later in itertools.pairwise(moments))
        longest[person in near] = max(longest[person in near], *gaps)
    if longest[True] > timedelta(seconds=35):
        raise RuntimeError(f"somebody in danger was not looked at for {longest[True]}")
    payments = venues.calls["funding_payments"]
    return (
        f"{len(near)} in danger read every {longest[True].total_seconds():.0f} s at most, others"
        f" {longest[False].total_seconds() / 60:.0f} min; payments of {payments} people read"
    )
