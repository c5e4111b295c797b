"""Wire to domain and back: the only place where Hyperliquid's notation is understood."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from asgard_basis.adapters.hyperliquid import wire
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.market.funding import (
    FundingObservation,
    FundingPayment,
    FundingRate,
    hours_settled,
)
from asgard_basis.domain.market.snapshot import PerpMarket
from asgard_basis.domain.money import floor_to
from asgard_basis.domain.position.legs import PerpAccount, PerpFill, PerpPosition
from asgard_basis.ports.venues import DepositCredit, PerpOrder

COIN = "SOL"
UNIFIED_MODES = frozenset({"unifiedAccount", "portfolioMargin"})
"""Modes whose collateral is the spot USDC balance."""

_USDC_STEP = Decimal("0.000001")
_TRANSFER_FLOOR = Decimal("0.1")
_SIGNIFICANT_FIGURES = 5
_PRICE_DECIMALS = 6
_BOOK_LEVELS = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def moment(milliseconds: int) -> datetime:
    """A wire time, exactly."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(at: datetime) -> int:
    """A time for the wire, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def number_text(value: Decimal) -> str:
    """A number as the venue hashes it: no exponent, no trailing zeros, no negative zero."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def tradable_price(price: Decimal, *, is_buy: bool, size_decimals: int) -> Decimal:
    """The nearest allowed price that is not less eager: up for a buy, down for a sell.

    Allowed are five significant figures with at most 6 - size_decimals decimals, and integers.
    Raises Refused VAL-0001 unless it is above zero.
    """
    rounding = ROUND_CEILING if is_buy else ROUND_FLOOR
    exponent = max(price.adjusted() - _SIGNIFICANT_FIGURES + 1, size_decimals - _PRICE_DECIMALS)
    rounded = price.quantize(Decimal(1).scaleb(min(exponent, 0)), rounding=rounding)
    if rounded <= 0:
        raise Refused(ErrorCode.INVALID_INPUT, f"price must be above 0, was {price}")
    return rounded


def tradable_size(size: Decimal, *, size_decimals: int) -> Decimal:
    """Whole lots, never more than asked; raises Refused VAL-0005 when that is nothing."""
    lots = floor_to(size, Decimal(1).scaleb(-size_decimals))
    if lots <= 0:
        raise Refused(ErrorCode.SIZE_TOO_SMALL, f"{size} SOL is less than one lot")
    return lots


def order_action(order: PerpOrder, *, asset: int, size_decimals: int) -> dict[str, object]:
    """One immediate-or-cancel order, with its keys in signing order."""
    price = tradable_price(order.limit_price, is_buy=order.is_buy, size_decimals=size_decimals)
    size = tradable_size(order.size, size_decimals=size_decimals)
    return {
        "type": "order",
        "orders": [
            {
                "a": asset,
                "b": order.is_buy,
                "p": number_text(price),
                "s": number_text(size),
                "r": order.reduce_only,
                "t": {"limit": {"tif": "Ioc"}},
                "c": order.client_order_id,
            }
        ],
        "grouping": "na",
    }


def asset_id(meta: wire.Meta) -> tuple[int, wire.Coin]:
    """SOL's index and entry; it differs between networks, so it is looked up by name."""
    for index, coin in enumerate(meta.universe):
        if coin.name == COIN:
            return index, coin
    raise Refused(ErrorCode.HYPERLIQUID_API, "Hyperliquid does not list SOL")


def perp_market(
    coin: wire.Coin, context: wire.AssetContext, *, observed_at: datetime
) -> PerpMarket:
    """The market; funding on the wire is hourly and positive when longs pay."""
    return PerpMarket(
        mark_price=context.mark_px,
        oracle_price=context.oracle_px,
        mid_price=context.mid_px,
        premium=context.premium,
        funding_now=FundingRate(context.funding),
        open_interest_sol=context.open_interest,
        max_leverage=coin.max_leverage,
        size_decimals=coin.sz_decimals,
        observed_at=observed_at,
    )


def funding_observations(rows: Iterable[wire.FundingRow]) -> list[FundingObservation]:
    """Settled hours, oldest first and once each; a late settlement belongs to its full hour.

    Before June 2023 one settlement was for eight hours: its rate is divided among them.
    """
    by_hour: dict[datetime, FundingObservation] = {}
    for row in sorted(rows, key=lambda row: row.time):
        hour = moment(row.time).replace(minute=0, second=0, microsecond=0)
        rate = FundingRate(row.funding_rate / hours_settled(hour))
        observation = FundingObservation(hour, rate, row.premium)
        by_hour.setdefault(hour, observation)
    return list(by_hour.values())


def funding_payments(rows: Iterable[wire.UserFundingRow]) -> list[FundingPayment]:
    """The account's SOL payments as booked; positive is received."""
    return [
        FundingPayment(
            settled_at=moment(row.time),
            amount_usdc=row.delta.usdc,
            signed_size=row.delta.szi,
            rate=FundingRate(row.delta.funding_rate),
        )
        for row in rows
        if row.delta.coin == COIN
    ]


def perp_fills(rows: Iterable[wire.Fill]) -> list[PerpFill]:
    """The account's SOL executions."""
    return [
        PerpFill(
            trade_id=row.tid,
            order_id=row.oid,
            client_order_id=row.cloid,
            price=row.px,
            size=row.sz,
            is_buy=row.side == "B",
            fee_usdc=row.fee,
            closed_result_usd=row.closed_pnl,
            time=moment(row.time),
        )
        for row in rows
        if row.coin == COIN
    ]


def deposit_credits(rows: Iterable[wire.LedgerRow]) -> list[DepositCredit]:
    """Deposits only; the ledger's float noise is rounded away at the sixth decimal."""
    return [
        DepositCredit(moment(row.time), row.delta.usdc.quantize(_USDC_STEP), row.hash)
        for row in rows
        if row.delta.type == "deposit" and row.delta.usdc is not None
    ]


def perp_position(positions: Sequence[wire.AssetPosition]) -> PerpPosition | None:
    """The SOL position, or None; closed ones may linger with size zero."""
    for entry in positions:
        position = entry.position
        if position.coin != COIN or position.szi == 0:
            continue
        return PerpPosition(
            signed_size=position.szi,
            entry_price=position.entry_px or Decimal(0),
            mark_value_usd=position.position_value,
            margin_usdc=position.margin_used,
            isolated_raw_usd=position.leverage.raw_usd,
            unrealised_usd=position.unrealized_pnl,
            liquidation_price=position.liquidation_px,
            leverage=position.leverage.value,
            is_isolated=position.leverage.type == "isolated",
        )
    return None


def perp_account(
    state: wire.ClearinghouseState,
    spot: wire.SpotState,
    *,
    abstraction: str,
    exists: bool,
    observed_at: datetime,
) -> PerpAccount:
    """One account in either mode: perp and spot apart, or all collateral in spot USDC."""
    usdc = next((b for b in spot.balances if b.coin == "USDC"), None)
    spot_usdc = usdc.total if usdc else Decimal(0)
    summary = state.margin_summary
    # Whatever leaves, the larger of the initial margin and a tenth of the notional must stay.
    must_stay = max(summary.total_margin_used, _TRANSFER_FLOOR * summary.total_ntl_pos)
    if abstraction in UNIFIED_MODES:
        value = spot_usdc
        free = min(spot_usdc - (usdc.hold if usdc else 0), value - must_stay)
    else:
        value = summary.account_value
        free = min(state.withdrawable, value - must_stay)
    return PerpAccount(
        account_value_usd=value,
        withdrawable_usdc=max(free, Decimal(0)),
        position=perp_position(state.asset_positions),
        spot_usdc=spot_usdc,
        abstraction=abstraction,
        observed_at=observed_at,
        exists=exists,
    )


@dataclass(frozen=True, slots=True)
class Depth:
    """What a book shows inside a limit."""

    size: Decimal
    reaches: bool
    """Whether the levels shown go beyond the limit, or are all there are."""


def depth(book: wire.Book, *, is_buy: bool, limit_price: Decimal) -> Depth:
    """The size of the levels that an order with this limit would reach.

    Steps are named by their far end (bids rounded down, asks up), so none is counted whose
    prices lie partly beyond the limit.
    """
    bids, asks = book.levels
    levels = asks if is_buy else bids
    side = 1 if is_buy else -1
    inside = [each for each in levels if side * each.px <= side * limit_price]
    return Depth(
        size=sum((each.sz for each in inside), Decimal(0)),
        reaches=len(inside) < len(levels) or len(levels) < _BOOK_LEVELS,
    )
