"""The venue: builds transactions, takes signed ones, and keeps positions as they land."""

import base64
import binascii
import json
from dataclasses import replace
from decimal import Decimal

from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.ledger import Ledger
from asgard_paper.asgard.lenders import LENDERS, VenueTerms
from asgard_paper.asgard.lending import Lending, Standing
from asgard_paper.asgard.orders import check_open, check_update
from asgard_paper.asgard.prices import market_price, rates_of
from asgard_paper.asgard.quotes import Holding, Quoter
from asgard_paper.asgard.records import (
    ACTIVE,
    ADD_COLLATERAL,
    CLOSE,
    DELEVERAGE,
    INCREASE_LEVERAGE,
    OPEN,
    PARTIAL_CLOSE,
    UPDATE,
    Build,
    Fees,
    Order,
    Position,
    Quote,
)
from asgard_paper.asgard.settlement import Settlement
from asgard_paper.asgard.transactions import (
    build_transaction,
    encoded,
    position_address,
)
from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.market import Conditions, MarketPath
from asgard_paper.kernel.store import Store
from asgard_paper.solana.chain import SolanaChain
from asgard_paper.solana.ledger import LandedTransaction
from asgard_paper.solana.outcome import Outcome
from asgard_paper.solana.transactions import (
    InvalidTransactionError,
    message_key,
    parse_transaction,
)

BUILD_KEPT_MS = 86_400_000
"""Host time a build is remembered, so that a late or repeated submission gets its right answer."""


class AsgardEngine:
    """Isolated long positions over four lenders, settled with real tokens on the chain.

    A position exists from the moment its transaction lands, whether the client or the venue
    sent it. Callers hold no lock; every method takes the chain's.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        market: MarketPath,
        store: Store,
        chain: SolanaChain,
        seed: int,
        terms: VenueTerms | None = None,
    ) -> None:
        self.chain = chain
        self.terms = terms or VenueTerms()
        self.ledger = Ledger(store)
        self.lending = Lending(market, self.ledger)
        self._clock = clock
        self._market = market
        self._store = store
        self.settlement = Settlement(
            clock=clock,
            chain=chain,
            ledger=self.ledger,
            lending=self.lending,
            quoter_of=self._quoter,
            seed=seed,
        )
        chain.register(self.settlement)

    def now(self) -> Conditions:
        """Market conditions now."""
        return self._market.at(self._clock.now_ms())

    def now_ms(self) -> int:
        """Market time now."""
        return self._clock.now_ms()

    def host_ms(self) -> int:
        """Host time now."""
        return self._clock.host_ms()

    def commit(self) -> None:
        """Make everything so far durable."""
        with self.chain.lock:
            self._store.commit()

    def advance(self) -> None:
        """Accrue interest and liquidate up to now; forget builds a day old."""
        with self.chain.lock:
            self.lending.advance(self._clock.now_ms())
            self.ledger.drop_builds_before(self._clock.host_ms() - BUILD_KEPT_MS)

    # Building

    def prepare(self, order: Order) -> Build:
        """Quote an order and build its transaction, without remembering it.

        Raises AsgardError when the venue refuses it.
        """
        with self.chain.lock:
            self.advance()
            if order.kind == OPEN and not order.pda:
                number = self.ledger.next_address()
                order = replace(order, pda=position_address(order.owner, number))
            before = None if order.kind == OPEN else self._before(order)
            quote = self._quote(order, before)
            blockhash, _ = self.chain.latest_blockhash("confirmed")
            transaction = build_transaction(
                order, quote, vault=self.chain.vault, blockhash=blockhash
            )
            return Build(
                key=message_key(transaction),
                order=order,
                quote=quote,
                before=before,
                version=self.ledger.version_of(order.pda),
                transaction=encoded(transaction),
                blockhash=str(blockhash),
                built_host_ms=self._clock.host_ms(),
            )

    def build(self, order: Order) -> Build:
        """Quote an order, build its transaction, and expect it signed within the minute."""
        with self.chain.lock:
            build = self.prepare(order)
            self.settlement.fund(build.quote)
            if build.key not in self.ledger.builds:
                self.ledger.save_build(build)
            return build

    def simulate(self, order: Order) -> tuple[Build, Outcome]:
        """What an order's transaction would do now; nothing is expected afterwards."""
        with self.chain.lock:
            build = self.prepare(order)
            self.settlement.fund(build.quote)
            return build, self.chain.simulate(base64.b64decode(build.transaction))

    # Submitting

    def expected(self, kind: str, signed: list[str]) -> Build:
        """What was built for signed transactions; raises AsgardError as `submit` does."""
        with self.chain.lock:
            if len(signed) != 1:
                raise AsgardError(
                    "INVALID_TRANSACTIONS", f"signedTxs must hold 1 transaction, was {len(signed)}"
                )
            return self._build_of(kind, _decoded(signed[0]))

    def submit(self, kind: str, signed: list[str]) -> tuple[Build, LandedTransaction]:
        """Send signed transactions; return when they landed.

        Sending again what landed answers the same. Raises AsgardError with the reason when a
        transaction was not built here, is not signed rightly, expired, or failed on chain.
        """
        with self.chain.lock:
            build = self.expected(kind, signed)
            self.lending.advance(self.now_ms())
            raw = _decoded(signed[0])
            signature = str(parse_transaction(raw).signatures[0])
            if build.signature is None:
                self._send(build, raw)
            landed = self.chain.history.get(build.signature or signature)
            return self._confirmed(self.ledger.builds[build.key], landed)

    def _build_of(self, kind: str, raw: bytes) -> Build:
        try:
            transaction = parse_transaction(raw)
        except InvalidTransactionError as error:
            raise AsgardError("INVALID_TRANSACTION", str(error)) from error
        build = self.ledger.builds.get(message_key(transaction))
        if build is None or build.order.kind != kind:
            raise AsgardError(
                "UNKNOWN_TRANSACTION", "the transaction was not built here, was altered or expired"
            )
        if not all(transaction.verify_with_results()):
            raise AsgardError("INVALID_SIGNATURE", "a signature is missing or wrong")
        return build

    def _send(self, build: Build, raw: bytes) -> None:
        if self._is_expired(build):
            raise AsgardError(
                "BLOCKHASH_EXPIRED", "the blockhash expired, build the transaction again"
            )
        self.chain.send(raw, skip_preflight=True)

    def _confirmed(
        self, build: Build, landed: LandedTransaction | None
    ) -> tuple[Build, LandedTransaction]:
        if landed is None:
            raise AsgardError(
                "TRANSACTION_NOT_CONFIRMED",
                "the transaction did not land",
                name="TransactionError",
                status=500 if self.chain.slots.halted else 422,
            )
        if landed.err is not None:
            details = {
                "txHash": landed.signature,
                "err": json.loads(landed.err),
                "logs": list(landed.logs),
            }
            raise AsgardError(
                "TRANSACTION_FAILED",
                "the transaction failed on chain",
                name="TransactionError",
                details=details,
            )
        return build, landed

    # Reading

    def position(self, pda: str) -> Position:
        """One position; raises AsgardError when there is none."""
        position = self.ledger.positions.get(pda)
        if position is None:
            raise AsgardError("POSITION_NOT_FOUND", f"no position at {pda}")
        return position

    def standing(self, position: Position) -> Standing:
        """A position's amounts and health now."""
        return self.lending.standing(position, self.now_ms())

    def borrowed(self, protocol: int) -> Decimal:
        """USDC owed to a lender by all open positions, interest to the last full hour."""
        rows = self.ledger.active()
        return sum((row.debt for row in rows if row.protocol == protocol), Decimal(0))

    # Inside

    def _before(self, order: Order) -> Quote:
        position = self.position(order.pda)
        if position.owner != order.owner or position.protocol != order.protocol:
            raise AsgardError("POSITION_NOT_FOUND", "the position belongs to another wallet")
        if position.state != ACTIVE:
            raise AsgardError("POSITION_NOT_OPEN", "the position is closed")
        held = self.lending.holding(position, self.now_ms())
        price = market_price(position.symbol, self.now())
        return Quote(price, held.collateral, held.debt, None, Fees(0, Decimal(0), Decimal(0)))

    def _quote(self, order: Order, before: Quote | None) -> Quote:
        quoter = self._quoter(order.symbol)
        if before is None:
            rates_of(order.symbol, LENDERS[order.protocol], self.now())
            quote = quoter.opening(order)
            check_open(order, quote, self.terms, borrowed=self.borrowed(order.protocol))
        else:
            if order.kind == UPDATE:
                check_update(order, before)
            quote = _quoted(quoter, order, Holding(before.collateral, before.debt))
        if quote.swap is not None and quoter.cost_bps(quote.swap) > order.slippage_bps:
            cost = quoter.cost_bps(quote.swap).quantize(Decimal("0.01"))
            raise AsgardError(
                "SLIPPAGE_EXCEEDED", f"the swap costs {cost} bps, allowed {order.slippage_bps}"
            )
        return quote

    def _quoter(self, symbol: str) -> Quoter:
        return Quoter(self.terms, symbol, market_price(symbol, self.now()))

    def _is_expired(self, build: Build) -> bool:
        transaction = parse_transaction(base64.b64decode(build.transaction))
        return not self.chain.is_blockhash_valid(transaction.message.recent_blockhash)


def _quoted(quoter: Quoter, order: Order, held: Holding) -> Quote:
    if order.kind == CLOSE:
        return quoter.closing(order, held)
    by_type = {
        PARTIAL_CLOSE: quoter.partial_close,
        DELEVERAGE: quoter.deleverage,
        INCREASE_LEVERAGE: quoter.increase,
        ADD_COLLATERAL: quoter.add_collateral,
    }
    if order.update_type is None:
        raise ValueError("an update needs a type")
    return by_type.get(order.update_type, quoter.repay)(order, held)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise AsgardError("INVALID_TRANSACTION", f"not base64: {error}") from error
