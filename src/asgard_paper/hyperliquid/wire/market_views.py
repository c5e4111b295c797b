"""Market data as the venue sends it."""

from decimal import Decimal

from asgard_paper.hyperliquid.market.depth import Depth, Level
from asgard_paper.hyperliquid.market.funding import SettledHour
from asgard_paper.hyperliquid.market.quotes import Quotes
from asgard_paper.hyperliquid.market.universe import ASSETS, UNIVERSE, Asset, MarginTable
from asgard_paper.hyperliquid.numbers import ceiled, floored, wire
from asgard_paper.kernel.market import HOUR_MS

Json = dict[str, object]
BOOK_LEVELS = 20
USDC_TOKEN = 0
DAILY_TURNOVER = Decimal("0.42")
"""Coins traded in a day over open interest: SOL's recorded context row of 2026."""

# The spot side exists only so far that clients can resolve names; nothing trades there.
SPOT_META: Json = {
    "universe": [{"tokens": [1, 0], "name": "PURR/USDC", "index": 0, "isCanonical": True}],
    "tokens": [
        {
            "name": "USDC",
            "szDecimals": 8,
            "weiDecimals": 8,
            "index": USDC_TOKEN,
            "tokenId": "0x6d1e7cde53ba9467b783cb7c530ce054",
            "isCanonical": True,
            "evmContract": {
                "address": "0x6b9e773128f453f5c2c60935ee2de2cbc5390a24",
                "evm_extra_wei_decimals": -2,
            },
            "fullName": None,
            "deployerTradingFeeShare": "0.0",
        },
        {
            "name": "PURR",
            "szDecimals": 0,
            "weiDecimals": 5,
            "index": 1,
            "tokenId": "0xc1fb593aeffbeb02f85e0308e9956a90",
            "isCanonical": True,
            "evmContract": None,
            "fullName": None,
            "deployerTradingFeeShare": "0.0",
        },
    ],
}
SPOT_PRICE = "0.073007"
SPOT_CONTEXTS: list[Json] = [
    {
        "coin": "PURR/USDC",
        "markPx": SPOT_PRICE,
        "midPx": SPOT_PRICE,
        "prevDayPx": SPOT_PRICE,
        "dayNtlVlm": "0.0",
        "dayBaseVlm": "0.0",
        "circulatingSupply": "595188109.0328299999",
        "totalSupply": "595188115.5556099415",
    }
]


def meta() -> Json:
    """The `meta` answer."""
    tables = {asset.margin_table.table_id: asset.margin_table for asset in UNIVERSE}
    return {
        "universe": [_universe_row(asset) for asset in UNIVERSE],
        "marginTables": [[key, margin_table(tables[key])] for key in sorted(tables)],
        "collateralToken": USDC_TOKEN,
    }


def margin_table(table: MarginTable) -> Json:
    """One margin table."""
    tiers = [
        {"lowerBound": wire(tier.lower_bound), "maxLeverage": tier.max_leverage}
        for tier in table.tiers
    ]
    return {"description": table.description, "marginTiers": tiers}


def _universe_row(asset: Asset) -> Json:
    row: Json = {
        "szDecimals": asset.size_decimals,
        "name": asset.name,
        "maxLeverage": asset.max_leverage,
        "marginTableId": asset.margin_table.table_id,
    }
    if asset.is_delisted:
        row["isDelisted"] = True
    return row


def context(quotes: Quotes, coin: str, at_ms: int, open_interest: Decimal) -> Json:
    """One row of asset contexts; `open_interest` is what this world's accounts hold of it."""
    quote = quotes.at(coin, at_ms)
    impact = quotes.impact_prices(coin, at_ms)
    premium = quotes.instant_premium(coin, at_ms)
    interest = quote.asset.open_interest + open_interest
    volume = (interest * DAILY_TURNOVER).quantize(quote.asset.size_step)
    places = Decimal("0.000001")
    return {
        "funding": wire(quote.funding),
        "openInterest": wire(interest),
        "prevDayPx": wire(quotes.day_before(coin, at_ms)),
        "dayNtlVlm": wire((volume * quote.mark).quantize(places)),
        "premium": None if premium is None else wire(premium),
        "oraclePx": wire(quote.oracle),
        "markPx": wire(quote.mark),
        "midPx": None if impact is None else wire(quote.mid),
        "impactPxs": None if impact is None else [wire(px.quantize(places)) for px in impact],
        "dayBaseVlm": wire(volume),
    }


def all_mids(quotes: Quotes, at_ms: int) -> dict[str, str]:
    """Every mid by coin, and the spot pair's."""
    mids = {asset.name: wire(quotes.at(asset.name, at_ms).mid) for asset in UNIVERSE}
    return {**mids, "PURR/USDC": SPOT_PRICE}


def book(
    coin: str, depth: Depth, at_ms: int, *, figures: int | None = None, mantissa: int | None = None
) -> Json:
    """The `l2Book` answer, 20 levels a side, in coarser price steps when asked."""
    sides = [
        _side(levels, is_bid=is_bid, figures=figures, mantissa=mantissa)
        for levels, is_bid in ((depth.bids, True), (depth.asks, False))
    ]
    return {"coin": coin, "time": at_ms, "levels": sides}


def best(coin: str, depth: Depth, at_ms: int) -> Json:
    """The `bbo` push."""
    sides = [_level(levels[0]) if levels else None for levels in (depth.bids, depth.asks)]
    return {"coin": coin, "time": at_ms, "bbo": sides}


def _side(
    levels: tuple[Level, ...], *, is_bid: bool, figures: int | None, mantissa: int | None
) -> list[Json]:
    if figures is None or not levels:
        return [_level(level) for level in levels[:BOOK_LEVELS]]
    step = Decimal(mantissa or 1).scaleb(levels[0].price.adjusted() - figures + 1)
    merged: dict[Decimal, Level] = {}
    for level in levels:
        price = floored(level.price, step) if is_bid else ceiled(level.price, step)
        known = merged.get(price, Level(price, Decimal(0), 0))
        merged[price] = Level(price, known.size + level.size, known.orders + level.orders)
    return [_level(level) for level in list(merged.values())[:BOOK_LEVELS]]


def _level(level: Level) -> Json:
    return {"px": wire(level.price), "sz": wire(level.size), "n": level.orders}


def funding_row(hour: SettledHour) -> Json:
    """One row of `fundingHistory`."""
    return {
        "coin": hour.coin,
        "fundingRate": wire(hour.rate),
        "premium": wire(hour.premium),
        "time": hour.time_ms,
    }


def predicted_fundings(quotes: Quotes, at_ms: int) -> list[object]:
    """This venue's running estimates; other venues' are unknown here."""
    following = at_ms - at_ms % HOUR_MS + HOUR_MS
    found: list[object] = []
    for name in sorted(ASSETS):
        quote = quotes.at(name, at_ms)
        if quote.asset.is_delisted:
            continue
        own = {
            "fundingRate": wire(quote.funding),
            "nextFundingTime": following,
            "fundingIntervalHours": 1,
        }
        found.append([name, [["BinPerp", None], ["HlPerp", own], ["BybitPerp", None]]])
    return found
