"""A strategy left to itself through funding regimes enters, earns, leaves and comes back.

The whole product over the paper venues on virtual time, as in the other simulations, with
nothing going wrong but the market.
"""

import asyncio
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.bootstrap.app import App
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.ledger.attribution import added
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.rulebook import replayed
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.ports.repositories import Job
from asgard_basis.simulation.build import Build
from asgard_basis.simulation.calm import Calm, CountedIds, never
from asgard_basis.simulation.machine import Machine, Shared
from asgard_basis.simulation.membrane import Membrane
from asgard_basis.simulation.network import Network
from asgard_basis.simulation.prehistory import Person, authorization_key, prehistory
from asgard_basis.simulation.snapshots import LazySnapshots
from asgard_basis.simulation.time import LoopClock, VirtualLoop, milliseconds, run_virtually
from asgard_basis.simulation.venues import Venues
from asgard_paper.kernel.overlay import Shock, ShockKind

CENT = Decimal("0.01")
LOOK_SECONDS = 1800.0
"""A product looks every minute; the rules read hourly figures."""
WISH = StrategyConfig(
    min_carry_apy=Decimal(8),
    min_exit_carry_apy=Decimal(-100),
    max_funding_volatility=Decimal(1),
    max_position_pct=Decimal("0.5"),
    max_concurrent_positions=1,
    max_leverage=Decimal("1.5"),
    stop_loss_pct=Decimal(50),
    cooldown_minutes=180,
)
PAYING_DAYS, COSTING_DAYS, CYCLES = 4, 2, 2


@dataclass
class Weeks:
    """What a person's books say of some weeks, and how the money really is."""

    opened: list[datetime] = field(default_factory=list)
    closed: list[datetime] = field(default_factory=list)
    usdc_before: Decimal = Decimal(0)
    usdc_after: Decimal = Decimal(0)
    booked: Decimal = Decimal(0)
    network_fees: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)
    turns: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When funding was against the short."""
    verdicts: list[Verdict] = field(default_factory=list)
    is_replayed: bool = False
    reasons: list[str] = field(default_factory=list)


class Deployment:
    """One process that does all the work, in a world where requests arrive."""

    def __init__(self, loop: VirtualLoop) -> None:
        past = prehistory()
        self.loop = loop
        self.person: Person = past.people[0]
        self.venues: Venues = past.venues(loop)
        self.clock = LoopClock(loop, began=past.at)
        self.began = past.at
        self.failures: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()
        tables, leases = past.tables.clone(), LeaseBook(self.clock)
        shared = Shared(
            clock=self.clock,
            venues=self.venues,
            network=Network(self.venues.applications(), Calm()),
            tables=tables,
            leases=leases,
            transactions=MemoryTransactions(self._deliver, tables=tables, leases=leases),
            authorization_key=authorization_key(),
            limits=RiskLimits(),
            build=Build(),
            ids=CountedIds("strategy"),
            random=random.Random("strategy"),
        )
        shared.nonces.last.update(past.nonces)
        watcher = Machine(shared, Membrane("watch", never), skew=timedelta(0))
        shared.snapshots = LazySnapshots(
            watcher.app.market_watch.look, shared.snapshots, self.clock
        )
        self.machine = Machine(shared, Membrane("worker", never), skew=timedelta(0))
        self.machines = (watcher, self.machine)

    @property
    def app(self) -> App:
        return self.machine.app

    def turn(self, since: datetime, until: datetime) -> None:
        """Let the short pay for a while."""
        shock = Shock(
            ShockKind.PREMIUM, milliseconds(since), milliseconds(until), Decimal("-0.0008")
        )
        self.venues.market.add(shock)

    async def live(self, until: datetime) -> None:
        """Look at the strategy and at the positions, as a worker does, until that moment."""
        while self.clock.now() < until:
            await self.app.strategies.loop.cycle()
            await asyncio.sleep(LOOK_SECONDS)
            self.venues.advance()
            await self.app.monitor.cycle()

    async def close(self) -> None:
        for machine in self.machines:
            await machine.kill()
            await machine.close()

    def _deliver(self, job: Job) -> None:
        task = self.loop.create_task(self._carried_out(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carried_out(self, job: Job) -> None:
        assert await self.app.dispatch.run(job.id)


async def usdc(world: Deployment) -> Decimal:
    view = await world.app.balances.of(world.person.user_id)
    assert view.solana is not None
    assert view.hyperliquid is not None
    return view.solana.usdc + view.hyperliquid.account_value_usd


async def some_weeks(loop: VirtualLoop) -> Weeks:
    world, weeks = Deployment(loop), Weeks()
    user = world.person.user_id
    weeks.usdc_before = await usdc(world)
    at = world.began
    for _ in range(CYCLES):
        since = at + timedelta(days=PAYING_DAYS)
        at = since + timedelta(days=COSTING_DAYS)
        world.turn(since, at)
        weeks.turns.append((since, at))
    app = world.app
    await app.strategies.settings.change(user, 0, lambda _: replace(WISH, enabled=True))
    await world.live(at)
    await app.strategies.settings.switch(user, is_on=False)
    await world.live(at + timedelta(hours=6))
    async with app.transactions.for_user(user) as work:
        assert await work.positions.held() == []
        positions = sorted(await work.positions.ended(limit=99), key=lambda p: p.requested_at)
        kept = await work.decisions.recent(limit=9999)
        cards = [k.card for k in kept if k.card.rule.startswith("strategy.")]
        records = [r for p in positions for r in await work.audit.of_position(p.id)]
    weeks.usdc_after = await usdc(world)
    history = await app.views.history(user)
    weeks.booked = added([v.result for v in history.positions if v.result is not None]).total
    for position in positions:
        assert position.state is PositionState.CLOSED
        assert position.hedged_at is not None
        assert position.closed_at is not None
        assert position.long is not None
        weeks.opened.append(position.hedged_at)
        weeks.closed.append(position.closed_at)
        weeks.network_fees += position.long.network_fee_usd
        weeks.funding += position.funding_usdc
    weeks.verdicts = [card.ruling.verdict for card in cards]
    weeks.is_replayed = all(replayed(card) == card.ruling for card in cards)
    weeks.reasons = [
        record.entry.body["reason"] for record in records if "reason" in record.entry.body
    ]
    await world.close()
    return weeks


@pytest.fixture(scope="module")
def weeks() -> Weeks:
    prehistory()  # Lived on a loop of its own, before this one.
    return run_virtually(some_weeks)


def test_it_enters_leaves_and_comes_back_with_the_regimes(weeks: Weeks) -> None:
    assert len(weeks.opened) == len(weeks.closed) == CYCLES
    for (since, until), closed in zip(weeks.turns, weeks.closed, strict=True):
        assert since < closed < until
    first_turn = weeks.turns[0]
    assert weeks.opened[0] < first_turn[0]
    assert weeks.opened[1] > first_turn[1]
    assert weeks.opened[1] - weeks.closed[0] >= timedelta(minutes=WISH.cooldown_minutes)


def test_it_earns_and_the_books_balance_to_the_cent(weeks: Weeks) -> None:
    assert weeks.funding > 0
    gained = weeks.usdc_after - weeks.usdc_before
    assert abs(gained - weeks.booked - weeks.network_fees) <= CENT


def test_every_turn_is_explained_and_can_be_decided_again(weeks: Weeks) -> None:
    assert weeks.verdicts.count(Verdict.ENTER) == CYCLES
    assert weeks.verdicts.count(Verdict.EXIT) == CYCLES
    assert weeks.is_replayed
    assert sum("is left after costs" in reason for reason in weeks.reasons) == CYCLES
    assert sum("earned back" in reason for reason in weeks.reasons) == CYCLES
