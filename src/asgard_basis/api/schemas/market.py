"""Rates and funding."""

from datetime import datetime
from typing import Literal

from asgard_basis.api.schemas.shapes import DecimalText, Shape


class Quality(Shape):
    """How far a figure may be believed; nobody enters on one that is not fresh."""

    state: Literal["fresh", "stale", "disputed"]
    reason: str | None
    """Why it is not fresh, in one sentence."""
    age_seconds: int | None
    """Null while it has never been seen."""


class FundingNow(Shape):
    """What the short earns, as yearly fractions; negative is paid."""

    now_apr: DecimalText
    predicted_apr: DecimalText | None
    mean_24h_apr: DecimalText | None
    mean_7d_apr: DecimalText | None
    now_hourly: DecimalText
    age_seconds: int
    quality: Quality


class LenderRate(Shape):
    """One way to hold the long."""

    protocol: int
    protocol_name: str
    asset: str
    supply_apy: DecimalText
    borrow_apy: DecimalText
    staking_apy: DecimalText | None
    """Zero for SOL; null when a staking token's yield is not known."""
    net_apr: DecimalText | None
    """On the whole capital at the leverage asked about; null when a part is unknown or disputed."""
    break_even_days: DecimalText | None
    safe_leverage: DecimalText
    opening_health: DecimalText
    borrow_capacity_usdc: DecimalText
    can_defend: bool
    """Whether a position there can be reduced in place."""
    is_enabled: bool
    age_seconds: int
    unavailable: str | None
    quality: Quality
    """Of these rates, and of the staking token's value."""


class RatesResponse(Shape):
    """The market at one leverage."""

    leverage: DecimalText
    mark_price: DecimalText
    oracle_price: DecimalText
    funding: FundingNow
    lenders: list[LenderRate]
    """Best first."""
    price: Quality
    """Of mark and oracle."""
    is_stale: bool
    market_time: datetime


class FundingHour(Shape):
    """One settled hour."""

    hour: datetime
    income_apr: DecimalText
    income_hourly: DecimalText


class FundingHistoryResponse(Shape):
    """Settled hours, oldest first, and how many are missing between them."""

    hours: list[FundingHour]
    missing: int


class FundingYearEntry(Shape):
    """What the short earned over the last year, as far as it is known."""

    days_known: int
    mean_apr: DecimalText
    worst_apr: DecimalText
    """The lowest mean over `window_days`."""
    window_days: int
    longest_paid_hours: int


class OpportunityEntry(Shape):
    """One way to be in; yearly fractions on the whole capital."""

    asset: str
    protocol: int
    protocol_name: str
    leverage: DecimalText
    funding_apr: DecimalText
    lending_apr: DecimalText
    staking_apr: DecimalText
    borrowing_apr: DecimalText
    """Positive figure that is paid."""
    net_apr: DecimalText
    rebalancing_apr: DecimalText
    """Expected cost of keeping both legs safe; positive is paid."""
    net_after_costs_apr: DecimalText
    """Net of the round trip, spread over the planned days, and of rebalancing."""
    worst_net_apr: DecimalText | None
    """The same with funding as in its worst weeks of the last year; null without history."""
    cost_usd: DecimalText
    break_even_days: DecimalText | None
    safe_leverage: DecimalText
    opening_health: DecimalText
    can_defend: bool
    obstacles: list[str]
    """Why it cannot be entered now; empty when it can."""


class OpportunitiesResponse(Shape):
    """Best first."""

    size_usd: DecimalText
    planned_days: int
    year: FundingYearEntry | None
    opportunities: list[OpportunityEntry]
