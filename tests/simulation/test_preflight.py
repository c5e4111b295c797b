"""What passes the checklist is taken by both venues: nothing is sent that one of them refuses."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
import structlog

from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.context import trading_context
from asgard_basis.application.trading.preflight import entry_order
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.step import StepStatus
from asgard_basis.simulation.batch import quiet
from asgard_basis.simulation.build import Build
from asgard_basis.simulation.calm import Calm, CountedIds, never
from asgard_basis.simulation.machine import Machine, Shared
from asgard_basis.simulation.membrane import Membrane
from asgard_basis.simulation.network import Network
from asgard_basis.simulation.prehistory import authorization_key, prehistory
from asgard_basis.simulation.time import LoopClock, VirtualLoop, run_virtually
from asgard_paper.kernel.overlay import Shock, ShockKind

CASES = 80


@dataclass(frozen=True, slots=True)
class Case:
    """One person asks for one position in one market."""

    asset: str
    size_usd: Decimal
    leverage: Decimal
    price_moved: Decimal
    premium: Decimal
    book: Decimal
    """The share of the usual book that is there."""


def drawn(number: int) -> Case:
    chance = random.Random(f"preflight {number}")
    return Case(
        asset=chance.choice(["SOL", "jitoSOL", "jupSOL", "INF"]),
        size_usd=Decimal(chance.choice([100, 101, 137, 250, 999, 4_321, 12_000, 20_000, 48_000])),
        leverage=Decimal(chance.randint(11, 40)) / 10,
        price_moved=Decimal(chance.randint(-60, 120)) / 100,
        premium=Decimal(chance.choice([-20, -2, 0, 5])) / 10_000,
        book=Decimal(chance.choice([1, 1, 1, 0, 2])) / chance.choice([1, 1000]),
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the checklist said, and what became of it."""

    failing: tuple[str, ...]
    state: PositionState | None = None
    refused: tuple[str, ...] = ()
    """Steps that a venue declined, with its words."""


async def lived(loop: VirtualLoop, case: Case) -> Outcome:
    past = prehistory()
    venues, clock, tables = past.venues(loop), LoopClock(loop, began=past.at), past.tables.clone()
    leases = LeaseBook(clock)
    shared = Shared(
        clock=clock,
        venues=venues,
        network=Network(venues.applications(), Calm()),
        tables=tables,
        leases=leases,
        transactions=MemoryTransactions(tables=tables, leases=leases),
        authorization_key=authorization_key(),
        limits=RiskLimits(),
        build=Build(),
        ids=CountedIds("preflight"),
        random=random.Random("preflight"),
    )
    shared.nonces.last.update(past.nonces)
    now = venues.time.now_ms()
    for kind, size in ((ShockKind.PRICE, case.price_moved), (ShockKind.PREMIUM, case.premium)):
        venues.market.add(Shock(kind, now, now + 10**9, size))
    if case.book < 1:
        venues.hyperliquid.liquidity.thin(case.book, until_ms=now + 10**9)
    venues.advance()
    machine = Machine(shared, Membrane("only", never), skew=timedelta(0))
    try:
        return await asked(machine, case)
    finally:
        await machine.close()


async def asked(machine: Machine, case: Case) -> Outcome:
    app, ada = machine.app, prehistory().people[0]
    await asyncio.sleep(3)
    await app.market_watch.look()
    order = entry_order(
        asset=case.asset,
        size_usd=case.size_usd,
        leverage=case.leverage,
        protocol=None,
        limits=RiskLimits(),
    )
    context = await trading_context(app.transactions, ada.user_id)
    try:
        report = await app.preflight.check(context, order)
    except DomainError as error:
        return Outcome((error.code.code,))
    if not report.passed:
        return Outcome(tuple(check.key for check in report.checks if not check.passed))
    job = await app.open_position.request(ada.user_id, order, None)
    await app.dispatch.run(job.id)
    async with app.transactions.for_user(ada.user_id) as work:
        (position,) = await work.positions.held()
        journal = await work.journals.of_job(job.id)
    refused = [
        f"{step.name}: {step.error}" for step in journal.steps if step.status is StepStatus.REFUSED
    ]
    return Outcome((), position.state, tuple(refused))


@pytest.fixture(scope="module")
def outcomes() -> dict[Case, Outcome]:
    before = structlog.get_config()
    quiet()
    prehistory()
    cases = [drawn(number) for number in range(CASES)]
    lives = {case: run_virtually(partial(lived, case=case)) for case in cases}
    structlog.configure(**before)
    return lives


def test_what_passes_is_hedged_and_no_venue_declines_a_step(
    outcomes: dict[Case, Outcome],
) -> None:
    passed = {case: outcome for case, outcome in outcomes.items() if not outcome.failing}
    assert len(passed) >= CASES // 5
    wrong = {
        case: outcome
        for case, outcome in passed.items()
        if outcome.state is not PositionState.HEDGED or outcome.refused
    }
    assert wrong == {}


def test_the_checklist_has_refused_for_many_reasons(outcomes: dict[Case, Outcome]) -> None:
    reasons = Counter(key for outcome in outcomes.values() for key in outcome.failing)
    assert set(reasons) >= {
        "solana_usdc",
        "free_margin",
        "safe_leverage",
        "short_earns",
        "book_depth",
    }
