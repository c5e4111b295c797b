"""A paper Hyperliquid on real sockets, with a market and a clock that tests hold."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.ports.venues import PerpTrader
from asgard_basis.ports.wallets import WalletRole
from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.hyperliquid.http import create_app
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.market import Conditions
from asgard_paper.kernel.store import MemoryStore
from tests.contracts.signers import LocalEvmSigner, LocalNonces
from tests.serving import serve

START = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)
PRICE = Decimal("150.25")
PREMIUM = Decimal("0.0008")


class SteadyMarket:
    """One price and one premium for ever, so that every figure can be worked out."""

    def at(self, at_ms: int) -> Conditions:
        return Conditions(at_ms, PRICE, PREMIUM, lenders={}, lsts={})

    def settlement_price(self, hour_ms: int) -> Decimal:
        return PRICE

    def premium_of_hour(self, hour_ms: int) -> Decimal:
        return PREMIUM


class WorldTime:
    """The paper world's market time as the product's clock."""

    def __init__(self, world: WorldClock) -> None:
        self._world = world

    @property
    def speed(self) -> float:
        return self._world.speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self._world.now_ms())

    def host(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


class PaperHyperliquid:
    """The world's side of the venue, and one user's wallets."""

    def __init__(self) -> None:
        self.clock = WorldClock(start_ms=int(START.timestamp() * 1000), speed=0)
        self.engine = HyperliquidEngine(
            clock=self.clock, market=SteadyMarket(), store=MemoryStore(), seed=7
        )
        self.signer = LocalEvmSigner()
        self.nonces = LocalNonces()
        self.lost_requests = 0
        """So many next actions never reach the venue."""
        self.lost_replies = 0
        """So many next actions are done, and nobody hears of it."""
        self._deposits = 0

    def trader(self, number: int = 1) -> PerpTrader:
        """A user's account and agent, unknown to the venue at first."""
        return PerpTrader(
            account=self.signer.wallet(WalletRole.EVM, seed=1000 + number),
            agent=self.signer.wallet(WalletRole.AGENT, seed=2000 + number),
        )

    def deposit(self, trader: PerpTrader, amount: str) -> None:
        """What the bridge does when USDC has arrived."""
        self._deposits += 1
        self.engine.credit_deposit(
            address=trader.account.address,
            amount_usdc=Decimal(amount),
            transaction_hash=f"0x{self._deposits:064x}",
            log_index=0,
        )

    def advance(self, **how_long: float) -> None:
        """Let market time pass."""
        self.clock.advance(int(timedelta(**how_long).total_seconds() * 1000))
        self.engine.advance()

    def _losing(self, app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != "/exchange":
                await app(scope, receive, send)
            elif self.lost_requests:
                self.lost_requests -= 1
                await Response(status_code=502)(scope, receive, send)
            elif self.lost_replies:
                self.lost_replies -= 1
                await app(scope, receive, _nowhere)
                await Response(status_code=504)(scope, receive, send)
            else:
                await app(scope, receive, send)

        return handle

    @asynccontextmanager
    async def venue(self) -> AsyncIterator[HyperliquidPerpVenue]:
        """The product's venue, connected to this one."""
        with serve(self._losing(create_app(self.engine))) as url:
            async with HttpClient(url, timeout_seconds=10, name="hyperliquid") as http:
                yield HyperliquidPerpVenue(
                    http=http,
                    websocket_url=url.replace("http", "ws", 1) + "/ws",
                    signer=self.signer,
                    nonces=self.nonces,
                    clock=WorldTime(self.clock),
                )


async def _nowhere(message: Message) -> None:
    return None


def address(trader: PerpTrader) -> EvmAddress:
    """Whose account it is."""
    return EvmAddress(trader.account.address)
