"""What one could enter now: every asset, lender and leverage, best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.market.funding import FundingYear, year_of
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.domain.strategy.opportunity import PLANNED_DAYS, Opportunity, opportunities
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions

LEVERAGES = tuple(Decimal(text) for text in ("1.5", "2", "2.5", "3", "4"))
"""What is ranked when nobody names a leverage."""
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class YearView:
    """What the short earned over the last year, as far as it is known."""

    days_known: int
    mean_apr: Decimal
    worst_apr: Decimal
    """The lowest mean over `window_days`."""
    window_days: int
    longest_paid_hours: int


@dataclass(frozen=True, slots=True)
class OpportunityView:
    """One way to be in."""

    asset: str
    protocol: int
    protocol_name: str
    leverage: Decimal
    funding_apr: Decimal
    lending_apr: Decimal
    staking_apr: Decimal
    borrowing_apr: Decimal
    net_apr: Decimal
    """A year on the capital, before one-time costs."""
    rebalancing_apr: Decimal
    net_after_costs_apr: Decimal
    worst_net_apr: Decimal | None
    """The same with funding as in its worst weeks of the last year."""
    cost_usd: Decimal
    break_even_days: Decimal | None
    safe_leverage: Decimal
    opening_health: Decimal
    can_defend: bool
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpportunitiesView:
    """The ranking for one capital."""

    size_usd: Decimal
    planned_days: int
    """Over which the costs of getting in and out are spread."""
    year: YearView | None
    opportunities: tuple[OpportunityView, ...]


class OpportunityBoard:
    """Ranks with the same functions that size and judge an entry."""

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
        self._enabled = enabled
        self._year: FundingYear | None = None
        self._year_until: datetime | None = None

    async def ranked(
        self, size_usd: Decimal, leverages: Sequence[Decimal] = LEVERAGES
    ) -> OpportunitiesView:
        """Best first, what cannot be entered last; raises DomainError RSK-0004 without data."""
        snapshot = await self._reader.latest()
        year = await self.year()
        found = opportunities(
            snapshot,
            size_usd=size_usd,
            leverages=leverages,
            fees=self._fees,
            limits=self._limits,
            enabled=self._enabled,
            now=self._clock.host(),
            year=year,
        )
        return OpportunitiesView(
            size_usd=size_usd,
            planned_days=int(PLANNED_DAYS),
            year=None if year is None else _year_view(year),
            opportunities=tuple(_view(each) for each in found),
        )

    async def year(self) -> FundingYear | None:
        """The last year of funding, read once an hour; None while too little is known.

        Until then it is read each time: after the first start a quarter of it is there in seconds.
        """
        last = self._clock.now().replace(minute=0, second=0, microsecond=0)
        if self._year is None or self._year_until != last:
            async with self._transactions.for_visitor() as work:
                hours = await work.funding.between(last - _YEAR, last)
            self._year, self._year_until = year_of(hours), last
        return self._year


def _year_view(year: FundingYear) -> YearView:
    return YearView(
        days_known=year.hours // 24,
        mean_apr=year.mean.annual().value,
        worst_apr=year.worst.annual().value,
        window_days=year.window_hours // 24,
        longest_paid_hours=year.longest_paid_hours,
    )


def _view(each: Opportunity) -> OpportunityView:
    carry = each.carry
    return OpportunityView(
        asset=each.asset.value,
        protocol=int(each.protocol),
        protocol_name=each.protocol.name.title(),
        leverage=each.leverage,
        funding_apr=carry.funding.value,
        lending_apr=carry.lending.value,
        staking_apr=carry.staking.value,
        borrowing_apr=carry.borrowing.value,
        net_apr=carry.net.value,
        rebalancing_apr=each.rebalancing.value,
        net_after_costs_apr=each.net(carry).value,
        worst_net_apr=None if each.worst is None else each.net(each.worst).value,
        cost_usd=each.cost.total_usd,
        break_even_days=each.break_even_days,
        safe_leverage=each.safe_leverage,
        opening_health=each.split.opening_health.value,
        can_defend=each.protocol is LendingProtocol.KAMINO,
        obstacles=each.obstacles,
    )
