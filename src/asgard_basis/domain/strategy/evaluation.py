"""The market judged once for all strategies: what each way of holding a pair would earn."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol


@dataclass(frozen=True, slots=True)
class StrategyFunding:
    """What the short earns, as yearly fractions of its notional; None is not known."""

    now: Decimal
    predicted: Decimal | None
    day: Decimal | None
    """Mean over the last 24 settled hours."""
    volatility: Decimal | None
    """See `domain.market.steadiness`."""


@dataclass(frozen=True, slots=True)
class StrategyOffer:
    """One asset at one lender with one leverage, per dollar of capital."""

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

    def after_costs(self, days: int) -> Decimal:
        """What is left a year when the costs are spread over that holding time."""
        return self.net_apr - self.cost_share * 365 / days

    @property
    def place(self) -> str:
        """In words."""
        return f"{self.asset.value} on {self.protocol.name.title()} at {self.leverage}x"


@dataclass(frozen=True, slots=True)
class StrategyMarket:
    """What one strategy sees: the same value for everybody who wishes the same."""

    funding: StrategyFunding
    offers: tuple[StrategyOffer, ...]
    """Fresh and undisputed ones only."""
    unfit: tuple[str, ...] = ()
    """What of the data is too old, disputed or missing, each with its reason."""
    is_blind: bool = False
    """Price or funding are among that: nothing may be decided on."""
