"""What one trade does to an account: cash, size, entry, isolated margin."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.hyperliquid.clearing.margin import leverage_of, opening_part
from asgard_paper.hyperliquid.clearing.records import Account, CumulativeFunding, Position
from asgard_paper.hyperliquid.numbers import ZERO, usd


@dataclass(frozen=True, slots=True)
class Effect:
    """How a trade is told in the fill row."""

    start_position: Decimal
    direction: str
    closed_pnl: Decimal


def apply_trade(
    account: Account, coin: str, *, change: Decimal, price: Decimal, mark: Decimal
) -> Effect:
    """Trade `change` coins (signed) at `price`; a trade through zero closes, then opens."""
    position = account.positions.get(coin)
    start = position.size if position else ZERO
    opening = opening_part(start, change).copy_sign(change)
    closing = change - opening
    closed_pnl = ZERO
    if closing != 0 and position is not None:
        closed_pnl = _close(account, position, closing, price=price, mark=mark)
    if opening != 0:
        _open(account, coin, opening, price=price, mark=mark)
    return Effect(start, _direction(start, closing, opening), closed_pnl)


def _close(
    account: Account, position: Position, change: Decimal, *, price: Decimal, mark: Decimal
) -> Decimal:
    left = position.size + change
    entry_left = usd(position.entry_notional * left / position.size)
    entry_closed = position.entry_notional - entry_left
    proceeds = -change * price
    pnl = proceeds - entry_closed if position.size > 0 else proceeds + entry_closed
    if position.is_cross:
        account.cash += proceeds
    else:
        # The closed share of the margin goes home with the profit of this very trade.
        kept = usd(position.equity(mark) * left / position.size)
        released = position.raw_usd + proceeds + left * mark - kept
        position.raw_usd += proceeds - released
        account.cash += released
    position.size = left
    position.entry_notional = entry_left
    position.funding.since_change = ZERO
    if left == 0:
        del account.positions[position.coin]
    return pnl


def _open(account: Account, coin: str, change: Decimal, *, price: Decimal, mark: Decimal) -> None:
    position = account.positions.get(coin)
    if position is None:
        chosen = leverage_of(account, coin)
        position = Position(
            coin=coin,
            size=ZERO,
            entry_notional=ZERO,
            is_cross=chosen.is_cross,
            leverage=chosen.value,
            funding=CumulativeFunding(),
        )
        account.positions[coin] = position
    position.size += change
    position.entry_notional += abs(change) * price
    position.funding.since_change = ZERO
    if position.is_cross:
        account.cash -= change * price
    else:
        margin = usd(abs(change) * mark / position.leverage)
        account.cash -= margin
        position.raw_usd += margin - change * price


def _direction(start: Decimal, closing: Decimal, opening: Decimal) -> str:
    if closing and opening:
        return "Long > Short" if start > 0 else "Short > Long"
    if closing:
        return "Close Long" if start > 0 else "Close Short"
    return "Open Long" if opening > 0 else "Open Short"
