"""The market at a leverage: every way to hold the long, best first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import missing_hours
from asgard_basis.domain.market.quality import (
    FUNDING,
    FUNDING_HISTORY,
    PRICE,
    SPOT,
    MarketQuality,
    Part,
    PartQuality,
    lender_part,
    parts_of_entry,
    staking_part,
)
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot
from asgard_basis.domain.money import ONE, Leverage
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.carry import break_even_days
from asgard_basis.domain.strategy.fees import FeeSchedule, round_trip
from asgard_basis.domain.strategy.opportunity import Priced, price, safe_at, staking_yield
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions

_PRICED_KEPT = timedelta(seconds=1)
"""Everybody asks for the same figures; ages are told in whole seconds anyway."""
_REFERENCE_CAPITAL = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class QualityView:
    """How far a figure may be believed."""

    state: str
    """`fresh`, `stale` or `disputed`."""
    reason: str | None
    age_seconds: int | None


@dataclass(frozen=True, slots=True)
class FundingView:
    """What the short earns."""

    now_apr: Decimal
    predicted_apr: Decimal | None
    mean_24h_apr: Decimal | None
    mean_7d_apr: Decimal | None
    now_hourly: Decimal
    age_seconds: int
    quality: QualityView


@dataclass(frozen=True, slots=True)
class LenderView:
    """One way to hold the long."""

    protocol: int
    protocol_name: str
    asset: str
    supply_apy: Decimal
    borrow_apy: Decimal
    staking_apy: Decimal | None
    net_apr: Decimal | None
    break_even_days: Decimal | None
    safe_leverage: Decimal
    opening_health: Decimal
    borrow_capacity_usdc: Decimal
    can_defend: bool
    is_enabled: bool
    age_seconds: int
    unavailable: str | None
    quality: QualityView
    """Of its rates, and of the staking token's value."""


@dataclass(frozen=True, slots=True)
class RatesView:
    """The market at one leverage."""

    leverage: Decimal
    mark_price: Decimal
    oracle_price: Decimal
    funding: FundingView
    lenders: list[LenderView]
    price: QualityView
    is_stale: bool
    market_time: datetime


@dataclass(frozen=True, slots=True)
class FundingHourView:
    """One settled hour."""

    hour: datetime
    income_apr: Decimal
    income_hourly: Decimal


@dataclass(frozen=True, slots=True)
class FundingHistoryView:
    """Settled hours and how many are missing between them."""

    hours: list[FundingHourView]
    missing: int


class RateBoard:
    """Prices every lender with the same functions that size and judge an entry."""

    def __init__(
        self,
        *,
        reader: MarketReader,
        transactions: Transactions,
        clock: Clock,
        limits: RiskLimits,
        fees: FeeSchedule,
        enabled: frozenset[LendingProtocol],
    ) -> None:
        self._reader = reader
        self._transactions = transactions
        self._clock = clock
        self._limits = limits
        self._fees = fees
        self.enabled = enabled
        self._views: dict[Leverage, RatesView] = {}
        self._priced_from: MarketSnapshot | None = None
        self._priced_at = clock.host()

    async def at(self, leverage: Leverage) -> RatesView:
        """Rates of all lenders at a leverage; raises DomainError RSK-0004 without data."""
        snapshot = await self._reader.latest()
        now = self._clock.host()
        if self._priced_from is not snapshot or now - self._priced_at >= _PRICED_KEPT:
            self._views, self._priced_from, self._priced_at = {}, snapshot, now
        view = self._views.get(leverage)
        if view is None:
            view = self._views[leverage] = self._view(snapshot, leverage, now)
        return view

    def _view(self, snapshot: MarketSnapshot, leverage: Leverage, now: datetime) -> RatesView:
        quality = snapshot.quality(now)
        lenders = [self._lender(snapshot, lender, leverage, quality) for lender in snapshot.lenders]
        lenders.sort(key=lambda v: (not v.is_enabled, v.net_apr is None, -(v.net_apr or 0)))
        perp_age = _age(now, snapshot.perp.observed_at)
        oldest = max([lender.age_seconds for lender in lenders], default=0)
        return RatesView(
            leverage=leverage.value,
            mark_price=snapshot.perp.mark_price,
            oracle_price=snapshot.perp.oracle_price,
            funding=funding_view(snapshot, now),
            lenders=lenders,
            price=_quality(quality.worst(_disputable(quality, PRICE, SPOT))),
            is_stale=not lenders
            or perp_age > self._limits.market_age_seconds_max
            or oldest > self._limits.rates_age_seconds_max,
            market_time=self._clock.now(),
        )

    async def funding_hours(self, hours: int) -> FundingHistoryView:
        """The last settled hours, oldest first."""
        last = self._clock.now().replace(minute=0, second=0, microsecond=0)
        first = last - timedelta(hours=hours - 1)
        async with self._transactions.for_visitor() as work:
            found = await work.funding.between(first, last)
        missing = missing_hours(found, first=found[0].hour, last=last) if found else []
        if missing and missing[-1] == last:
            missing = missing[:-1]  # the newest hour may still be settling
        return FundingHistoryView(
            hours=[
                FundingHourView(
                    hour=o.hour,
                    income_apr=o.rate.income_to_short.annual().value,
                    income_hourly=o.rate.income_to_short.value,
                )
                for o in found
            ],
            missing=len(missing),
        )

    def price(
        self,
        snapshot: MarketSnapshot,
        lender: LenderMarket,
        leverage: Leverage,
        size_usd: Decimal,
        fees: FeeSchedule | None = None,
    ) -> Priced | None:
        """A capital at a lender, or None while the staking yield it depends on is unknown."""
        return price(
            snapshot,
            lender,
            leverage=leverage.value,
            size_usd=size_usd,
            fees=fees or self._fees,
            limits=self._limits,
        )

    def safe_leverage(self, lender: LenderMarket) -> Decimal:
        """The highest leverage at which an entry there is allowed."""
        return safe_at(lender, self._limits)

    def _lender(
        self,
        snapshot: MarketSnapshot,
        lender: LenderMarket,
        leverage: Leverage,
        quality: MarketQuality,
    ) -> LenderView:
        priced = days = None
        own = [lender_part(lender.protocol, lender.asset)]
        if lender.asset is not Asset.SOL:
            own.append(staking_part(lender.asset))
        # A net rate made of figures nobody believes would be believed all the same.
        if not quality.is_disputed(parts_of_entry(lender.protocol, lender.asset)):
            priced = self.price(snapshot, lender, leverage, _REFERENCE_CAPITAL)
        if priced is not None:
            cost = round_trip(notional_usd=priced.split.notional_usd, fees=self._fees)
            days = break_even_days(
                cost_usd=cost.total_usd, daily_usd=priced.carry.daily_usd(_REFERENCE_CAPITAL)
            )
        staking = staking_yield(snapshot, lender.asset)
        value = leverage.value
        health = 1 - (value - 1) / (value * lender.liquidation_threshold)
        is_enabled = lender.protocol in self.enabled and lender.is_active
        return LenderView(
            protocol=int(lender.protocol),
            protocol_name=lender.protocol.name.title(),
            asset=lender.asset.value,
            supply_apy=lender.collateral_supply.value,
            borrow_apy=lender.usdc_borrow.value,
            staking_apy=staking.value if staking else None,
            net_apr=priced.carry.net.value if priced else None,
            break_even_days=days,
            safe_leverage=self.safe_leverage(lender),
            opening_health=max(Decimal(0), min(ONE, health)),
            borrow_capacity_usdc=lender.borrow_capacity_usdc,
            can_defend=lender.protocol is LendingProtocol.KAMINO,
            is_enabled=is_enabled,
            age_seconds=quality.of(own[0]).age_seconds or 0,
            unavailable=None if is_enabled else _why_not(lender, self.enabled),
            quality=_quality(quality.worst(own)),
        )


def funding_view(snapshot: MarketSnapshot, now: datetime) -> FundingView:
    """What the short earns now, next hour and lately."""
    day, week = snapshot.mean_income(24), snapshot.mean_income(168)
    predicted = snapshot.funding_predicted
    income = snapshot.perp.funding_now.income_to_short
    quality = snapshot.quality(now)
    return FundingView(
        now_apr=income.annual().value,
        predicted_apr=predicted.income_to_short.annual().value if predicted else None,
        mean_24h_apr=day.annual().value if day else None,
        mean_7d_apr=week.annual().value if week else None,
        now_hourly=income.value,
        age_seconds=_age(now, snapshot.perp.observed_at),
        quality=_quality(quality.worst(_disputable(quality, FUNDING, FUNDING_HISTORY))),
    )


def _disputable(quality: MarketQuality, part: Part, beside: Part) -> tuple[Part, ...]:
    """The part, and the one beside it only while that one is disputed: its age says nothing."""
    return (part, beside) if quality.is_disputed([beside]) else (part,)


def _quality(judged: PartQuality) -> QualityView:
    return QualityView(judged.state.value, judged.reason, judged.age_seconds)


def _age(now: datetime, then: datetime) -> int:
    return max(0, int((now - then).total_seconds()))


def _why_not(lender: LenderMarket, enabled: frozenset[LendingProtocol]) -> str:
    if lender.protocol not in enabled:
        return "switched off by the operator"
    return "the lender takes no new positions"
