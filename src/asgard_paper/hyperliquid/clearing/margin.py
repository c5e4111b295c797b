"""The margin algebra: account values, maintenance, liquidation prices, free money.

Every formula reproduces recorded account states (see the tests): an account's value is its cash
plus signed size times mark; cash contains the proceeds of short sales.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.hyperliquid.clearing.records import Account, Leverage, Order, Position
from asgard_paper.hyperliquid.market.universe import ASSETS, MarginTable
from asgard_paper.hyperliquid.numbers import ZERO, ratio

MarkOf = Callable[[str], Decimal]
TRANSFER_FLOOR = Decimal("0.1")
"""Money leaves margin only while a tenth of the notional stays."""
BACKSTOP_FRACTION = Decimal(2) / Decimal(3)


@dataclass(frozen=True, slots=True)
class Summary:
    """Sums over positions, USD."""

    account_value: Decimal
    total_notional: Decimal
    total_raw_usd: Decimal
    total_margin_used: Decimal


def leverage_of(account: Account, coin: str) -> Leverage:
    """What the account has chosen for a coin; 20x cross, or the coin's most, until it chooses."""
    chosen = account.leverages.get(coin)
    return chosen or Leverage(value=min(20, ASSETS[coin].max_leverage))


def margin_used(position: Position, mark: Decimal) -> Decimal:
    """Cross: notional over leverage. Isolated: the position's own equity."""
    if position.is_cross:
        return position.notional(mark) / position.leverage
    return position.equity(mark)


def maintenance(position: Position, mark: Decimal) -> Decimal:
    """Margin below which the position is liquidated."""
    return ASSETS[position.coin].margin_table.maintenance(position.notional(mark))


def cross_positions(account: Account) -> list[Position]:
    """Positions that share the account's cash."""
    return [position for position in account.positions.values() if position.is_cross]


def isolated_positions(account: Account) -> list[Position]:
    """Positions with cash of their own."""
    return [position for position in account.positions.values() if not position.is_cross]


def cross_summary(account: Account, mark: MarkOf) -> Summary:
    """The cross side of the account."""
    value, notional, used = account.cash, ZERO, ZERO
    for position in cross_positions(account):
        at = mark(position.coin)
        value += position.size * at
        notional += position.notional(at)
        used += margin_used(position, at)
    return Summary(value, notional, account.cash, used)


def total_summary(account: Account, mark: MarkOf) -> Summary:
    """Cross side plus every isolated position."""
    cross = cross_summary(account, mark)
    value, notional = cross.account_value, cross.total_notional
    raw, used = cross.total_raw_usd, cross.total_margin_used
    for position in isolated_positions(account):
        at = mark(position.coin)
        value += position.equity(at)
        notional += position.notional(at)
        raw += position.raw_usd
        used += position.equity(at)
    return Summary(value, notional, raw, used)


def cross_maintenance(account: Account, mark: MarkOf) -> Decimal:
    """Maintenance margin of all cross positions."""
    positions = cross_positions(account)
    return sum((maintenance(p, mark(p.coin)) for p in positions), ZERO)


def opening_part(size: Decimal, change: Decimal) -> Decimal:
    """How much of a signed trade opens rather than closes, always positive."""
    if size == 0 or (size > 0) == (change > 0):
        return abs(change)
    return max(abs(change) - abs(size), ZERO)


def held_by_orders(account: Account, orders: Iterable[Order]) -> Decimal:
    """Initial margin that resting orders keep for what they would open."""
    held = ZERO
    for order in orders:
        if order.reduce_only:
            continue
        position = account.positions.get(order.coin)
        size = position.size if position else ZERO
        opening = opening_part(size, order.signed_size)
        held += opening * order.limit / leverage_of(account, order.coin).value
    return held


def withdrawable(account: Account, orders: Iterable[Order], mark: MarkOf) -> Decimal:
    """Cross value above margin used and held; what `clearinghouseState` shows."""
    cross = cross_summary(account, mark)
    held = held_by_orders(account, orders)
    return max(ZERO, cross.account_value - cross.total_margin_used - held)


def transferable(account: Account, orders: Iterable[Order], mark: MarkOf) -> Decimal:
    """What may leave the perpetual balance: initial margin and a tenth of the notional stay."""
    cross = cross_summary(account, mark)
    floor = max(cross.total_margin_used, TRANSFER_FLOOR * cross.total_notional)
    above_floor = max(ZERO, cross.account_value - floor)
    return min(withdrawable(account, orders, mark), above_floor)


def liquidation_price(account: Account, position: Position, mark: MarkOf) -> Decimal | None:
    """The mark at which value meets maintenance, all other marks unchanged; None if never."""
    at = mark(position.coin)
    if position.is_cross:
        rest = cross_summary(account, mark).account_value - position.size * at
        other = cross_maintenance(account, mark) - maintenance(position, at)
    else:
        rest, other = position.raw_usd, ZERO
    table = ASSETS[position.coin].margin_table
    found = solve_liquidation(table, size=position.size, cash=rest - other)
    return None if found is None else ratio(found)


def solve_liquidation(table: MarginTable, *, size: Decimal, cash: Decimal) -> Decimal | None:
    """The price p with cash + size·p = maintenance(|size|·p), by tier; None where p ≤ 0."""
    bounds = [tier.lower_bound for tier in table.tiers[1:]]
    for number, (tier, deduction) in enumerate(zip(table.tiers, table.deductions(), strict=True)):
        slope = tier.maintenance_rate * abs(size) - size
        price = (cash + deduction) / slope
        notional = abs(size) * price
        is_last = number == len(table.tiers) - 1
        if price > 0 and tier.lower_bound <= notional and (is_last or notional < bounds[number]):
            return price
    return None
