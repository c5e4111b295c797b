"""Start the product as its user does, on free ports in a folder of its own, and end it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgard_basis.cli.visitor import PaperWorld, Visitor, wait_for
from tests.serving import free_port

SOURCE = Path(__file__).resolve().parents[2] / "src"
UNLIMITED = {"PAPER_HYPERLIQUID_WEIGHT": "1000000", "HYPERLIQUID_WEIGHT": "1000000"}
"""Many people trade from one address within minutes, or days pass within seconds: what a venue's
limit, or our own budget below it, does to one of them is another test's."""
VENUES_OWN = dict.fromkeys(UNLIMITED, "1200")


@dataclass
class Stack:
    """A running product."""

    home: Path
    run: dict[str, Any]
    process: "subprocess.Popen[bytes]"
    paper: PaperWorld

    @property
    def url(self) -> str:
        """Where dashboard and API are."""
        return str(self.run["dashboard"])

    def world(self) -> PaperWorld:
        """The simulated world's control port."""
        return self.paper

    def visitor(self) -> Visitor:
        """A fresh browser."""
        return Visitor(self.url)

    def log(self, name: str) -> str:
        """What a child of the stack has logged."""
        file = self.home / "log" / f"{name}.log"
        return file.read_text() if file.is_file() else ""


@contextlib.contextmanager
def running(home: Path, *, through: Sequence[str] = (), **settings: str) -> Iterator[Stack]:
    """`basis up` until the block is left; then SIGTERM, and everything must end.

    An empty setting is as good as none; `through` is a command that becomes the one after it.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PORT", "DATABASE_URL", "REDIS_URL", "BASIS_HISTORY"}
    }
    environment |= {
        "BASIS_HOME": str(home),
        "PYTHONPATH": str(SOURCE),
        "PORT": str(free_port()),
        **settings,
    }
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.out").open("ab") as output:
        process = subprocess.Popen(
            [*through, sys.executable, "-m", "asgard_basis", "up"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        run = wait_for(lambda: _started(process, home), seconds=120, what="basis up")
        with contextlib.closing(PaperWorld(run["paper"]["control"])) as world:
            yield Stack(home, run, process, world)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


def _started(process: "subprocess.Popen[bytes]", home: Path) -> dict[str, Any] | None:
    if process.poll() is not None:
        raise RuntimeError(f"basis up ended: {(home / 'up.out').read_text()[-4000:]}")
    file = home / "run.json"
    if not file.is_file():
        return None
    run: dict[str, Any] = json.loads(file.read_text())
    return run if run["pids"].get("supervisor") == process.pid else None


def fund(stack: Stack, visitor: Visitor, *, solana: str, arbitrum: str) -> None:
    """Test money for a person: USDC on both chains, SOL and ETH for fees."""
    wallets = visitor.wallets()
    stack.world().faucet(
        solana_address=wallets["solana_address"],
        evm_address=wallets["evm_address"],
        sol="1",
        usdc_solana=solana,
        eth="0.01",
        usdc_arbitrum=arbitrum,
    )


def wait_until_it_pays(stack: Stack, visitor: Visitor, entry: dict[str, str]) -> None:
    """Shorts may be paying when the world begins: let hours pass until every check holds."""
    world = stack.world()
    report: dict[str, Any] = {}
    for _ in range(100):
        report = visitor.post("/positions/preflight", entry)
        if report["passed"]:
            return
        failing = {check["key"] for check in report["checks"] if not check["passed"]}
        if failing <= {"short_earns", "pays"}:
            world.advance(hours=1)
        time.sleep(1)  # the product looks at the market once a second
    raise AssertionError(f"the checks never held: {report['checks']}")


def wait_for_payments(visitor: Visitor, position_id: str, count: int) -> None:
    """Until at least that many funding payments are booked."""

    def booked() -> bool | None:
        found = visitor.get(f"/positions/{position_id}/payments", limit=2160)["payments"]
        return True if len(found) >= count else None

    wait_for(booked, seconds=90, what="the funding payments")
