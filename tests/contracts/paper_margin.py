"""Paper Solana, Asgard and Privy behind real sockets on one skippable host time."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from solders.pubkey import Pubkey
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asgard_basis.adapters.asgard.client import ALLOWANCE
from asgard_basis.adapters.asgard.venue import AsgardMarginVenue
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.memory.budget import MemoryRequestBudget
from asgard_basis.adapters.metering import Meter
from asgard_basis.adapters.privy.policies import PolicyCaps
from asgard_basis.adapters.solana.chain import RpcSolanaChain
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.identifiers import SolanaAddress, UserId
from asgard_basis.ports.wallets import PolicyContext, Wallet, WalletRole
from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.asgard.http import create_app as create_asgard
from asgard_paper.asgard.limits import RequestLimit
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.store import MemoryStore
from asgard_paper.solana.addresses import USDC_MINT
from asgard_paper.solana.chain import SolanaChain
from asgard_paper.solana.rpc import create_app as create_solana
from tests.contracts.paper_privy import PaperPrivy, paper_privy
from tests.serving import serve
from tests.unit.paper.asgard.venue import START_MS, SteadyMarket

ENABLED = frozenset({LendingProtocol.KAMINO, LendingProtocol.MARGINFI})


@dataclass
class SharedTime:
    """Real time plus what was slept: the product waits without waiting, the chain moves on.

    Where it does not run, nothing but what was slept moves it, however busy the machine is.
    """

    runs: bool = True
    began_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    skipped_ms: int = 0
    waited: list[float] = field(default_factory=list)

    def host_ms(self) -> int:
        """For the paper side."""
        real_ms = time.time_ns() // 1_000_000 if self.runs else self.began_ms
        return real_ms + self.skipped_ms

    def now(self) -> datetime:
        """Market time."""
        return self.host()

    def host(self) -> datetime:
        """Host time."""
        return datetime.fromtimestamp(self.host_ms() / 1000, UTC)

    async def sleep(self, seconds: float) -> None:
        """Skip ahead."""
        self.waited.append(seconds)
        self.skipped_ms += int(seconds * 1000)
        await asyncio.sleep(0)


class Doctored:
    """An application whose answers and failures a test can change."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seen: list[str] = []
        self.change: Callable[[str, dict[str, object]], dict[str, object]] | None = None
        self.lose_reply_to: str | None = None
        """A path whose request is processed and then answered with 502."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = str(scope["path"])
        self.seen.append(path)
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, keep)
        status = sent[0]["status"]
        body = b"".join(m.get("body", b"") for m in sent[1:])
        if self.lose_reply_to is not None and path.endswith(self.lose_reply_to):
            status, body, self.lose_reply_to = 502, b"upstream", None
        elif self.change is not None and status == 200:
            body = json.dumps(self.change(path, json.loads(body))).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True)
class PaperMargin:
    """Everything the margin venue touches."""

    clock: SharedTime
    budget: MemoryRequestBudget
    """Of all processes that ask this venue."""
    market_clock: WorldClock
    chain: SolanaChain
    engine: AsgardEngine
    market: SteadyMarket
    asgard: Doctored
    rpc: Doctored
    privy: PaperPrivy
    asgard_url: str
    solana_url: str

    @property
    def vault(self) -> SolanaAddress:
        """The owner of the venue's token accounts."""
        return SolanaAddress(str(self.chain.vault.pubkey()))

    @contextlib.asynccontextmanager
    async def solana(self) -> AsyncIterator[RpcSolanaChain]:
        """The chain adapter."""
        async with HttpClient(self.solana_url, timeout_seconds=10, name="solana") as http:
            yield RpcSolanaChain(http=http, clock=self.clock)

    @contextlib.asynccontextmanager
    async def venue(
        self, *, api_key: str | None = None, vaults: frozenset[SolanaAddress] | None = None
    ) -> AsyncIterator[AsgardMarginVenue]:
        """The margin venue adapter, signing with paper Privy."""
        caps = PolicyCaps(venue_vaults=frozenset({self.vault}))
        async with (
            self.solana() as chain,
            self.privy.wallets(caps=caps) as wallets,
            HttpClient(self.asgard_url, timeout_seconds=10, name="asgard") as http,
        ):
            yield AsgardMarginVenue(
                http=http,
                signer=wallets.solana,
                chain=chain,
                protocols=ENABLED,
                program_id=None,
                api_key=api_key,
                clock=self.clock,
                vaults=frozenset({self.vault}) if vaults is None else vaults,
                meter=Meter(ALLOWANCE, self.budget, self.clock),
            )

    async def wallet(self, name: str, *, sol: Decimal = Decimal(1), usdc: int = 5_000) -> Wallet:
        """A funded Solana wallet at paper Privy."""
        caps = PolicyCaps(venue_vaults=frozenset({self.vault}))
        context = PolicyContext(user_id=UserId(f"did:privy:{name}"))
        async with self.privy.wallets(caps=caps) as wallets:
            wallet = await wallets.ensure_wallet(context, WalletRole.SOLANA)
        key = Pubkey.from_string(wallet.address)
        if sol:
            self.chain.airdrop(key, int(sol * 10**9))
        if usdc:
            self.chain.mint_tokens(key, USDC_MINT, usdc * 10**6)
        await self.clock.sleep(1)
        return wallet


@contextlib.contextmanager
def paper_margin(*, public_interval_ms: int = 0, time_runs: bool = True) -> Iterator[PaperMargin]:
    """Run all three with an empty memory."""
    time_shared = SharedTime(runs=time_runs)
    clock = WorldClock(start_ms=START_MS, speed=1, host_ms=time_shared.host_ms)
    store, market = MemoryStore(), SteadyMarket()
    chain = SolanaChain(clock=clock, store=store, seed=7)
    engine = AsgardEngine(clock=clock, market=market, store=store, chain=chain, seed=7)
    limit = RequestLimit(public_interval_ms=public_interval_ms)
    asgard, rpc = Doctored(create_asgard(engine, limit=limit)), Doctored(create_solana(chain))
    with serve(asgard) as asgard_url, serve(rpc) as solana_url, paper_privy() as privy:
        yield PaperMargin(
            clock=time_shared,
            budget=MemoryRequestBudget(time_shared),
            market_clock=clock,
            chain=chain,
            engine=engine,
            market=market,
            asgard=asgard,
            rpc=rpc,
            privy=privy,
            asgard_url=f"{asgard_url}/margin-trading",
            solana_url=solana_url,
        )
