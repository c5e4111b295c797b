"""What the risk rules look at: one pair at one mark, revalued from what the venues said last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.lst import lender_rate
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.delta import deviation
from asgard_basis.domain.risk.limits import RiskLimits


class NearKind(StrEnum):
    """What a danger that must last before it counts is about."""

    LONG = "long"
    SHORT = "short"
    DEPEG = "depeg"


@dataclass(frozen=True, slots=True)
class Near:
    """A danger that stands, and since when."""

    kind: NearKind
    since: datetime
    """Market time of the first mark that showed it, without one that did not since then."""


class Belief(StrEnum):
    """How far the price may be decided on."""

    FRESH = "fresh"
    STALE = "stale"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """The market at one mark, as it concerns one asset."""

    at: datetime
    """Market time."""
    mark_price: Decimal
    oracle_price: Decimal
    maintenance_fraction: Decimal
    belief: Belief = Belief.FRESH
    doubt: str | None = None
    """Why it is not fresh, in words."""
    redemption_rate: Decimal | None = ONE
    """SOL per token."""
    market_rate: Decimal | None = ONE
    """SOL per token where it trades; None while it is not known or not believed."""
    market_rate_change: Decimal | None = None
    """Of market over redemption within an hour."""


@dataclass(frozen=True, slots=True)
class LegFacts:
    """Both legs as the venues stated them last, or as they were opened."""

    asset: Asset
    protocol: LendingProtocol
    leverage: Decimal
    collateral: Decimal | None
    """Tokens; None while the long has not been recorded."""
    debt_usdc: Decimal
    liquidation_threshold: Decimal | None
    """Debt over collateral value at which the lender liquidates; None while it is not known."""
    stated_health: Decimal | None
    """The lender's own figure; None is unknown, which is neither healthy nor a reason to leave."""
    seen_seconds: int | None
    """Host time since both were read; None when they have only been opened."""
    short_sol: Decimal
    """SOL sold short as booked, or less where the venue holds less."""
    short_raw_usd: Decimal | None
    """Margin and sale proceeds behind it; None while the venue does not say."""
    is_changing: bool = False
    """A job is making the legs smaller or bringing them together: what is booked of the short
    lags behind what it holds."""


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """One pair at one mark."""

    price: PriceFacts
    legs: LegFacts
    near: tuple[Near, ...] = ()

    @property
    def long_sol(self) -> Decimal | None:
        """The long in SOL-equivalents, which the short must match."""
        if self.legs.collateral is None or self.price.redemption_rate is None:
            return None
        return self.legs.collateral * self.price.redemption_rate

    @property
    def lender_value_usd(self) -> Decimal | None:
        """The collateral as its lender counts it, at the oracle's price."""
        rate = lender_rate(self.legs.protocol, self.price.redemption_rate, self.price.market_rate)
        if self.legs.collateral is None or rate is None:
            return None
        return self.legs.collateral * rate * self.price.oracle_price

    @property
    def own_health(self) -> Decimal | None:
        """1 - debt / (threshold x value): how far the collateral may fall, by our own figures."""
        value, threshold = self.lender_value_usd, self.legs.liquidation_threshold
        if value is None or threshold is None or value <= 0 or threshold <= 0:
            return None
        return ONE - self.legs.debt_usdc / (threshold * value)

    @property
    def health(self) -> Decimal | None:
        """By our own figures at this mark, or else the lender's last word."""
        own = self.own_health
        return self.legs.stated_health if own is None else own

    @property
    def margin_fraction(self) -> Decimal | None:
        """Equity behind the short over its notional at the mark; None without a known short."""
        raw, size = self.legs.short_raw_usd, self.legs.short_sol
        if raw is None or size <= 0:
            return None
        return raw / (size * self.price.mark_price) - ONE

    @property
    def long_wall(self) -> Decimal | None:
        """SOL price at which the lender liquidates."""
        health = self.health
        return None if health is None else self.price.oracle_price * (ONE - health)

    @property
    def short_wall(self) -> Decimal | None:
        """SOL price at which the short is liquidated: raw / ((1 + maintenance) x size)."""
        raw, size = self.legs.short_raw_usd, self.legs.short_sol
        if raw is None or size <= 0:
            return None
        return raw / ((ONE + self.price.maintenance_fraction) * size)

    @property
    def long_distance(self) -> Decimal | None:
        """How far the price may fall: the same figure as the health."""
        return self.health

    @property
    def short_distance(self) -> Decimal | None:
        """How far the mark may rise."""
        wall = self.short_wall
        return None if wall is None else wall / self.price.mark_price - ONE

    @property
    def delta_sol(self) -> Decimal | None:
        """Long minus short."""
        long = self.long_sol
        return None if long is None else long - self.legs.short_sol

    @property
    def drift(self) -> Decimal | None:
        """|long - short| over the larger leg."""
        long = self.long_sol
        return None if long is None else deviation(long, self.legs.short_sol)

    @property
    def discount(self) -> Decimal | None:
        """Of the market below redemption; negative is a premium."""
        rate, market = self.price.redemption_rate, self.price.market_rate
        if rate is None or market is None or rate <= 0:
            return None
        return ONE - market / rate

    @property
    def opening_distance(self) -> Decimal | None:
        """Of the long when a pair of this leverage is opened; None without the threshold."""
        threshold, leverage = self.legs.liquidation_threshold, self.legs.leverage
        if threshold is None or threshold <= 0:
            return None
        return max(ZERO, ONE - (leverage - ONE) / (leverage * threshold))

    def since(self, kind: NearKind) -> datetime | None:
        """Since when that danger has stood; None when it does not."""
        return next((near.since for near in self.near if near.kind is kind), None)


@dataclass(frozen=True, slots=True)
class RiskThresholds:
    """What the facts are held against."""

    health_exit: Decimal
    margin_exit: Decimal
    health_near: Decimal
    margin_near: Decimal
    near_seconds: int
    defence_buffer: Decimal
    """A leg is defended where the price is this close to its wall; sooner never."""
    defence_share: Decimal
    """And never before this share of the distance at the opening is used up."""
    drift_max: Decimal
    lst_premium_warning: Decimal
    lst_premium_critical: Decimal
    lst_discount_warning: Decimal
    lst_discount_critical: Decimal
    lst_velocity_warning: Decimal
    lst_velocity_critical: Decimal
    legs_age_seconds_max: int
    stated_health_seconds_max: int

    @property
    def patience(self) -> timedelta:
        """How long a danger that must last may last."""
        return timedelta(seconds=self.near_seconds)

    @staticmethod
    def of(limits: RiskLimits) -> "RiskThresholds":
        """The system's; nobody's wishes change them."""
        above = ONE + limits.proximity
        return RiskThresholds(
            health_exit=limits.health_exit,
            margin_exit=limits.margin_exit,
            health_near=limits.health_exit * above,
            margin_near=limits.margin_exit * above,
            near_seconds=limits.proximity_seconds,
            defence_buffer=limits.defence_long_buffer,
            defence_share=limits.defence_trigger_share,
            drift_max=limits.delta_deviation_max,
            lst_premium_warning=limits.lst_premium_warning,
            lst_premium_critical=limits.lst_premium_critical,
            lst_discount_warning=limits.lst_discount_warning,
            lst_discount_critical=limits.lst_discount_critical,
            lst_velocity_warning=limits.lst_velocity_warning,
            lst_velocity_critical=limits.lst_velocity_critical,
            legs_age_seconds_max=limits.legs_age_seconds_max,
            stated_health_seconds_max=limits.stated_health_seconds_max,
        )


def defence_trigger(facts: RiskFacts, thresholds: RiskThresholds) -> Decimal:
    """The distance at which this pair is defended."""
    opening = facts.opening_distance
    if opening is None:
        return thresholds.defence_buffer
    return min(thresholds.defence_buffer, opening * thresholds.defence_share)


def standing(kinds: Iterable[NearKind], before: Iterable[Near], at: datetime) -> tuple[Near, ...]:
    """The dangers that stand now, each since it began; in the order of their names."""
    begun = {near.kind: near.since for near in before}
    return tuple(Near(kind, begun.get(kind, at)) for kind in sorted(kinds))
