"""Recorded payloads and ours have the same fields with the same JSON types, all the way down."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.paper.hyperliquid.market import HandMarket
from tests.unit.paper.hyperliquid.venue import Trader, Venue

HOUR_MS = 3_600_000
CLOID = "0x" + "c1" * 16
# Fields the venue sends only when they apply, or only since (or until) some year.
SOMETIMES = {
    "builderFee",
    "cloid",
    "dayBaseVlm",
    "evmEscrows",
    "index",
    "isDelisted",
    "liquidation",
    "maxTradeSzs",
    "n",
    "nRequestsSurplus",
    "origSz",
    "rawUsd",
    "reduceOnly",
    "spread",
    "tid",
    "twapId",
    "feeToken",
    "crossMaintenanceMarginUsed",
}


def differences(theirs: Any, ours: Any, path: str = "$") -> Iterator[str]:
    """Where the structures differ; null may stand for anything, lists are compared row by row."""
    if theirs is None or ours is None:
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted(theirs.keys() ^ ours.keys()):
            if name not in SOMETIMES:
                yield f"{path}.{name} is only {'theirs' if name in theirs else 'ours'}"
        for name in theirs.keys() & ours.keys():
            yield from differences(theirs[name], ours[name], f"{path}.{name}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        if theirs and ours:
            for number, row in enumerate(theirs[:50]):
                yield from differences(row, ours[min(number, len(ours) - 1)], f"{path}[]")
    elif type(theirs) is not type(ours):
        yield f"{path} is {type(theirs).__name__}, ours {type(ours).__name__}"


def test_the_comparison_sees_missing_fields_and_other_types() -> None:
    theirs = {"rows": [{"px": "1.0", "time": 1}, {"px": "1.0", "time": 1, "extra": True}]}
    ours = {"rows": [{"px": 1.0, "time": 1}]}
    assert list(differences(theirs, ours)) == [
        "$.rows[].px is str, ours float",
        "$.rows[].extra is only theirs",
        "$.rows[].px is str, ours float",
    ]


@pytest.fixture(scope="module")
def trader() -> Trader:
    """An account in which everything has happened once."""
    venue = Venue(market=HandMarket())
    found = Trader(venue, funded="5000")
    found.set_leverage(4, is_cross=False)
    found.order("sell", "5", "190")
    found.order("buy", "1", "150", tif="Gtc", cloid=CLOID)
    found.order("buy", "1", "150", tif="Ioc")
    found.class_transfer("10", to_perp=False)
    found.withdraw("20")
    found.approve_agent("0x" + "ab" * 20, "desk")
    venue.pass_time(2 * HOUR_MS)
    return found


def ask(trader: Trader, kind: str, **request: Any) -> Any:
    answer = trader.venue.ask(kind, **request)
    return json.loads(msgspec.json.encode(answer))


def assert_same(theirs: Any, ours: Any) -> None:
    assert list(differences(theirs, ours)) == []


def load(recorded: Path, name: str) -> Any:
    path = recorded / "api" / "hyperliquid_samples" / name
    if not path.is_file():
        pytest.skip(f"no recording at {path}")
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    "name",
    [
        "ccxt/clearinghouseState_isolated_short_2025-10.json",
        "ccxt/clearinghouseState_cross_short_2024-10.json",
        "ccxt/clearinghouseState_cross_long_2024-03.json",
        "ccxt/clearinghouseState_isolated_long_hip3_2025-11.json",
        "docs/clearinghouseState_isolated_long.json",
    ],
)
def test_clearinghouse_state(recorded: Path, trader: Trader, name: str) -> None:
    theirs = load(recorded, name)["response"]
    assert_same(theirs, ask(trader, "clearinghouseState", user=trader.address))


@pytest.mark.parametrize(
    ("name", "kind", "request_fields"),
    [
        ("ccxt/userFills_2026.json", "userFills", {}),
        ("sdk/test_get_user_fills_by_time.json", "userFillsByTime", {"startTime": 0}),
        ("ccxt/historicalOrders_2026.json", "historicalOrders", {}),
        ("sdk/test_historical_orders.json", "historicalOrders", {}),
        ("ccxt/orderStatus_filled.json", "orderStatus", {"oid": CLOID}),
        ("sdk/test_get_open_orders.json", "openOrders", {}),
        ("sdk/test_get_frontend_open_orders.json", "frontendOpenOrders", {}),
        ("sdk/test_user_funding_history_with_end_time.json", "userFunding", {"startTime": 0}),
        ("docs/userFunding_2025-11_row.json", "userFunding", {"startTime": 0}),
        ("sdk/test_user_rate_limit.json", "userRateLimit", {}),
        ("sdk/test_user_role.json", "userRole", {}),
        ("sdk/test_extra_agents.json", "extraAgents", {}),
        ("sdk/test_user_twap_slice_fills.json", "userTwapSliceFills", {}),
    ],
)
def test_account_answers(
    recorded: Path, trader: Trader, name: str, kind: str, request_fields: dict[str, Any]
) -> None:
    theirs = load(recorded, name)["response"]
    ours = ask(trader, kind, user=trader.address, **request_fields)
    assert_same(theirs, ours)


@pytest.mark.parametrize("kind", ["deposit", "accountClassTransfer"])
def test_ledger_rows(recorded: Path, trader: Trader, kind: str) -> None:
    name = "sdk/test_user_non_funding_ledger_updates_without_end_time.json"
    theirs = [r for r in load(recorded, name)["response"] if r["delta"]["type"] == kind]
    rows = ask(trader, "userNonFundingLedgerUpdates", user=trader.address, startTime=0)
    assert_same(theirs, [row for row in rows if row["delta"]["type"] == kind])


def test_market_answers(recorded: Path, trader: Trader) -> None:
    history = load(recorded, "sdk/test_get_funding_history_None_1.json")["response"]
    start = trader.venue.clock.now - 6 * HOUR_MS
    assert_same(history, ask(trader, "fundingHistory", coin="SOL", startTime=start))

    book = load(recorded, "sdk/test_get_l2_snapshot_1.json")["response"]
    assert_same([book["levels"]], [ask(trader, "l2Book", coin="SOL")["levels"]])

    mids = ask(trader, "allMids")
    assert all(isinstance(mid, str) and Decimal(mid) > 0 for mid in mids.values())


def test_universe_and_contexts(recorded: Path, trader: Trader) -> None:
    meta, contexts = ask(trader, "metaAndAssetCtxs")
    theirs = load(recorded, "nautilus/ws_asset_ctxs_first6.json")["ctxs_main_first6"]
    assert_same(theirs, contexts)

    captured = recorded / "api" / "hyperliquid" / "hlmath_2026-07-19-mainnet-m1.json"
    if not captured.is_file():
        pytest.skip(f"no recording at {captured}")
    selection = json.loads(captured.read_text())["selection"]
    assert_same(selection["perpUniverse"], meta["universe"])
    names = [row["name"] for row in selection["perpUniverse"]]
    assert names == [row["name"] for row in meta["universe"]][: len(names)]
    spot = ask(trader, "spotMeta")
    assert_same(selection["spotUniverse"], spot["universe"])
    assert_same(selection["spotTokens"][:2], spot["tokens"])


def test_spot_balances(recorded: Path, trader: Trader) -> None:
    theirs = load(recorded, "nautilus/http_spot_clearinghouse_state.json")
    assert_same(theirs, ask(trader, "spotClearinghouseState", user=trader.address))


def test_fee_schedule(recorded: Path, trader: Trader) -> None:
    captured = recorded / "api" / "hyperliquid" / "hlmath_2026-07-19-testnet-m2.json"
    if not captured.is_file():
        pytest.skip(f"no recording at {captured}")
    theirs = json.loads(captured.read_text())["selection"]["userFees"]
    ours = ask(trader, "userFees", user=trader.address)
    for rate in ("userCrossRate", "userAddRate", "userSpotCrossRate", "userSpotAddRate"):
        assert ours[rate] == theirs[rate]
    assert ours["feeSchedule"]["tiers"]["vip"] == theirs["feeSchedule"]["vip"]
    assert ours["feeSchedule"]["tiers"]["mm"] == theirs["feeSchedule"]["mm"]


def test_order_answer(recorded: Path) -> None:
    theirs = load(recorded, "ccxt/exchange_order_filled.json")["response"]
    trader = Trader(Venue())
    order = {
        "a": 5,
        "b": False,
        "p": "195",
        "s": "1",
        "r": False,
        "t": {"limit": {"tif": "Ioc"}},
    }
    ours = trader.do({"type": "order", "orders": [order], "grouping": "na"})
    assert_same(theirs, ours)
