"""What happens to accounts whose value has fallen below maintenance.

Source: the venue's liquidation page. First market orders to the book, a fifth of positions above
100 000 USD and the rest after 30 seconds; below two thirds of maintenance the liquidator takes
position and margin together. Both are judged on the mark. Auto-deleveraging closes a position at
the mark against the outside market, when the world says that its other side is bankrupt.
"""

from collections.abc import Sequence
from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.margin import (
    BACKSTOP_FRACTION,
    cross_maintenance,
    cross_positions,
    cross_summary,
    isolated_positions,
    maintenance,
)
from asgard_paper.hyperliquid.clearing.records import (
    Account,
    LedgerEntry,
    Liquidation,
    Order,
    Position,
)
from asgard_paper.hyperliquid.clearing.settlement import Settlement
from asgard_paper.hyperliquid.market.quotes import Quotes
from asgard_paper.hyperliquid.market.universe import ASSETS
from asgard_paper.hyperliquid.numbers import ZERO, ceiled, usd, wire
from asgard_paper.hyperliquid.trading.liquidity import Liquidity
from asgard_paper.hyperliquid.trading.orders import OrderDesk

PARTIAL_ABOVE = Decimal(100_000)
PARTIAL_SHARE = Decimal("0.2")
COOLDOWN_MS = 30_000


class Liquidator:
    """Closes what can no longer be carried."""

    def __init__(
        self,
        *,
        books: Books,
        quotes: Quotes,
        liquidity: Liquidity,
        settlement: Settlement,
        desk: OrderDesk,
    ) -> None:
        self._books = books
        self._quotes = quotes
        self._liquidity = liquidity
        self._settlement = settlement
        self._desk = desk

    def review(self, at_ms: int) -> None:
        """Liquidate every account and isolated position below maintenance at this moment."""
        for account in self._books.accounts.values():
            for position in isolated_positions(account):
                mark = self._quotes.mark(position.coin, at_ms)
                equity, needed = position.equity(mark), maintenance(position, mark)
                if equity < needed:
                    self._liquidate(account, [position], at_ms, value=equity, needed=needed)
            crossed = cross_positions(account)
            if not crossed:
                continue
            value, needed = self._cross(account, at_ms)
            if value < needed:
                self._liquidate(account, crossed, at_ms, value=value, needed=needed)

    def deleverage(self, account: Account, coin: str, size: Decimal, at_ms: int) -> Decimal:
        """Close up to `size` coins of a position at the mark, free of fees; what was closed."""
        position = account.positions.get(coin)
        if position is None:
            return ZERO
        size = min(size, abs(position.size))
        mark = self._quotes.mark(coin, at_ms)
        self._close(account, position, [(mark, size)], at_ms, direction="Auto-Deleveraging")
        return size

    def _cross(self, account: Account, at_ms: int) -> tuple[Decimal, Decimal]:
        def mark(coin: str) -> Decimal:
            return self._quotes.mark(coin, at_ms)

        return cross_summary(account, mark).account_value, cross_maintenance(account, mark)

    def _liquidate(
        self,
        account: Account,
        positions: Sequence[Position],
        at_ms: int,
        *,
        value: Decimal,
        needed: Decimal,
    ) -> None:
        is_cross = positions[0].is_cross
        held = [(position.coin, position.size) for position in positions]
        notional = sum((p.notional(self._quotes.mark(p.coin, at_ms)) for p in positions), ZERO)
        if value < needed * BACKSTOP_FRACTION:
            self._take_over(account, positions, at_ms)
            closed = True
        else:
            closed = self._sell_off(account, positions, at_ms)
        if closed:
            self._record(account, held, at_ms, notional=notional, value=value, is_cross=is_cross)

    def _sell_off(self, account: Account, positions: Sequence[Position], at_ms: int) -> bool:
        is_cross = positions[0].is_cross
        closed = False
        for position in sorted(positions, key=lambda p: -p.entry_notional):
            size = self._size_to_close(account, position, at_ms)
            if size == 0:
                continue
            parts = self._liquidity.take(
                position.coin, is_buy=position.size < 0, size=size, limit=None, at_ms=at_ms
            )
            if not parts:
                continue
            if is_cross:
                self._desk.cancel_all(account, at_ms=at_ms, status="liquidatedCanceled")
            before = account.cash
            self._close(account, position, parts, at_ms, method="market")
            closed = True
            self._absorb_debt(account, position, before)
            if is_cross and account.positions:
                value, needed = self._cross(account, at_ms)
                if value >= needed:
                    break
        return closed

    def _size_to_close(self, account: Account, position: Position, at_ms: int) -> Decimal:
        mark = self._quotes.mark(position.coin, at_ms)
        last = account.partly_liquidated_ms.get(position.coin)
        if last is not None and at_ms - last < COOLDOWN_MS:
            return ZERO
        if last is None and position.notional(mark) > PARTIAL_ABOVE:
            account.partly_liquidated_ms[position.coin] = at_ms
            step = ASSETS[position.coin].size_step
            return ceiled(abs(position.size) * PARTIAL_SHARE, step)
        return abs(position.size)

    def _take_over(self, account: Account, positions: Sequence[Position], at_ms: int) -> None:
        is_cross = positions[0].is_cross
        if is_cross:
            self._desk.cancel_all(account, at_ms=at_ms, status="liquidatedCanceled")
        before = account.cash
        for position in positions:
            mark = self._quotes.mark(position.coin, at_ms)
            side = "Long" if position.size > 0 else "Short"
            mode = "Cross" if is_cross else "Isolated"
            self._close(
                account,
                position,
                [(mark, abs(position.size))],
                at_ms,
                method="backstop",
                direction=f"Liquidated {mode} {side}",
            )
        kept = ZERO if is_cross else before
        self._books.house.liquidator += account.cash - kept
        account.cash = kept
        self._books.save_account(account)
        self._books.save_house()

    def _absorb_debt(self, account: Account, position: Position, cash_before: Decimal) -> None:
        if position.coin in account.positions:
            return
        account.partly_liquidated_ms.pop(position.coin, None)
        floor = cash_before if not position.is_cross else ZERO
        if account.cash < floor and not cross_positions(account):
            self._books.house.liquidator += account.cash - floor
            account.cash = floor
            self._books.save_house()
        self._books.save_account(account)

    def _close(
        self,
        account: Account,
        position: Position,
        parts: Sequence[tuple[Decimal, Decimal]],
        at_ms: int,
        *,
        method: str | None = None,
        direction: str | None = None,
    ) -> None:
        mark = self._quotes.mark(position.coin, at_ms)
        total = sum((size for _, size in parts), ZERO)
        oid = self._books.next_oid()
        order = Order(
            oid=oid,
            address=account.address,
            coin=position.coin,
            is_buy=position.size < 0,
            limit=parts[-1][0],
            size=total,
            original_size=total,
            tif="Ioc",
            reduce_only=True,
            cloid=None,
            placed_ms=at_ms,
            status="open",
            status_ms=at_ms,
        )
        reason = None
        if method is not None:
            reason = Liquidation(user=account.address, mark=mark, method=method)
        for price, size in parts:
            self._settlement.fill(
                account,
                order,
                size=size,
                price=price,
                mark=mark,
                at_ms=at_ms,
                crossed=True,
                action_hash=self._books.hash_of("liquidation", oid),
                liquidation=reason,
                direction=direction,
            )
        order.status, order.status_ms = "filled", at_ms
        self._books.save_order(order)

    def _record(
        self,
        account: Account,
        held: Sequence[tuple[str, Decimal]],
        at_ms: int,
        *,
        notional: Decimal,
        value: Decimal,
        is_cross: bool,
    ) -> None:
        number = self._books.next_number()
        positions = [{"coin": coin, "szi": wire(size)} for coin, size in held]
        delta: dict[str, object] = {
            "type": "liquidation",
            "liquidatedNtlPos": wire(usd(notional)),
            "accountValue": wire(usd(value)),
            "leverageType": "Cross" if is_cross else "Isolated",
            "liquidatedPositions": positions,
        }
        self._books.add_ledger(
            LedgerEntry(
                number=number,
                address=account.address,
                time_ms=at_ms,
                hash=self._books.hash_of("ledger", number),
                delta=delta,
            )
        )
