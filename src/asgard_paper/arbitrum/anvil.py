"""The anvil process: found, started on a free port, spoken to, and gone when we are gone."""

import asyncio
import ctypes
import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

CHAIN_ID = 42161
BASE_FEE_WEI = 10_000_000
"""Arbitrum's floor, 0.01 gwei: blocks here are never full, so it is always the floor."""
_PR_SET_PDEATHSIG = 1
_START_SECONDS = 20.0


class AnvilMissing(RuntimeError):
    """The anvil binary is not installed."""


class RpcFault(Exception):
    """A JSON-RPC error answer."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class _Error(msgspec.Struct):
    code: int
    message: str
    data: object = None


class _Answer(msgspec.Struct):
    result: object = None
    error: _Error | None = None


def find_anvil() -> Path:
    """The binary: `ANVIL_PATH`, or the npm package in a node_modules at or above this package.

    Raises AnvilMissing, naming what was tried.
    """
    given = os.environ.get("ANVIL_PATH")
    if given:
        if Path(given).is_file():
            return Path(given)
        raise AnvilMissing(f"ANVIL_PATH={given} is not a file")
    machine = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    cpu = machine.get(platform.machine().lower(), platform.machine().lower())
    package = f"@foundry-rs/anvil-{sys.platform}-{cpu}"
    for folder in (*Path(__file__).resolve().parents, Path.cwd(), *Path.cwd().parents):
        binary = folder / "node_modules" / package / "bin" / "anvil"
        if binary.is_file():
            return binary
    raise AnvilMissing(
        f"{package} is not in any node_modules: run `npm install`, or set ANVIL_PATH"
    )


class Anvil:
    """One running anvil. It mines only when told to, and dies with its parent on Linux."""

    def __init__(self, binary: Path) -> None:
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.AsyncClient(timeout=30.0, trust_env=False)
        self._url = ""
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_Answer)

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self.alive and self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Start an empty chain on a free port and wait until it answers."""
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._process = _spawn(self._binary, port)
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while True:
            try:
                await self.call("eth_chainId")
                return
            except httpx.TransportError as error:
                late = asyncio.get_running_loop().time() > deadline
                if late or not self.alive:
                    self.kill()
                    raise RuntimeError(f"{self._binary} did not start") from error
                await asyncio.sleep(0.02)

    async def answers(self) -> bool:
        """Whether it runs and can be spoken to."""
        if not self.alive:
            return False
        try:
            await self.call("eth_chainId")
        except httpx.TransportError:
            return False
        return True

    async def call(self, method: str, *params: object) -> object:
        """The result of one JSON-RPC call; raises RpcFault or httpx.TransportError."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        reply = await self._client.post(
            self._url,
            content=self._encoder.encode(body),
            headers={"content-type": "application/json"},
        )
        answer = self._decoder.decode(reply.content)
        if answer.error is not None:
            raise RpcFault(answer.error.code, answer.error.message, answer.error.data)
        return answer.result

    def kill(self) -> None:
        """End the process now; nothing in it is needed any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def close(self) -> None:
        """End the process and the connections to it."""
        self.kill()
        await self._client.aclose()


def _spawn(binary: Path, port: int) -> subprocess.Popen[bytes]:
    command = [
        str(binary), "--quiet", "--no-mining", "--no-cors", "--no-request-size-limit",
        "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID),
        "--accounts", "1", "--balance", "0", "--block-base-fee-per-gas", str(BASE_FEE_WEI),
        "--disable-min-priority-fee",
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=_die_together()
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_together() -> Callable[[], None] | None:
    """What the child does before it becomes anvil: ask the kernel to end it with its parent."""
    if not sys.platform.startswith("linux"):
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask
