"""Long records lose no row, and accounts say where their money is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.adapters.hyperliquid.parse import milliseconds, moment
from asgard_basis.domain.errors import ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import EvmAddress
from tests.unit.adapters.hyperliquid.scripted import META, NOW, ScriptedVenue, Turns

USER = EvmAddress("0x00000000000000000000000000000000000000AB")
HOUR_MS = 3_600_000
CONTEXT = {
    "funding": "0.0000125",
    "openInterest": "3928422.46",
    "oraclePx": "86.19",
    "markPx": "86.148",
    "midPx": "86.1405",
    "premium": "-0.0005685114",
    "dayBaseVlm": "1.0",
}


@pytest.fixture
def script() -> ScriptedVenue:
    return ScriptedVenue()


async def test_the_market_is_found_at_its_place_in_the_universe(script: ScriptedVenue) -> None:
    script.info["metaAndAssetCtxs"] = [META, [{"of": "another shape"}, CONTEXT]]
    async with script.running() as venue:
        market = await venue.market()
    assert market.mark_price == Decimal("86.148")
    assert (market.max_leverage, market.size_decimals) == (20, 2)
    assert market.observed_at == NOW


async def test_a_venue_without_sol_is_refused(script: ScriptedVenue) -> None:
    script.info["metaAndAssetCtxs"] = [{"universe": META["universe"][:1]}, [CONTEXT]]
    async with script.running() as venue:
        with pytest.raises(Refused) as caught:
            await venue.market()
    assert caught.value.code is ErrorCode.HYPERLIQUID_API


async def test_all_pages_of_funding_are_read_and_hours_counted_once(script: ScriptedVenue) -> None:
    first = milliseconds(NOW - timedelta(hours=1200))
    times = [first + n * HOUR_MS + n % 3 for n in range(1201)]

    def page(body: dict[str, Any]) -> list[dict[str, Any]]:
        rows = [t for t in times if body["startTime"] <= t <= body.get("endTime", times[-1])]
        row = {"coin": "SOL", "fundingRate": "0.0000125", "premium": "0.0"}
        return [{**row, "time": t} for t in rows[:500]]

    script.info["fundingHistory"] = page
    async with script.running() as venue:
        everything = await venue.funding_history(since=moment(first))
        until = NOW - timedelta(hours=5)
        some = await venue.funding_history(since=NOW - timedelta(hours=9), until=until)
    assert [o.hour for o in everything] == [moment(first + n * HOUR_MS) for n in range(1201)]
    assert [o.hour for o in some] == [NOW - timedelta(hours=h) for h in range(9, 4, -1)]


async def test_payments_that_share_a_moment_at_a_seam_are_not_lost(script: ScriptedVenue) -> None:
    start = milliseconds(NOW)
    rows = [
        {
            "time": start + (n // 3) * HOUR_MS,
            "hash": "0x0",
            "delta": {"coin": coin, "usdc": "0.1", "szi": "-3", "fundingRate": "0.00001"},
        }
        for n, coin in enumerate(["BTC", "ETH", "SOL"] * 400)
    ]

    def page(body: dict[str, Any]) -> list[dict[str, Any]]:
        return [row for row in rows if row["time"] >= body["startTime"]][:500]

    script.info["userFunding"] = page
    async with script.running() as venue:
        payments = await venue.funding_payments(USER, since=NOW)
    assert len(payments) == 400
    assert payments[0].amount_usdc == Decimal("0.1")
    assert {body["user"] for body in script.asked["userFunding"]} == {USER.lower()}


def state(value: str = "0.0") -> dict[str, Any]:
    summary = {"accountValue": value, "totalNtlPos": "0.0", "totalMarginUsed": "0.0"}
    return {"marginSummary": summary, "withdrawable": value, "assetPositions": [], "time": 1}


def spot(total: str | None = None) -> dict[str, Any]:
    usdc = {"coin": "USDC", "token": 0, "total": total, "hold": "0.0", "entryNtl": "0.0"}
    return {"balances": [] if total is None else [usdc]}


async def test_an_address_without_a_deposit_does_not_exist_and_one_with_does(
    script: ScriptedVenue,
) -> None:
    script.info["clearinghouseState"] = Turns(state(), state("50.0"), state())
    script.info["spotClearinghouseState"] = spot()
    script.info["userAbstraction"] = "default"
    script.info["userRole"] = {"role": "missing"}
    async with script.running() as venue:
        seen = [await venue.account(USER) for _ in range(3)]
    assert [account.exists for account in seen] == [False, True, True]
    assert [account.withdrawable_usdc for account in seen] == [0, 50, 0]
    assert len(script.asked["userRole"]) == 1


async def test_the_mode_is_kept_and_read_again_when_money_moved_sides(
    script: ScriptedVenue,
) -> None:
    script.info["clearinghouseState"] = Turns(state("80.0"), state("80.0"), state("0.0"))
    script.info["spotClearinghouseState"] = Turns(spot(), spot(), spot("80.0"))
    script.info["userAbstraction"] = Turns("default", "unifiedAccount")
    async with script.running() as venue:
        seen = [await venue.account(USER) for _ in range(4)]
    assert [account.abstraction for account in seen] == [
        "default",
        "default",
        "unifiedAccount",
        "unifiedAccount",
    ]
    assert {account.account_value_usd for account in seen} == {Decimal(80)}
    assert len(script.asked["userAbstraction"]) == 2


async def test_fees_are_what_the_account_pays(script: ScriptedVenue) -> None:
    script.info["userFees"] = {"userCrossRate": "0.00045", "userAddRate": "0.00015"}
    async with script.running() as venue:
        fees = await venue.fees(USER)
    assert (fees.taker, fees.maker) == (Decimal("0.00045"), Decimal("0.00015"))


async def test_an_answer_without_what_was_asked_for_is_no_answer(script: ScriptedVenue) -> None:
    script.info["userFees"] = None
    async with script.running() as venue:
        with pytest.raises(Unavailable):
            await venue.fees(USER)
