"""Real input: recorded months earn what a hand calculation over the files says, sign included."""

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from asgard_basis.cli.visitor import Visitor, wait_for
from tests.journeys.stack import (
    UNLIMITED,
    Stack,
    fund,
    running,
    wait_for_payments,
    wait_until_it_pays,
)

CENT = Decimal("0.01")
HOUR_MS = 3_600_000
YEAR_SECONDS = Decimal(8760 * 3600)


@dataclass(frozen=True)
class Held:
    """A position that was held for a recorded stretch."""

    position: dict[str, Any]
    opened: dict[str, Any]
    payments: list[dict[str, Any]]


@contextmanager
def replay(home: Path, recorded: Path, start: str) -> Iterator[Stack]:
    with running(home, BASIS_HISTORY=str(recorded), BASIS_START=start, **UNLIMITED) as stack:
        yield stack


def hold(stack: Stack, email: str, until: datetime) -> Held:
    """Open at the first hour at which the checks pass, then let time pass."""
    world = stack.world()
    with stack.visitor() as visitor:
        visitor.sign_in(email, world)
        fund(stack, visitor, solana="3000", arbitrum="3000")
        visitor.deposit("2500")
        entry = {"asset": "SOL", "size_usd": "4000", "leverage": "1.2"}
        wait_until_it_pays(stack, visitor, entry)
        job = visitor.open(**entry)
        assert job["status"] == "completed", job
        path = f"/positions/{job['position_id']}"
        opened = visitor.get(path)
        now = datetime.fromtimestamp(world.clock()["now_ms"] / 1000, UTC)
        hours = int((until - now).total_seconds() // 3600)
        world.advance(hours=hours)
        wait_for_payments(visitor, job["position_id"], hours)
        reached = datetime.fromtimestamp(world.clock()["now_ms"] / 1000, UTC)
        position = wait_for(
            lambda: _observed_since(visitor, path), seconds=30, what="an observation"
        )
        payments = visitor.get(f"{path}/payments", limit=2160)["payments"]
        assert reached >= until.replace(hour=0)
        return Held(position, opened, payments)


def _observed_since(visitor: Visitor, path: str) -> dict[str, Any] | None:
    first: dict[str, Any] = visitor.get(path)
    return first if first["age_seconds"] is not None and first["age_seconds"] <= 2 else None


def rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt") as lines:
        yield from csv.DictReader(lines)


def recorded_funding(recorded: Path) -> dict[int, Decimal]:
    file = recorded / "funding" / "hl_funding_SOL_1h__to_2025-10.csv.gz"
    return {
        int(row["time_ms"]) // HOUR_MS * HOUR_MS: Decimal(row["fundingRate"]) for row in rows(file)
    }


def recorded_prices(recorded: Path) -> dict[int, Decimal]:
    file = recorded / "prices" / "okx_perp_SOLUSDT_1h__to_2025-10.csv.gz"
    return {int(row["time_ms"]): Decimal(row["open"]) for row in rows(file)}


def by_hand(held: Held, recorded: Path) -> tuple[Decimal, Decimal]:
    """Sum of -size x price x rate over the settlements, and the share of positive hours."""
    rates, prices = recorded_funding(recorded), recorded_prices(recorded)
    size = -Decimal(held.position["short"]["size_sol"])
    total, positive = Decimal(0), 0
    for payment in held.payments:
        settled = datetime.fromisoformat(payment["settled_at"])
        hour = int(settled.timestamp() * 1000) // HOUR_MS * HOUR_MS
        total += -size * prices[hour] * rates[hour]
        positive += rates[hour] > 0
    return total, Decimal(positive) / len(held.payments)


def compounded(recorded: Path, name: str, column: str, start: datetime, end: datetime) -> Decimal:
    """What one unit becomes at the recorded hourly yearly yields, by the hour."""
    file = recorded / "lending" / f"asgard_kamino_{name}_hourly__to_2025-10.csv.gz"
    yields = {int(row["time_ms"]): Decimal(row[column]) / 100 for row in rows(file)}
    growth, at = Decimal(1), start
    while at < end:
        hour = int(at.timestamp() * 1000) // HOUR_MS * HOUR_MS
        next_hour = datetime.fromtimestamp((hour + HOUR_MS) / 1000, UTC)
        stop = min(next_hour, end)
        seconds = Decimal(str((stop - at).total_seconds()))
        growth *= (1 + yields[hour]) ** (seconds / YEAR_SECONDS)
        at = stop
    return growth


@pytest.fixture(scope="module")
def july(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Held, Stack]]:
    with replay(tmp_path_factory.mktemp("july"), recorded, "2025-07-01T00:00:00Z") as stack:
        yield hold(stack, "july@example.com", datetime(2025, 7, 31, 23, tzinfo=UTC)), stack


def test_july_2025_pays_the_short_what_the_file_says(
    july: tuple[Held, Stack], recorded: Path
) -> None:
    held, _ = july
    expected, positive = by_hand(held, recorded)
    assert Decimal("0.90") < positive < Decimal("0.94")
    assert expected > 0
    assert abs(Decimal(held.position["result"]["funding"]) - expected) < CENT


def test_july_2025_interest_compounds_the_recorded_rates(
    july: tuple[Held, Stack], recorded: Path
) -> None:
    held, stack = july
    start = datetime.fromisoformat(held.opened["hedged_at"])
    end = datetime.fromtimestamp(stack.world().clock()["now_ms"] / 1000, UTC)
    long, first = held.position["long"], held.opened["long"]
    price = Decimal(long["value_usd"]) / Decimal(long["sol_equivalent"])
    supply = compounded(recorded, "sol", "avgLendingRate", start, end)
    borrow = compounded(recorded, "usdc", "avgBorrowingRate", start, end)
    lending = Decimal(first["collateral"]) * (supply - 1) * price
    borrowing = -Decimal(first["debt_usdc"]) * (borrow - 1)
    result = held.position["result"]
    assert lending > 0 > borrowing
    assert abs(Decimal(result["lending"]) - lending) < CENT
    assert abs(Decimal(result["borrowing"]) - borrowing) < CENT


def test_april_2025_costs_the_short_what_the_file_says(
    recorded: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with replay(tmp_path_factory.mktemp("april"), recorded, "2025-04-01T00:00:00Z") as stack:
        held = hold(stack, "april@example.com", datetime(2025, 4, 30, 23, tzinfo=UTC))
    expected, positive = by_hand(held, recorded)
    assert Decimal("0.40") < positive < Decimal("0.60")
    assert expected < 0
    assert abs(Decimal(held.position["result"]["funding"]) - expected) < CENT
