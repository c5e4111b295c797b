"""Rates with their unit in the type, so that an hourly rate cannot pass for a yearly one."""

from dataclasses import dataclass
from decimal import Decimal

HOURS_PER_YEAR = Decimal(8760)


@dataclass(frozen=True, slots=True, order=True)
class AnnualRate:
    """A simple yearly rate (APR) as a fraction: 0.05 is 5 % a year."""

    value: Decimal

    def hourly(self) -> "HourlyRate":
        """The hourly rate that adds up to this in a year."""
        return HourlyRate(self.value / HOURS_PER_YEAR)


@dataclass(frozen=True, slots=True, order=True)
class HourlyRate:
    """A simple hourly rate as a fraction of notional."""

    value: Decimal

    def annual(self) -> AnnualRate:
        """Times 8760; hourly figures from the venue are already hourly, never divided by 8."""
        return AnnualRate(self.value * HOURS_PER_YEAR)


@dataclass(frozen=True, slots=True, order=True)
class AnnualYield:
    """A compounded yearly rate (APY) as a fraction, as lenders and stake pools quote it."""

    value: Decimal

    def continuous(self) -> AnnualRate:
        """ln(1 + APY): the rate that may be added to funding, which is not compounded."""
        return AnnualRate((1 + self.value).ln())

    def growth(self, *, seconds: Decimal) -> Decimal:
        """(1 + APY) ** (seconds / year): what one unit becomes."""
        return (1 + self.value) ** (seconds / (HOURS_PER_YEAR * 3600))


@dataclass(frozen=True, slots=True, order=True)
class HealthFactor:
    """How far all collateral may fall before liquidation, as a fraction of its value.

    Asgard's wire carries a percentage; the adapter converts once. Liquidation is at zero.
    """

    value: Decimal

    @staticmethod
    def from_percent(percent: Decimal) -> "HealthFactor | None":
        """The factor, or None when the figure is outside 0 to 100 and therefore unknown."""
        if not percent.is_finite() or not 0 <= percent <= 100:
            return None
        return HealthFactor(percent / 100)
