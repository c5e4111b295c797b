"""The venue as one object: time goes in, payments, fills and liquidations come out."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.records import Withdrawal
from asgard_paper.hyperliquid.clearing.settlement import Settlement
from asgard_paper.hyperliquid.clearing.treasury import Treasury
from asgard_paper.hyperliquid.exchange import Exchange, Reply
from asgard_paper.hyperliquid.market.funding import FundingCalendar
from asgard_paper.hyperliquid.market.quotes import Quotes
from asgard_paper.hyperliquid.market.universe import ASSETS
from asgard_paper.hyperliquid.numbers import floored
from asgard_paper.hyperliquid.trading.liquidation import Liquidator
from asgard_paper.hyperliquid.trading.liquidity import Liquidity
from asgard_paper.hyperliquid.trading.orders import OrderDesk, OrderRequest
from asgard_paper.hyperliquid.wire.actions import Envelope, Network
from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.market import HOUR_MS, MarketPath, hour_of
from asgard_paper.kernel.store import Store

_EAGER = Decimal("1.2")
"""Over the mark: somebody in a hurry. Whole dollars are always a valid price."""
BOTH_NETWORKS: tuple[Network, ...] = ("Mainnet", "Testnet")


class HyperliquidEngine:
    """A perpetual exchange without I/O.

    `networks` are the chains whose signatures count. Both do unless told otherwise, because the
    official SDK signs for the testnet wherever it is not pointed at the real mainnet.
    `mark_step_ms` is how often positions are looked at while time jumps.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        market: MarketPath,
        store: Store,
        seed: int,
        networks: Sequence[Network] = BOTH_NETWORKS,
        mark_step_ms: int = 60_000,
    ) -> None:
        self.clock = clock
        self._mark_step_ms = mark_step_ms
        self.books = Books(store, now_ms=clock.now_ms(), seed=seed)
        self.quotes = Quotes(market, seed)
        self.calendar = FundingCalendar(market, seed)
        self.liquidity = Liquidity(self.quotes, self.books)
        self._settlement = Settlement(self.books, self.calendar)
        self._desk = OrderDesk(self.books, self.quotes, self.liquidity, self._settlement)
        self._treasury = Treasury(self.books, seed=seed)
        self._liquidator = Liquidator(
            books=self.books,
            quotes=self.quotes,
            liquidity=self.liquidity,
            settlement=self._settlement,
            desk=self._desk,
        )
        self._exchange = Exchange(
            self.books, self.quotes, self._desk, self._treasury, networks=networks
        )

    def advance(self) -> None:
        """Do everything due up to now, in time order; no hour's funding is ever left out."""
        now_ms = self.clock.now_ms()
        progress = self.books.progress
        for moment_ms, hour_ms in self._moments(now_ms):
            if hour_ms is not None:
                self._settlement.pay_funding(hour_ms)
                progress.settled_hour_ms = hour_ms
                self.books.save_progress()
            self._mark(moment_ms)
        if now_ms // self._mark_step_ms > progress.marked_ms // self._mark_step_ms:
            progress.marked_ms = now_ms
            self.books.save_progress()

    def execute(self, envelope: Envelope) -> Reply:
        """Do one signed action now."""
        self.advance()
        return self._exchange.execute(envelope, self.clock.now_ms())

    def credit_deposit(
        self, *, address: str, amount_usdc: Decimal, transaction_hash: str, log_index: int
    ) -> bool:
        """Credit a bridge transfer once; under 5 USDC it is lost and the answer is False."""
        return self._treasury.credit_deposit(
            address=address,
            amount=amount_usdc,
            transaction_hash=transaction_hash,
            log_index=log_index,
            at_ms=self.clock.now_ms(),
        )

    def pending_withdrawals(self) -> list[Withdrawal]:
        """Withdrawals the bridge has not paid, oldest first; each is due at its `due_ms`."""
        return [w for w in self.books.withdrawals.values() if w.transaction_hash is None]

    def withdrawal_paid(self, user: str, nonce: int, transaction_hash: str) -> None:
        """Note that the bridge has paid; raises KeyError for a withdrawal never asked for."""
        withdrawal = self.books.withdrawals[f"{user.lower()}:{nonce}"]
        withdrawal.transaction_hash = transaction_hash
        self.books.save_withdrawal(withdrawal)

    def deleverage(self, address: str, coin: str, size: Decimal) -> Decimal:
        """Close up to `size` coins of an account's position at the mark, as auto-deleveraging does.

        Returns what was closed. The world decides when: its bankrupt traders are not simulated.
        """
        account = self.books.accounts[address.lower()]
        return self._liquidator.deleverage(account, coin, size, self.clock.now_ms())

    def trade_by_hand(
        self, address: str, coin: str, *, is_buy: bool, size: Decimal
    ) -> Mapping[str, object]:
        """An order at any price without a key, as an account's owner gives it on the website."""
        self.advance()
        now_ms = self.clock.now_ms()
        mark = self.quotes.mark(coin, now_ms)
        limit = floored(mark * _EAGER if is_buy else mark / _EAGER, Decimal(1))
        request = OrderRequest(
            asset_index=ASSETS[coin].index,
            is_buy=is_buy,
            limit=limit,
            size=size,
            reduce_only=False,
            tif="Ioc",
            cloid=None,
        )
        account = self.books.accounts[address.lower()]
        hash_ = self.books.hash_of("by hand", self.books.next_number())
        return self._desk.place(account, request, at_ms=now_ms, action_hash=hash_)

    def commit(self) -> None:
        """Make everything done so far durable."""
        self.books.commit()

    def _moments(self, now_ms: int) -> Iterator[tuple[int, int | None]]:
        progress = self.books.progress
        last_ms, hour_ms = progress.marked_ms, progress.settled_hour_ms + HOUR_MS
        while True:
            if not self.books.anyone_exposed():
                self._skip_hours(now_ms)
                return
            due_ms = self.calendar.time_of(hour_ms)
            step_ms = last_ms - last_ms % self._mark_step_ms + self._mark_step_ms
            if due_ms <= min(step_ms, now_ms):
                last_ms = max(last_ms, due_ms)
                yield due_ms, hour_ms
                hour_ms += HOUR_MS
            elif step_ms < now_ms:
                last_ms = step_ms
                yield step_ms, None
            else:
                yield now_ms, None
                return

    def _skip_hours(self, now_ms: int) -> None:
        latest = hour_of(now_ms)
        if self.calendar.time_of(latest) > now_ms:
            latest -= HOUR_MS
        progress = self.books.progress
        if latest > progress.settled_hour_ms:
            progress.settled_hour_ms = latest
            self.books.save_progress()

    def _mark(self, at_ms: int) -> None:
        for account in self.books.accounts.values():
            if account.cancel_at_ms is not None and account.cancel_at_ms <= at_ms:
                self._desk.cancel_all(account, at_ms=at_ms, status="scheduledCancel")
                account.cancel_at_ms = None
                self.books.save_account(account)
        self._desk.match_resting(at_ms)
        self._liquidator.review(at_ms)
