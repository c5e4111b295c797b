"""Account data as the venue sends it."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal

from asgard_paper.hyperliquid.clearing.margin import (
    MarkOf,
    Summary,
    cross_maintenance,
    cross_summary,
    leverage_of,
    liquidation_price,
    margin_used,
    total_summary,
    withdrawable,
)
from asgard_paper.hyperliquid.clearing.records import (
    Account,
    Fill,
    FundingPayment,
    LedgerEntry,
    Order,
    Position,
)
from asgard_paper.hyperliquid.clearing.settlement import MAKER_FEE, TAKER_FEE
from asgard_paper.hyperliquid.market.universe import ASSETS
from asgard_paper.hyperliquid.numbers import PRICE_DECIMALS, ZERO, ratio, usd, wire

Json = dict[str, object]
NO_HASH = "0x" + "0" * 64


def clearinghouse_state(
    account: Account, orders: Iterable[Order], mark: MarkOf, at_ms: int
) -> Json:
    """The `clearinghouseState` answer."""
    positions = sorted(account.positions.values(), key=lambda p: ASSETS[p.coin].index)
    return {
        "marginSummary": _summary(total_summary(account, mark)),
        "crossMarginSummary": _summary(cross_summary(account, mark)),
        "crossMaintenanceMarginUsed": wire(usd(cross_maintenance(account, mark))),
        "withdrawable": wire(usd(withdrawable(account, orders, mark))),
        "assetPositions": [
            {"type": "oneWay", "position": _position(account, position, mark)}
            for position in positions
        ],
        "time": at_ms,
    }


def _summary(summary: Summary) -> Json:
    return {
        "accountValue": wire(usd(summary.account_value)),
        "totalNtlPos": wire(usd(summary.total_notional)),
        "totalRawUsd": wire(usd(summary.total_raw_usd)),
        "totalMarginUsed": wire(usd(summary.total_margin_used)),
    }


def _position(account: Account, position: Position, mark: MarkOf) -> Json:
    asset = ASSETS[position.coin]
    at = mark(position.coin)
    unrealized = position.unrealized(at)
    liquidation = liquidation_price(account, position, mark)
    step = Decimal(1).scaleb(asset.size_decimals - PRICE_DECIMALS)
    initial = position.entry_notional / position.leverage
    return {
        "coin": position.coin,
        "szi": wire(position.size),
        "leverage": leverage(position.is_cross, position.leverage, position.raw_usd),
        "entryPx": wire(position.entry_price.quantize(step)),
        "positionValue": wire(usd(position.notional(at))),
        "unrealizedPnl": wire(usd(unrealized)),
        "returnOnEquity": wire(ratio(unrealized / initial)),
        "liquidationPx": None if liquidation is None else wire(liquidation),
        "marginUsed": wire(usd(margin_used(position, at))),
        "maxLeverage": asset.max_leverage,
        "cumFunding": {
            "allTime": wire(account.funding_all_time.get(position.coin, ZERO)),
            "sinceOpen": wire(position.funding.since_open),
            "sinceChange": wire(position.funding.since_change),
        },
    }


def leverage(is_cross: bool, value: int, raw_usd: Decimal | None = None) -> Json:
    """Margin mode and leverage; an isolated position shows its cash."""
    if is_cross:
        return {"type": "cross", "value": value}
    shown: Json = {"type": "isolated", "value": value}
    if raw_usd is not None:
        shown["rawUsd"] = wire(raw_usd)
    return shown


def active_asset_data(account: Account, orders: Iterable[Order], coin: str, mark: MarkOf) -> Json:
    """The `activeAssetData` answer: configured leverage and what could still be traded."""
    asset, at = ASSETS[coin], mark(coin)
    chosen = leverage_of(account, coin)
    position = account.positions.get(coin)
    size = position.size if position else ZERO
    free = withdrawable(account, orders, mark)
    # Against a position one can trade its whole size and, with its margin, as much again.
    back = 2 * margin_used(position, at) if position and position.is_cross else ZERO
    to_buy = free + (back if size < 0 else ZERO)
    to_sell = free + (back if size > 0 else ZERO)
    sizes = [
        (money * chosen.value / at).quantize(asset.size_step, ROUND_DOWN)
        for money in (to_buy, to_sell)
    ]
    raw = position.raw_usd if position and not position.is_cross else None
    return {
        "user": account.address,
        "coin": coin,
        "leverage": leverage(chosen.is_cross, chosen.value, raw),
        "maxTradeSzs": [wire(value) for value in sizes],
        "availableToTrade": [wire(usd(value)) for value in (to_buy, to_sell)],
        "markPx": wire(at),
    }


def spot_state(account: Account) -> Json:
    """The `spotClearinghouseState` answer."""
    if account.spot_usdc == 0:
        return {"balances": []}
    balance = {
        "coin": "USDC",
        "token": 0,
        "total": wire(account.spot_usdc),
        "hold": "0.0",
        "entryNtl": "0.0",
    }
    return {"balances": [balance]}


def open_order(order: Order) -> Json:
    """One row of `openOrders`."""
    row: Json = {
        "coin": order.coin,
        "side": "B" if order.is_buy else "A",
        "limitPx": wire(order.limit),
        "sz": wire(order.size),
        "oid": order.oid,
        "timestamp": order.placed_ms,
        "origSz": wire(order.original_size),
    }
    if order.cloid is not None:
        row["cloid"] = order.cloid
    if order.reduce_only:
        row["reduceOnly"] = True
    return row


def frontend_order(order: Order) -> Json:
    """One row of `frontendOpenOrders`, and the inner order of `orderStatus`."""
    return {
        "coin": order.coin,
        "side": "B" if order.is_buy else "A",
        "limitPx": wire(order.limit),
        "sz": wire(order.size),
        "oid": order.oid,
        "timestamp": order.placed_ms,
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": order.reduce_only,
        "orderType": "Limit",
        "origSz": wire(order.original_size),
        "tif": order.tif,
        "cloid": order.cloid,
    }


def order_record(order: Order) -> Json:
    """One row of `historicalOrders`."""
    return {
        "order": frontend_order(order),
        "status": order.status,
        "statusTimestamp": order.status_ms,
    }


def order_update(order: Order) -> Json:
    """One row of the `orderUpdates` push."""
    shown = open_order(order)
    shown.pop("reduceOnly", None)
    return {"order": shown, "status": order.status, "statusTimestamp": order.status_ms}


def fill_row(fill: Fill) -> Json:
    """One row of `userFills`."""
    row: Json = {
        "coin": fill.coin,
        "px": wire(fill.price),
        "sz": wire(fill.size),
        "side": "B" if fill.is_buy else "A",
        "time": fill.time_ms,
        "startPosition": wire(fill.start_position),
        "dir": fill.direction,
        "closedPnl": wire(fill.closed_pnl),
        "hash": fill.hash,
        "oid": fill.oid,
        "crossed": fill.crossed,
        "fee": wire(fill.fee),
        "tid": fill.tid,
        "feeToken": "USDC",
        "twapId": None,
    }
    if fill.cloid is not None:
        row["cloid"] = fill.cloid
    if fill.liquidation is not None:
        row["liquidation"] = {
            "liquidatedUser": fill.liquidation.user,
            "markPx": wire(fill.liquidation.mark),
            "method": fill.liquidation.method,
        }
    return row


def funding_payment(payment: FundingPayment) -> Json:
    """What both funding rows carry."""
    return {
        "coin": payment.coin,
        "usdc": wire(payment.usdc),
        "szi": wire(payment.size),
        "fundingRate": wire(payment.rate),
        "nSamples": None,
    }


def funding_row(payment: FundingPayment) -> Json:
    """One row of `userFunding`."""
    return {
        "time": payment.time_ms,
        "hash": NO_HASH,
        "delta": {"type": "funding", **funding_payment(payment)},
    }


def ledger_row(entry: LedgerEntry) -> Json:
    """One row of `userNonFundingLedgerUpdates`."""
    return {"time": entry.time_ms, "hash": entry.hash, "delta": entry.delta}


def user_fees() -> Json:
    """The `userFees` answer: nobody here trades enough to leave the first tier."""
    vip = [
        ("5000000.0", "0.0004", "0.00012", "0.0006", "0.0003"),
        ("25000000.0", "0.00035", "0.00008", "0.0005", "0.0002"),
        ("100000000.0", "0.0003", "0.00004", "0.0004", "0.0001"),
        ("500000000.0", "0.00028", "0.0", "0.00035", "0.0"),
        ("2000000000.0", "0.00026", "0.0", "0.0003", "0.0"),
        ("7000000000.0", "0.00024", "0.0", "0.00025", "0.0"),
    ]
    names = ("ntlCutoff", "cross", "add", "spotCross", "spotAdd")
    makers = [("0.005", "-0.00001"), ("0.015", "-0.00002"), ("0.03", "-0.00003")]
    return {
        "dailyUserVlm": [],
        "feeSchedule": {
            "cross": wire(TAKER_FEE),
            "add": wire(MAKER_FEE),
            "spotCross": "0.0007",
            "spotAdd": "0.0004",
            "tiers": {
                "vip": [dict(zip(names, row, strict=True)) for row in vip],
                "mm": [{"makerFractionCutoff": cut, "add": add} for cut, add in makers],
            },
            "referralDiscount": "0.04",
            "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
        },
        "userCrossRate": wire(TAKER_FEE),
        "userAddRate": wire(MAKER_FEE),
        "userSpotCrossRate": "0.0007",
        "userSpotAddRate": "0.0004",
        "activeReferralDiscount": "0.0",
        "trial": None,
        "feeTrialEscrow": "0.0",
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
    }
