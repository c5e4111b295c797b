"""What it costs to get in and out, as fractions of notional."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from asgard_basis.domain.market.rates import AnnualRate
from asgard_basis.domain.risk.distances import CutCosts


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Rates of one user; taker fees come from the venue, the rest is configuration.

    Asgard charges 0.15 % of the long's notional on opening and nothing on closing.
    """

    perp_taker: Decimal = Decimal("0.00045")
    margin_open: Decimal = Decimal("0.0015")
    margin_close: Decimal = Decimal(0)
    swap_slippage: Decimal = Decimal("0.0003")
    """Expected cost of a swap on Solana against the oracle."""
    perp_slippage: Decimal = Decimal("0.0002")
    network_usd: Decimal = Decimal("0.02")
    """Transaction fees of one transaction on Solana."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Estimated cost in USD of opening and of closing."""

    opening_usd: Decimal
    closing_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        """Both together."""
        return self.opening_usd + self.closing_usd


def cut_costs(fees: FeeSchedule) -> CutCosts:
    """What making a pair smaller costs, as fractions of what is traded."""
    return CutCosts(
        long=fees.swap_slippage + fees.margin_close, short=fees.perp_taker + fees.perp_slippage
    )


def round_trip(*, notional_usd: Decimal, fees: FeeSchedule) -> RoundTrip:
    """Cost of a pair whose legs are each `notional_usd`."""
    both = fees.perp_taker + fees.perp_slippage + fees.swap_slippage
    return RoundTrip(
        opening_usd=notional_usd * (both + fees.margin_open) + fees.network_usd,
        closing_usd=notional_usd * (both + fees.margin_close) + fees.network_usd,
    )


_REBALANCING_90_DAYS = (
    (Decimal("1.1"), Decimal("0.0001")),
    (Decimal("1.5"), Decimal("0.0004")),
    (Decimal(2), Decimal("0.0012")),
    (Decimal("2.5"), Decimal("0.0028")),
    (Decimal(3), Decimal("0.0047")),
    (Decimal(4), Decimal("0.0090")),
)
"""Leverage and the expected cost of defending both legs, as a fraction of the capital in 90 days:
seeded 90-day paths at 70 % volatility with jumps (docs/concepts/risk-lab.md); the ends are
continued in a straight line."""


def rebalancing_yearly(leverage: Decimal) -> AnnualRate:
    """What defending both legs is expected to cost a year, between the measured leverages."""
    points = _REBALANCING_90_DAYS
    at = max(points[0][0], min(points[-1][0], leverage))
    for (low, below), (high, above) in pairwise(points):
        if at <= high:
            cost = below + (above - below) * (at - low) / (high - low)
            return AnnualRate(cost * 365 / 90)
    return AnnualRate(points[-1][1] * 365 / 90)
