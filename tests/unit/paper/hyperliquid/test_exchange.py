"""Who may do what, and how often: signatures, nonces, agents, leverage."""

from typing import Any

import pytest
from eth_account import Account as Key

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.refusal import Refused
from asgard_paper.hyperliquid.trading.nonces import KEPT, check_window, use_nonce
from asgard_paper.kernel.store import MemoryStore
from tests.unit.paper.hyperliquid.market import START_MS
from tests.unit.paper.hyperliquid.venue import SOL, Trader, Venue

DAY_MS = 86_400_000
NOOP = {"type": "noop"}


def refused(text: str) -> dict[str, str]:
    return {"status": "err", "response": text}


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
def trader(venue: Venue) -> Trader:
    return Trader(venue)


def test_unfunded_signer_is_named(venue: Venue) -> None:
    stranger = Trader(venue, 9, funded=None)
    answer = stranger.do(NOOP)
    assert answer == refused(f"User or API Wallet {stranger.address} does not exist.")
    answer = stranger.withdraw("10")
    assert answer == refused(f"Must deposit before performing actions. User: {stranger.address}")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda envelope: envelope["action"]["orders"][0].update(s="2"),
        lambda envelope: envelope.update(nonce=envelope["nonce"] + 1),
        lambda envelope: envelope.update(expiresAfter=envelope["nonce"] + 60_000),
        lambda envelope: envelope.update(vaultAddress="0x" + "aa" * 20),
    ],
)
def test_signature_over_other_bytes_names_a_stranger(trader: Trader, spoil: Any) -> None:
    order = {"a": 5, "b": False, "p": "195", "s": "1", "r": False, "t": {"limit": {"tif": "Ioc"}}}
    envelope = trader.envelope({"type": "order", "orders": [order], "grouping": "na"})
    spoil(envelope)
    answer = trader.venue.send(envelope)
    assert answer["response"].endswith("does not exist.")
    assert trader.address not in answer["response"]
    assert trader.position() is None


def test_trailing_zero_in_a_signed_price_names_a_stranger(trader: Trader) -> None:
    answer = trader.order("sell", "1", "195.0")
    assert answer["response"].endswith("does not exist.")


def test_impossible_signature_is_told_so(trader: Trader) -> None:
    envelope = trader.envelope(NOOP)
    envelope["signature"] = {"r": "0x0", "s": "0x0", "v": 27}
    assert trader.venue.send(envelope) == refused("Unable to recover signer.")


def test_vault_that_does_not_exist(trader: Trader) -> None:
    vault = "0x" + "aa" * 20
    assert trader.do(NOOP, vault=vault) == refused(f"Vault not registered: {vault}")


def test_only_configured_networks_count() -> None:
    venue = Venue(networks=("Testnet",))
    trader = Trader(venue)
    assert trader.do(NOOP)["response"].endswith("does not exist.")
    assert trader.withdraw("10")["response"].startswith("Must deposit")


def test_nonce_is_used_once(trader: Trader) -> None:
    nonce = trader.nonce()
    assert trader.do(NOOP, nonce=nonce)["status"] == "ok"
    assert trader.do(NOOP, nonce=nonce) == refused(f"Invalid nonce: duplicate nonce {nonce}")


def test_user_signed_and_trading_actions_share_a_signers_nonces(trader: Trader) -> None:
    trader.withdraw("10")
    used = trader._nonce
    assert trader.do(NOOP, nonce=used) == refused(f"Invalid nonce: duplicate nonce {used}")


def test_noop_kills_an_order_in_flight(trader: Trader) -> None:
    nonce = trader.nonce()
    trader.do(NOOP, nonce=nonce)
    answer = trader.order("sell", "1", "195", nonce=nonce)
    assert answer == refused(f"Invalid nonce: duplicate nonce {nonce}")
    assert trader.position() is None


def test_nonce_window_is_two_days_back_and_one_ahead() -> None:
    check_window(START_MS - 2 * DAY_MS + 1, START_MS)
    check_window(START_MS + DAY_MS - 1, START_MS)
    with pytest.raises(Refused, match="nonce too low"):
        check_window(START_MS - 2 * DAY_MS, START_MS)
    with pytest.raises(Refused, match="nonce too high"):
        check_window(START_MS + DAY_MS, START_MS)


def test_storm_of_a_thousand_nonces_in_any_order() -> None:
    books = Books(MemoryStore(), now_ms=START_MS, seed=1)
    # Concurrent requests arrive a little out of order: within the hundred kept all pass.
    storm = [START_MS + (n ^ 63) for n in range(1000)]
    for nonce in storm:
        use_nonce(books, "0xsigner", nonce)
    for nonce in sorted(storm)[-KEPT:]:
        with pytest.raises(Refused, match="duplicate nonce"):
            use_nonce(books, "0xsigner", nonce)
    with pytest.raises(Refused, match="nonce too low"):
        use_nonce(books, "0xsigner", START_MS + 5)
    use_nonce(books, "0xother", START_MS + 5)
    assert len(books.nonces["0xsigner"].used) == KEPT


def test_agents_are_limited_renamed_and_removed(trader: Trader) -> None:
    keys = [Key.from_key(f"0x{n:064x}").address for n in range(100, 106)]
    for name, key in zip(("a", "b", "c"), keys, strict=False):
        assert trader.approve_agent(key, name)["status"] == "ok"
    assert trader.approve_agent(keys[3], "d")["response"].startswith("Too many extra agents")
    assert trader.approve_agent(keys[0], "a") == refused("Extra agent already used.")
    assert trader.approve_agent(keys[4], "a")["status"] == "ok"
    assert trader.venue.ask("userRole", user=keys[0]) == {"role": "missing"}
    assert trader.approve_agent("0x" + "0" * 40, "b")["status"] == "ok"
    named = {row["name"] for row in trader.venue.ask("extraAgents", user=trader.address)}
    assert named == {"a", "c"}
    too_long = trader.approve_agent(keys[5], "x" * 17)
    assert too_long == refused("Extra agent name must be between 1 and 16 characters long")


def test_agent_loses_its_voice_when_it_expires(trader: Trader) -> None:
    agent = Trader(trader.venue, 77, funded=None)
    until = trader.venue.clock.now + 60_000
    trader.approve_agent(agent.address, f"short valid_until {until}")
    assert agent.do(NOOP)["status"] == "ok"
    trader.venue.pass_time(60_001)
    assert agent.do(NOOP)["response"].endswith("does not exist.")
    late = trader.venue.clock.now + 181 * DAY_MS
    answer = trader.approve_agent("0x" + "ee" * 20, f"long valid_until {late}")
    assert answer == refused("Agent valid_until already expired.")


def test_agent_cannot_approve_or_withdraw(trader: Trader) -> None:
    agent = Trader(trader.venue, 77, funded=None)
    trader.approve_agent(agent.address)
    text = f"Must deposit before performing actions. User: {agent.address}"
    assert agent.withdraw("10") == refused(text)
    assert agent.approve_agent("0x" + "ee" * 20) == refused(text)


def test_one_accounts_orders_are_no_others(venue: Venue, trader: Trader) -> None:
    oid = trader.order("buy", "1", "150", tif="Gtc")["resting"]["oid"]
    thief = Trader(venue, 2)
    answer = thief.do({"type": "cancel", "cancels": [{"a": SOL, "o": oid}]})
    assert "never placed" in answer["response"]["data"]["statuses"][0]["error"]
    assert venue.ask("orderStatus", user=thief.address, oid=oid) == {"status": "unknownOid"}
    assert len(venue.ask("openOrders", user=trader.address)) == 1


def test_leverage_rules(trader: Trader) -> None:
    assert trader.set_leverage(21)["status"] == "err"
    assert trader.set_leverage(5)["status"] == "ok"
    trader.order("sell", "20", "195")
    assert trader.set_leverage(5, is_cross=False) == refused(
        "Cannot switch leverage type with open position."
    )
    assert trader.set_leverage(10)["status"] == "ok"
    assert trader.set_leverage(2) == refused(
        "Cross position does not have sufficient margin available to decrease leverage."
    )
    shown = trader.venue.ask("activeAssetData", user=trader.address, coin="SOL")
    assert shown["leverage"] == {"type": "cross", "value": 10}


def test_isolated_margin_rules(trader: Trader) -> None:
    move = {"type": "updateIsolatedMargin", "asset": SOL, "isBuy": True}
    trader.set_leverage(5, is_cross=False)
    trader.order("sell", "10", "195")
    assert trader.do({**move, "ntli": 100_000_000})["status"] == "ok"
    assert trader.do({**move, "ntli": -50_000_000})["status"] == "ok"
    assert trader.do({**move, "ntli": -60_000_000})["status"] == "err"
    assert trader.do({**move, "ntli": 10_000_000_000})["status"] == "err"
    other = Trader(trader.venue, 2)
    other.order("sell", "1", "195")
    answer = other.do({**move, "ntli": 1_000_000})
    assert answer == refused("Position does not use isolated margin.")


def test_dead_mans_switch_needs_volume(trader: Trader) -> None:
    answer = trader.do({"type": "scheduleCancel", "time": trader.venue.clock.now + 10_000})
    assert answer["response"].startswith(
        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000."
    )


def test_dead_mans_switch_cancels_everything() -> None:
    trader = Trader(Venue(), funded="1000000")
    trader.order("sell", "6000", "190")
    trader.order("buy", "1", "150", tif="Gtc")
    answer = trader.do({"type": "scheduleCancel", "time": trader.venue.clock.now + 6_000})
    assert answer["status"] == "ok"
    trader.venue.pass_time(5_000)
    assert len(trader.venue.ask("openOrders", user=trader.address)) == 1
    trader.venue.pass_time(2_000)
    assert trader.venue.ask("openOrders", user=trader.address) == []


def test_account_that_used_up_its_actions_is_slowed_down(trader: Trader) -> None:
    account = trader.venue.engine.books.accounts[trader.address]
    account.requests = 10_000
    assert trader.do(NOOP)["status"] == "ok"
    answer = trader.do(NOOP)
    assert answer["response"].startswith("Too many cumulative requests sent (10001 > 10000)")
    trader.venue.pass_time(10_000)
    assert trader.do(NOOP)["status"] == "ok"
