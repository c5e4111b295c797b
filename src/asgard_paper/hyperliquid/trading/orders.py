"""The order desk: what is accepted, what it trades with, what rests and when that fills.

The texts are the venue's (its error page and recorded answers); each per-order text ends with the
asset id as it does on the wire.
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.margin import (
    MarkOf,
    cross_summary,
    held_by_orders,
    leverage_of,
    opening_part,
    withdrawable,
)
from asgard_paper.hyperliquid.clearing.records import Account, Order
from asgard_paper.hyperliquid.clearing.settlement import TAKER_FEE, Settlement
from asgard_paper.hyperliquid.market.quotes import Quotes
from asgard_paper.hyperliquid.market.universe import UNIVERSE, Asset
from asgard_paper.hyperliquid.numbers import (
    PRICE_DECIMALS,
    ZERO,
    bare,
    is_on_tick,
    wire,
)
from asgard_paper.hyperliquid.refusal import Rejected
from asgard_paper.hyperliquid.trading.liquidity import Liquidity

MINIMUM_NOTIONAL = Decimal(10)
REFERENCE_DISTANCE = Decimal("0.8")
IMMEDIATE = ("Ioc", "FrontendMarket")
NOT_OPEN = "Order was never placed, already canceled, or filled."

Status = dict[str, dict[str, object]] | dict[str, str]


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order as it was asked for."""

    asset_index: int
    is_buy: bool
    limit: Decimal
    size: Decimal
    reduce_only: bool
    tif: str
    cloid: str | None


class OrderDesk:
    """Places, fills and cancels the orders of all accounts."""

    def __init__(
        self, books: Books, quotes: Quotes, liquidity: Liquidity, settlement: Settlement
    ) -> None:
        self._books = books
        self._quotes = quotes
        self._liquidity = liquidity
        self._settlement = settlement

    def place(
        self, account: Account, request: OrderRequest, *, at_ms: int, action_hash: str
    ) -> Status:
        """Place one order; the answer is its element of `statuses`."""
        if not 0 <= request.asset_index < len(UNIVERSE):
            return {"error": f"Invalid asset. asset={request.asset_index}"}
        asset = UNIVERSE[request.asset_index]
        order = self._order(account, asset, request, at_ms)
        try:
            self._check(account, asset, order, at_ms)
            return self._execute(account, asset, order, at_ms, action_hash)
        except Rejected as rejection:
            if rejection.status is not None:
                self._finish(order, rejection.status, at_ms)
            return {"error": f"{rejection} asset={asset.index}"}

    def cancel(self, order: Order | None, *, at_ms: int, status: str = "canceled") -> bool:
        """Cancel an open order; False if it is not open."""
        if order is None or order.status != "open":
            return False
        self._finish(order, status, at_ms)
        return True

    def cancel_all(self, account: Account, *, at_ms: int, status: str) -> None:
        """Cancel every open order of an account."""
        for order in list(self._books.open_orders[account.address].values()):
            self._finish(order, status, at_ms)

    def match_resting(self, at_ms: int) -> None:
        """Fill, as maker and at their limits, the orders the mid has reached."""
        for address, orders in list(self._books.open_orders.items()):
            account = self._books.accounts[address]
            for order in list(orders.values()):
                mid = self._quotes.at(order.coin, at_ms).mid
                reached = mid <= order.limit if order.is_buy else mid >= order.limit
                # What is left of an order that just took the touch waits for the next moment.
                if reached and at_ms > order.placed_ms:
                    self._fill_resting(account, order, at_ms)

    def _fill_resting(self, account: Account, order: Order, at_ms: int) -> None:
        position = account.positions.get(order.coin)
        size = position.size if position else ZERO
        if order.reduce_only:
            if size == 0 or (size > 0) == order.is_buy:
                self._finish(order, "reduceOnlyCanceled", at_ms)
                return
            order.size = min(order.size, abs(size))
        elif not self._affords(account, order, at_ms):
            self._finish(order, "marginCanceled", at_ms)
            return
        self._settlement.fill(
            account,
            order,
            size=order.size,
            price=order.limit,
            mark=self._quotes.mark(order.coin, at_ms),
            at_ms=at_ms,
            crossed=False,
            action_hash=self._books.hash_of("match", order.oid),
        )
        self._finish(order, "filled", at_ms)

    def _order(self, account: Account, asset: Asset, request: OrderRequest, at_ms: int) -> Order:
        return Order(
            oid=self._books.next_oid(),
            address=account.address,
            coin=asset.name,
            is_buy=request.is_buy,
            limit=request.limit,
            size=request.size,
            original_size=request.size,
            tif=request.tif,
            reduce_only=request.reduce_only,
            cloid=request.cloid,
            placed_ms=at_ms,
            status="open",
            status_ms=at_ms,
        )

    def _check(self, account: Account, asset: Asset, order: Order, at_ms: int) -> None:
        if asset.is_delisted:
            raise Rejected("Trading is halted.")
        if order.size == 0:
            raise Rejected("Order has zero size.")
        if order.size < 0 or order.size % asset.size_step != 0:
            raise Rejected("Order has invalid size.")
        if order.limit <= 0:
            raise Rejected("Order has invalid price.")
        if not is_on_tick(order.limit, asset.size_decimals):
            raise Rejected("Price must be divisible by tick size.", "tickRejected")
        if order.cloid is not None:
            earlier = self._books.order_by_cloid(account.address, order.cloid)
            if earlier is not None and earlier.status == "open":
                raise Rejected("Duplicate cloid.")
        oracle = self._quotes.at(asset.name, at_ms).oracle
        if abs(order.limit - oracle) > oracle * REFERENCE_DISTANCE:
            raise Rejected(
                "Order price cannot be more than 80% away from the reference price",
                "oracleRejected",
            )
        position = account.positions.get(asset.name)
        size = position.size if position else ZERO
        if order.reduce_only:
            if size == 0 or (size > 0) == order.is_buy:
                raise Rejected("Reduce only order would increase position.", "reduceOnlyRejected")
            order.size = min(order.size, abs(size))
        closes_all = order.reduce_only and order.size == abs(size)
        if order.size * order.limit < MINIMUM_NOTIONAL and not closes_all:
            raise Rejected("Order must have minimum value of $10.", "minTradeNtlRejected")
        if not order.reduce_only and not self._affords(account, order, at_ms):
            raise Rejected("Insufficient margin to place order.", "perpMarginRejected")

    def _affords(self, account: Account, order: Order, at_ms: int) -> bool:
        def mark(coin: str) -> Decimal:
            return self._quotes.mark(coin, at_ms)

        position = account.positions.get(order.coin)
        opening = opening_part(position.size if position else ZERO, order.signed_size)
        if opening == 0:
            return True
        resting = self._books.open_orders[account.address].values()
        others = [other for other in resting if other.oid != order.oid]
        leverage = leverage_of(account, order.coin)
        fee = opening * mark(order.coin) * TAKER_FEE
        margin = opening * mark(order.coin) / leverage.value
        if position is not None and position.is_cross and opening < order.size:
            # A flip frees the margin of what it closes.
            margin -= position.notional(mark(order.coin)) / position.leverage
        if leverage.is_cross:
            return self._cross_room(account, others, mark) >= margin + fee
        return withdrawable(account, others, mark) >= margin + fee

    def _cross_room(self, account: Account, others: list[Order], mark: MarkOf) -> Decimal:
        cross = cross_summary(account, mark)
        held = held_by_orders(account, others)
        return cross.account_value - cross.total_margin_used - held

    def _execute(
        self, account: Account, asset: Asset, order: Order, at_ms: int, action_hash: str
    ) -> Status:
        if order.tif == "Alo":
            self._refuse_crossing(asset, order, at_ms)
            return self._rest(order, at_ms)
        size = order.size
        parts = self._liquidity.take(
            asset.name, is_buy=order.is_buy, size=size, limit=order.limit, at_ms=at_ms
        )
        if not parts and order.tif in IMMEDIATE:
            raise Rejected(
                "Order could not immediately match against any resting orders.",
                "iocCancelRejected",
            )
        mark = self._quotes.mark(asset.name, at_ms)
        for price, part in parts:
            self._settlement.fill(
                account,
                order,
                size=part,
                price=price,
                mark=mark,
                at_ms=at_ms,
                crossed=True,
                action_hash=action_hash,
            )
        if order.size > 0 and order.tif not in IMMEDIATE:
            return self._rest(order, at_ms)
        self._finish(order, "filled" if order.size == 0 else "canceled", at_ms)
        return self._filled(asset, order, parts)

    def _refuse_crossing(self, asset: Asset, order: Order, at_ms: int) -> None:
        depth = self._liquidity.depth(asset.name, at_ms)
        if not depth.bids or not depth.asks:
            return
        bid, ask = depth.bids[0].price, depth.asks[0].price
        if (order.limit >= ask) if order.is_buy else (order.limit <= bid):
            raise Rejected(
                f"Post only order would have immediately matched, bbo was {bare(bid)}@{bare(ask)}.",
                "badAloPxRejected",
            )

    def _rest(self, order: Order, at_ms: int) -> Status:
        order.status_ms = at_ms
        self._books.save_order(order)
        if order.reduce_only:
            self._trim_reduce_only(order, at_ms)
        resting: dict[str, object] = {"oid": order.oid}
        if order.cloid is not None:
            resting["cloid"] = order.cloid
        return {"resting": resting}

    def _trim_reduce_only(self, newest: Order, at_ms: int) -> None:
        position = self._books.accounts[newest.address].positions[newest.coin]
        room = abs(position.size) - newest.size
        mine = self._books.open_orders[newest.address].values()
        older = [o for o in mine if o.reduce_only and o.coin == newest.coin and o is not newest]
        for order in sorted(older, key=lambda o: -o.oid):
            room -= order.size
            if room < 0:
                self._finish(order, "reduceOnlyCanceled", at_ms)

    def _filled(self, asset: Asset, order: Order, parts: list[tuple[Decimal, Decimal]]) -> Status:
        total = sum((part for _, part in parts), ZERO)
        average = sum((price * part for price, part in parts), ZERO) / total
        step = Decimal(1).scaleb(asset.size_decimals - PRICE_DECIMALS)
        filled: dict[str, object] = {
            "totalSz": wire(total),
            "avgPx": wire(average.quantize(step)),
            "oid": order.oid,
        }
        if order.cloid is not None:
            filled["cloid"] = order.cloid
        return {"filled": filled}

    def _finish(self, order: Order, status: str, at_ms: int) -> None:
        order.status = status
        order.status_ms = at_ms
        self._books.save_order(order)
