"""One world: a seed, a clock, a market, and every venue and chain over one store."""

import asyncio
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from asgard_paper.arbitrum.bridge import Bridge
from asgard_paper.arbitrum.chain import ArbitrumChain
from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.circle.iris import Iris
from asgard_paper.circle.programs import CircleOnSolana
from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.faults import Faults
from asgard_paper.kernel.generated import GeneratedPath
from asgard_paper.kernel.journal import Journal
from asgard_paper.kernel.market import HOUR_MS, MarketPath
from asgard_paper.kernel.overlay import OverlaidMarket, Shock
from asgard_paper.kernel.replayed import ReplayedPath
from asgard_paper.kernel.store import Store
from asgard_paper.privy.engine import PrivyEngine
from asgard_paper.solana.chain import SolanaChain
from asgard_paper.solana.stake_pools import StakePools

TICK_SECONDS = 0.5
REPLAY_START_MS = 1_751_328_000_000
"""2025-07-01T00:00Z: every lender but Solend has a record by then."""
_SETUP, _CLOCK, _SHOCKS, _THIN = "world.setup", "world.clock", "world.shocks", "world.thin"


class WorldMismatch(ValueError):
    """The stored world is another one than was asked for."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a world is, once and for all."""

    seed: int
    mode: str
    """`generated` or `replay`."""
    start_ms: int
    app_id: str
    app_secret: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a world when it starts; None leaves it to the store or the default."""

    seed: int | None = None
    history: Path | None = None
    start_ms: int | None = None
    speed: float | None = None
    patience_ms: int = 4_000


@dataclass(frozen=True, slots=True)
class _Pace:
    market_ms: int
    speed: float


@dataclass(frozen=True, slots=True)
class _Thin:
    share: Decimal
    until_ms: int


class World:
    """Everything together. `start` before use, `tick` about twice a second, `stop` at the end.

    State comes from the store; market time continues where it was when the world last ran.
    Raises WorldMismatch when the store holds a world of another seed, mode or start.
    """

    def __init__(self, *, store: Store, wish: Wish) -> None:
        self.store = store
        self.setup = setup = _settle(store, wish)
        path, latest_ms = _path(setup, wish)
        self.clock = clock = _clock(store, setup, wish, latest_ms)
        self.market = OverlaidMarket(path, store.load(_SHOCKS, Shock).values())
        self.journal = Journal(clock=clock, store=store)
        self.faults = Faults(clock=clock, store=store, seed=setup.seed)
        self.hyperliquid = HyperliquidEngine(
            clock=clock, market=self.market, store=store, seed=setup.seed
        )
        self.solana = SolanaChain(clock=clock, store=store, seed=setup.seed)
        self._stake_pools = StakePools(self.solana, clock=clock, market=self.market)
        self.asgard = AsgardEngine(
            clock=clock, market=self.market, store=store, chain=self.solana, seed=setup.seed
        )
        self.privy = PrivyEngine(
            clock=clock,
            store=store,
            seed=setup.seed,
            app_id=setup.app_id,
            app_secret=setup.app_secret,
        )
        self.arbitrum = ArbitrumChain(store=store)
        self._turn = asyncio.Lock()
        self._thin_books(store.load(_THIN, _Thin).get("thin"))
        self.bridge = Bridge(
            chain=self.arbitrum,
            venue=self.hyperliquid,
            clock=clock,
            store=store,
            journal=self.journal,
            patience_ms=wish.patience_ms,
        )
        self.circle = Iris(
            arbitrum=self.arbitrum,
            solana=CircleOnSolana(chain=self.solana, store=store),
            clock=clock,
            store=store,
            journal=self.journal,
            patience_ms=wish.patience_ms,
        )

    async def start(self) -> None:
        """Bring the chains up."""
        await self.arbitrum.start()
        self._save_clock()
        self.store.commit()

    async def stop(self) -> None:
        """End child processes and make everything durable."""
        await self.arbitrum.stop()
        self._save_clock()
        self.store.commit()

    async def tick(self) -> None:
        """Do everything that is due by now at every venue and between the chains."""
        async with self._turn:
            self._advance_engines()
            await self.bridge.carry()
            await self.circle.observe()

    async def advance(self, milliseconds: int) -> int:
        """Move market time forward hour by hour, doing what falls due; the new market time."""
        end_ms = self.clock.now_ms() + milliseconds
        while True:
            now_ms = self.clock.now_ms()
            step = min(end_ms - now_ms, HOUR_MS - now_ms % HOUR_MS)
            moved = step > 0 and self.clock.advance(step) > now_ms
            await self.tick()
            if not moved:
                return self.clock.now_ms()

    def set_speed(self, speed: float) -> None:
        """Run market time at another speed from now on."""
        self.clock.set_speed(speed)
        self._save_clock()
        self.store.commit()

    def thin_books(self, share: Decimal, until_ms: int) -> None:
        """Leave only a share of the exchange's order books until a market moment."""
        thin = _Thin(share, until_ms)
        self._thin_books(thin)
        self.store.put(_THIN, "thin", thin)
        self.store.commit()

    def save_shocks(self) -> None:
        """Write the market's shocks down."""
        for number, shock in enumerate(self.market.shocks):
            self.store.put(_SHOCKS, str(number), shock)
        for key in self.store.load(_SHOCKS, Shock):
            if int(key) >= len(self.market.shocks):
                self.store.delete(_SHOCKS, key)
        self.store.commit()

    def _thin_books(self, thin: _Thin | None) -> None:
        if thin is not None:
            self.hyperliquid.liquidity.thin(thin.share, until_ms=thin.until_ms)

    def _advance_engines(self) -> None:
        self._stake_pools.advance()
        self.hyperliquid.advance()
        self.asgard.advance()
        self.privy.advance()
        self._save_clock()
        self.store.commit()

    def _save_clock(self) -> None:
        """Store a moment that lies ahead, so that after a kill time never goes back."""
        ahead = int(2 * TICK_SECONDS * 1000 * self.clock.speed)
        self.store.put(_CLOCK, "clock", _Pace(self.clock.now_ms() + ahead, self.clock.speed))


def _settle(store: Store, wish: Wish) -> Setup:
    known = store.load(_SETUP, Setup).get("setup")
    mode = "generated" if wish.history is None else "replay"
    if known is None:
        seed = 1 if wish.seed is None else wish.seed
        start_ms = wish.start_ms
        if start_ms is None:
            start_ms = WorldClock().host_ms() if mode == "generated" else REPLAY_START_MS
        known = Setup(
            seed=seed,
            mode=mode,
            start_ms=start_ms,
            app_id="cm" + _digest(f"asgard-paper app {seed}")[:23],
            app_secret=_digest(f"asgard-paper app secret {seed}")[:64],
        )
        store.put(_SETUP, "setup", known)
        store.commit()
    for name, wished, held in (
        ("seed", wish.seed, known.seed),
        ("mode", mode, known.mode),
        ("start", wish.start_ms, known.start_ms),
    ):
        if wished is not None and wished != held:
            raise WorldMismatch(
                f"the stored world has {name} {held}, not {wished}: use another data folder"
            )
    return known


def _path(setup: Setup, wish: Wish) -> tuple[MarketPath, int | None]:
    if wish.history is None:
        return GeneratedPath(seed=setup.seed, start_ms=setup.start_ms), None
    replayed = ReplayedPath(wish.history)
    if not replayed.earliest_ms <= setup.start_ms < replayed.latest_ms:
        raise WorldMismatch(
            f"the recording runs from {replayed.earliest_ms} to {replayed.latest_ms}:"
            f" it cannot start at {setup.start_ms}"
        )
    # the last recorded hour has no successor to draw a line to
    return replayed, replayed.latest_ms - 1


def _clock(store: Store, setup: Setup, wish: Wish, latest_ms: int | None) -> WorldClock:
    kept = store.load(_CLOCK, _Pace).get("clock", _Pace(setup.start_ms, 1.0))
    speed = kept.speed if wish.speed is None else wish.speed
    return WorldClock(start_ms=kept.market_ms, speed=speed, latest_ms=latest_ms)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
