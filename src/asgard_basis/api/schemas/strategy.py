"""The strategy's wishes, its presets, its state; settings."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from asgard_basis.api.schemas.shapes import DecimalText, Request, Shape
from asgard_basis.api.schemas.trading import CheckResult


class StrategyChange(Request):
    """What is to be another way; fields that are left out stay as they are.

    APYs, take-profit and stop-loss are percent (15 is 15 %); rates for 8 hours and
    `max_position_pct` are fractions. `take_profit_pct: null` never leaves because of a gain,
    `protocols: null` takes any lender that is switched on.
    """

    enabled: bool | None = None
    assets: list[str] | None = None
    protocols: list[int] | None = None
    min_carry_apy: Decimal | None = None
    min_funding_rate_8hr: Decimal | None = None
    max_funding_volatility: Decimal | None = None
    max_position_pct: Decimal | None = None
    max_concurrent_positions: int | None = None
    max_leverage: Decimal | None = None
    min_exit_carry_apy: Decimal | None = None
    take_profit_pct: Decimal | None = None
    stop_loss_pct: Decimal | None = None
    auto_reopen: bool | None = None
    cooldown_minutes: int | None = None
    funding_exit: Literal["patience", "immediate"] | None = None
    exit_funding_rate_8hr: Decimal | None = None
    patience_hours: int | None = None
    patience_cost_factor: Decimal | None = None
    min_hold_hours: int | None = None
    planned_hold_days: int | None = None


class StrategySave(StrategyChange):
    """A change of the wish with the version it was made from."""

    version: int
    """A stale one is refused with VAL-0021: somebody else has saved in between."""


class PresetSave(StrategyChange):
    """Thresholds to keep; what is left out is taken from the present wish."""

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"\S")]


class StrategyFields(Shape):
    """A wish in full."""

    enabled: bool
    assets: list[str]
    protocols: list[int] | None
    """Null takes any lender that is switched on."""
    min_carry_apy: DecimalText
    """Percent a year after borrowing and fees."""
    min_funding_rate_8hr: DecimalText
    """Fraction of the notional in 8 hours."""
    max_funding_volatility: DecimalText
    max_position_pct: DecimalText
    """Fraction of the balance."""
    max_concurrent_positions: int
    max_leverage: DecimalText
    min_exit_carry_apy: DecimalText
    take_profit_pct: DecimalText | None
    stop_loss_pct: DecimalText
    auto_reopen: bool
    cooldown_minutes: int
    funding_exit: Literal["patience", "immediate"]
    exit_funding_rate_8hr: DecimalText
    patience_hours: int
    patience_cost_factor: DecimalText
    min_hold_hours: int
    planned_hold_days: int


class StrategyBound(Shape):
    """What a number may be, both ends included."""

    field: str
    least: DecimalText
    most: DecimalText


class EffectiveField(Shape):
    """What a wish comes to under the system's limits."""

    field: str
    wish: DecimalText
    effective: DecimalText
    is_capped: bool
    told: str


class StrategyStatusResponse(Shape):
    """What the strategy does now, and why."""

    state: Literal["off", "paused", "cooling_down", "waiting_for_deposit", "waiting", "active"]
    label: str
    reason: str
    until: datetime | None
    """When a cooldown ends, market time."""
    criteria: list[CheckResult]
    """What must hold for the next entry."""
    decided_at: datetime | None
    """Market time."""


class StrategyFundingResponse(Shape):
    """What the short earns, as yearly fractions; null is not known."""

    now: DecimalText
    predicted: DecimalText | None
    day: DecimalText | None
    volatility: DecimalText | None


class StrategyResponse(Shape):
    """The wish with its version, what it comes to, and what is done about it now."""

    config: StrategyFields
    version: int
    updated_at: datetime | None
    """Market time, as `enabled_at` and `last_close_time`."""
    enabled_at: datetime | None
    preset: str | None
    status: StrategyStatusResponse
    effective: list[EffectiveField]
    bounds: list[StrategyBound]
    funding: StrategyFundingResponse | None
    left_apr: DecimalText | None
    """What the best way to hold a pair leaves a year after costs, as a fraction."""
    left_at: str | None
    positions_held: int
    trades_today: int
    trades_daily_max: int
    paused_at: datetime | None
    """Host time."""
    paused_reason: str | None
    last_close_time: datetime | None
    cooldown_at_close: int | None
    """Minutes, as wished when the last position was closed."""


class PresetResponse(Shape):
    """Thresholds under a name."""

    name: str
    slot: int | None
    """Null for those that come with the product."""
    config: StrategyFields


class PresetsResponse(Shape):
    """The product's, safest first, then your own by slot."""

    presets: list[PresetResponse]


class SettingsSave(Request):
    """What is to be another way; fields that are left out stay as they are."""

    theme: Literal["system", "light", "dark"] | None = None
    default_asset: str | None = None
    default_leverage: Decimal | None = None
    default_size_usd: Decimal | None = None
    strategy: StrategySave | None = None
    """Saved with the rest, or nothing is."""


class SettingsResponse(Shape):
    """What you prefer."""

    theme: Literal["system", "light", "dark"]
    default_asset: str
    default_leverage: DecimalText
    default_size_usd: DecimalText
    strategy: StrategyFields
    strategy_version: int
