"""A paper world in its own process, and hands to work it with."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from asgard_paper.arbitrum.chain import BRIDGE, USDC

SOURCE = Path(__file__).resolve().parents[4] / "src"
PATIENCE_SECONDS = 30.0


@dataclass
class Running:
    """One world process that has said it is ready."""

    process: "subprocess.Popen[bytes]"
    ready: dict[str, Any]
    client: httpx.Client

    @property
    def urls(self) -> dict[str, str]:
        """Base URLs by listener."""
        return dict(self.ready["urls"])

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One successful control request's answer."""
        reply = self.refused(method, path, body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def refused(self, method: str, path: str, body: object = None) -> httpx.Response:
        """One control request's raw reply."""
        content = None if body is None else msgspec.json.encode(body)
        url = f"{self.urls['control']}/control/{path}"
        return self.client.request(method, url, content=content)

    def info(self, body: object) -> Any:
        """One /info answer of the exchange."""
        url = f"{self.urls['hyperliquid']}/info"
        reply = self.client.post(url, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def arbitrum(self, method: str, *params: object) -> Any:
        """One JSON-RPC result from Arbitrum."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.client.post(self.urls["arbitrum"], json=body).json()
        assert "error" not in answer, answer
        return answer["result"]

    def deposit(self, signer: Any, native: int) -> str:
        """Send USDC to the bridge; the transaction's hash once it is mined."""
        data = keccak(b"transfer(address,uint256)")[:4]
        data += encode(["address", "uint256"], [BRIDGE, native])
        nonce = int(self.arbitrum("eth_getTransactionCount", signer.address, "pending"), 16)
        signed = signer.sign_transaction(
            {
                "to": USDC, "data": data, "nonce": nonce, "chainId": 42161, "value": 0, "type": 2,
                "gas": 100_000, "maxFeePerGas": 20_000_000, "maxPriorityFeePerGas": 0,
            }
        )  # fmt: skip
        sent = str(self.arbitrum("eth_sendRawTransaction", f"0x{signed.raw_transaction.hex()}"))
        until(lambda: self.arbitrum("eth_getTransactionReceipt", sent))
        return sent

    def account_value(self, address: str) -> str:
        """What the exchange says an account is worth."""
        state = self.info({"type": "clearinghouseState", "user": address})
        return str(state["marginSummary"]["accountValue"])

    def kill(self) -> None:
        """The worst end."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """The good end: SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def until(condition: Callable[[], Any]) -> Any:
    """The first true answer; AssertionError when none comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def new_signer(number: int) -> Any:
    """A key of our own."""
    return Account.from_key(f"0x{number:064x}")


def start(data: Path, *options: str) -> "subprocess.Popen[bytes]":
    """The bare process."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    environment.pop("BASIS_HISTORY", None)
    command = [sys.executable, "-m", "asgard_paper", "--data", str(data), *options]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


@contextlib.contextmanager
def running(data: Path, *options: str) -> Iterator[Running]:
    """A world that is ready; whatever happens, it is gone afterwards."""
    ready_file = data / "ready.json"
    ready_file.unlink(missing_ok=True)
    process = start(data, "--ready-file", str(ready_file), "--bridge-seconds", "1", *options)
    try:
        until(lambda: ready_file.exists() or process.poll() is not None)
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        ready = msgspec.json.decode(ready_file.read_bytes())
        with httpx.Client(timeout=30, trust_env=False) as client:
            yield Running(process, ready, client)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
