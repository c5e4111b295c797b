"""The hourly funding rate and the history of it.

Source: the venue's funding documentation. Premium P is the hour's mean; the eight-hour rate is
P + clamp(interest − P, ±0.05 %), of which an eighth is paid every hour, capped at 4 % an hour.
A positive rate is paid by longs to shorts.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.hyperliquid.market.universe import Asset
from asgard_paper.hyperliquid.numbers import ZERO, ratio
from asgard_paper.kernel.market import HOUR_MS, SOL, MarketPath

INTEREST = Decimal("0.0001")
CLAMP = Decimal("0.0005")
HOURLY_CAP = Decimal("0.04")
HOURS_PER_RATE = 8


def hourly_rate(premium: Decimal) -> Decimal:
    """The rate of one hour, a fraction of oracle notional with ten decimals."""
    correction = min(max(INTEREST - premium, -CLAMP), CLAMP)
    rate = (premium + correction) / HOURS_PER_RATE
    return ratio(min(max(rate, -HOURLY_CAP), HOURLY_CAP))


@dataclass(frozen=True, slots=True)
class SettledHour:
    """What one coin's funding was at one hour."""

    coin: str
    hour_ms: int
    time_ms: int
    """When the block that paid it came: the hour and some milliseconds."""
    premium: Decimal
    rate: Decimal
    price: Decimal
    """The oracle price the payment is counted on."""


class FundingCalendar:
    """Every hour's rate, past the path's beginning and up to now."""

    def __init__(self, market: MarketPath, seed: int) -> None:
        self._market = market
        self._seed = seed

    def time_of(self, hour_ms: int) -> int:
        """When the hour's payment is made: 15 to 180 ms after it, as recorded at the venue."""
        draw = random.Random(f"{self._seed}:funding:{hour_ms}")
        return hour_ms + min(180, 15 + int(draw.expovariate(1 / 35)))

    def hour(self, asset: Asset, hour_ms: int) -> SettledHour:
        """The settlement of one hour; raises LookupError before a recorded path begins."""
        if asset.name == SOL:
            premium = self._market.premium_of_hour(hour_ms)
            price = self._market.settlement_price(hour_ms)
        else:
            premium, price = ZERO, asset.reference_price
        rate = ZERO if asset.is_delisted else hourly_rate(premium)
        return SettledHour(asset.name, hour_ms, self.time_of(hour_ms), ratio(premium), rate, price)

    def between(self, asset: Asset, start_ms: int, end_ms: int) -> Iterator[SettledHour]:
        """Hours settled in the closed interval, oldest first, as far as the path knows them."""
        hour_ms = start_ms - start_ms % HOUR_MS
        while hour_ms <= end_ms:
            if start_ms <= self.time_of(hour_ms) <= end_ms:
                try:
                    settled = self.hour(asset, hour_ms)
                except LookupError:
                    hour_ms += HOUR_MS
                    continue
                yield settled
            hour_ms += HOUR_MS
