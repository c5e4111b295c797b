"""Shocks laid over a market path: crashes, funding flips, depegs, dear dollars."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from asgard_paper.kernel.market import Conditions, MarketPath, hour_of

_PRICE_STEP = Decimal("0.0001")
_FRACTION_STEP = Decimal("0.000001")


class ShockKind(StrEnum):
    """What a shock moves, and what its size means."""

    PRICE = "price"
    """The oracle price moves by the fraction `size`, evenly until `end_ms`, and stays there."""
    PREMIUM = "premium"
    """The hourly premium is `size` in every hour that `start_ms` .. `end_ms` touches."""
    DISCOUNT = "discount"
    """The staked tokens' discount is larger by `size`, fading evenly until `end_ms`."""
    DOLLARS = "dollars"
    """Borrowing USDC costs `size` a year more at every lender until `end_ms`."""


@dataclass(frozen=True, slots=True)
class Shock:
    """One disturbance of the market in market time."""

    kind: ShockKind
    start_ms: int
    end_ms: int
    size: Decimal

    def holds(self, at_ms: int) -> bool:
        """Whether the moment lies within the shock."""
        return self.start_ms <= at_ms < self.end_ms

    def passed(self, at_ms: int) -> Decimal:
        """The share of the shock that is over at a moment, 0 to 1."""
        if at_ms >= self.end_ms:
            return Decimal(1)
        return Decimal(max(0, at_ms - self.start_ms)) / (self.end_ms - self.start_ms)


class OverlaidMarket:
    """A market path with shocks. A shock starts now or later, so the past stays what it was."""

    def __init__(self, path: MarketPath, shocks: Iterable[Shock] = ()) -> None:
        self._path = path
        self._shocks = tuple(shocks)

    @property
    def shocks(self) -> tuple[Shock, ...]:
        """All shocks so far, oldest first."""
        return self._shocks

    def add(self, shock: Shock) -> None:
        """Lay one more shock over the market."""
        self._shocks = (*self._shocks, shock)

    def end_all(self, now_ms: int) -> None:
        """End what would still last; a price that has moved stays moved."""
        kept = []
        for shock in self._shocks:
            if shock.kind is ShockKind.PRICE or shock.end_ms <= now_ms:
                kept.append(shock)
            elif shock.start_ms < now_ms:
                kept.append(replace(shock, end_ms=now_ms))
        self._shocks = tuple(kept)

    def at(self, at_ms: int) -> Conditions:
        """Conditions at a moment, shocks included."""
        plain = self._path.at(at_ms)
        if not self._shocks:
            return plain
        discount = self._extra(ShockKind.DISCOUNT, at_ms)
        dollars = sum(
            (s.size for s in self._shocks if s.kind is ShockKind.DOLLARS and s.holds(at_ms)),
            Decimal(0),
        )
        return replace(
            plain,
            oracle_price=self._price(plain.oracle_price, at_ms),
            premium=self._premium(plain.premium, hour_of(at_ms)),
            lsts={
                name: replace(lst, discount=lst.discount + discount)
                for name, lst in plain.lsts.items()
            },
            lenders={
                name: replace(rates, usdc_borrow_apy=rates.usdc_borrow_apy + dollars)
                for name, rates in plain.lenders.items()
            },
        )

    def settlement_price(self, hour_ms: int) -> Decimal:
        """The oracle price at the hour, shocks included."""
        hour = hour_of(hour_ms)
        return self._price(self._path.settlement_price(hour), hour)

    def premium_of_hour(self, hour_ms: int) -> Decimal:
        """Mean premium over the hour that ends at `hour_ms`, shocks included."""
        plain = self._path.premium_of_hour(hour_ms)
        return self._premium(plain, hour_of(hour_of(hour_ms) - 1)) if self._shocks else plain

    def _price(self, price: Decimal, at_ms: int) -> Decimal:
        for shock in self._shocks:
            if shock.kind is ShockKind.PRICE and at_ms > shock.start_ms:
                price *= 1 + shock.size * shock.passed(at_ms)
        return price.quantize(_PRICE_STEP)

    def _premium(self, premium: Decimal, hour_ms: int) -> Decimal:
        for shock in self._shocks:
            if shock.kind is ShockKind.PREMIUM and (
                hour_of(shock.start_ms) <= hour_ms < shock.end_ms
            ):
                premium = shock.size
        return premium

    def _extra(self, kind: ShockKind, at_ms: int) -> Decimal:
        extra = Decimal(0)
        for shock in self._shocks:
            if shock.kind is kind and shock.holds(at_ms):
                extra += shock.size * (1 - shock.passed(at_ms))
        return extra.quantize(_FRACTION_STEP)
