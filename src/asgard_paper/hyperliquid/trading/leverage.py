"""Margin mode, leverage and the money inside an isolated position.

Texts: recorded testnet answers and the venue's margin documentation.
"""

from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.margin import (
    TRANSFER_FLOOR,
    MarkOf,
    cross_summary,
    held_by_orders,
    margin_used,
    transferable,
    withdrawable,
)
from asgard_paper.hyperliquid.clearing.records import Account, Leverage, Position
from asgard_paper.hyperliquid.market.universe import Asset
from asgard_paper.hyperliquid.numbers import usd
from asgard_paper.hyperliquid.refusal import Refused


def update_leverage(
    books: Books, account: Account, asset: Asset, *, is_cross: bool, value: int, mark: MarkOf
) -> None:
    """Set mode and leverage; with a position open the mode stays and margin must suffice."""
    if not 1 <= value <= asset.max_leverage:
        raise Refused("Invalid leverage value")
    position = account.positions.get(asset.name)
    if position is not None:
        if position.is_cross != is_cross:
            raise Refused("Cannot switch leverage type with open position.")
        if value < position.leverage:
            _lower(books, account, position, value, mark)
        position.leverage = value
    account.leverages[asset.name] = Leverage(is_cross=is_cross, value=value)
    books.save_account(account)


def _lower(books: Books, account: Account, position: Position, value: int, mark: MarkOf) -> None:
    at = mark(position.coin)
    orders = books.open_orders[account.address].values()
    needed = position.notional(at) / value
    if position.is_cross:
        cross = cross_summary(account, mark)
        used = cross.total_margin_used - margin_used(position, at) + needed
        if cross.account_value < used + held_by_orders(account, orders):
            raise Refused(
                "Cross position does not have sufficient margin available to decrease leverage."
            )
        return
    missing = usd(max(needed - position.equity(at), Decimal(0)))
    if missing > withdrawable(account, orders, mark):
        raise Refused(
            "Isolated position does not have sufficient margin available to decrease leverage."
        )
    account.cash -= missing
    position.raw_usd += missing


def update_isolated_margin(
    books: Books, account: Account, asset: Asset, *, amount: Decimal, mark: MarkOf
) -> None:
    """Move USD into an isolated position, or out of it while its initial margin stays."""
    position = account.positions.get(asset.name)
    if position is None or position.is_cross:
        raise Refused("Position does not use isolated margin.")
    at = mark(asset.name)
    if amount > 0:
        orders = books.open_orders[account.address].values()
        if amount > transferable(account, orders, mark):
            raise Refused("Insufficient margin available to add to isolated position.")
    else:
        notional = position.notional(at)
        floor = max(notional / position.leverage, notional * TRANSFER_FLOOR)
        if position.equity(at) + amount < floor:
            raise Refused("Insufficient margin available to remove from isolated position.")
    account.cash -= amount
    position.raw_usd += amount
    books.save_account(account)
