"""The world as a process: it starts whole, dies without loss, and leaves nothing behind."""

import os
import signal
from pathlib import Path

import pytest

from asgard_paper.arbitrum.anvil import AnvilMissing, find_anvil
from tests.unit.paper.world.running import is_running, new_signer, running, start, until

try:
    find_anvil()
except AnvilMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

USER = new_signer(0xA11CE)
SOLANA_USER = "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"


def test_every_port_answers_when_the_ready_file_appears(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        assert world.info({"type": "meta"})["universe"]
        assert world.arbitrum("eth_chainId") == "0xa4b1"
        health = {"jsonrpc": "2.0", "id": 1, "method": "getHealth"}
        assert world.client.post(world.urls["solana"], json=health).json()["result"] == "ok"
        markets = world.client.get(world.urls["asgard"] + "/margin-trading/markets")
        assert markets.json()["totalStrategies"] > 0
        app_id = world.ready["privy"]["app_id"]
        keys = world.client.get(f"{world.urls['privy']}/v1/apps/{app_id}/jwks.json")
        assert keys.json()["keys"]
        assert world.control("GET", "clock")["mode"] == "generated"


def test_a_deposit_survives_kill_and_is_credited_once(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        world.control(
            "POST",
            "faucet",
            {
                "evm_address": USER.address, "eth": "0.1", "usdc_arbitrum": "1000",
                "solana_address": SOLANA_USER, "sol": "2", "usdc_solana": "500.25",
            },
        )  # fmt: skip
        sent = world.deposit(USER, 600_000_000)
        receipt = world.arbitrum("eth_getTransactionReceipt", sent)
        urls, before = world.urls, world.control("GET", "clock")["now_ms"]
        world.kill()
        until(lambda: not is_running(world.ready["anvil_pid"]))
    with running(tmp_path) as world:
        assert world.urls == urls
        assert world.control("GET", "clock")["now_ms"] >= before
        assert world.arbitrum("eth_getTransactionReceipt", sent) == receipt
        until(lambda: world.account_value(USER.address) == "600.0")
        world.kill()
    with running(tmp_path) as world:
        assert world.account_value(USER.address) == "600.0"
        lamports = {
            "jsonrpc": "2.0", "id": 1, "method": "getBalance", "params": [SOLANA_USER],
        }  # fmt: skip
        answer = world.client.post(world.urls["solana"], json=lamports).json()
        assert answer["result"]["value"] == 2_000_000_000
        audit = world.control("GET", "audit")
        assert audit["balanced"], audit
        deposits = world.control("GET", "journal?operation=deposit%20credited")
        assert [row["detail"]["transaction"] for row in deposits] == [sent]


def test_the_world_outlives_its_anvil(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        wish = {"evm_address": USER.address, "eth": "0.1", "usdc_arbitrum": "100"}
        world.control("POST", "faucet", wish)
        for _ in range(3):
            os.kill(world.control("GET", "status")["arbitrum"]["pid"], signal.SIGKILL)
            world.deposit(USER, 10_000_000)
        until(lambda: world.account_value(USER.address) == "30.0")
        assert world.control("GET", "audit")["balanced"]
        assert world.end() == 0


def test_sigterm_ends_everything(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        anvil = world.ready["anvil_pid"]
        assert is_running(anvil)
        assert world.end() == 0
        until(lambda: not is_running(anvil))
        assert not (tmp_path / "ready.json").exists()


def test_one_world_per_folder(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        second = start(tmp_path)
        _, complaint = second.communicate(timeout=20)
        assert second.returncode == 2
        assert b"another world runs" in complaint
        assert world.control("GET", "status")["seed"] == 1


def test_another_seed_is_another_world(tmp_path: Path) -> None:
    with running(tmp_path, "--seed", "7") as world:
        assert world.control("GET", "status")["seed"] == 7
        world.end()
    other = start(tmp_path, "--seed", "8")
    _, complaint = other.communicate(timeout=20)
    assert other.returncode == 2
    assert b"has seed 7, not 8" in complaint
    with running(tmp_path) as world:
        assert world.control("GET", "status")["seed"] == 7


def test_replay_starts_in_july_2025_and_moves_as_recorded(tmp_path: Path, recorded: Path) -> None:
    with running(tmp_path, "--history", str(recorded), "--speed", "0") as world:
        clock = world.control("GET", "clock")
        assert (clock["now_ms"], clock["mode"]) == (1_751_328_000_000, "replay")
        later = world.control("POST", "advance", {"hours": 30})
        assert later["now_ms"] == 1_751_328_000_000 + 30 * 3_600_000
        history = world.info(
            {"type": "fundingHistory", "coin": "SOL", "startTime": 1_751_328_000_000}
        )
        assert len(history) == 30
        world.end()


def test_a_recording_ends_and_time_stands_still(tmp_path: Path, recorded: Path) -> None:
    options = ("--history", str(recorded), "--speed", "0", "--start", "2025-10-31T20:00")
    with running(tmp_path, *options) as world:
        end = world.control("POST", "advance", {"hours": 48})["now_ms"]
        assert end == 1_761_951_600_000 - 1
        assert world.control("POST", "advance", {"hours": 1})["now_ms"] == end
        world.end()
