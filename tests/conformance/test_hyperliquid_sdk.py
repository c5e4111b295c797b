"""The official SDK, unmodified, trades on the simulated venue over real sockets."""

import queue
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.error import ClientError
from hyperliquid.utils.types import Cloid

from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.hyperliquid.http import create_app
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.store import MemoryStore
from tests.serving import serve
from tests.unit.paper.hyperliquid.market import HandMarket

KEY = Account.from_key("0x" + "42" * 32)
HOUR_MS = 3_600_000


@dataclass
class Desk:
    """One served venue with one funded SDK client."""

    url: str
    clock: WorldClock
    market: HandMarket
    engine: HyperliquidEngine
    exchange: Exchange
    info: Info


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock, market = WorldClock(), HandMarket()
    engine = HyperliquidEngine(clock=clock, market=market, store=MemoryStore(), seed=1)
    engine.credit_deposit(
        address=KEY.address,
        amount_usdc=Decimal(5000),
        transaction_hash="0x" + "01" * 32,
        log_index=0,
    )
    with serve(create_app(engine)) as url:
        exchange = Exchange(KEY, url, timeout=10)
        yield Desk(url, clock, market, engine, exchange, exchange.info)
        exchange.info.session.close()
        exchange.session.close()


def statuses(answer: Any) -> list[Any]:
    assert answer["status"] == "ok", answer
    found: list[Any] = answer["response"]["data"]["statuses"]
    return found


def szi(desk: Desk) -> str | None:
    positions = desk.info.user_state(KEY.address)["assetPositions"]
    return positions[0]["position"]["szi"] if positions else None


def test_sdk_resolves_sol_at_asset_five(desk: Desk) -> None:
    assert desk.info.name_to_asset("SOL") == 5
    assert desk.info.asset_to_sz_decimals[5] == 2


def test_market_open_and_close_flatten_the_account(desk: Desk) -> None:
    opened = statuses(desk.exchange.market_open("SOL", False, 3.5, slippage=0.01))
    assert opened[0]["filled"]["totalSz"] == "3.5"
    assert szi(desk) == "-3.5"

    closed = statuses(desk.exchange.market_close("SOL", slippage=0.01))
    assert closed[0]["filled"]["totalSz"] == "3.5"
    assert szi(desk) is None
    assert [fill["dir"] for fill in desk.info.user_fills(KEY.address)] == [
        "Close Short",
        "Open Short",
    ]


def test_resting_order_is_listed_and_cancelled_by_id(desk: Desk) -> None:
    placed = statuses(desk.exchange.order("SOL", True, 1.0, 150.0, {"limit": {"tif": "Gtc"}}))
    oid = placed[0]["resting"]["oid"]
    assert [order["oid"] for order in desk.info.open_orders(KEY.address)] == [oid]
    assert desk.info.frontend_open_orders(KEY.address)[0]["tif"] == "Gtc"

    assert statuses(desk.exchange.cancel("SOL", oid)) == ["success"]
    assert desk.info.open_orders(KEY.address) == []
    again = statuses(desk.exchange.cancel("SOL", oid))
    assert again[0]["error"].startswith("Order was never placed, already canceled, or filled.")
    assert desk.info.query_order_by_oid(KEY.address, oid)["order"]["status"] == "canceled"


def test_order_is_found_and_cancelled_by_client_id(desk: Desk) -> None:
    cloid = Cloid.from_int(0xABCDEF)
    desk.exchange.order("SOL", True, 1.0, 150.0, {"limit": {"tif": "Alo"}}, cloid=cloid)
    found = desk.info.query_order_by_cloid(KEY.address, cloid)
    assert found["status"] == "order"
    assert found["order"]["order"]["cloid"] == cloid.to_raw()

    assert statuses(desk.exchange.cancel_by_cloid("SOL", cloid)) == ["success"]
    unknown = desk.info.query_order_by_cloid(KEY.address, Cloid.from_int(1))
    assert unknown == {"status": "unknownOid"}


def test_order_is_modified(desk: Desk) -> None:
    placed = statuses(desk.exchange.order("SOL", True, 1.0, 150.0, {"limit": {"tif": "Gtc"}}))
    oid = placed[0]["resting"]["oid"]
    changed = desk.exchange.modify_order(oid, "SOL", True, 2.0, 151.0, {"limit": {"tif": "Gtc"}})
    assert "resting" in statuses(changed)[0]
    (order,) = desk.info.open_orders(KEY.address)
    assert (order["sz"], order["limitPx"]) == ("2.0", "151.0")


def test_isolated_margin_is_moved_in_and_out(desk: Desk) -> None:
    assert desk.exchange.update_leverage(4, "SOL", is_cross=False)["status"] == "ok"
    desk.exchange.market_open("SOL", False, 5.0)
    before = desk.info.user_state(KEY.address)["assetPositions"][0]["position"]
    assert before["leverage"]["type"] == "isolated"

    assert desk.exchange.update_isolated_margin(100.0, "SOL")["status"] == "ok"
    after = desk.info.user_state(KEY.address)["assetPositions"][0]["position"]
    gained = Decimal(after["leverage"]["rawUsd"]) - Decimal(before["leverage"]["rawUsd"])
    assert gained == 100
    assert desk.exchange.update_isolated_margin(-50.0, "SOL")["status"] == "ok"


def test_agent_trades_for_its_master_but_cannot_withdraw(desk: Desk) -> None:
    answer, agent_key = desk.exchange.approve_agent("hedger")
    assert answer == {"status": "ok", "response": {"type": "default"}}
    agent = Account.from_key(agent_key)
    assert desk.info.user_role(agent.address) == {
        "role": "agent",
        "data": {"user": KEY.address.lower()},
    }
    assert desk.info.extra_agents(KEY.address)[0]["name"] == "hedger"

    hands = Exchange(agent, desk.url, account_address=KEY.address)
    assert "filled" in statuses(hands.market_open("SOL", False, 1.0))[0]
    refused = hands.withdraw_from_bridge(10.0, agent.address)
    assert refused == {
        "status": "err",
        "response": f"Must deposit before performing actions. User: {agent.address.lower()}",
    }
    assert szi(desk) == "-1.0"


def test_unnamed_agent_replaces_the_last_one(desk: Desk) -> None:
    _, first = desk.exchange.approve_agent()
    _, second = desk.exchange.approve_agent()
    old = Exchange(Account.from_key(first), desk.url, account_address=KEY.address)
    new = Exchange(Account.from_key(second), desk.url, account_address=KEY.address)
    assert old.update_leverage(3, "SOL")["response"].endswith("does not exist.")
    assert new.update_leverage(3, "SOL")["status"] == "ok"


def test_withdrawal_is_debited_at_once_and_left_for_the_bridge(desk: Desk) -> None:
    assert desk.exchange.withdraw_from_bridge(100.0, KEY.address)["status"] == "ok"
    assert desk.info.user_state(KEY.address)["withdrawable"] == "4900.0"
    (withdrawal,) = desk.engine.pending_withdrawals()
    assert withdrawal.amount == 99
    rows = desk.info.user_non_funding_ledger_updates(KEY.address, 0)
    assert [row["delta"]["type"] for row in rows] == ["deposit", "withdraw"]

    desk.engine.withdrawal_paid(withdrawal.user, withdrawal.nonce, "0x" + "02" * 32)
    assert desk.engine.pending_withdrawals() == []


def test_money_moves_between_spot_and_perpetual(desk: Desk) -> None:
    assert desk.exchange.usd_class_transfer(40.0, to_perp=False)["status"] == "ok"
    assert desk.info.spot_user_state(KEY.address)["balances"][0]["total"] == "40.0"
    refused = desk.exchange.usd_class_transfer(41.0, to_perp=True)
    assert refused["response"] == "Insufficient balance for token transfer"


def test_expired_action_is_not_done(desk: Desk) -> None:
    desk.exchange.set_expires_after(desk.clock.now_ms() - 1000)
    answer = desk.exchange.market_open("SOL", False, 1.0)
    assert answer == {"status": "err", "response": "Action already expired"}
    assert szi(desk) is None


def test_stranger_is_told_its_address(desk: Desk) -> None:
    stranger = Account.from_key("0x" + "43" * 32)
    answer = Exchange(stranger, desk.url).update_leverage(3, "SOL")
    assert answer["status"] == "err"
    assert answer["response"].startswith("User or API Wallet 0x")
    assert desk.info.user_role(stranger.address) == {"role": "missing"}


def test_unreadable_body_is_422_in_plain_text(desk: Desk) -> None:
    with pytest.raises(ClientError) as caught:
        desk.info.post("/info", {"type": "clearinghouseState", "user": "nobody"})
    assert caught.value.status_code == 422
    assert caught.value.error_message == (
        "Failed to deserialize the JSON body into the target type"
    )


def test_every_other_question_of_the_sdk_is_answered(desk: Desk) -> None:
    info, user = desk.info, KEY.address
    assert "SOL" in info.all_mids()
    assert len(info.l2_snapshot("SOL")["levels"]) == 2
    assert info.meta()["universe"][5]["name"] == "SOL"
    assert len(info.meta_and_asset_ctxs()[1]) == len(info.meta()["universe"])
    assert info.spot_meta_and_asset_ctxs()[0] == info.spot_meta()
    assert info.perp_dexs() == [None]
    assert info.user_fees(user)["userCrossRate"] == "0.00045"
    assert info.user_rate_limit(user)["nRequestsCap"] == 10_000
    assert info.query_user_abstraction_state(user) == "default"
    assert info.user_funding_history(user, 0) == []
    assert info.user_fills_by_time(user, 0) == []
    assert info.historical_orders(user) == []
    assert info.query_sub_accounts(user) is None
    assert info.user_vault_equities(user) == []
    assert info.user_twap_slice_fills(user) == []
    history = info.funding_history("SOL", desk.clock.now_ms() - 5 * HOUR_MS)
    assert len(history) == 5


def test_streams_carry_what_happens(desk: Desk) -> None:
    stream = Info(desk.url, skip_ws=False)
    heard: queue.Queue[Any] = queue.Queue()
    user = KEY.address
    subscriptions: list[Any] = [
        {"type": "allMids"},
        {"type": "l2Book", "coin": "SOL"},
        {"type": "bbo", "coin": "SOL"},
        {"type": "activeAssetCtx", "coin": "SOL"},
        {"type": "activeAssetData", "user": user, "coin": "SOL"},
        {"type": "userFills", "user": user},
        {"type": "userFundings", "user": user},
        {"type": "userEvents", "user": user},
        {"type": "orderUpdates", "user": user},
        {"type": "userNonFundingLedgerUpdates", "user": user},
    ]
    try:
        for subscription in subscriptions:
            stream.subscribe(subscription, heard.put)
        first = _collect(heard, 9)
        assert {message["channel"] for message in first} >= {
            "allMids",
            "l2Book",
            "bbo",
            "activeAssetCtx",
            "activeAssetData",
            "orderUpdates",
        }
        snapshots = [m for m in first if m["channel"].startswith("user")]
        assert len(snapshots) == 3
        assert all(m["data"]["isSnapshot"] for m in snapshots)

        desk.exchange.market_open("SOL", False, 2.0)
        desk.clock.advance(HOUR_MS)
        wanted = {"userFills", "userFundings", "user", "orderUpdates"}
        seen: dict[str, Any] = {}
        while not wanted <= seen.keys():
            message = heard.get(timeout=10)
            seen.setdefault(message["channel"], message)
        assert seen["userFills"]["data"]["fills"][0]["sz"] == "2.0"
        assert Decimal(seen["userFundings"]["data"]["fundings"][0]["usdc"]) > 0
        assert seen["orderUpdates"]["data"][0]["status"] == "filled"
    finally:
        stream.disconnect_websocket()
        stream.session.close()


def _collect(heard: "queue.Queue[Any]", count: int) -> list[Any]:
    return [heard.get(timeout=10) for _ in range(count)]
