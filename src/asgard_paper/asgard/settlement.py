"""What the venue's own program would do on chain: refuse a transaction, or book it as landed."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from solders.pubkey import Pubkey

from asgard_paper.asgard.ledger import Ledger
from asgard_paper.asgard.lenders import SYMBOL_BY_MINT
from asgard_paper.asgard.lending import Lending
from asgard_paper.asgard.prices import BPS
from asgard_paper.asgard.quotes import Quoter
from asgard_paper.asgard.records import (
    ACTIVE,
    CLOSE,
    CLOSED,
    OPEN,
    Build,
    Position,
    PositionUpdate,
    Quote,
)
from asgard_paper.asgard.transactions import (
    POSITION_CHANGED,
    POSITION_NOT_OPEN,
    SLIPPAGE_EXCEEDED,
)
from asgard_paper.kernel.clock import Clock
from asgard_paper.solana.chain import SolanaChain
from asgard_paper.solana.ledger import LandedTransaction

METADATA_LAG_MS = 60_000
"""The executed swap is shown at most this much market time after it landed."""


class ConservationError(AssertionError):
    """The vault holds less than the books say it must."""


class Settlement:
    """Implements VenueProgram over the ledger: the chain asks it before and after it runs."""

    def __init__(
        self,
        *,
        clock: Clock,
        chain: SolanaChain,
        ledger: Ledger,
        lending: Lending,
        quoter_of: Callable[[str], Quoter],
        seed: int,
    ) -> None:
        self._clock = clock
        self._chain = chain
        self._ledger = ledger
        self._lending = lending
        self._quoter_of = quoter_of
        self._seed = seed

    def judge(self, key: str) -> int | None:
        """Refuse a known transaction whose position is gone or whose price has run away."""
        build = self._ledger.builds.get(key)
        if build is None:
            return None
        order = build.order
        if build.signature is not None:
            return POSITION_NOT_OPEN
        if order.kind != OPEN:
            position = self._ledger.positions.get(order.pda)
            if position is None or position.state != ACTIVE:
                return POSITION_NOT_OPEN
            if self._ledger.version_of(order.pda) != build.version:
                return POSITION_CHANGED
        elif order.pda in self._ledger.positions:
            return POSITION_NOT_OPEN
        return None if self._is_within_slippage(build) else SLIPPAGE_EXCEEDED

    def landed(self, key: str, transaction: LandedTransaction) -> None:
        """Book a transaction that landed: tokens moved, so the position does."""
        build = self._ledger.builds.get(key)
        if build is None or build.signature is not None:
            return
        build = replace(build, signature=transaction.signature)
        quote = build.quote
        if quote.deposit_mint is not None:
            self._ledger.post(quote.deposit_mint, received=quote.deposit_native)
        if quote.payout_mint is not None:
            self._ledger.post(quote.payout_mint, paid=quote.payout_native)
        if build.order.kind == OPEN:
            self._open(build)
        elif build.order.kind == CLOSE:
            self._close(build)
        else:
            build = replace(build, update_id=self._update(build))
        self._ledger.save_build(build)
        self.check_conservation()

    def check_conservation(self) -> None:
        """Raise ConservationError unless the vault holds what the books say."""
        for mint, book in self._ledger.books.items():
            held = self._chain.token_balance(self._chain.vault.pubkey(), Pubkey.from_string(mint))
            if held < book.balance:
                raise ConservationError(f"vault held {held} of {mint}, books say {book.balance}")

    def _is_within_slippage(self, build: Build) -> bool:
        quoted = build.quote.swap
        if quoted is None or not quoted.input_amount:
            return True
        order = build.order
        price = self._quoter_of(order.symbol).price
        move = price / build.quote.price
        buying = SYMBOL_BY_MINT[quoted.input_mint] == "USDC"
        kept = 1 / move if buying else move
        return kept >= 1 - order.slippage_bps / BPS

    def fund(self, quote: Quote) -> None:
        """Make sure the vault can receive this deposit and make every payout it has signed."""
        vault = self._chain.vault.pubkey()
        signed = [row.quote for row in self._ledger.builds.values() if row.signature is None]
        for text in (quote.deposit_mint, quote.payout_mint):
            if text is None:
                continue
            mint = Pubkey.from_string(text)
            payouts = [row.payout_native for row in [*signed, quote] if row.payout_mint == text]
            missing = max(0, sum(payouts) - self._chain.token_balance(vault, mint))
            if missing or text not in self._ledger.books:
                self._chain.mint_tokens(vault, mint, missing)
                self._ledger.post(text, funded=missing)

    def _open(self, build: Build) -> None:
        order = build.order
        now_ms = self._clock.now_ms()
        quote = self._quoter_of(order.symbol).opening(order)
        if quote.swap is None:
            raise ValueError("an opening always swaps")
        self._ledger.save(
            Position(
                id=len(self._ledger.positions) + 1,
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
        now_ms = self._clock.now_ms()
        position = self._lending.accrued(self._ledger.positions[build.order.pda], now_ms)
        self._ledger.save(
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
        now_ms = self._clock.now_ms()
        position = self._lending.accrued(self._ledger.positions[build.order.pda], now_ms)
        collateral = position.collateral + build.quote.collateral - build.before.collateral
        debt = max(Decimal(0), position.debt + build.quote.debt - build.before.debt)
        after = replace(build.quote, collateral=collateral, debt=debt)
        update = PositionUpdate(
            id=len(self._ledger.updates) + 1,
            position_id=position.id,
            pda=position.pda,
            update_type=build.order.update_type,
            percentage=build.order.percentage,
            before=build.before,
            after=after,
            tx=build.signature or "",
            confirmed_ms=now_ms,
        )
        self._ledger.add_update(update)
        self._ledger.save(
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
