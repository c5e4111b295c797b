"""What a strategy decides an entry from, and what it would open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.money import ONE, ZERO, floor_to
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.evaluation import StrategyMarket, StrategyOffer

HEADROOM = Decimal("0.995")
"""A venue's price moves and its fee differs between deciding and opening: not to the last cent."""


@dataclass(frozen=True, slots=True)
class LastClose:
    """When a position was closed last, and how long was to be waited at that moment."""

    at: datetime
    """Market time."""
    cooldown_minutes: int

    @property
    def over_at(self) -> datetime:
        """When the cooldown ends; later changes of the wish do not move it."""
        return self.at + timedelta(minutes=self.cooldown_minutes)


@dataclass(frozen=True, slots=True)
class Purse:
    """What a person could pay a position with."""

    solana_usdc: Decimal
    solana_sol: Decimal
    margin_usdc: Decimal
    """Free at Hyperliquid."""


@dataclass(frozen=True, slots=True)
class StrategyEntryFacts:
    """All the rule looks at."""

    now: datetime
    """Market time."""
    market: StrategyMarket
    positions_held: int
    in_positions_usd: Decimal
    """Capital of the positions held."""
    trades_today: int
    """Openings and closings of this UTC day."""
    enabled_at: datetime | None
    last_close: LastClose | None
    is_busy: bool = False
    """Something of theirs is being opened, closed or changed."""
    paused: str | None = None
    """Why nothing may be opened now; None when it may."""
    purse: Purse | None = None
    """None while it has not been asked for."""
    held_back: str | None = None
    """What has just failed, and until when it is not tried again."""
    refused: str | None = None
    """What the last checks before sending said against it."""


@dataclass(frozen=True, slots=True)
class StrategyEntryThresholds:
    """All the rule holds the facts against."""

    config: StrategyConfig
    positions_max: int
    trades_daily_max: int
    size_min_usd: Decimal
    size_max_usd: Decimal
    sol_reserve: Decimal


@dataclass(frozen=True, slots=True)
class Choice:
    """What would be opened."""

    asset: Asset
    protocol: LendingProtocol
    leverage: Decimal
    size_usd: Decimal


def entry_thresholds(config: StrategyConfig, limits: RiskLimits) -> StrategyEntryThresholds:
    """A person's wishes inside the system's limits."""
    return StrategyEntryThresholds(
        config=config,
        positions_max=min(config.max_concurrent_positions, limits.positions_max),
        trades_daily_max=limits.trades_daily_max,
        size_min_usd=limits.size_min_usd,
        size_max_usd=limits.size_max_usd,
        sol_reserve=limits.sol_reserve,
    )


def best_offer(
    facts: StrategyEntryFacts, thresholds: StrategyEntryThresholds
) -> StrategyOffer | None:
    """The offer that leaves most after costs; None when no lender takes even the least."""
    days = thresholds.config.planned_hold_days
    able = [o for o in facts.market.offers if o.capacity_usd >= thresholds.size_min_usd]
    return max(able, key=lambda offer: offer.after_costs(days), default=None)


def chosen(facts: StrategyEntryFacts, thresholds: StrategyEntryThresholds) -> Choice | None:
    """What would be opened when everything holds; None while the purse does not allow it."""
    offer = best_offer(facts, thresholds)
    if offer is None or facts.purse is None:
        return None
    size = _size(offer, facts.purse, facts.in_positions_usd, thresholds)
    if size < thresholds.size_min_usd or facts.purse.solana_sol < thresholds.sol_reserve:
        return None
    return Choice(offer.asset, offer.protocol, offer.leverage, size)


def _size(
    offer: StrategyOffer,
    purse: Purse,
    in_positions_usd: Decimal,
    thresholds: StrategyEntryThresholds,
) -> Decimal:
    """Whole dollars: the wished share of all capital, inside what both venues have free."""
    balance = purse.solana_usdc + purse.margin_usdc + in_positions_usd
    share = offer.collateral_share
    most = min(
        balance * thresholds.config.max_position_pct,
        purse.solana_usdc * HEADROOM / share,
        purse.margin_usdc * HEADROOM / (ONE - share),
        offer.capacity_usd * HEADROOM,
        thresholds.size_max_usd,
    )
    return floor_to(max(ZERO, most), ONE)
