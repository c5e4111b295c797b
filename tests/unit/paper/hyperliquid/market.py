"""A market one can move by hand, and a clock to go with it."""

from dataclasses import dataclass, field
from decimal import Decimal

from asgard_paper.kernel.market import Conditions

START_MS = 1_767_225_600_000 + 1_800_000
"""Half past midnight on 1 January 2026, UTC."""


@dataclass
class HandMarket:
    """Price and premium are what the test says, at every moment alike."""

    price: Decimal = Decimal(200)
    premium: Decimal = Decimal("0.0008")
    price_from: dict[int, Decimal] = field(default_factory=dict)
    """Prices from a moment on, for tests that let time jump over a move."""

    def at(self, at_ms: int) -> Conditions:
        return Conditions(at_ms, self._price(at_ms), self.premium, {}, {})

    def settlement_price(self, hour_ms: int) -> Decimal:
        return self._price(hour_ms)

    def premium_of_hour(self, hour_ms: int) -> Decimal:
        return self.premium

    def _price(self, at_ms: int) -> Decimal:
        begun = [start for start in self.price_from if start <= at_ms]
        return self.price_from[max(begun)] if begun else self.price


@dataclass
class HandClock:
    """Both times, moved by the test."""

    now: int = START_MS
    host: int = START_MS

    def now_ms(self) -> int:
        return self.now

    def host_ms(self) -> int:
        return self.host
