"""What each venue reports of its leg, in the domain's words."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.rates import HealthFactor


@dataclass(frozen=True, slots=True)
class LongState:
    """The long leg as Asgard refreshes it."""

    position_key: str
    """Asgard's on-chain position address."""
    protocol: LendingProtocol
    asset: Asset
    collateral: Decimal
    """Tokens of the asset held as collateral, interest included."""
    debt_usdc: Decimal
    health: HealthFactor | None
    """None is unknown: never healthy, and alone never a reason to close."""
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class LongFill:
    """What opening or closing the long really exchanged, from the venue's executed record."""

    collateral: Decimal
    """Tokens bought (open) or sold (close)."""
    usdc: Decimal
    """USDC given (open) or received (close) for them."""
    fee_usdc: Decimal
    """Protocol fee charged on top, in USDC."""

    @property
    def price(self) -> Decimal:
        """USDC per token, fees apart."""
        return self.usdc / self.collateral


@dataclass(frozen=True, slots=True)
class PerpPosition:
    """The account's SOL-PERP position as Hyperliquid reports it."""

    signed_size: Decimal
    """SOL; a short is negative."""
    entry_price: Decimal
    mark_value_usd: Decimal
    """|size| x mark."""
    margin_usdc: Decimal
    """Equity behind it; for isolated margin it includes the unrealised result."""
    isolated_raw_usd: Decimal | None
    """Raw USD of an isolated position (sale proceeds included); None when cross."""
    unrealised_usd: Decimal
    liquidation_price: Decimal | None
    leverage: int
    is_isolated: bool


@dataclass(frozen=True, slots=True)
class PerpAccount:
    """One account at Hyperliquid."""

    account_value_usd: Decimal
    withdrawable_usdc: Decimal
    """What may be taken out or used as margin now, under the venue's 10 % rule."""
    position: PerpPosition | None
    spot_usdc: Decimal
    """USDC on the spot side; the whole collateral of a unified account."""
    abstraction: str
    observed_at: datetime
    exists: bool
    """False before the first deposit has been credited."""


@dataclass(frozen=True, slots=True)
class PerpFill:
    """One execution, from the venue's record."""

    trade_id: int
    order_id: int
    client_order_id: str | None
    price: Decimal
    size: Decimal
    is_buy: bool
    fee_usdc: Decimal
    closed_result_usd: Decimal
    """Gross of fees."""
    time: datetime


@dataclass(frozen=True, slots=True)
class OrderResult:
    """What became of an order: filled size may be less than asked, also zero."""

    order_id: int | None
    filled_size: Decimal
    average_price: Decimal | None
    """None when nothing was filled."""
    status: str
    """The venue's word: filled, canceled, iocCancelRejected, ..."""
    reason: str | None = None
