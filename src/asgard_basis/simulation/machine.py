"""One simulated process: the whole application behind a membrane, and the tasks it runs."""

import asyncio
import itertools
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import procrastinate
from procrastinate.testing import InMemoryConnector

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.memory.arbitrum import MemoryArbitrumChain
from asgard_basis.adapters.memory.budget import MemoryRequestBudget
from asgard_basis.adapters.memory.coordination import (
    DutyBook,
    MemoryEventBus,
    MemoryLeases,
    MemoryNonces,
    MemoryRateLimiter,
    MemorySnapshots,
)
from asgard_basis.adapters.memory.locks import LeaseBook, MemoryLocks
from asgard_basis.adapters.memory.tables import Tables
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.bootstrap.app import App
from asgard_basis.bootstrap.composition import compose
from asgard_basis.bootstrap.ground import Variant
from asgard_basis.bootstrap.outside import ASGARD_SECONDS, Lines, Stores, connected
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.simulation.arbitrum import GuardedArbitrum
from asgard_basis.simulation.build import Build
from asgard_basis.simulation.membrane import Membrane
from asgard_basis.simulation.network import Network
from asgard_basis.simulation.stores import (
    GuardedLocks,
    GuardedNonces,
    GuardedSnapshots,
    GuardedTransactions,
    OwnClock,
)
from asgard_basis.simulation.time import LoopClock
from asgard_basis.simulation.venues import APP_ID, APP_SECRET, Venues

_QUEUE = procrastinate.App(connector=InMemoryConnector())
"""Nobody delivers through it: the simulation has a queue of its own."""


def _ignored() -> None:
    """Nobody looks."""


@dataclass(slots=True)
class Shared:
    """What all processes of a deployment share, and what lies outside of it."""

    clock: LoopClock
    venues: Venues
    network: Network
    tables: Tables
    leases: LeaseBook
    transactions: MemoryTransactions
    authorization_key: str
    limits: RiskLimits
    build: Build
    ids: Callable[[], str]
    random: random.Random
    on_commit: Callable[[], None] = _ignored
    """Told of every commit, in the context of who made it."""
    nonces: MemoryNonces = field(default_factory=MemoryNonces)
    snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    events: MemoryEventBus = field(default_factory=MemoryEventBus)
    duties: DutyBook = field(init=False)
    budget: MemoryRequestBudget = field(init=False)
    processes: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.duties = DutyBook(self.clock)
        self.budget = MemoryRequestBudget(self.clock)

    def committed(self) -> None:
        """Somebody's transaction has just been saved."""
        self.on_commit()


class Machine:
    """A process with its own clock, connections and application."""

    def __init__(self, shared: Shared, membrane: Membrane, *, skew: timedelta) -> None:
        self.name = membrane.name
        self.membrane = membrane
        self._shared = shared
        self._stack = AsyncExitStack()
        self._tasks: dict[asyncio.Task[Any], None] = {}
        loop_clock = shared.clock.skewed(skew)
        self.clock = OwnClock(loop_clock, membrane)
        holder = f"{self.name}:{next(shared.processes)}"
        leases = shared.build.leases(shared.leases)
        self._locks = MemoryLocks(leases, self.clock, holder=holder)
        stores = self._stores()
        self.outside = shared.build.outside(connected(self._lines(), self.clock, stores))
        self.app: App = compose(
            stores,
            self.outside,
            self.clock,
            shared.limits,
            variant=Variant(ids=shared.ids, runner=shared.build.runner),
        )

    def adopt(self, task: "asyncio.Task[Any]") -> None:
        """Let a task end with this process."""
        self._tasks[task] = None
        task.add_done_callback(self._forget)

    async def kill(self) -> None:
        """End it as kill -9 does: no effect of it is seen after this, not even by itself."""
        self.membrane.kill()
        self._locks.die()
        while self._tasks:
            dying = list(self._tasks)
            for task in dying:
                task.cancel()
            await asyncio.wait(dying)

    async def close(self) -> None:
        """Let go of its connections."""
        await self._stack.aclose()

    def browser(self, venue: str) -> httpx.AsyncClient:
        """Somebody's own connection to a venue, beside the application."""
        client = httpx.AsyncClient(
            base_url=f"http://{venue}",
            transport=self._shared.network.line(venue, self.name, self.membrane.cross),
        )
        self._stack.push_async_callback(client.aclose)
        return client

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.pop(task, None)

    def _http(self, venue: str, path: str = "", seconds: float = 15) -> HttpClient:
        client = HttpClient(
            f"http://{venue}{path}",
            timeout_seconds=seconds,
            name=venue,
            transport=self._shared.network.line(venue, self.name, self.membrane.cross),
            jitter=random.Random(self._shared.random.random()),
        )
        self._stack.push_async_callback(client.close)
        return client

    def _lines(self) -> Lines:
        venues = self._shared.venues
        vault = SolanaAddress(str(venues.solana.vault.pubkey()))
        return Lines(
            hyperliquid=self._http("hyperliquid"),
            asgard=self._http("asgard", "/margin-trading", ASGARD_SECONDS),
            privy=self._http("privy"),
            solana=self._http("solana"),
            arbitrum=lambda signer: GuardedArbitrum(
                MemoryArbitrumChain(venues.ledger, signer=signer),
                self._shared.network.errand("arbitrum", self.name, self.membrane.cross),
            ),
            hyperliquid_ws_url="ws://hyperliquid/ws",
            privy_app_id=APP_ID,
            privy_app_secret=APP_SECRET,
            privy_authorization_key=self._shared.authorization_key,
            privy_quorum_id=None,
            asgard_vaults=frozenset({vault}),
            asgard_api_key="simulated",
        )

    def _stores(self) -> Stores:
        shared = self._shared
        return Stores(
            transactions=shared.build.transactions(
                GuardedTransactions(shared.transactions, self.membrane, shared.committed)
            ),
            locks=GuardedLocks(shared.build.locks(self._locks), self.membrane),
            nonces=GuardedNonces(shared.nonces, self.membrane),
            rate_limiter=MemoryRateLimiter(self.clock),
            budget=shared.budget,
            leases=MemoryLeases(shared.duties, self.clock),
            events=shared.events,
            snapshots=GuardedSnapshots(shared.snapshots, self.membrane),
            queue=_QUEUE,
            probe_database=_yes,
            probe_redis=_yes,
            probe_worker=_yes,
            heartbeat=_nothing,
        )


async def _yes() -> bool:
    return True


async def _nothing() -> None:
    return None
