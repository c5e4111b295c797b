"""What it costs to get in and out, as fractions of notional."""

from dataclasses import dataclass
from decimal import Decimal


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


def round_trip(*, notional_usd: Decimal, fees: FeeSchedule) -> RoundTrip:
    """Cost of a pair whose legs are each `notional_usd`."""
    both = fees.perp_taker + fees.perp_slippage + fees.swap_slippage
    return RoundTrip(
        opening_usd=notional_usd * (both + fees.margin_open) + fees.network_usd,
        closing_usd=notional_usd * (both + fees.margin_close) + fees.network_usd,
    )
