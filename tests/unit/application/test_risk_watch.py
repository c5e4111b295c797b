"""Every mark is judged: what is near liquidation is left or defended, whatever is paused."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from asgard_basis.adapters.memory.coordination import MemorySnapshots
from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.oversight.risk_watch import RiskWatch
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.quality import PRICE, Dispute
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import LegObservation, Position
from asgard_basis.domain.risk.facts import Near, NearKind
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.rulebook import replayed
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.risk import PositionMemory
from tests.builders_platform import a_long, a_position, a_short, a_user
from tests.unit.application.pair import PERP, SNAPSHOT, Pair
from tests.unit.application.world import ADA, START, StillClock

BOB = UserId("bob")


class Defended:
    """Who is asked to defend, and refuses whom."""

    def __init__(self) -> None:
        self.asked: list[PositionId] = []
        self.refused: set[PositionId] = set()
        self.market: MarketSnapshot | None = None

    async def defend(self, position_id: PositionId, market: MarketSnapshot | None = None) -> None:
        if position_id in self.refused:
            raise DomainError(ErrorCode.POSITION_BUSY)
        self.asked.append(position_id)
        self.market = market


class Watched:
    """Positions of Ada and Bob, a market that is set by hand, and a watch that can be restarted."""

    def __init__(self) -> None:
        self.pair = Pair()
        self.clock: StillClock = self.pair.clock
        self.transactions = self.pair.transactions
        self.snapshots = MemorySnapshots()
        self.defender = Defended()
        self.numbers = itertools.count(1)
        self.market: Any = SNAPSHOT
        self.watch = self.fresh()

    def fresh(self, snapshots: Any = None) -> RiskWatch:
        """A process that has just begun."""
        world: Any = self.pair.world
        return RiskWatch(
            transactions=self.transactions,
            snapshots=snapshots or self.snapshots,
            perp=world,
            closings=self.pair.closing,
            defender=self.defender,
            clock=self.clock,
            limits=RiskLimits(),
            ids=lambda: f"id-{next(self.numbers)}",
        )

    async def hold(self, user: UserId = ADA, key: str = "p", **seen: Any) -> PositionId:
        """A hedged pair of 10 SOL with 37.5 % and 50 % of room at 100 USD, but what is said."""
        observation = LegObservation(
            collateral=D(10),
            debt_usdc=D(500),
            health=HealthFactor(D("0.375")),
            account_signed_size=D(-10),
            isolated_raw_usd=D(1500),
            liquidation_price_short=None,
            margin_usdc=D(500),
            observed_at=START,
        )
        position = replace(
            a_position(user, key=key),
            state=PositionState.HEDGED,
            hedged_at=START,
            long=replace(a_long(), redemption_opened=D(1)),
            short=replace(a_short(), size=D(10)),
            observation=replace(observation, **seen),
        )
        async with self.transactions.for_user(user) as work:
            await work.users.save(a_user(user))
            await work.positions.add(position)
        return position.id

    async def mark(self, price: str, *, after: float = 1, **changes: Any) -> None:
        """So many seconds later both prices are this; it is published and judged."""
        self.clock.pass_time(after)
        await self.publish(price, **changes)
        await self.watch.look()

    async def publish(self, price: str, **changes: Any) -> MarketSnapshot:
        now = self.clock.host()
        perp = replace(PERP, mark_price=D(price), oracle_price=D(price), observed_at=now)
        snapshot = replace(SNAPSHOT, taken_at=now, perp=perp, **changes)
        await self.snapshots.publish(snapshot)
        return snapshot

    async def closings(self, user: UserId = ADA) -> list[Job]:
        async with self.transactions.for_user(user) as work:
            return [j for j in await work.jobs.unfinished() if j.kind is JobKind.CLOSE]

    async def alarms(self, user: UserId = ADA) -> set[AlarmKind]:
        async with self.transactions.for_user(user) as work:
            return {alarm.kind for alarm in await work.alarms.unresolved()}

    async def verdicts(self, position_id: PositionId) -> list[Verdict]:
        """Oldest first."""
        async with self.transactions.for_system() as work:
            kept = await work.decisions.of_position(position_id)
        return [each.card.ruling.verdict for each in kept][::-1]

    async def observe(self, position_id: PositionId, change: Callable[[Any], Any]) -> None:
        async with self.transactions.for_system() as work:
            position = await work.positions.get(position_id)
            assert position is not None
            await work.positions.save(change(position))


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_a_pair_with_room_is_held_and_said_so_once(watched: Watched) -> None:
    position_id = await watched.hold()
    for price in ("100", "101", "99"):
        await watched.mark(price)
    assert await watched.verdicts(position_id) == [Verdict.HOLD]
    assert await watched.closings() == []
    assert await watched.alarms() == set()


async def test_a_fall_is_first_defended_then_left(watched: Watched) -> None:
    position_id = await watched.hold()
    await watched.mark("100")
    await watched.mark("73")
    assert watched.defender.asked == [position_id]
    assert await watched.alarms() == {AlarmKind.LIQUIDATION_NEAR}
    await watched.mark("69")
    (job,) = await watched.closings()
    assert job.position_id == position_id
    assert await watched.verdicts(position_id) == [Verdict.HOLD, Verdict.REDUCE, Verdict.EXIT]


async def test_a_rise_that_eats_the_margin_is_left(watched: Watched) -> None:
    position_id = await watched.hold()
    await watched.mark("136.4")
    assert [job.position_id for job in await watched.closings()] == [position_id]


async def test_every_decision_can_be_made_again(watched: Watched) -> None:
    position_id = await watched.hold()
    for price in ("100", "73", "69"):
        await watched.mark(price)
    async with watched.transactions.for_system() as work:
        kept = await work.decisions.of_position(position_id)
    assert len(kept) == 3
    assert all(replayed(each.card) == each.card.ruling for each in kept)


async def test_one_closing_however_many_marks(watched: Watched) -> None:
    await watched.hold()
    for price in ("69", "68", "67", "66", "65"):
        await watched.mark(price)
    assert len(await watched.closings()) == 1


@pytest.mark.parametrize("by", [PauseSetter.USER, PauseSetter.SYSTEM, PauseSetter.OPERATOR])
async def test_a_pause_keeps_nobody_from_being_saved(watched: Watched, by: PauseSetter) -> None:
    await watched.hold()
    pauses = PauseControl(watched.transactions, watched.clock)
    await pauses.pause(ADA, by=by, reason="a test")
    await watched.mark("69")
    assert len(await watched.closings()) == 1


async def test_twenty_seconds_near_the_exit_are_enough(watched: Watched) -> None:
    await watched.hold()
    await watched.mark("70.5")
    await watched.mark("70.6", after=19)
    assert await watched.closings() == []
    await watched.mark("70.5", after=1)
    assert len(await watched.closings()) == 1


async def test_a_restart_in_the_middle_does_not_begin_the_count_again(watched: Watched) -> None:
    await watched.hold()
    await watched.mark("70.5")
    watched.watch = watched.fresh()
    await watched.mark("70.5", after=20)
    assert len(await watched.closings()) == 1


class TestTakingTheWatchOverAgain:
    """A worker that watched, lost the watch to another, and has it again."""

    async def test_a_danger_that_was_over_meanwhile_does_not_count(self, watched: Watched) -> None:
        await watched.hold()
        await watched.mark("70.5")
        first, watched.watch = watched.watch, watched.fresh()
        await watched.mark("80", after=10)
        await watched.mark("70.5", after=600)
        watched.watch = first
        await first.begin()
        await watched.mark("70.5", after=1)
        assert await watched.closings() == []

    async def test_an_alarm_that_another_ended_is_raised_again(self, watched: Watched) -> None:
        await watched.hold()
        await watched.mark("73")
        first, watched.watch = watched.watch, watched.fresh()
        await watched.mark("100", after=10)
        assert await watched.alarms() == set()
        watched.watch = first
        await first.begin()
        await watched.mark("73", after=600)
        assert await watched.alarms() == {AlarmKind.LIQUIDATION_NEAR}


async def test_a_mark_with_room_in_between_does(watched: Watched) -> None:
    position_id = await watched.hold()
    await watched.mark("70.5")
    async with watched.transactions.for_user(ADA) as work:
        expected = (Near(NearKind.LONG, watched.clock.now()),)
        assert list(await work.risk.near()) == [PositionMemory(position_id, ADA, expected)]
    await watched.mark("80", after=10)
    async with watched.transactions.for_user(ADA) as work:
        assert list(await work.risk.near()) == []
    assert await watched.alarms() == set()
    await watched.mark("70.5", after=10)
    await watched.mark("70.5", after=10)
    assert await watched.closings() == []


async def test_an_unknown_health_is_told_and_nothing_is_closed(watched: Watched) -> None:
    position_id = await watched.hold(health=None)
    await watched.mark("100")
    assert await watched.alarms() == {AlarmKind.RISK_UNKNOWN}
    assert await watched.closings() == []
    assert await watched.verdicts(position_id) == [Verdict.HOLD]

    def known(position: Position) -> Position:
        assert position.observation is not None
        seen = replace(position.observation, health=HealthFactor(D("0.375")))
        return replace(position, observation=seen)

    await watched.observe(position_id, known)
    await watched.mark("100", after=6)
    assert await watched.alarms() == set()


async def test_nothing_is_done_by_a_disputed_or_an_old_price(watched: Watched) -> None:
    await watched.hold()
    await watched.mark("60", disputes=(Dispute(PRICE, "Asgard says 100"),))
    assert await watched.closings() == []
    await watched.publish("60")
    watched.clock.pass_time(31)
    await watched.watch.look()
    assert await watched.closings() == []
    async with watched.transactions.for_system() as work:
        open_ones = [a.kind for a in await work.alarms.unresolved()]
    assert open_ones == [AlarmKind.MARKET_BLIND]
    await watched.mark("100")
    async with watched.transactions.for_system() as work:
        assert await work.alarms.unresolved() == []


async def test_one_users_failure_is_nobody_elses(watched: Watched) -> None:
    ada, bob = await watched.hold(), await watched.hold(BOB)
    watched.defender.refused.add(ada)
    await watched.mark("73")
    assert watched.defender.asked == [bob]


async def test_legs_that_drift_apart_are_trimmed(watched: Watched) -> None:
    position_id = await watched.hold(collateral=D("10.06"))
    await watched.mark("100")
    assert watched.defender.asked == [position_id]
    assert await watched.alarms() == set()


async def test_a_pair_that_was_made_smaller_meanwhile_is_not_closed(watched: Watched) -> None:
    """What the columns hold is a second old: the record itself is asked before the closing."""
    position_id = await watched.hold()
    await watched.mark("100")

    def cut(position: Position) -> Position:
        assert position.observation is not None
        seen = replace(position.observation, collateral=D(5), debt_usdc=D(100))
        return replace(position, observation=seen)

    await watched.observe(position_id, cut)
    watched.clock.pass_time(1)
    await watched.watch.mark(await watched.publish("69"))
    assert await watched.closings() == []


async def test_a_position_that_ended_leaves_nothing_behind(watched: Watched) -> None:
    position_id = await watched.hold(health=None)
    await watched.mark("70.5")
    await watched.observe(position_id, lambda p: replace(p, state=PositionState.CLOSING_SHORT))
    await watched.observe(position_id, lambda p: replace(p, state=PositionState.CLOSED))
    await watched.mark("70.5", after=30)
    assert await watched.alarms() == set()
    assert await watched.closings() == []
    async with watched.transactions.for_system() as work:
        assert list(await work.risk.near()) == []


class PatientClock(StillClock):
    """Time stands still; who sleeps wakes up when the others have had their turn."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.001)


async def test_marks_are_heard_as_they_come(watched: Watched) -> None:
    await watched.hold()
    watched.clock = PatientClock()
    await watched.publish("100")
    watching = asyncio.create_task(watched.fresh().run())
    try:
        async with asyncio.timeout(5):
            while not await watched.verdicts(PositionId("p-ada")):
                await watched.clock.sleep(1)
            await watched.publish("69")
            while not await watched.closings():
                await watched.clock.sleep(1)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_the_patience_of_a_danger_is_told_with_the_alarm(watched: Watched) -> None:
    await watched.hold()
    await watched.mark("70.5")
    async with watched.transactions.for_user(ADA) as work:
        (alarm,) = await work.alarms.unresolved()
    assert alarm.acts_at == watched.clock.host() + timedelta(seconds=20)
