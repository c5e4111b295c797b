"""Everything the checks before an entry look at."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot
from asgard_basis.domain.risk.churn import Hold
from asgard_basis.domain.strategy.carry import Carry
from asgard_basis.domain.strategy.sizing import Split


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """Everything the checks look at."""

    now: datetime
    """Host time, as the ages are."""
    asset: Asset
    protocol: LendingProtocol
    leverage: Decimal
    safe_leverage: Decimal
    snapshot: MarketSnapshot
    lender: LenderMarket
    split: Split
    carry: Carry
    solana_usdc: Decimal | None
    """None when the venue could not be asked: unknown never passes."""
    solana_sol: Decimal | None
    free_margin_usdc: Decimal | None
    book_sol: Decimal | None
    """What can be sold short at once inside the price band."""
    positions_held: int
    paused: str | None = None
    """Why nothing may be opened now; None when it may."""
    held_back: Hold | None = None
    """What has just failed and must not be tried again yet."""
