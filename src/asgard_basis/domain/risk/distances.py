"""How far both legs are from liquidation, and what a cut or a move of money makes of that.

Distances are fractions of the price: the long's is how far it may fall (its health), the
short's how far it may rise. A cut sells a part of the long and buys the same part of the short
back; what that sets free goes back into the leg it came from, so both distances grow.
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.money import ONE, ZERO


@dataclass(frozen=True, slots=True)
class PairLegs:
    """Both legs in USD at one price."""

    value_usd: Decimal
    """Of the long's collateral."""
    debt_usd: Decimal
    threshold: Decimal
    """Debt over collateral value at which the long is liquidated."""
    notional_usd: Decimal
    """Of the short."""
    margin_usd: Decimal
    """Equity behind the short, its result so far included."""
    maintenance: Decimal
    """Maintenance margin over the short's notional."""

    @property
    def long_distance(self) -> Decimal | None:
        """1 - debt / (threshold x value); None without collateral."""
        if self.value_usd <= 0:
            return None
        return ONE - self.debt_usd / (self.threshold * self.value_usd)

    @property
    def short_distance(self) -> Decimal | None:
        """(margin + notional) / ((1 + maintenance) x notional) - 1; None without a short."""
        if self.notional_usd <= 0:
            return None
        raw = self.margin_usd + self.notional_usd
        return raw / ((ONE + self.maintenance) * self.notional_usd) - ONE

    @property
    def equity_usd(self) -> Decimal:
        """What both legs are worth together."""
        return self.value_usd - self.debt_usd + self.margin_usd

    def at(self, change: Decimal) -> "PairLegs":
        """The same legs after the price went by that fraction (0.1 is 10 % up)."""
        return self._with(
            value=self.value_usd * (ONE + change),
            debt=self.debt_usd,
            notional=self.notional_usd * (ONE + change),
            margin=self.margin_usd - self.notional_usd * change,
        )

    def cut(self, fraction: Decimal, costs: "CutCosts") -> "PairLegs":
        """After that part of both was sold and what it set free was put back."""
        left = ONE - fraction
        return self._with(
            value=self.value_usd * left,
            debt=self.debt_usd - self.value_usd * fraction * (ONE - costs.long),
            notional=self.notional_usd * left,
            margin=self.margin_usd - self.notional_usd * fraction * costs.short,
        )

    def fed(self, *, long_usd: Decimal = ZERO, short_usd: Decimal = ZERO) -> "PairLegs":
        """After debt was repaid and margin added with so much; negative was taken out."""
        return self._with(
            value=self.value_usd,
            debt=self.debt_usd - long_usd,
            notional=self.notional_usd,
            margin=self.margin_usd + short_usd,
        )

    def _with(
        self, *, value: Decimal, debt: Decimal, notional: Decimal, margin: Decimal
    ) -> "PairLegs":
        return PairLegs(value, debt, self.threshold, notional, margin, self.maintenance)


@dataclass(frozen=True, slots=True)
class CutCosts:
    """What trading costs, as a fraction of what is traded."""

    long: Decimal
    short: Decimal


def nearest(legs: PairLegs) -> Decimal | None:
    """The smaller of both distances; None without either leg."""
    known = [d for d in (legs.long_distance, legs.short_distance) if d is not None]
    return min(known, default=None)


def cut_to(
    legs: PairLegs,
    target: Decimal,
    costs: CutCosts,
    *,
    long_usd: Decimal = ZERO,
    short_usd: Decimal = ZERO,
) -> Decimal:
    """The part that must go so that neither leg is nearer than `target`; one when none will do.

    With so much put into the legs besides. From the distances after `PairLegs.cut`, solved for
    what is left.
    """
    left = ONE
    if legs.value_usd > 0:
        kept = ONE - costs.long
        owed = (legs.debt_usd - long_usd) / legs.value_usd
        allowed = legs.threshold * (ONE - target)
        if owed > allowed:
            left = min(left, (kept - owed) / (kept - allowed))
    if legs.notional_usd > 0:
        has = (legs.margin_usd + short_usd) / legs.notional_usd
        wanted = (ONE + target) * (ONE + legs.maintenance) - ONE
        if has < wanted:
            left = min(left, (has - costs.short) / (wanted - costs.short))
    return ONE - max(ZERO, min(ONE, left))


def balanced_distance(legs: PairLegs) -> Decimal | None:
    """The distance both legs would have if their money were divided for it; None without legs.

    From equity = size x (distance x (threshold + 1 + maintenance) + 1 + maintenance - threshold).
    """
    size = max(legs.value_usd, legs.notional_usd)
    if size <= 0:
        return None
    idle = ONE + legs.maintenance - legs.threshold
    return (legs.equity_usd / size - idle) / (legs.threshold + ONE + legs.maintenance)


def carried_part(legs: PairLegs, target: Decimal) -> Decimal:
    """How much of the size both legs' money carries at `target`, evenly divided; at most one."""
    size = max(legs.value_usd, legs.notional_usd)
    if size <= 0:
        return ONE
    idle = ONE + legs.maintenance - legs.threshold
    needed = target * (legs.threshold + ONE + legs.maintenance) + idle
    return max(ZERO, min(ONE, legs.equity_usd / (needed * size)))


def long_lacks(legs: PairLegs, distance: Decimal) -> Decimal:
    """USD of debt to repay for that distance; negative when it has more room than that."""
    return legs.debt_usd - legs.threshold * (ONE - distance) * legs.value_usd


def short_lacks(legs: PairLegs, distance: Decimal) -> Decimal:
    """USD of margin to add for that distance; negative when it has more room than that."""
    wanted = ((ONE + distance) * (ONE + legs.maintenance) - ONE) * legs.notional_usd
    return wanted - legs.margin_usd
