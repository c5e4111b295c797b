"""Many people at once: one's silent venue, defect or job delays nobody else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from benchmarks.crowd import BEGAN, Venues, address, pair_of, settle_in

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.oversight.exposure_watch import ExposureWatch
from asgard_basis.application.oversight.position_looks import PositionLooks
from asgard_basis.application.oversight.position_monitor import PositionMonitor
from asgard_basis.domain.identifiers import EvmAddress, UserId
from asgard_basis.domain.position.legs import PerpPosition
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from tests.unit.application.world import StillClock

PEOPLE = [UserId(f"user-{number}") for number in range(5)]
ILL, *WELL = PEOPLE


class Troubled(Venues):
    """One account at the perpetual's venue does what a test says."""

    trouble: Callable[[], Any] | None = None

    async def position(self, of: EvmAddress) -> PerpPosition:
        if of == address(ILL) and self.trouble is not None:
            self.calls["trouble"] += 1
            await self.trouble()
        return await super().position(of)


class Crowd:
    def __init__(self, *, look_seconds: float = 60, wait_seconds: float = 0.05) -> None:
        self.clock = StillClock(BEGAN)
        self.venues = Troubled(self.clock.now)
        self.transactions = MemoryTransactions()
        outside: Any = cast(Any, self.venues)
        overseen = OverseenTransactions(self.transactions, self.clock)
        self.monitor = PositionMonitor(
            transactions=overseen,
            looks=PositionLooks(outside, outside),
            gate=outside,
            exposures=ExposureWatch(transactions=overseen, market=outside, clock=self.clock),
            market=outside,
            limits=RiskLimits(),
            clock=self.clock,
            look_seconds=look_seconds,
            wait_seconds=wait_seconds,
        )

    async def settled(self) -> "Crowd":
        await settle_in(self.transactions, [pair_of(person) for person in PEOPLE])
        return self

    async def now(self, person: UserId) -> Position:
        async with self.transactions.for_user(person) as work:
            (position,) = await work.positions.held()
        return position

    async def versions(self) -> dict[UserId, int]:
        return {person: (await self.now(person)).version for person in PEOPLE}


async def test_a_venue_that_never_answers_for_one_holds_up_nobody_else() -> None:
    crowd = await Crowd().settled()
    crowd.venues.trouble = asyncio.Event().wait
    running = asyncio.create_task(crowd.monitor.run())
    versions = await crowd.versions()
    while min(versions[person] for person in WELL) < 4:
        await asyncio.sleep(0)
        versions = await crowd.versions()
    assert versions[ILL] == 1
    assert crowd.venues.calls["trouble"] == 1, "it is not asked again while it is being asked"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    left = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
    assert not left, "nothing goes on after the end"


async def test_who_answers_late_is_written_by_a_later_round() -> None:
    crowd = await Crowd().settled()
    answered = asyncio.Event()
    crowd.venues.trouble = answered.wait
    assert await crowd.monitor.reconcile() == len(WELL)
    answered.set()
    crowd.clock.pass_time(5)
    await crowd.monitor.reconcile()
    assert (await crowd.versions())[ILL] == 2
    await crowd.monitor.cycle()


async def test_a_look_is_given_up_after_a_while_and_tried_again() -> None:
    crowd = await Crowd(look_seconds=0.02, wait_seconds=5).settled()
    crowd.venues.trouble = asyncio.Event().wait
    assert await crowd.monitor.reconcile() == len(WELL)
    crowd.venues.trouble = None
    crowd.clock.pass_time(5)
    assert await crowd.monitor.cycle() == len(PEOPLE)


async def test_one_s_defect_is_nobody_else_s() -> None:
    async def broken() -> None:
        raise RuntimeError("a defect of ours")

    crowd = await Crowd().settled()
    crowd.venues.trouble = broken
    assert await crowd.monitor.cycle() == len(WELL)
    assert await crowd.versions() == {ILL: 1, **dict.fromkeys(WELL, 2)}


async def test_what_a_job_has_written_meanwhile_stands() -> None:
    crowd = await Crowd().settled()

    async def closing() -> None:
        position = await crowd.now(ILL)
        async with crowd.transactions.for_user(ILL) as work:
            await work.positions.save(replace(position, state=PositionState.CLOSING_SHORT))

    crowd.venues.trouble = closing
    before = await crowd.now(ILL)
    await crowd.monitor.cycle()
    now = await crowd.now(ILL)
    assert (now.state, now.version) == (PositionState.CLOSING_SHORT, 2)
    assert (now.observation, now.funding_usdc) == (before.observation, Decimal(0))


async def test_each_hour_is_booked_once_for_everybody_however_often_it_is_looked() -> None:
    crowd = await Crowd().settled()
    crowd.clock.pass_time(600)
    for _ in range(8):
        await crowd.monitor.cycle()
        crowd.clock.pass_time(60)
    for person in PEOPLE:
        position = await crowd.now(person)
        async with crowd.transactions.for_user(person) as work:
            payments = await work.payments.of_position(position.id, limit=99)
        assert len(payments) == 3, "10, 11 and 12 o'clock"
        assert position.funding_usdc == sum(share for _, share in payments)
    assert crowd.venues.calls["funding_payments"] == len(PEOPLE)
