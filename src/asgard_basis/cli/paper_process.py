"""The paper world as a process of its own, and what the product has to know of it."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgard_basis.adapters.embedded.child import Child, StartFailed, spawn
from asgard_basis.cli.home import Home, read_json

_OPTIONS = {
    "BASIS_HISTORY": "--history",
    "BASIS_SEED": "--seed",
    "BASIS_SPEED": "--speed",
    "BASIS_START": "--start",
}


@dataclass(frozen=True, slots=True)
class PaperAddresses:
    """Where the simulated venues listen, and the application's credentials at Privy."""

    control: str
    hyperliquid: str
    hyperliquid_ws: str
    asgard: str
    asgard_vault: str
    privy: str
    solana: str
    arbitrum: str
    circle: str
    privy_app_id: str
    privy_app_secret: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings that make the product live in this world."""
        return {
            "CLOCK_URL": self.control,
            "PAPER_CONTROL_URL": self.control,
            "PAPER_MAILBOX_URL": f"{self.control}/",
            "HYPERLIQUID_URL": self.hyperliquid,
            "HYPERLIQUID_WS_URL": self.hyperliquid_ws,
            "ASGARD_URL": f"{self.asgard}/margin-trading",
            "ASGARD_VAULTS": self.asgard_vault,
            "ASGARD_API_KEY": "paper",
            "PRIVY_URL": self.privy,
            "PRIVY_AUTH_URL": self.privy,
            "PRIVY_APP_ID": self.privy_app_id,
            "PRIVY_APP_SECRET": self.privy_app_secret,
            "SOLANA_RPC_URL": self.solana,
            "ARBITRUM_RPC_URL": self.arbitrum,
            "CIRCLE_URL": self.circle,
        }

    @property
    def public(self) -> dict[str, str]:
        """The addresses, for people and tests."""
        names = ("control", "hyperliquid", "hyperliquid_ws", "asgard", "privy", "solana")
        return {name: getattr(self, name) for name in (*names, "arbitrum", "circle")}


def start_paper(home: Home) -> Child:
    """Start the world on this home's data; it is ready when `read_addresses` answers."""
    home.ready_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "asgard_paper"]
    command += ["--data", str(home.folder / "paper"), "--ready-file", str(home.ready_file)]
    for name, option in _OPTIONS.items():
        value = os.environ.get(name)
        if value:
            command += [option, str(Path(value).absolute()) if name == "BASIS_HISTORY" else value]
    return spawn("paper", command, log=home.log("paper"), record=home.record("paper"))


def read_addresses(home: Home) -> PaperAddresses | None:
    """What the ready file says; None while the world is starting.

    Raises StartFailed when the file lacks something.
    """
    ready = read_json(home.ready_file)
    if ready is None:
        return None
    urls: dict[str, Any] = {**ready, **(ready.get("urls") or {})}
    privy: dict[str, Any] = ready["privy"] if isinstance(ready.get("privy"), dict) else {}
    try:
        return PaperAddresses(
            control=urls["control"],
            hyperliquid=urls["hyperliquid"],
            hyperliquid_ws=urls.get("hyperliquid_ws")
            or "ws" + urls["hyperliquid"].removeprefix("http") + "/ws",
            asgard=urls["asgard"],
            asgard_vault=ready["asgard_vault"],
            privy=privy.get("url") or urls["privy"],
            solana=urls["solana"],
            arbitrum=urls["arbitrum"],
            circle=urls["circle"],
            privy_app_id=privy.get("app_id") or ready["privy_app_id"],
            privy_app_secret=privy.get("app_secret") or ready["privy_app_secret"],
        )
    except KeyError as error:
        raise StartFailed(
            f"the paper world's ready file does not say {error}",
            advice="the two packages are of different versions; install them together",
            log=home.log("paper"),
        ) from error
