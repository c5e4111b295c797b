"""The margin, profit and funding arithmetic reproduces what the venue itself has shown."""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from asgard_paper.hyperliquid.clearing.margin import (
    cross_summary,
    margin_used,
    solve_liquidation,
    total_summary,
)
from asgard_paper.hyperliquid.clearing.records import Account, Position
from asgard_paper.hyperliquid.market.funding import hourly_rate
from asgard_paper.hyperliquid.market.universe import MarginTable, MarginTier
from asgard_paper.hyperliquid.numbers import ratio

STATES = [
    "ccxt/clearinghouseState_isolated_short_2025-10.json",
    "ccxt/clearinghouseState_cross_short_2024-10.json",
    "ccxt/clearinghouseState_cross_long_2024-03.json",
    "ccxt/clearinghouseState_isolated_long_hip3_2025-11.json",
    "docs/clearinghouseState_isolated_long.json",
]
CENT_STEP = Decimal("0.000001")


def load(path: Path) -> Any:
    if not path.is_file():
        pytest.skip(f"no recording at {path}")
    return json.loads(path.read_text())


def position_of(shown: dict[str, Any]) -> Position:
    size = Decimal(shown["szi"])
    return Position(
        coin=shown["coin"],
        size=size,
        entry_notional=abs(size) * Decimal(shown["entryPx"]),
        is_cross=shown["leverage"]["type"] == "cross",
        leverage=shown["leverage"]["value"],
        raw_usd=Decimal(shown["leverage"].get("rawUsd", "0")),
    )


@pytest.mark.parametrize("name", STATES)
def test_recorded_account_states(recorded: Path, name: str) -> None:
    state = load(recorded / "api" / "hyperliquid_samples" / name)["response"]
    shown = [row["position"] for row in state["assetPositions"]]
    marks = {p["coin"]: Decimal(p["positionValue"]) / abs(Decimal(p["szi"])) for p in shown}
    account = Account(
        address="",
        created_ms=0,
        cash=Decimal(state["crossMarginSummary"]["totalRawUsd"]),
        positions={p["coin"]: position_of(p) for p in shown},
    )
    for ours, theirs in (
        (cross_summary(account, marks.__getitem__), state["crossMarginSummary"]),
        (total_summary(account, marks.__getitem__), state["marginSummary"]),
    ):
        assert abs(ours.account_value - Decimal(theirs["accountValue"])) <= CENT_STEP
        assert abs(ours.total_notional - Decimal(theirs["totalNtlPos"])) <= CENT_STEP
        assert abs(ours.total_raw_usd - Decimal(theirs["totalRawUsd"])) <= CENT_STEP
        assert abs(ours.total_margin_used - Decimal(theirs["totalMarginUsed"])) <= CENT_STEP
    for row in shown:
        position, mark = account.positions[row["coin"]], marks[row["coin"]]
        assert abs(margin_used(position, mark) - Decimal(row["marginUsed"])) <= CENT_STEP
        step = abs(position.size) * Decimal("0.0001")
        assert abs(position.unrealized(mark) - Decimal(row["unrealizedPnl"])) <= step


@pytest.mark.parametrize("name", STATES)
def test_recorded_liquidation_prices(recorded: Path, name: str) -> None:
    state = load(recorded / "api" / "hyperliquid_samples" / name)["response"]
    value = Decimal(state["crossMarginSummary"]["accountValue"])
    maintenance = Decimal(state["crossMaintenanceMarginUsed"])
    for row in (entry["position"] for entry in state["assetPositions"]):
        position = position_of(row)
        notional = Decimal(row["positionValue"])
        table = MarginTable(0, "", (MarginTier(Decimal(0), row["maxLeverage"]),))
        if position.is_cross:
            others = maintenance - table.maintenance(notional)
            cash = value - others - notional.copy_sign(position.size)
        else:
            cash = position.raw_usd
        found = solve_liquidation(table, size=position.size, cash=cash)
        if row["liquidationPx"] is None:
            assert found is None
        else:
            assert found is not None
            theirs = Decimal(row["liquidationPx"])
            assert abs(found - theirs) <= theirs * Decimal("1e-8")


def test_recorded_profits_and_funding_signs(recorded: Path) -> None:
    path = recorded / "api" / "hyperliquid" / "hlmath_2026-07-19-mainnet-m2.json"
    selection = load(path)["selection"]
    for row in selection["positions"]:
        size, value = Decimal(row["szi"]), Decimal(row["positionValue"])
        position = Position(
            coin=row["coin"],
            size=size,
            entry_notional=abs(size) * Decimal(row["entryPx"]),
            is_cross=True,
            leverage=10,
        )
        decimals = len(row["entryPx"].partition(".")[2])
        step = abs(size) * Decimal(1).scaleb(-decimals)
        ours = position.unrealized(value / abs(size))
        assert abs(ours - Decimal(row["unrealizedPnl"])) <= step
    for row in selection["funding"]:
        delta = row["delta"]
        usdc, size, rate = (Decimal(delta[key]) for key in ("usdc", "szi", "fundingRate"))
        assert (usdc > 0) == (-size * rate > 0)
    for row in selection["btcFundingHistory"]:
        assert hourly_rate(Decimal(row["premium"])) == Decimal(row["fundingRate"])


def test_every_recorded_sol_hour_follows_the_formula(recorded: Path) -> None:
    path = recorded / "funding" / "hl_funding_SOL_1h__to_2025-10.csv.gz"
    if not path.is_file():
        pytest.skip(f"no recording at {path}")
    with gzip.open(path, "rt") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 7000
    # The venue rounds its premium only for showing it: the last digit of the rate may differ.
    for row in rows:
        theirs = Decimal(row["fundingRate"])
        assert abs(hourly_rate(Decimal(row["premium"])) - theirs) <= ratio(Decimal("1e-10"))


@pytest.mark.parametrize(
    ("leverage_max", "size", "cash", "price"),
    [
        (10, "-4", "211.144417", "50.2724802381"),
        (3, "0.13", "-6.955118", "64.2010892308"),
        (50, "0.0335", "-95.059824", "2866.26936529"),
    ],
)
def test_isolated_liquidation_prices_shown_by_the_venue(
    leverage_max: int, size: str, cash: str, price: str
) -> None:
    table = MarginTable(0, "", (MarginTier(Decimal(0), leverage_max),))
    found = solve_liquidation(table, size=Decimal(size), cash=Decimal(cash))
    assert found is not None
    assert abs(found - Decimal(price)) <= Decimal(price) * Decimal("1e-8")


@pytest.mark.parametrize(
    ("leverage", "distance"), [(2, "46.3"), (3, "30.1"), (4, "22.0"), (5, "17.1"), (10, "7.3")]
)
def test_distance_of_an_isolated_sol_short(leverage: int, distance: str) -> None:
    table = MarginTable(54, "", (MarginTier(Decimal(0), 20),))
    price = Decimal(100)
    cash = price + price / leverage
    found = solve_liquidation(table, size=Decimal(-1), cash=cash)
    assert found is not None
    assert (found - price).quantize(Decimal("0.1")) == Decimal(distance)
