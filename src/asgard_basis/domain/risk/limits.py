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
    defence_trigger_share: Decimal = Decimal("0.5")
    """And never before this share of the distance at the opening is used up."""
    defence_again_share: Decimal = Decimal("0.75")
    """Of the trigger: where more is done although a defence is under way or just over."""
    defence_emergency_buffer: Decimal = Decimal("0.05")
    """As `defence_long_buffer`: from here on half of both legs goes at once."""
    defence_emergency_part: Decimal = Decimal("0.5")
    defence_target_share: Decimal = Decimal(1)
    """Of the distance at the opening: what a defence restores."""
    defence_target_least: Decimal = Decimal("1.5")
    """Of the trigger: at least so far, or the next defence follows at once."""
    liquidation_threshold_unknown: Decimal = Decimal("0.75")
    """Taken for a lender that is not listed any more: the lowest of those we use."""
    defence_close_part: Decimal = Decimal("0.9")
    """Where more of the pair would have to go, it is closed."""
    defence_pause_minutes: int = 10
    """Between two defences that are no emergency."""
    defences_daily_max: int = 6
    """Of those, per position."""
    defence_payback_days: Decimal = Decimal(30)
    """A move of money must have earned what it costs within these."""
    move_usd_default: Decimal = Decimal(500)
    """What is offered as the cap of one move of free money to a leg."""
    moves_daily_usd_default: Decimal = Decimal(1_000)
    move_usd_max: Decimal = Decimal(25_000)
    """No person's cap of a move or a day may be higher."""
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
    health_exit: Decimal = Decimal("0.10")
    """A long with no more room than this is left at once."""
    margin_exit: Decimal = Decimal("0.10")
    """A short with less equity than this part of its notional is left at once."""
    proximity: Decimal = Decimal("0.20")
    """So near above an exit, as a part of it, is near: to be left when it lasts."""
    proximity_seconds: int = 20
    """Market time a leg may be that near."""
    lst_premium_warning: Decimal = Decimal("0.03")
    lst_premium_critical: Decimal = Decimal("0.05")
    lst_discount_warning: Decimal = Decimal("0.01")
    lst_discount_critical: Decimal = Decimal("0.02")
    lst_velocity_warning: Decimal = Decimal("0.02")
    """Of market over redemption within an hour."""
    lst_velocity_critical: Decimal = Decimal("0.05")
    legs_age_seconds_max: int = 900
    """Both legs must have been read within it to be called known; they are revalued meanwhile."""
    stated_health_seconds_max: int = 120
    """How long the lender's own health figure counts beside ours."""
    drawdown_max: Decimal = Decimal("0.20")
    """Fall of an account from its high-water mark that pauses opening."""
    failures_max: int = 3
    """Failed openings in a row that pause opening until an operator has looked."""
    size_absolute_usd: Decimal = Decimal(500_000)
    """No setting lets a single position be larger."""

    def __post_init__(self) -> None:
        if self.size_max_usd > self.size_absolute_usd:
            raise ValueError(f"no position may be larger than {self.size_absolute_usd} USD")
