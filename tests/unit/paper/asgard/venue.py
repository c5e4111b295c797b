"""A small venue for tests: one market whose figures a test can set, a funded wallet, a client."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import httpx
from solders.keypair import Keypair
from solders.message import to_bytes_versioned
from solders.transaction import VersionedTransaction
from starlette.testclient import TestClient

from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.asgard.http import create_app
from asgard_paper.asgard.limits import RequestLimit
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.market import LENDERS, Conditions, LenderRates, LstState
from asgard_paper.kernel.store import MemoryStore, Store
from asgard_paper.solana.addresses import USDC_MINT
from asgard_paper.solana.chain import SolanaChain

START_MS = 1_735_689_600_000 + 17 * 60_000
"""2025-01-01 00:17 UTC: inside an hour, so that parts of hours matter."""
SUPPLY = Decimal("0.045")
BORROW = Decimal("0.085")
ASSETS = ("SOL", "jitoSOL", "jupSOL", "INF")


@dataclass
class HostTime:
    """Host time that moves when told."""

    now: int = START_MS

    def __call__(self) -> int:
        return self.now


@dataclass
class SteadyMarket:
    """The same conditions always, until a test changes a figure or gives rates by the hour."""

    price: Decimal = Decimal(100)
    redemption: Mapping[str, Decimal] = field(
        default_factory=lambda: {
            "jitoSOL": Decimal("1.2"),
            "jupSOL": Decimal("1.1"),
            "INF": Decimal("1.4"),
        }
    )
    discount: Decimal = Decimal(0)
    rates_by_hour: Mapping[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    price_from: list[tuple[int, Decimal]] = field(default_factory=list)

    def at(self, at_ms: int) -> Conditions:
        supply, borrow = self.rates_by_hour.get(at_ms - at_ms % 3_600_000, (SUPPLY, BORROW))
        price = self.price
        for start_ms, later in self.price_from:
            price = later if at_ms >= start_ms else price
        rates = LenderRates(
            collateral_supply_apy=dict.fromkeys(ASSETS, supply),
            usdc_borrow_apy=borrow,
            usdc_supply_apy=Decimal("0.05"),
            collateral_borrow_apy=dict.fromkeys(ASSETS, Decimal("0.07")),
        )
        lsts = {
            symbol: LstState(rate, Decimal("0.065"), self.discount)
            for symbol, rate in self.redemption.items()
        }
        return Conditions(at_ms, price, Decimal(0), dict.fromkeys(LENDERS, rates), lsts)

    def settlement_price(self, hour_ms: int) -> Decimal:
        return self.price

    def premium_of_hour(self, hour_ms: int) -> Decimal:
        return Decimal(0)


class Venue:
    """Chain, engine and REST client over one store; `restarted` loads the store again."""

    def __init__(
        self,
        *,
        store: Store | None = None,
        market: SteadyMarket | None = None,
        host: HostTime | None = None,
        clock: WorldClock | None = None,
        wallet: Keypair | None = None,
        limit: RequestLimit | None = None,
    ) -> None:
        self.store = store or MemoryStore()
        self.market = market or SteadyMarket()
        self.host = host or HostTime()
        self.clock = clock or WorldClock(start_ms=START_MS, speed=0, host_ms=self.host)
        self.chain = SolanaChain(clock=self.clock, store=self.store, seed=7)
        self.engine = AsgardEngine(
            clock=self.clock, market=self.market, store=self.store, chain=self.chain, seed=7
        )
        self.limit = limit or RequestLimit(public_interval_ms=0)
        self.client = TestClient(create_app(self.engine, limit=self.limit))
        self.wallet = wallet or Keypair()

    def funded(self, *, sol: int = 1, usdc: int = 10_000) -> "Venue":
        self.chain.airdrop(self.wallet.pubkey(), sol * 10**9)
        self.chain.mint_tokens(self.wallet.pubkey(), USDC_MINT, usdc * 10**6)
        return self

    def restarted(self) -> "Venue":
        return Venue(
            store=self.store,
            market=self.market,
            host=self.host,
            clock=self.clock,
            wallet=self.wallet,
        )

    def slots(self, count: int) -> None:
        self.host.now += 400 * count

    def usdc(self) -> int:
        return self.chain.token_balance(self.wallet.pubkey(), USDC_MINT)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.client.post(f"/margin-trading{path}", json=body, headers=headers)

    def get(self, path: str) -> Any:
        return self.client.get(f"/margin-trading{path}").json()

    def source(self, symbol: str = "SOL", protocol: int = 1) -> Any:
        sources = self.get("/markets")["strategies"][f"{symbol}/USDC"]["liquiditySources"]
        return next(row for row in sources if row["lendingProtocol"] == protocol)

    def open_body(self, *, symbol: str = "SOL", protocol: int = 1, **changes: Any) -> Any:
        source = self.source(symbol, protocol)
        return {
            "protocol": protocol,
            "tokenABank": source["tokenABank"],
            "tokenBBank": source["tokenBBank"],
            "direction": 0,
            "collateralType": 1,
            "collateralAmountNative": 1_000_000_000,
            "collateralMint": str(USDC_MINT),
            "collateralUnitPrice": 1,
            "leverage": 2,
            "jitoTipLamport": 10_000,
            "slippageBps": 50,
            "walletPubkey": str(self.wallet.pubkey()),
            "useDirectRoute": False,
        } | changes

    def sign(self, text: str) -> str:
        transaction = VersionedTransaction.from_bytes(base64.b64decode(text))
        message = to_bytes_versioned(transaction.message)
        signatures = list(transaction.signatures)
        signatures[0] = self.wallet.sign_message(message)
        signed = VersionedTransaction.populate(transaction.message, signatures)
        return base64.b64encode(bytes(signed)).decode()

    def signed(self, answer: Any) -> Any:
        return answer | {"signedTxs": [self.sign(text) for text in answer["signedTxs"]]}

    def open(self, **changes: Any) -> Any:
        built = self.post("/create-position", self.open_body(**changes))
        assert built.status_code == 200, built.text
        done = self.post("/submit-create-position-tx", self.signed(built.json()))
        assert done.status_code == 200, done.text
        return done.json()

    def close_body(self, record: Any, **changes: Any) -> Any:
        return {
            "protocol": record["protocol"],
            "walletPubkey": record["ownerAddress"],
            "positionPDA": record["positionPda"],
            "collateralType": 1,
            "jitoTipLamport": 10_000,
            "slippageBps": 50,
            "useDirectRoute": False,
        } | changes

    def close(self, record: Any, **changes: Any) -> Any:
        built = self.post("/close-position", self.close_body(record, **changes))
        assert built.status_code == 200, built.text
        done = self.post("/submit-close-position-tx", self.signed(built.json()))
        assert done.status_code == 200, done.text
        return done.json()

    def refreshed(self, record: Any) -> Any:
        pda = record["positionPda"]
        body = {"positionPDAs": [{"protocol": record["protocol"], "positionPDA": pda}]}
        return self.post("/refresh-positions", body).json()["positions"].get(pda)


def set_price(venue: Venue, price: str) -> None:
    """Move the oracle."""
    venue.market.price = Decimal(price)


__all__ = ["BORROW", "START_MS", "SUPPLY", "HostTime", "SteadyMarket", "Venue", "replace"]
