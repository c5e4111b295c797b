"""Money that changes hands: trades with the outside market, and funding at every hour."""

from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.positions import Effect, apply_trade
from asgard_paper.hyperliquid.clearing.records import (
    Account,
    Fill,
    FundingPayment,
    Liquidation,
    Order,
)
from asgard_paper.hyperliquid.market.funding import FundingCalendar, SettledHour
from asgard_paper.hyperliquid.market.universe import ASSETS
from asgard_paper.hyperliquid.numbers import ZERO, usd

TAKER_FEE = Decimal("0.00045")
MAKER_FEE = Decimal("0.00015")


class Settlement:
    """Books every fill and every funding payment, and where the other side of it went."""

    def __init__(self, books: Books, calendar: FundingCalendar) -> None:
        self._books = books
        self._calendar = calendar

    def fill(
        self,
        account: Account,
        order: Order,
        *,
        size: Decimal,
        price: Decimal,
        mark: Decimal,
        at_ms: int,
        crossed: bool,
        action_hash: str,
        liquidation: Liquidation | None = None,
        direction: str | None = None,
    ) -> Fill:
        """Fill part of an order; the fee always comes from the cross balance.

        A trade with a `direction` of its own is one that no book saw, and costs no fee.
        """
        change = size if order.is_buy else -size
        effect = apply_trade(account, order.coin, change=change, price=price, mark=mark)
        rate = TAKER_FEE if crossed else MAKER_FEE
        fee = ZERO if direction else usd(size * price * rate)
        account.cash -= fee
        account.volume += size * price
        order.size -= size
        house = self._books.house
        house.trade_cash += change * price
        house.fees += fee
        number = self._books.next_number()
        fill = self._row(order, effect, number, size=size, price=price, at_ms=at_ms)
        fill.fee, fill.crossed, fill.hash = fee, crossed, action_hash
        fill.liquidation = liquidation
        fill.direction = direction or fill.direction
        self._books.add_fill(fill)
        self._books.save_house()
        self._books.save_account(account)
        return fill

    def _row(
        self,
        order: Order,
        effect: Effect,
        number: int,
        *,
        size: Decimal,
        price: Decimal,
        at_ms: int,
    ) -> Fill:
        return Fill(
            number=number,
            address=order.address,
            coin=order.coin,
            price=price,
            size=size,
            is_buy=order.is_buy,
            time_ms=at_ms,
            start_position=effect.start_position,
            direction=effect.direction,
            closed_pnl=effect.closed_pnl,
            hash="",
            oid=order.oid,
            crossed=True,
            fee=ZERO,
            tid=self._books.trade_id(number),
            cloid=order.cloid,
        )

    def pay_funding(self, hour_ms: int) -> None:
        """Pay every open position's funding of one hour: −size × oracle price × rate."""
        hours: dict[str, SettledHour] = {}
        for account in self._books.accounts.values():
            for coin in account.positions:
                if coin not in hours:
                    hours[coin] = self._calendar.hour(ASSETS[coin], hour_ms)
                self._pay(account, hours[coin])
            if account.positions:
                self._books.save_account(account)
        if hours:
            self._books.save_house()

    def _pay(self, account: Account, hour: SettledHour) -> None:
        position = account.positions[hour.coin]
        amount = usd(-position.size * hour.price * hour.rate)
        if position.is_cross:
            account.cash += amount
        else:
            position.raw_usd += amount
        position.funding.since_open -= amount
        position.funding.since_change -= amount
        total = account.funding_all_time.get(hour.coin, ZERO)
        account.funding_all_time[hour.coin] = total - amount
        self._books.house.funding += amount
        self._books.add_payment(
            FundingPayment(
                number=self._books.next_number(),
                address=account.address,
                coin=hour.coin,
                time_ms=hour.time_ms,
                usdc=amount,
                size=position.size,
                rate=hour.rate,
            )
        )
