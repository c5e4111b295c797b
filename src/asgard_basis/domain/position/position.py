"""The hedged position: what was asked, what was really done, what the venues last said."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.position.lifecycle import PositionState


@dataclass(frozen=True, slots=True)
class LongRecord:
    """The long leg's own history: cumulative, from the chain and the venue's books."""

    position_key: str
    collateral_bought: Decimal
    """Tokens the opening swap delivered, which became the collateral; less the share of what was
    sold by reductions, as the debt below."""
    usdc_spent: Decimal
    """USDC that left the wallet for it."""
    debt_opened: Decimal
    redemption_opened: Decimal
    """SOL per token when it was opened."""
    oracle_opened: Decimal
    cost_usd: Decimal
    """What opening and closing cost against the oracle, the venue's fees included."""
    network_fee_usd: Decimal
    """SOL that left the wallet for fees, tips and rent, at the price of the moment."""
    fee_usdc: Decimal | None = None
    """The venue's own fee within the cost; None until it has published its record."""
    collateral_sold: Decimal = Decimal(0)
    """By the closing."""
    usdc_returned: Decimal = Decimal(0)
    """By reductions and the closing."""
    redemption_closed: Decimal | None = None
    oracle_closed: Decimal | None = None
    debt_repaid: Decimal | None = None
    lending_usd: Decimal = Decimal(0)
    """Interest the parts sold by reductions had earned, as the two below."""
    staking_usd: Decimal = Decimal(0)
    borrowing_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShortRecord:
    """The short leg's own history, from the venue's fills under our order keys."""

    size: Decimal
    """SOL sold short and not bought back."""
    entry_price: Decimal
    margin_usdc: Decimal
    """USDC set aside for it when it was opened."""
    fee_usdc: Decimal
    slippage_usd: Decimal
    realised_usd: Decimal = Decimal(0)
    """Of what was bought back, gross of fees."""
    exit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LegObservation:
    """What the venues said last, for showing and judging between calls."""

    collateral: Decimal
    debt_usdc: Decimal
    health: HealthFactor | None
    account_signed_size: Decimal
    """Of the whole Hyperliquid account."""
    isolated_raw_usd: Decimal | None
    liquidation_price_short: Decimal | None
    margin_usdc: Decimal
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """One hedged pair of one user."""

    id: PositionId
    user_id: UserId
    asset: Asset
    protocol: LendingProtocol
    state: PositionState
    size_usd: Decimal
    """Total capital for both legs, as asked."""
    leverage: Decimal
    """Of the long leg on its own equity, as asked."""
    requested_at: datetime
    """Market time, as the three below."""
    hedged_at: datetime | None = None
    closed_at: datetime | None = None
    long: LongRecord | None = None
    short: ShortRecord | None = None
    funding_usdc: Decimal = Decimal(0)
    """Sum of the payments booked for it."""
    observation: LegObservation | None = None
    failure_code: str | None = None
    failure: str | None = None
    version: int = 1
