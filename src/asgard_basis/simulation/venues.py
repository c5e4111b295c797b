"""The paper venues inside this process: same engines and same wire as over sockets."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from asgard_basis.adapters.memory.arbitrum import ArbitrumLedger
from asgard_basis.domain.assets import HYPERLIQUID_BRIDGE
from asgard_basis.simulation.forks import ForkingChain
from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.asgard.http import create_app as asgard_app
from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.hyperliquid.http import create_app as hyperliquid_app
from asgard_paper.kernel.generated import GeneratedPath
from asgard_paper.kernel.overlay import OverlaidMarket, Shock, ShockKind
from asgard_paper.kernel.store import MemoryStore
from asgard_paper.privy.engine import PrivyEngine
from asgard_paper.privy.http import create_app as privy_app
from asgard_paper.solana.rpc import create_app as solana_app
from asgard_paper.solana.stake_pools import StakePools

Application = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[Any]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]

WORLD_SEED = 1
APP_ID = "cm" + "simulation".ljust(23, "0")
APP_SECRET = "nobody outside of this process can use it".ljust(64, ".")
HISTORY_DAYS = 100
_NATIVE = Decimal(10**6)
_PAYING = Shock(ShockKind.PREMIUM, 0, 2**50, Decimal("0.0009"))
"""Shorts are paid, so that there is something to be opened."""


@dataclass(frozen=True, slots=True)
class WorldTime:
    """Both times of the venues: the loop's, in milliseconds from `began_ms` on."""

    began_ms: int
    elapsed: Callable[[], float]
    """Virtual seconds since then."""

    def now_ms(self) -> int:
        """Market time, Unix milliseconds."""
        return self.began_ms + int(self.elapsed() * 1000)

    host_ms = now_ms


class Venues:
    """Hyperliquid, Asgard, Solana, Privy, and the bridge from Arbitrum, over one store."""

    def __init__(
        self, *, store: MemoryStore, ledger: ArbitrumLedger, path: GeneratedPath, time: WorldTime
    ) -> None:
        self.store, self.ledger, self.time = store, ledger, time
        self.market = OverlaidMarket(path, [_PAYING])
        self.hyperliquid = HyperliquidEngine(
            clock=time, market=self.market, store=store, seed=WORLD_SEED
        )
        self.solana = ForkingChain(clock=time, store=store, seed=WORLD_SEED)
        self._pools = StakePools(self.solana, clock=time, market=self.market)
        self.asgard = AsgardEngine(
            clock=time, market=self.market, store=store, chain=self.solana, seed=WORLD_SEED
        )
        self.privy = PrivyEngine(
            clock=time, store=store, seed=WORLD_SEED, app_id=APP_ID, app_secret=APP_SECRET
        )
        self._bridged = sum(1 for _ in self._arrivals())

    def applications(self) -> dict[str, Application]:
        """The wire of each venue by name."""
        return {
            "hyperliquid": hyperliquid_app(self.hyperliquid),
            "asgard": asgard_app(self.asgard),
            "privy": privy_app(self.privy, public_url="http://privy"),
            "solana": solana_app(self.solana),
        }

    def advance(self) -> None:
        """Do everything that is due by now at every venue."""
        self._pools.advance()
        self.hyperliquid.advance()
        self.asgard.advance()

    def mine(self) -> list[tuple[str, Decimal, str]]:
        """Let Arbitrum make a block: (sender, USDC, hash) of what newly arrived at the bridge."""
        self.ledger.mine()
        arrived = list(self._arrivals())
        new, self._bridged = arrived[self._bridged :], len(arrived)
        return new

    def credit(self, sender: str, amount_usdc: Decimal, transaction_hash: str) -> bool:
        """What the bridge does in the end; False for a transfer credited before, or too small."""
        return self.hyperliquid.credit_deposit(
            address=sender, amount_usdc=amount_usdc, transaction_hash=transaction_hash, log_index=0
        )

    def _arrivals(self) -> list[tuple[str, Decimal, str]]:
        return [
            (mined.sender, Decimal(mined.amount) / _NATIVE, mined.hash)
            for mined in self.ledger.mined.values()
            if mined.succeeded and mined.recipient == HYPERLIQUID_BRIDGE
        ]
