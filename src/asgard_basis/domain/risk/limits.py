"""Hard bounds of the system over what a user may choose."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """Defaults are the specification's; settings may only tighten them."""

    size_min_usd: Decimal = Decimal(100)
    size_max_usd: Decimal = Decimal(50_000)
    positions_max: int = 3
    trades_daily_max: int = 20
    """Openings and closings of one user in a UTC day; more closings are always allowed."""
    leverage_default: Decimal = Decimal(3)
    health_at_entry_min: Decimal = Decimal("0.20")
    price_deviation_max: Decimal = Decimal("0.005")
    delta_deviation_max: Decimal = Decimal("0.005")
    slippage_entry_bps_max: int = 50
    slippage_exit_bps_max: int = 100
    lst_discount_max: Decimal = Decimal("0.01")
    lst_premium_max: Decimal = Decimal("0.03")
    market_age_seconds_max: int = 30
    rates_age_seconds_max: int = 90
    priority_fee_sol_max: Decimal = Decimal("0.01")
    sol_reserve: Decimal = Decimal("0.02")
    """SOL that must be there for fees and rent before a position is opened."""
    short_order_usd_min: Decimal = Decimal(10)
    defence_long_buffer: Decimal = Decimal("0.15")
    """Defence begins where the price is this close to a liquidation price, as a fraction."""
    deposit_usdc_min: Decimal = Decimal(5)
    """The bridge keeps anything less for ever."""
    deposit_usdc_max: Decimal = Decimal(25_000)
    unclaimed_seconds: int = 600
    """Between telling of something that nobody can explain and closing it."""
    eth_reserve: Decimal = Decimal("0.0001")
    back_off_minutes_first: int = 5
    """How long an opening is held back after one failed; twice as long after each further one."""
    back_off_hours_max: int = 24
    unwinds_hourly_max: int = 1
    unwinds_daily_max: int = 3
    unwind_loss_usd_daily_max: Decimal = Decimal(500)
    """What unwound openings may cost a user within a day."""
    venue_failures_users: int = 3
    """So many users failing at one venue within `venue_failures_minutes` hold everybody back."""
    venue_failures_minutes: int = 10
