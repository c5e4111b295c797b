"""Prices of a moment: oracle, mark, mid, book and the context row that shows them."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.hyperliquid.market.depth import Depth, draw_depth, epoch_of, impact_prices
from asgard_paper.hyperliquid.market.funding import hourly_rate
from asgard_paper.hyperliquid.market.universe import ASSETS, Asset
from asgard_paper.hyperliquid.numbers import (
    PRICE_DECIMALS,
    ZERO,
    floored,
    ratio,
    tick_size,
)
from asgard_paper.kernel.market import SOL, MarketPath

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Quote:
    """One coin at one moment."""

    asset: Asset
    at_ms: int
    oracle: Decimal
    mark: Decimal
    """What positions are valued at: the fair mid, with at most 6 − szDecimals decimals."""
    bid: Decimal
    ask: Decimal
    premium: Decimal
    """The hour's mean premium, from which the running funding estimate follows."""

    @property
    def mid(self) -> Decimal:
        """Half way between best bid and best ask."""
        return (self.bid + self.ask) / 2

    @property
    def funding(self) -> Decimal:
        """The running estimate of this hour's rate."""
        return ZERO if self.asset.is_delisted else hourly_rate(self.premium)


class Quotes:
    """Quotes of any moment the market path knows; the same question has the same answer."""

    def __init__(self, market: MarketPath, seed: int) -> None:
        self._market = market
        self._seed = seed
        self._cache: dict[str, Quote] = {}
        self._depths: dict[str, tuple[Quote, int, Depth]] = {}

    def at(self, coin: str, at_ms: int) -> Quote:
        """The quote; raises KeyError for an unknown coin, LookupError outside a recorded path."""
        cached = self._cache.get(coin)
        if cached is not None and cached.at_ms == at_ms:
            return cached
        quote = self._quote(ASSETS[coin], at_ms)
        self._cache[coin] = quote
        return quote

    def mark(self, coin: str, at_ms: int) -> Decimal:
        """The mark price."""
        return self.at(coin, at_ms).mark

    def depth(self, coin: str, at_ms: int) -> Depth:
        """The book of the moment as if nobody in this world had traded."""
        quote, epoch = self.at(coin, at_ms), epoch_of(at_ms)
        cached = self._depths.get(coin)
        if cached is not None and cached[1] == epoch and cached[0].bid == quote.bid:
            return cached[2]
        if quote.asset.is_delisted:
            depth = Depth((), ())
        else:
            depth = draw_depth(
                quote.asset, bid=quote.bid, ask=quote.ask, epoch=epoch, seed=self._seed
            )
        self._depths[coin] = (quote, epoch, depth)
        return depth

    def impact_prices(self, coin: str, at_ms: int) -> tuple[Decimal, Decimal] | None:
        """Average prices of an order of the impact notional, bid and ask; None in an empty book."""
        quote = self.at(coin, at_ms)
        if quote.asset.is_delisted:
            return None
        return impact_prices(
            coin, bid=quote.bid, ask=quote.ask, epoch=epoch_of(at_ms), seed=self._seed
        )

    def instant_premium(self, coin: str, at_ms: int) -> Decimal | None:
        """(max(impact bid − oracle, 0) − max(oracle − impact ask, 0)) / oracle."""
        impact = self.impact_prices(coin, at_ms)
        if impact is None:
            return None
        oracle = self.at(coin, at_ms).oracle
        return ratio((max(impact[0] - oracle, ZERO) - max(oracle - impact[1], ZERO)) / oracle)

    def day_before(self, coin: str, at_ms: int) -> Decimal:
        """The mark 24 hours earlier; today's where the path does not reach back."""
        try:
            return self._quote(ASSETS[coin], at_ms - DAY_MS).mark
        except LookupError:
            return self.mark(coin, at_ms)

    def _quote(self, asset: Asset, at_ms: int) -> Quote:
        if asset.name == SOL:
            conditions = self._market.at(at_ms)
            oracle, premium = conditions.oracle_price, conditions.premium
        else:
            oracle, premium = asset.reference_price, ZERO
        fair = oracle * (1 + premium)
        step = Decimal(1).scaleb(asset.size_decimals - PRICE_DECIMALS)
        tick = tick_size(fair, asset.size_decimals)
        bid = floored(fair, tick)
        return Quote(
            asset=asset,
            at_ms=at_ms,
            oracle=oracle.quantize(step),
            mark=fair.quantize(step),
            bid=bid,
            ask=bid + tick,
            premium=premium,
        )
