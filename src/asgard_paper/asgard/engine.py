"""The venue: builds transactions, takes signed ones, and keeps positions as they land."""

import base64
import binascii
import hashlib
import json
from dataclasses import replace
from decimal import Decimal

from solders.pubkey import Pubkey

from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.ledger import Ledger
from asgard_paper.asgard.lenders import LENDERS, SYMBOL_BY_MINT, VenueTerms
from asgard_paper.asgard.lending import Lending, Standing
from asgard_paper.asgard.orders import check_open, check_update
from asgard_paper.asgard.prices import BPS, market_price, rates_of
from asgard_paper.asgard.quotes import Holding, Quoter
from asgard_paper.asgard.records import (
    ACTIVE,
    ADD_COLLATERAL,
    CLOSE,
    CLOSED,
    DELEVERAGE,
    INCREASE_LEVERAGE,
    OPEN,
    PARTIAL_CLOSE,
    UPDATE,
    Build,
    Fees,
    Order,
    Position,
    PositionUpdate,
    Quote,
)
from asgard_paper.asgard.transactions import (
    POSITION_NOT_OPEN,
    SLIPPAGE_EXCEEDED,
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

METADATA_LAG_MS = 60_000
BUILD_KEPT_MS = 900_000
"""How long an unsigned transaction is remembered, so that a late one is called expired."""


class ConservationError(AssertionError):
    """The vault holds less than the books say it must."""


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
        self._seed = seed
        chain.register(self)

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
        """Accrue interest and liquidate up to now; forget transactions long expired."""
        with self.chain.lock:
            self.lending.advance(self._clock.now_ms())
            old_ms = self._clock.host_ms() - BUILD_KEPT_MS
            for key, build in list(self.ledger.builds.items()):
                if build.signature is None and build.built_host_ms < old_ms:
                    self.ledger.drop_build(key)

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
                transaction=encoded(transaction),
                blockhash=str(blockhash),
                built_host_ms=self._clock.host_ms(),
            )

    def build(self, order: Order) -> Build:
        """Quote an order, build its transaction, and expect it signed within the minute."""
        with self.chain.lock:
            build = self.prepare(order)
            self._fund(build.quote)
            if build.key not in self.ledger.builds:
                self.ledger.save_build(build)
            return build

    def simulate(self, order: Order) -> tuple[Build, Outcome]:
        """What an order's transaction would do now; nothing is expected afterwards."""
        with self.chain.lock:
            build = self.prepare(order)
            self._fund(build.quote)
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

    # The missing program's part: VenueProgram

    def judge(self, key: str) -> int | None:
        """Refuse a known transaction whose position is gone or whose price has run away."""
        build = self.ledger.builds.get(key)
        if build is None:
            return None
        order = build.order
        if build.signature is not None:
            return POSITION_NOT_OPEN
        if order.kind != OPEN:
            position = self.ledger.positions.get(order.pda)
            if position is None or position.state != ACTIVE:
                return POSITION_NOT_OPEN
        elif order.pda in self.ledger.positions:
            return POSITION_NOT_OPEN
        return None if self._is_within_slippage(build) else SLIPPAGE_EXCEEDED

    def landed(self, key: str, transaction: LandedTransaction) -> None:
        """Book a transaction that landed: tokens moved, so the position does."""
        build = self.ledger.builds.get(key)
        if build is None or build.signature is not None:
            return
        build = replace(build, signature=transaction.signature)
        quote = build.quote
        if quote.deposit_mint is not None:
            self.ledger.post(quote.deposit_mint, received=quote.deposit_native)
        if quote.payout_mint is not None:
            self.ledger.post(quote.payout_mint, paid=quote.payout_native)
        if build.order.kind == OPEN:
            self._open(build)
        elif build.order.kind == CLOSE:
            self._close(build)
        else:
            build = replace(build, update_id=self._update(build))
        self.ledger.save_build(build)
        self.check_conservation()

    def check_conservation(self) -> None:
        """Raise ConservationError unless the vault holds what the books say."""
        for mint, book in self.ledger.books.items():
            held = self.chain.token_balance(self.chain.vault.pubkey(), Pubkey.from_string(mint))
            if held < book.balance:
                raise ConservationError(f"vault held {held} of {mint}, books say {book.balance}")

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
        quoter = self._quoter(order)
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

    def _quoter(self, order: Order) -> Quoter:
        return Quoter(self.terms, order.symbol, market_price(order.symbol, self.now()))

    def _is_within_slippage(self, build: Build) -> bool:
        quoted = build.quote.swap
        if quoted is None or not quoted.input_amount:
            return True
        order = build.order
        price = market_price(order.symbol, self.now())
        move = price / build.quote.price
        buying = SYMBOL_BY_MINT[quoted.input_mint] == "USDC"
        kept = 1 / move if buying else move
        return kept >= 1 - order.slippage_bps / BPS

    def _is_expired(self, build: Build) -> bool:
        transaction = parse_transaction(base64.b64decode(build.transaction))
        return not self.chain.is_blockhash_valid(transaction.message.recent_blockhash)

    def _fund(self, quote: Quote) -> None:
        """Make sure the vault can receive this deposit and make every payout it has signed."""
        vault = self.chain.vault.pubkey()
        signed = [row.quote for row in self.ledger.builds.values() if row.signature is None]
        for text in (quote.deposit_mint, quote.payout_mint):
            if text is None:
                continue
            mint = Pubkey.from_string(text)
            payouts = [row.payout_native for row in [*signed, quote] if row.payout_mint == text]
            missing = max(0, sum(payouts) - self.chain.token_balance(vault, mint))
            if missing or text not in self.ledger.books:
                self.chain.mint_tokens(vault, mint, missing)
                self.ledger.post(text, funded=missing)

    def _open(self, build: Build) -> None:
        order = build.order
        now_ms = self.now_ms()
        quote = self._quoter(order).opening(order)
        if quote.swap is None:
            raise ValueError("an opening always swaps")
        self.ledger.save(
            Position(
                id=len(self.ledger.positions) + 1,
                pda=order.pda,
                owner=order.owner,
                protocol=order.protocol,
                symbol=order.symbol,
                state=ACTIVE,
                leverage=order.leverage,
                collateral=quote.collateral,
                debt=quote.debt,
                accrued_to_ms=now_ms,
                collateral_entry=quote.collateral,
                debt_entry=quote.debt,
                entry_price=quote.price,
                entry_swap=quote.swap,
                open_fees=quote.fees,
                open_tx=build.signature or "",
                opened_ms=now_ms,
                entry_known_ms=now_ms + self._lag_ms(order.pda, OPEN),
            )
        )

    def _close(self, build: Build) -> None:
        now_ms = self.now_ms()
        position = self.lending.accrued(self.position(build.order.pda), now_ms)
        self.ledger.save(
            replace(
                position,
                state=CLOSED,
                collateral=Decimal(0),
                debt=Decimal(0),
                closed_ms=now_ms,
                close_tx=build.signature,
                exit_price=build.quote.price,
                exit_swap=build.quote.swap,
                exit_known_ms=now_ms + self._lag_ms(position.pda, CLOSE),
                close_fees=build.quote.fees,
                payout_mint=build.quote.payout_mint,
                payout_native=build.quote.payout_native,
            )
        )

    def _update(self, build: Build) -> int:
        if build.before is None or build.order.update_type is None:
            raise ValueError("an update needs the position before it and a type")
        now_ms = self.now_ms()
        position = self.lending.accrued(self.position(build.order.pda), now_ms)
        collateral = position.collateral + build.quote.collateral - build.before.collateral
        debt = max(Decimal(0), position.debt + build.quote.debt - build.before.debt)
        after = replace(build.quote, collateral=collateral, debt=debt)
        update = PositionUpdate(
            id=len(self.ledger.updates) + 1,
            position_id=position.id,
            pda=position.pda,
            update_type=build.order.update_type,
            percentage=build.order.percentage,
            before=build.before,
            after=after,
            tx=build.signature or "",
            confirmed_ms=now_ms,
        )
        self.ledger.add_update(update)
        self.ledger.save(
            replace(
                position,
                collateral=collateral,
                debt=debt,
                collateral_current=collateral,
                debt_current=debt,
                leverage_current=after.leverage(),
                last_update_id=update.id,
                update_count=position.update_count + 1,
            )
        )
        return update.id

    def _lag_ms(self, pda: str, kind: str) -> int:
        digest = hashlib.sha256(f"{self._seed}:{kind}:{pda}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % METADATA_LAG_MS


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
