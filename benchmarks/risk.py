"""How fast a mark becomes a judgement of all positions, and an order where one is needed."""

import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np

from asgard_basis.cli.visitor import PaperWorld, Visitor
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.risk.facts import PriceFacts, RiskThresholds
from asgard_basis.domain.risk.kernel import Columns, Mark, read_all, room_for
from asgard_basis.domain.risk.limits import RiskLimits
from benchmarks.product import ROOT, UP, Figure, database_url, running

_MARKS = 40
_POSITIONS = 4
_ENTRY = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}


def kernel_figures() -> Iterator[Figure]:
    """One mark over so many open positions; the median of many marks, on one core."""
    for name, count, target in (("100k", 100_000, 15), ("1m", 1_000_000, 100)):
        columns, thresholds = _columns(count), RiskThresholds.of(RiskLimits())
        readings = room_for(columns)
        took = []
        for number in range(_MARKS):
            mark = _mark(Decimal(100) - Decimal(number) / 10)
            begun = time.perf_counter()
            read_all(columns, mark, thresholds, readings)
            took.append(time.perf_counter() - begun)
        median = statistics.median(took) * 1000
        worst = f"slowest {max(took) * 1000:.1f} ms"
        yield Figure(f"risk_kernel_{name}_ms", median, "ms", target, worst)


def mark_to_order() -> Iterator[Figure]:
    """A crash over several people's positions: from a mark's arrival to the first signed order."""
    home = Path(tempfile.mkdtemp(prefix="basis-risk-"))
    try:
        with running(UP, home, ROOT) as (run, _):
            world = PaperWorld(run["paper"]["control"])
            held = [_hedged(run["dashboard"], world, n) for n in range(_POSITIONS)]
            time.sleep(60)  # what opening has used up of the venues' budgets comes back
            world.mischief("shock", kind="price", size="-0.36", minutes="0.6")
            time.sleep(45)
            taken = asyncio.run(_latencies(home, held))
            if len(taken) < _POSITIONS:
                raise RuntimeError(f"only {len(taken)} of {_POSITIONS} positions were defended")
        worst = max(taken) if len(taken) < 100 else statistics.quantiles(taken, n=100)[98]
        note = f"{len(taken)} orders, median {statistics.median(taken):.0f} ms"
        yield Figure("mark_to_order_p99_ms", worst, "ms", 400, note)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _hedged(url: str, world: PaperWorld, number: int) -> str:
    with Visitor(url) as visitor:
        visitor.sign_in(f"crash-{number}@example.com", world)
        wallets = visitor.wallets()
        world.faucet(
            solana_address=wallets["solana_address"],
            evm_address=wallets["evm_address"],
            sol="1",
            usdc_solana="700",
            eth="0.01",
            usdc_arbitrum="600",
        )
        visitor.deposit("550")
        for _ in range(200):
            if visitor.post("/positions/preflight", _ENTRY)["passed"]:
                break
            world.advance(hours=2)
            time.sleep(1.5)
        opened = visitor.open(**_ENTRY)
        if opened["status"] != "completed":
            raise RuntimeError(f"opening ended with {opened['error']}")
        return str(opened["position_id"])


async def _latencies(home: Path, positions: list[str]) -> list[float]:
    """Milliseconds of each position, from the worker's log and the audit log."""
    marked = _marks(home)
    connection = await asyncpg.connect(database_url(home, login="postgres"))
    try:
        rows = await connection.fetch(
            "SELECT position_id, min((text::jsonb ->> 'at')::timestamptz) AS signed_at"
            " FROM audit_log WHERE position_id = ANY($1::text[])"
            " AND text::jsonb ->> 'kind' = 'signed'"
            " AND (text::jsonb ->> 'at')::timestamptz > $2 GROUP BY position_id",
            positions,
            min(marked.values()),
        )
    finally:
        await connection.close()
    return [
        (row["signed_at"] - marked[row["position_id"]]).total_seconds() * 1000
        for row in rows
        if row["position_id"] in marked
    ]


def _marks(home: Path) -> dict[str, datetime]:
    """When the mark arrived at which a position was first made smaller, or left."""
    found: dict[str, datetime] = {}
    for file in (home / "log").glob("work*.log"):
        for line in file.read_text().splitlines():
            if '"risk_acted"' in line:
                told: dict[str, Any] = json.loads(line)
                at = datetime.fromisoformat(told["marked_at"]).astimezone(UTC)
                found.setdefault(told["position"], at)
    return found


def _columns(count: int) -> Columns:
    """Pairs between 1.5x and 3x, some of them near something."""
    random = np.random.default_rng(1)
    collateral = random.uniform(1, 500, count)
    health = random.uniform(0.14, 0.6, count)
    margin = random.uniform(0.2, 0.8, count)
    return Columns(
        collateral=collateral,
        debt_usdc=(1 - health) * 0.8 * collateral * 100,
        owed_share=np.full(count, 0.5),
        stated_health=health,
        seen_seconds=np.full(count, 5.0),
        short_sol=collateral,
        short_raw_usd=(1 + margin) * collateral * 100,
    )


def _mark(price: Decimal) -> Mark:
    facts = PriceFacts(datetime(2025, 6, 1, tzinfo=UTC), price, price, Decimal("0.025"))
    return Mark(Asset.SOL, LendingProtocol.KAMINO, facts, Decimal("0.8"))
