"""The market judged once for everybody: what each way of holding a pair would earn."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import FundingObservation
from asgard_basis.domain.market.rates import HOURS_PER_YEAR, AnnualRate

VOLATILITY_HOURS = 168
_HOURS_LEAST = 24
"""With fewer settled hours nothing can be said of volatility or of a day's mean."""


@dataclass(frozen=True, slots=True)
class FundingOutlook:
    """What the short earns, as yearly fractions of its notional; None is not known."""

    now: Decimal
    predicted: Decimal | None
    day: Decimal | None
    """Mean over the last 24 settled hours."""
    volatility: Decimal | None
    """Standard deviation of the hourly rates of a week, each as a yearly fraction."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One asset at one lender with one leverage, priced for a unit of capital."""

    asset: Asset
    protocol: LendingProtocol
    leverage: Decimal
    safe_leverage: Decimal
    """The highest at which an entry there is allowed."""
    net_apr: Decimal
    """Yearly fraction of the capital, before one-time costs."""
    cost_share: Decimal
    """Opening and closing, as a fraction of the capital."""
    collateral_share: Decimal
    """The part of the capital that goes to Solana."""
    capacity_usd: Decimal
    """Capital up to which the lender can lend what it takes."""
    problem: str | None = None
    """Why it must not be decided on now: stale, disputed, switched off."""

    def after_costs(self, days: int) -> AnnualRate:
        """What is left a year when the costs are spread over that holding time."""
        return AnnualRate(self.net_apr - self.cost_share * 365 / days)


@dataclass(frozen=True, slots=True)
class MarketEvaluation:
    """One look at the market for all strategies: offers are shared by whoever wishes the same."""

    funding: FundingOutlook
    offers: tuple[Offer, ...]
    problem: str | None = None
    """Why nothing at all may be decided on now."""




def funding_volatility(hours: Sequence[FundingObservation]) -> Decimal | None:
    """Standard deviation of a week's hourly income to the short, annualised (0.5 is 50 % a year).

    The population's, over at most the last 168 settled hours; None with fewer than a day's, for
    "not known" must never look like "perfectly calm".
    """
    rates = [o.rate.income_to_short.value for o in hours[-VOLATILITY_HOURS:]]
    if len(rates) < _HOURS_LEAST:
        return None
    mean = sum(rates, Decimal(0)) / len(rates)
    variance = sum(((rate - mean) ** 2 for rate in rates), Decimal(0)) / len(rates)
    return variance.sqrt() * HOURS_PER_YEAR
