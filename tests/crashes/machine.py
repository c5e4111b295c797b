"""The product on a machine that fails: started, stopped, killed, and looked at from outside."""

import contextlib
import json
import os
import signal
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from asgard_basis.adapters.embedded.child import started_at
from asgard_basis.cli.visitor import PaperWorld, Visitor, wait_for
from tests.journeys.stack import UNLIMITED, Stack, running
from tests.serving import free_port

Processes = Mapping[int, str]
"""Process numbers with the moment each began: the pair names one process for ever."""


class Machine:
    """One home on one port; `basis up` comes and goes, the home stays."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self._settings = {"PORT": str(free_port()), **UNLIMITED, **settings}
        self._block = contextlib.ExitStack()
        self._people = contextlib.ExitStack()
        self._stack: Stack | None = None

    @property
    def stack(self) -> Stack:
        """What runs now, started if nothing does."""
        if self._stack is None or self._stack.process.poll() is not None:
            self._block.close()
            self._stack = self._block.enter_context(running(self.home, **self._settings))
        return self._stack

    @property
    def world(self) -> PaperWorld:
        """The simulated world of the product that runs now."""
        return self.stack.world()

    def visitor(self) -> Visitor:
        """A fresh browser; it keeps its cookies while the product comes and goes."""
        return self._people.enter_context(self.stack.visitor())

    def pids(self) -> dict[str, int]:
        """What `basis up` says is running, by name."""
        return dict(json.loads((self.home / "run.json").read_text())["pids"])

    def stop(self) -> int:
        """SIGTERM as an operator sends it; the exit code."""
        process = self.stack.process
        process.send_signal(signal.SIGTERM)
        return process.wait(60)

    def start_anew(self, **settings: str) -> None:
        """Stopped, and started with other settings, as an operator changes them."""
        self.stop()
        self._settings |= settings
        self.wait_until_ready()

    def kill(self, name: str) -> None:
        """kill -9 of one child."""
        os.kill(self.pids()[name], signal.SIGKILL)

    def kill_everything(self) -> None:
        """kill -9 of the supervisor and of everything below it, as when the power fails."""
        process = self.stack.process
        os.kill(process.pid, signal.SIGSTOP)  # nothing is started again meanwhile
        everything = family(process.pid)
        for pid in everything:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(30)
        wait_for(lambda: None if alive(everything) else True, seconds=30, what="the end")

    def wait_until_ready(self) -> None:
        """Until the product says of itself that it can do its work."""

        def ready() -> bool | None:
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"{self.stack.url}/health/ready", trust_env=False)
                return True if answer.status_code == 200 else None
            return None

        wait_for(ready, seconds=60, what="being ready")

    def wait_for_successor(self, name: str, pid: int) -> None:
        """Until the supervisor has started a child anew."""
        wait_for(
            lambda: True if self.pids().get(name, pid) != pid else None,
            seconds=60,
            what=f"another {name}",
        )

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """What the world's venues were asked and answered, after an entry of that number."""
        control = self.stack.run["paper"]["control"]
        asked = {"since": since, "limit": 5000}
        answer = httpx.get(f"{control}/control/journal", params=asked, trust_env=False)
        return [entry for entry in answer.json() if entry["kind"] == "request"]

    def faults(self) -> list[dict[str, Any]]:
        """The world's faults, used-up ones included."""
        answer = httpx.get(f"{self.stack.run['paper']['control']}/control/faults", trust_env=False)
        found: list[dict[str, Any]] = answer.json()
        return found

    def said(self) -> str:
        """Everything `basis up` has printed on this machine."""
        return (self.home / "up.out").read_text()

    def close(self) -> None:
        """End whatever runs."""
        self._people.close()
        self._block.close()


def family(pid: int) -> Processes:
    """A process and all below it, children of a session's leader after it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for member in found:
        found.extend(child for child, parent in parents.items() if parent == member)
    return {member: moment for member in found if (moment := started_at(member))}


def alive(processes: Processes) -> list[int]:
    """Those that still run, and whatever runs in a session one of them had made."""
    left = [pid for pid, moment in processes.items() if started_at(pid) == moment]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in processes:
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[3]) in processes and fields[0] not in "ZX":
                    left.append(int(entry.name))
    return left


class Books:
    """What the venues themselves say of one person's wallets, asked from another address.

    Venues limit requests by address; what the observer asks must cost the product nothing.
    """

    def __init__(self, stack: Stack, wallets: Mapping[str, Any]) -> None:
        self._venues = stack.run["paper"]
        self._solana = wallets["solana_address"]
        self._evm = wallets["evm_address"]

    def account_value(self) -> str:
        """USDC at Hyperliquid, as the venue writes it."""
        return str(self._info("clearinghouseState")["marginSummary"]["accountValue"])

    def short(self) -> str:
        """Signed SOL at Hyperliquid; "0" when there is no position."""
        held = self._info("clearinghouseState")["assetPositions"]
        return str(held[0]["position"]["szi"]) if held else "0"

    def margin(self) -> Decimal:
        """USDC that keep the short at Hyperliquid."""
        (held,) = self._info("clearinghouseState")["assetPositions"]
        return Decimal(held["position"]["marginUsed"])

    def orders(self) -> list[tuple[str, str]]:
        """Client keys and sides of all orders that filled, each once, oldest first."""
        fills = sorted(self._info("userFills"), key=lambda fill: (fill["time"], fill["oid"]))
        return list(dict.fromkeys((fill["cloid"], fill["side"]) for fill in fills))

    def credits(self) -> list[str]:
        """USDC of every deposit that the venue has booked."""
        rows = self._info("userNonFundingLedgerUpdates", startTime=0)
        return [row["delta"]["usdc"] for row in rows if row["delta"]["type"] == "deposit"]

    def longs(self, which: str = "/open") -> list[str]:
        """Keys of the longs at Asgard: open, "/closed", or all with ""."""
        rows = self._asked(
            f"{self._venues['asgard']}/margin-trading/positions{which}",
            {"walletPubkey": self._solana},
        )
        return [row["positionPda"] for row in rows]

    def _info(self, kind: str, **fields: object) -> Any:
        request = {"type": kind, "user": self._evm, **fields}
        return self._asked(f"{self._venues['hyperliquid']}/info", request)

    def _asked(self, url: str, body: object) -> Any:
        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=elsewhere, headers={"x-api-key": "observer"}) as client:
            answer = client.post(url, json=body)
        answer.raise_for_status()
        return answer.json()
