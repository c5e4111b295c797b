"""How long it takes to hold everybody's standing orders against one snapshot."""

import asyncio
import gc
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from asgard_basis.adapters.embedded.postgres import start_postgres
from asgard_basis.adapters.postgres.migrate import migrate
from asgard_basis.adapters.postgres.pool import open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.application.market.evaluation import MarketEvaluator
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.strategy.intent_judge import IntentJudge, Judged
from asgard_basis.application.strategy.intent_scanner import IntentScanner
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import LenderMarket, LstMarket, MarketSnapshot, PerpMarket
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.domain.strategy.intent import Intent, IntentStatus
from asgard_basis.ports.intents import WaitingIntent
from asgard_basis.ports.repositories import User
from benchmarks.product import Figure

COUNT = 10_000
_TIMES = 5
_NOW = datetime(2025, 7, 1, tzinfo=UTC)


def intent_figures() -> Iterator[Figure]:
    """Judging alone, as one core does it; loading and writing are told beside it."""
    judge, snapshot = _judge(), _snapshot()
    waiting = [_waiting(number) for number in range(COUNT)]
    seconds = []
    for _ in range(_TIMES):
        gc.collect()
        began = time.perf_counter()
        judged = judge.judge(snapshot, waiting, paused={})
        seconds.append(time.perf_counter() - began)
    verdicts = {one.ruling.verdict for one in judged}
    if not {Verdict.ENTER, Verdict.WAIT} <= verdicts:
        raise RuntimeError(f"only {verdicts} among the verdicts")
    with tempfile.TemporaryDirectory(prefix="basis-intents-") as home:
        server = start_postgres(Path(home), durable=False)
        try:
            loading, writing, again = asyncio.run(_stored(server.url, waiting, judged))
        finally:
            server.stop()
    told = f"loading {loading:.2f} s, writing all cards {writing:.2f} s, no change {again:.3f} s"
    yield Figure("intents_10k_s", sorted(seconds)[_TIMES // 2], "s", 0.5, told)


class _Clock:
    """The moment of the snapshot, for ever."""

    speed = 1.0

    def now(self) -> datetime:
        return _NOW

    host = now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _stored(
    url: str, waiting: list[WaitingIntent], judged: list[Judged]
) -> tuple[float, float, float]:
    await migrate(url)
    pool = await open_pool(url)
    transactions = PostgresTransactions(pool)
    async with transactions.for_system() as work:
        for one in waiting:
            user_id = one.intent.user_id
            await work.users.save(User(user_id, None, _NOW, _NOW))
            await work.intents.add(one.intent)
    nobody: Any = SimpleNamespace()
    scanner = IntentScanner(
        transactions=transactions,
        reader=nobody,
        judge=_judge(),
        opening=nobody,
        kill_switch=nobody,
        desk=JobDesk(transactions, _Clock()),
        clock=_Clock(),
    )

    async def load() -> None:
        async with transactions.for_system() as work:
            if len(await work.intents.waiting()) != COUNT:
                raise RuntimeError("not all intents were loaded")

    async def note() -> None:
        await scanner.note(judged)

    seconds = []
    for act in (load, note, note):
        began = time.perf_counter()
        await act()
        seconds.append(time.perf_counter() - began)
    await pool.close()
    return seconds[0], seconds[1], seconds[2]


def _judge() -> IntentJudge:
    fees, clock, nobody = FeeSchedule(), _Clock(), SimpleNamespace()
    outside: Any = nobody
    board = RateBoard(
        reader=outside,
        transactions=outside,
        clock=clock,
        limits=RiskLimits(),
        fees=fees,
        enabled=frozenset({LendingProtocol.KAMINO}),
    )
    return IntentJudge(evaluator=MarketEvaluator(board, fees), clock=clock, limits=RiskLimits())


def _waiting(number: int) -> WaitingIntent:
    """Everybody asks for something else."""
    drawn = Random(number)
    asset = drawn.choice(list(Asset))
    criteria = EntryCriteria(
        min_funding_apr=Decimal(drawn.randrange(0, 3000)) / 10_000,
        max_funding_volatility=Decimal(drawn.randrange(10, 100)) / 100,
        max_entry_price=drawn.choice([None, Decimal(drawn.randrange(12_000, 18_000)) / 100]),
        min_net_apr=drawn.choice([None, Decimal(drawn.randrange(0, 2000)) / 10_000]),
        max_break_even_days=drawn.choice([None, Decimal(drawn.randrange(5, 60))]),
    )
    intent = Intent(
        id=IntentId(f"intent-{number}"),
        user_id=UserId(f"user-{number}"),
        asset=asset,
        protocol=drawn.choice([None, LendingProtocol.KAMINO]),
        size_usd=Decimal(drawn.randrange(10_000, 5_000_000)) / 100,
        leverage=Decimal(drawn.randrange(11, 28)) / 10,
        criteria=criteria,
        status=IntentStatus.ACTIVE,
        created_at=_NOW,
        expires_at=_NOW + timedelta(days=7),
    )
    return WaitingIntent(intent, drawn.randrange(0, 3), drawn.random() < 0.02)


def _snapshot() -> MarketSnapshot:
    rate = FundingRate(Decimal("0.0000225"))
    perp = PerpMarket(
        mark_price=Decimal(150),
        oracle_price=Decimal(150),
        mid_price=Decimal(150),
        premium=Decimal("0.0007"),
        funding_now=rate,
        open_interest_sol=Decimal(1_000_000),
        max_leverage=20,
        size_decimals=2,
        observed_at=_NOW,
    )
    lender = LenderMarket(
        protocol=LendingProtocol.KAMINO,
        asset=Asset.SOL,
        collateral_supply=AnnualYield(Decimal("0.01")),
        usdc_borrow=AnnualYield(Decimal("0.05")),
        max_leverage=Decimal(4),
        borrow_capacity_usdc=Decimal(10**8),
        is_active=True,
        collateral_bank="collateral",
        debt_bank="debt",
        liquidation_threshold=Decimal("0.80"),
        observed_at=_NOW,
    )
    lst = LstMarket(
        Asset.JITOSOL, Decimal("1.2"), AnnualYield(Decimal("0.07")), Decimal("1.199"), _NOW
    )
    stakes = [asset for asset in Asset if asset is not Asset.SOL]
    return MarketSnapshot(
        taken_at=_NOW,
        perp=perp,
        lenders=tuple(replace(lender, asset=asset) for asset in Asset),
        lsts={asset: replace(lst, asset=asset) for asset in stakes},
        spot_prices={Asset.SOL: Decimal(150)} | {asset: Decimal(180) for asset in stakes},
        recent_funding=tuple(
            FundingObservation(_NOW - timedelta(hours=hour), rate, Decimal(0))
            for hour in range(167, -1, -1)
        ),
        spot_observed_at=_NOW,
        funding_observed_at=_NOW,
    )
