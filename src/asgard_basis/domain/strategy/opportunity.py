"""Every way to hold the pair, priced by the functions that open it, best first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import FundingYear
from asgard_basis.domain.market.quality import FreshFor, unfit_for_entry
from asgard_basis.domain.market.rates import AnnualRate, AnnualYield, HourlyRate
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.carry import Carry, break_even_days, carry_on_capital
from asgard_basis.domain.strategy.fees import (
    FeeSchedule,
    RoundTrip,
    rebalancing_yearly,
    round_trip,
)
from asgard_basis.domain.strategy.sizing import Split, safe_leverage, split_capital

_DAYS_PER_YEAR = Decimal(365)
PLANNED_DAYS = Decimal(30)
"""For how long an entry is planned, when nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A way to hold the long, sized and priced for a capital."""

    split: Split
    carry: Carry
    safe_leverage: Decimal


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One asset at one lender and leverage, for one capital."""

    asset: Asset
    protocol: LendingProtocol
    leverage: Decimal
    size_usd: Decimal
    split: Split
    carry: Carry
    cost: RoundTrip
    rebalancing: AnnualRate
    """What keeping both legs safe is expected to cost, a year on the capital."""
    safe_leverage: Decimal
    worst: Carry | None
    """With funding as in its worst weeks of the last year and all else as now; None while
    no history is known."""
    obstacles: tuple[str, ...] = ()
    """Why it cannot be entered now, in plain words; none when it can."""

    @property
    def break_even_days(self) -> Decimal | None:
        """Days until getting in and out is paid for; None when it never is."""
        return break_even_days(
            cost_usd=self.cost.total_usd, daily_usd=self.carry.daily_usd(self.size_usd)
        )

    def net(self, carry: Carry, *, planned_days: Decimal = PLANNED_DAYS) -> AnnualRate:
        """A year on the capital, with the round trip spread over the planned days and what
        rebalancing is expected to cost."""
        spread = self.cost.total_usd / self.size_usd * _DAYS_PER_YEAR / planned_days
        return AnnualRate(carry.net.value - spread - self.rebalancing.value)


def income_to_short(snapshot: MarketSnapshot) -> HourlyRate:
    """The income every figure is told at: the mean of the last day, or the running rate."""
    return snapshot.mean_income(24) or snapshot.perp.funding_now.income_to_short


def staking_yield(snapshot: MarketSnapshot, asset: Asset) -> AnnualYield | None:
    """Zero for SOL, None while a staking token's yield is not known."""
    if asset is Asset.SOL:
        return AnnualYield(ZERO)
    lst = snapshot.lsts.get(asset)
    return lst.staking if lst else None


def price(
    snapshot: MarketSnapshot,
    lender: LenderMarket,
    *,
    leverage: Decimal,
    size_usd: Decimal,
    fees: FeeSchedule,
    limits: RiskLimits,
) -> Priced | None:
    """A capital at a lender, or None while the staking yield it depends on is unknown.

    Raises DomainError VAL-0004 when the legs come to nothing.
    """
    staking = staking_yield(snapshot, lender.asset)
    if staking is None:
        return None
    split = split_capital(
        size_usd=size_usd,
        leverage=leverage,
        liquidation_threshold=lender.liquidation_threshold,
        price=snapshot.perp.mark_price,
        maintenance_fraction=snapshot.perp.maintenance_fraction,
        venue_leverage_max=snapshot.perp.max_leverage,
        size_step=snapshot.perp.size_step,
        fees=fees,
    )
    carry = carry_on_capital(
        leverage=leverage,
        collateral_share=split.collateral_usdc / size_usd,
        income_to_short=income_to_short(snapshot),
        lending=lender.collateral_supply,
        staking=staking,
        borrowing=lender.usdc_borrow,
    )
    return Priced(split, carry, safe_at(lender, limits))


def safe_at(lender: LenderMarket, limits: RiskLimits) -> Decimal:
    """The highest leverage at which an entry at this lender is allowed."""
    return safe_leverage(
        health_min=limits.health_at_entry_min,
        liquidation_threshold=lender.liquidation_threshold,
        venue_max=lender.max_leverage,
    )


def opportunities(
    snapshot: MarketSnapshot,
    *,
    size_usd: Decimal,
    leverages: Sequence[Decimal],
    fees: FeeSchedule,
    limits: RiskLimits,
    enabled: frozenset[LendingProtocol],
    now: datetime,
    year: FundingYear | None = None,
) -> tuple[Opportunity, ...]:
    """Every lender at every leverage, what can be entered first, then by what remains a year.

    What is disputed or too old at host time `now` cannot be entered on, and is told with it.
    A lender whose staking yield is unknown is left out: unknown is not zero.
    """
    found: list[Opportunity] = []
    fresh_for = FreshFor(limits.market_age_seconds_max, limits.rates_age_seconds_max)
    quality = snapshot.quality(now, fresh_for)
    for lender in snapshot.lenders:
        unfit = unfit_for_entry(quality, lender.protocol, lender.asset)
        doubts = [f"{each.part}: {each.reason}" for each in unfit]
        for leverage in leverages:
            priced = price(
                snapshot, lender, leverage=leverage, size_usd=size_usd, fees=fees, limits=limits
            )
            if priced is not None:
                found.append(
                    _opportunity(lender, leverage, size_usd, priced, fees, enabled, year, doubts)
                )
    return tuple(sorted(found, key=lambda o: (bool(o.obstacles), -o.net(o.carry).value)))


def _opportunity(
    lender: LenderMarket,
    leverage: Decimal,
    size_usd: Decimal,
    priced: Priced,
    fees: FeeSchedule,
    enabled: frozenset[LendingProtocol],
    year: FundingYear | None,
    doubts: Sequence[str],
) -> Opportunity:
    split = priced.split
    worst = None
    if year is not None:
        exposure = leverage * split.collateral_usdc / size_usd
        income = AnnualRate(exposure * year.worst.annual().value)
        worst = replace(priced.carry, funding=income)
    return Opportunity(
        asset=lender.asset,
        protocol=lender.protocol,
        leverage=leverage,
        size_usd=size_usd,
        split=split,
        carry=priced.carry,
        cost=round_trip(notional_usd=split.notional_usd, fees=fees),
        rebalancing=rebalancing_yearly(leverage),
        safe_leverage=priced.safe_leverage,
        worst=worst,
        obstacles=(*_obstacles(lender, leverage, priced, enabled), *doubts),
    )


def _obstacles(
    lender: LenderMarket, leverage: Decimal, priced: Priced, enabled: frozenset[LendingProtocol]
) -> tuple[str, ...]:
    name = lender.protocol.name.title()
    told: list[str] = []
    if lender.protocol not in enabled:
        told.append(f"{name} is switched off by the operator")
    if not lender.is_active:
        told.append(f"{name} takes no new positions")
    if leverage > priced.safe_leverage:
        told.append(f"{leverage}x leaves too little room on {name}")
    if lender.borrow_capacity_usdc < priced.split.borrow_usdc:
        told.append(f"{name} cannot lend that much now")
    return tuple(told)
