"""The control port: time, money, mail, faults and scenarios, and books that balance."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hyperliquid.exchange import Exchange  # type: ignore[import-untyped]

from asgard_paper.arbitrum.anvil import AnvilMissing, find_anvil
from tests.unit.paper.world.running import Running, new_signer, running, until

try:
    find_anvil()
except AnvilMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("world"), "--seed", "3") as process:
        yield process


@pytest.fixture
def calm(world: Running) -> Iterator[Running]:
    """The shared world, with every fault and scenario lifted afterwards."""
    yield world
    world.control("DELETE", "faults")
    world.control("POST", "scenario", {"name": "calm"})


def funded(world: Running, number: int, usdc: str) -> Any:
    signer = new_signer(number)
    wish = {"evm_address": signer.address, "eth": "0.1", "usdc_arbitrum": usdc}
    world.control("POST", "faucet", wish)
    return signer


def trader(world: Running, number: int, usdc: int) -> tuple[Any, Exchange]:
    """An account with money at the exchange, and the official client for it."""
    signer = funded(world, number, str(usdc))
    world.deposit(signer, usdc * 10**6)
    until(lambda: Decimal(world.account_value(signer.address)) == usdc)
    client = Exchange(signer, world.urls["hyperliquid"])
    return signer, client


def test_time_is_stepped_and_run_at_a_speed(world: Running) -> None:
    before = world.control("GET", "clock")
    assert world.control("POST", "clock", {"speed": 0})["speed"] == 0
    stopped = world.control("GET", "clock")["now_ms"]
    assert world.control("GET", "clock")["now_ms"] == stopped >= before["now_ms"]
    stepped = world.control("POST", "advance", {"seconds": "90.5"})
    assert stepped["now_ms"] == stopped + 90_500
    world.control("POST", "clock", {"speed": 1})
    until(lambda: world.control("GET", "clock")["now_ms"] > stepped["now_ms"])


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("clock", {"speed": -1}, "speed"),
        ("clock", {"speed": "fast"}, "speed"),
        ("advance", {"hours": -1}, "hours"),
        ("advance", {}, "advance by"),
        ("faucet", {"eth": "1"}, "evm_address"),
        ("faucet", {"evm_address": "0x12", "eth": "1"}, "evm_address"),
        ("faucet", {"evm_address": "0x" + "1" * 40, "eth": 0.5}, "decimal string"),
        ("faucet", {"evm_address": "0x" + "1" * 40, "usdc_arbitrum": "0.0000001"}, "decimals"),
        ("faucet", {"evm_address": "0x" + "1" * 40, "usdc_arbitrum": "-5"}, "more than 0"),
        ("faucet", {"solana_address": "nowhere", "sol": "1"}, "solana_address"),
        ("faucet", {"coins": "1"}, "expected an object"),
        ("scenario", {"name": "apocalypse"}, "name"),
        ("faults", {"kind": "explode"}, "kind"),
        ("faults", {"kind": "status", "status": 99}, "status"),
    ],
)
def test_nonsense_is_refused_with_a_reason(
    world: Running, path: str, body: dict[str, object], says: str
) -> None:
    reply = world.refused("POST", path, body)
    assert reply.status_code == 400
    assert says in reply.json()["error"]


def test_browsers_may_use_the_control_port(world: Running) -> None:
    url = f"{world.urls['control']}/control/faucet"
    asked = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    assert world.client.options(url, headers=asked).headers["access-control-allow-origin"] == "*"
    page = world.client.get(world.urls["control"] + "/")
    assert "Mailbox" in page.text


def test_sign_in_codes_arrive_in_the_mailbox(world: Running) -> None:
    headers = {
        "privy-app-id": world.ready["privy"]["app_id"],
        "origin": "http://localhost:5173",
        "privy-client": "js:1.0.0",
    }
    reply = world.client.post(
        f"{world.urls['privy']}/api/v1/passwordless/init",
        json={"email": "ada@example.com"},
        headers=headers,
    )
    assert reply.status_code == 200, reply.text
    (mail,) = world.control("GET", "mailbox?email=ada@example.com")
    assert len(mail["code"]) == 6
    assert world.control("GET", "mailbox?email=else@example.com") == []


def test_funding_is_earned_over_days_and_the_books_balance(world: Running) -> None:
    signer, client = trader(world, 0xB0B, 1_000)
    assert client.market_open("SOL", False, 3.0)["status"] == "ok"
    world.control("POST", "advance", {"hours": 30})
    paid = world.info({"type": "userFunding", "user": signer.address, "startTime": 0})
    assert len(paid) >= 30
    assert client.market_close("SOL")["status"] == "ok"
    audit = world.control("GET", "audit")
    assert audit["balanced"], audit


def test_a_liquidation_leaves_the_books_balanced(calm: Running) -> None:
    signer, client = trader(calm, 0x1105, 400)
    price = Decimal(calm.control("GET", "status")["oracle_price"])
    size = float(round(Decimal(4_000) / price, 1))
    assert client.market_open("SOL", False, size)["status"] == "ok"
    calm.control("POST", "scenario", {"name": "fast_rally"})
    calm.control("POST", "advance", {"hours": 1})
    fills = calm.info({"type": "userFills", "user": signer.address})
    assert any("liquidation" in fill for fill in fills), fills
    state = calm.info({"type": "clearinghouseState", "user": signer.address})
    assert state["assetPositions"] == []
    audit = calm.control("GET", "audit")
    assert audit["balanced"], audit


def test_a_withdrawal_arrives_on_arbitrum(world: Running) -> None:
    signer, client = trader(world, 0xCAFE, 50)
    assert client.withdraw_from_bridge(20.0, signer.address)["status"] == "ok"
    until(lambda: world.control("GET", "journal?operation=withdrawal%20paid"))
    data = "0x70a08231" + "0" * 24 + signer.address[2:].lower()
    usdc = world.control("GET", "addresses")["arbitrum"]["usdc"]
    held = int(world.arbitrum("eth_call", {"to": usdc, "data": data}, "latest"), 16)
    assert held == 19_000_000
    assert world.control("GET", "audit")["balanced"]


def test_a_stuck_bridge_holds_deposits_until_calm(calm: Running) -> None:
    calm.control("POST", "scenario", {"name": "bridge_stuck"})
    signer = funded(calm, 0xD00D, "40")
    calm.deposit(signer, 40_000_000)
    calm.control("POST", "advance", {"hours": 2})
    assert calm.account_value(signer.address) == "0.0"
    status = calm.control("GET", "status")["bridge"]
    assert status == {"stuck": True, "waiting": "40"}
    assert calm.control("GET", "audit")["balanced"]
    calm.control("POST", "scenario", {"name": "calm"})
    until(lambda: calm.account_value(signer.address) == "40.0")


def test_a_crash_moves_the_price_and_a_flip_the_funding(calm: Running) -> None:
    calm.control("POST", "clock", {"speed": 0})

    def asset() -> dict[str, Any]:
        meta, contexts = calm.info({"type": "metaAndAssetCtxs"})
        names = [row["name"] for row in meta["universe"]]
        found: dict[str, Any] = contexts[names.index("SOL")]
        return found

    before = Decimal(asset()["oraclePx"])
    calm.control("POST", "scenario", {"name": "fast_crash"})
    calm.control("POST", "advance", {"seconds": 660})
    assert Decimal("0.75") < Decimal(asset()["oraclePx"]) / before < Decimal("0.90")
    calm.control("POST", "scenario", {"name": "calm"})
    calm.control("POST", "scenario", {"name": "funding_flip", "hours": 5})
    start = calm.control("POST", "advance", {"hours": 4})["now_ms"] - 3 * HOUR_MS
    history = calm.info({"type": "fundingHistory", "coin": "SOL", "startTime": start})
    assert history
    assert {row["premium"] for row in history} == {"-0.0012"}
    assert all(Decimal(row["fundingRate"]) < 0 for row in history)
    calm.control("POST", "clock", {"speed": 1})


def test_a_thin_book_fills_in_part(calm: Running) -> None:
    _, client = trader(calm, 0xF111, 20_000)
    calm.control("POST", "scenario", {"name": "partial_fill"})
    status = client.market_open("SOL", False, 300.0, slippage=0.002)["response"]["data"]
    filled = Decimal(status["statuses"][0]["filled"]["totalSz"])
    assert 0 < filled < 300


def test_an_outage_ends_by_itself(calm: Running) -> None:
    calm.control("POST", "scenario", {"name": "privy_down", "hours": 1})
    app_id = calm.ready["privy"]["app_id"]
    url = f"{calm.urls['privy']}/v1/apps/{app_id}/jwks.json"
    assert calm.client.get(url).status_code == 503
    calm.control("POST", "advance", {"hours": 1})
    assert calm.client.get(url).status_code == 200


def test_an_order_dropped_after_success_was_done(calm: Running) -> None:
    signer, client = trader(calm, 0xABBA, 500)
    rule = {
        "kind": "drop_after", "venue": "hyperliquid", "operation": "order", "remaining": 1,
    }  # fmt: skip
    calm.control("POST", "faults", rule)
    with pytest.raises(Exception, match=r"(?i)connection|incomplete|closed"):
        client.market_open("SOL", False, 1.0)
    state = calm.info({"type": "clearinghouseState", "user": signer.address})
    assert state["assetPositions"][0]["position"]["szi"] == "-1.0"
    (row,) = calm.control("GET", "journal?venue=hyperliquid&operation=order&limit=1")
    assert (row["status"], row["fault"]) == (None, "drop_after")
    assert client.market_close("SOL")["status"] == "ok"


def test_scenarios_survive_a_kill(tmp_path: Path) -> None:
    with running(tmp_path, "--speed", "0") as first:
        first.control("POST", "scenario", {"name": "funding_flip"})
        first.control("POST", "scenario", {"name": "hyperliquid_storm"})
        premium = first.control("GET", "status")["premium"]
        first.kill()
    with running(tmp_path) as again:
        assert again.control("GET", "clock")["speed"] == 0
        assert again.control("GET", "status")["premium"] == premium == "-0.0012"
        url = f"{again.urls['hyperliquid']}/info"
        assert again.client.post(url, json={"type": "meta"}).status_code == 429
        again.end()


def test_dropped_connections_look_like_broken_ones(calm: Running) -> None:
    calm.control("POST", "faults", {"kind": "drop_before", "venue": "arbitrum", "remaining": 1})
    with pytest.raises(httpx.TransportError):
        calm.arbitrum("eth_chainId")
    assert calm.arbitrum("eth_chainId") == "0xa4b1"


def test_an_account_is_traded_and_deleveraged_without_its_owner(world: Running) -> None:
    signer, client = trader(world, 41, 500)
    assert client.update_leverage(3, "SOL", is_cross=False)["status"] == "ok"
    sold = world.control("POST", "trade", {"address": signer.address, "side": "sell", "size": "2"})
    assert sold["filled"] == "2.0"
    taken = world.control("POST", "deleverage", {"address": signer.address, "size": "1.5"})
    assert taken == {"closed": "1.5"}
    (held,) = client.info.user_state(signer.address)["assetPositions"]
    assert held["position"]["szi"] == "-0.5"
    fills = client.info.user_fills(signer.address)
    assert [fill["dir"] for fill in fills] == ["Auto-Deleveraging", "Open Short"]
    assert all("cloid" not in fill for fill in fills)
    assert world.control("GET", "audit")["balanced"]


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("trade", {"address": "0x1", "side": "sell", "size": "2"}),
        ("trade", {"side": "up", "size": "2"}),
        ("deleverage", {"address": "0x1", "size": "2"}),
        ("shock", {"kind": "mood", "size": "0.1", "minutes": "1"}),
        ("shock", {"kind": "price", "size": "-1", "minutes": "1"}),
    ],
)
def test_mischief_that_cannot_be_done_is_refused(
    world: Running, path: str, wish: dict[str, str]
) -> None:
    assert world.refused("POST", path, wish).status_code == 400


def test_a_price_shock_has_the_size_that_was_asked_for(calm: Running) -> None:
    calm.control("POST", "clock", {"speed": 0})
    before = Decimal(calm.control("GET", "status")["oracle_price"])
    calm.control("POST", "shock", {"kind": "price", "size": "-0.2", "minutes": "1"})
    calm.control("POST", "advance", {"seconds": "60"})
    after = Decimal(calm.control("GET", "status")["oracle_price"])
    calm.control("POST", "shock", {"kind": "price", "size": "0.25", "minutes": "1"})
    calm.control("POST", "advance", {"seconds": "60"})
    calm.control("POST", "clock", {"speed": 1})
    assert abs(after / before - Decimal("0.8")) < Decimal("0.02")
