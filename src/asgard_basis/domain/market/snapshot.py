"""One frozen view of the market: the only market value a decision reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.quality import (
    FUNDING,
    FUNDING_HISTORY,
    PRICE,
    SPOT,
    Dispute,
    FreshFor,
    MarketQuality,
    Part,
    PartQuality,
    judged,
    lender_part,
    staking_part,
)
from asgard_basis.domain.market.rates import AnnualYield, HourlyRate

_FRESH_FOR = FreshFor()


@dataclass(frozen=True, slots=True)
class PerpMarket:
    """SOL-PERP at Hyperliquid."""

    mark_price: Decimal
    oracle_price: Decimal
    mid_price: Decimal | None
    """None when a side of the book is empty."""
    premium: Decimal | None
    funding_now: FundingRate
    """The running estimate for the current hour, as the venue publishes it."""
    open_interest_sol: Decimal
    max_leverage: int
    size_decimals: int
    observed_at: datetime
    """Host time at which we received it."""

    @property
    def size_step(self) -> Decimal:
        """The lot: sizes are multiples of it."""
        return Decimal(1).scaleb(-self.size_decimals)

    @property
    def maintenance_fraction(self) -> Decimal:
        """Maintenance margin over notional: half of the initial margin at maximum leverage."""
        return Decimal(1) / (2 * self.max_leverage)


@dataclass(frozen=True, slots=True)
class LenderMarket:
    """One lender's pair of a collateral asset against USDC, as Asgard lists it."""

    protocol: LendingProtocol
    asset: Asset
    collateral_supply: AnnualYield
    usdc_borrow: AnnualYield
    max_leverage: Decimal
    """The lender's initial limit for longs; says nothing about liquidation."""
    borrow_capacity_usdc: Decimal
    is_active: bool
    collateral_bank: str
    debt_bank: str
    liquidation_threshold: Decimal
    """Debt over collateral value at which liquidation begins."""
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class LstMarket:
    """A staking token: what it redeems for and what it trades at."""

    asset: Asset
    redemption_rate: Decimal
    """SOL per token."""
    staking: AnnualYield | None
    """Realised over the last epoch; None while it is not known."""
    market_rate: Decimal | None
    """SOL per token where it trades; None while it is not known."""
    observed_at: datetime

    @property
    def discount(self) -> Decimal | None:
        """How far the market is below redemption, as a fraction; negative is a premium."""
        if self.market_rate is None:
            return None
        return 1 - self.market_rate / self.redemption_rate


@dataclass(frozen=True, slots=True)
class MarketSnapshot:
    """Everything a decision may know about the market, with the age of each part."""

    taken_at: datetime
    """Market time."""
    perp: PerpMarket
    lenders: tuple[LenderMarket, ...]
    lsts: Mapping[Asset, LstMarket] = field(default_factory=dict)
    spot_prices: Mapping[Asset, Decimal] = field(default_factory=dict)
    """USD per token as Asgard states it: the second opinion on the price."""
    recent_funding: tuple[FundingObservation, ...] = ()
    """The last settled hours, oldest first (at most 168)."""
    spot_observed_at: datetime | None = None
    """Host time at which the second opinion was received; None while there is none."""
    funding_observed_at: datetime | None = None
    """Host time at which the settled hours were last held against the venue's."""
    disputes: tuple[Dispute, ...] = ()
    """What must not be decided on, and why; the figures themselves stay."""

    def quality(self, now: datetime, fresh_for: FreshFor = _FRESH_FOR) -> MarketQuality:
        """Each part fresh, stale or disputed at host time `now`, with its age and the reason.

        Decide only on fresh parts. A disputed part must not trigger an exit either.
        """

        def of(part: Part, observed_at: datetime | None) -> PartQuality:
            return judged(
                part,
                observed_at=observed_at,
                now=now,
                fresh_for=fresh_for,
                disputes=self.disputes,
            )

        return MarketQuality(
            (
                of(PRICE, self.perp.observed_at),
                of(FUNDING, self.perp.observed_at),
                of(FUNDING_HISTORY, self.funding_observed_at),
                of(SPOT, self.spot_observed_at),
                *(of(lender_part(m.protocol, m.asset), m.observed_at) for m in self.lenders),
                *(of(staking_part(asset), m.observed_at) for asset, m in self.lsts.items()),
            )
        )

    @property
    def funding_predicted(self) -> FundingRate | None:
        """What the running premium leads to if it stays; None without a premium."""
        if self.perp.premium is None:
            return None
        return FundingRate.from_premium(self.perp.premium)

    def lender(self, protocol: LendingProtocol, asset: Asset) -> LenderMarket | None:
        """The lender's market for an asset, or None when it is not offered."""
        return next((m for m in self.lenders if m.protocol is protocol and m.asset is asset), None)

    def redemption_rate(self, asset: Asset) -> Decimal | None:
        """SOL per token: one for SOL itself, None for a staking token without data."""
        if asset is Asset.SOL:
            return Decimal(1)
        lst = self.lsts.get(asset)
        return lst.redemption_rate if lst else None

    def believed_redemption(self, asset: Asset) -> Decimal | None:
        """As `redemption_rate`, and None while it is disputed: nobody leaves because of it."""
        is_disputed = any(dispute.part == staking_part(asset) for dispute in self.disputes)
        return None if is_disputed else self.redemption_rate(asset)

    def mean_income(self, hours: int) -> HourlyRate | None:
        """Mean hourly income to the short over so many hours until now; None without any."""
        begin = self.taken_at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
        tail = [o for o in self.recent_funding if o.hour > begin]
        if not tail:
            return None
        total = sum((o.rate.income_to_short.value for o in tail), Decimal(0))
        return HourlyRate(total / len(tail))
