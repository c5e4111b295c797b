"""What a person wishes the strategy to do: every threshold with its unit and its hard bounds.

Names, units and defaults are those of the plan's `user_strategy_config`: APYs, take-profit and
stop-loss are percent (15 is 15 %), rates for 8 hours and the share of the balance are fractions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from asgard_basis.domain.assets import Asset, LendingProtocol, asset_named
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.market.rates import AnnualRate
from asgard_basis.domain.money import LEVERAGE_MAX, LEVERAGE_MIN, exact

EXIT_GAP_PERCENT = Decimal(2)
"""How far the line for leaving lies below the line for entering, at least."""
_PERIODS_A_YEAR = Decimal(1095)


class FundingExit(StrEnum):
    """How a position is left when the short pays."""

    PATIENCE = "patience"
    """Not before its costs are earned back, unless staying costs more than leaving."""
    IMMEDIATE = "immediate"
    """As soon as the short pays, now and in the next hour."""


@dataclass(frozen=True, slots=True)
class StrategyConfig:
    """One person's thresholds. The defaults are cautious: most hours do not meet them."""

    enabled: bool = False
    assets: tuple[Asset, ...] = (Asset.SOL,)
    protocols: tuple[LendingProtocol, ...] | None = None
    """None takes any lender the operator has switched on."""
    min_carry_apy: Decimal = Decimal(15)
    """Percent a year on the capital that must remain after borrowing and fees."""
    min_funding_rate_8hr: Decimal = Decimal("0.00005")
    """Least the short earns in 8 hours, as a fraction of its notional."""
    max_funding_volatility: Decimal = Decimal("0.5")
    max_position_pct: Decimal = Decimal("0.25")
    """Most of the balance in one position, as a fraction."""
    max_concurrent_positions: int = 2
    max_leverage: Decimal = Decimal(3)
    min_exit_carry_apy: Decimal = Decimal(5)
    """Percent a year; a position that earns less is left."""
    take_profit_pct: Decimal | None = None
    """Percent of the position's capital; None never leaves because of a gain."""
    stop_loss_pct: Decimal = Decimal(10)
    """Percent of the position's capital."""
    auto_reopen: bool = True
    """Whether to enter again after a position was closed."""
    cooldown_minutes: int = 30
    """Between a close and the next entry, in market time."""
    funding_exit: FundingExit = FundingExit.PATIENCE
    exit_funding_rate_8hr: Decimal = Decimal(0)
    """The short counts as paying below this, over `patience_hours`."""
    patience_hours: int = 24
    """Over how many settled hours income is averaged before it is a reason to leave."""
    patience_cost_factor: Decimal = Decimal(1)
    """Staying may cost so many times a round trip before costs earned back are waited for."""
    min_hold_hours: int = 24
    """A position younger than this is not left for little carry."""
    planned_hold_days: int = 30
    """Over how many days the costs of a position are spread when it is judged."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number may be, both ends included."""

    least: Decimal
    most: Decimal


BOUNDS: Mapping[str, Bounds] = {
    name: Bounds(Decimal(least), Decimal(most))
    for name, least, most in (
        ("min_carry_apy", "0", "200"),
        ("min_funding_rate_8hr", "0", "0.01"),
        ("max_funding_volatility", "0.01", "1"),
        ("max_position_pct", "0.01", "1"),
        ("max_concurrent_positions", "1", "10"),
        ("max_leverage", str(LEVERAGE_MIN), str(LEVERAGE_MAX)),
        ("min_exit_carry_apy", "-100", "198"),
        ("take_profit_pct", "1", "1000"),
        ("stop_loss_pct", "1", "100"),
        ("cooldown_minutes", "5", "10080"),
        ("exit_funding_rate_8hr", "-0.01", "0.01"),
        ("patience_hours", "1", "168"),
        ("patience_cost_factor", "0.25", "5"),
        ("min_hold_hours", "1", "720"),
        ("planned_hold_days", "1", "365"),
    )
}
"""Every number a person may set; the system's own limits come on top (`limits.py`)."""
FIELDS = tuple(field.name for field in fields(StrategyConfig))


def checked(config: StrategyConfig) -> StrategyConfig:
    """The config when everything in it may be saved; raises DomainError VAL-0020 otherwise.

    The error's details name the `field`, and for numbers `least` and `most`.
    """
    if not config.assets or len(set(config.assets)) != len(config.assets):
        raise _refusal("assets", "choose at least one asset, each once")
    chosen = config.protocols
    if chosen is not None and (not chosen or len(set(chosen)) != len(chosen)):
        raise _refusal("protocols", "choose at least one lender, each once, or any")
    for name, bounds in BOUNDS.items():
        value = getattr(config, name)
        if value is not None and not bounds.least <= value <= bounds.most:
            raise _refusal(name, f"must be between {bounds.least} and {bounds.most}", bounds)
    if config.min_exit_carry_apy > config.min_carry_apy - EXIT_GAP_PERCENT:
        raise _refusal(
            "min_exit_carry_apy",
            f"must lie at least {EXIT_GAP_PERCENT} points under the line for entering, or it would"
            " get in and out for the same figure",
        )
    if config.exit_funding_rate_8hr > config.min_funding_rate_8hr:
        raise _refusal(
            "exit_funding_rate_8hr", "must not lie above what the short must earn for entering"
        )
    return config


def changed(config: StrategyConfig, given: Mapping[str, object]) -> StrategyConfig:
    """The config with these fields another way, from what a program sent.

    Assets and lenders may be names and numbers. Raises DomainError VAL-0001, VAL-0007, VAL-0008
    for what cannot be read, VAL-0020 for a field that does not exist.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in FIELDS:
            raise _refusal(name, "is not a field of the strategy")
        values[name] = _read(name, value)
    return replace(config, **values)


def _read(name: str, value: object) -> object:
    if name == "assets" and isinstance(value, Iterable):
        return tuple(asset_named(str(asset)) for asset in value)
    if name == "protocols" and isinstance(value, Iterable):
        return tuple(_lender(number) for number in value)
    if name == "funding_exit":
        return FundingExit(str(value))
    if isinstance(value, Decimal):
        return exact(value)
    return value


def _lender(number: object) -> LendingProtocol:
    known = {int(protocol): protocol for protocol in LendingProtocol}
    if not isinstance(number, int) or number not in known:
        raise DomainError(ErrorCode.INVALID_PROTOCOL, f"there is no lender {number!r}")
    return known[number]


def defaults() -> StrategyConfig:
    """What a person begins with and a reset returns to: switched off, cautious."""
    return StrategyConfig()


PRESETS: Mapping[str, StrategyConfig] = {
    "conservative": StrategyConfig(
        max_leverage=Decimal(2),
        max_concurrent_positions=1,
        max_funding_volatility=Decimal("0.3"),
        stop_loss_pct=Decimal(5),
        cooldown_minutes=120,
        min_hold_hours=48,
    ),
    "balanced": StrategyConfig(
        min_carry_apy=Decimal(10),
        min_exit_carry_apy=Decimal(4),
        max_position_pct=Decimal("0.5"),
        max_leverage=Decimal("2.5"),
        stop_loss_pct=Decimal(10),
    ),
    "aggressive": StrategyConfig(
        assets=tuple(Asset),
        min_carry_apy=Decimal(6),
        min_funding_rate_8hr=Decimal("0.00003"),
        min_exit_carry_apy=Decimal(2),
        max_funding_volatility=Decimal(1),
        max_position_pct=Decimal("0.9"),
        max_concurrent_positions=3,
        max_leverage=Decimal(3),
        stop_loss_pct=Decimal(15),
        cooldown_minutes=15,
        min_hold_hours=12,
    ),
}
"""Ready-made wishes, safest first. None switches a protection off."""
PRESET_NAMES = tuple(PRESETS)
SLOTS = (1, 2, 3)
"""Where a person may keep own presets."""


def as_preset(config: StrategyConfig) -> StrategyConfig:
    """The thresholds alone: a preset never starts or stops anything."""
    return replace(config, enabled=False)


def named(config: StrategyConfig, own: Iterable[tuple[str, StrategyConfig]] = ()) -> str | None:
    """Under which name these thresholds are known, or None when they are somebody's own."""
    wished = as_preset(config)
    known = [*PRESETS.items(), *own]
    return next((name for name, preset in known if as_preset(preset) == wished), None)


def annual_of_8_hours(rate: Decimal) -> AnnualRate:
    """A rate for 8 hours times the 1 095 such periods of a year."""
    return AnnualRate(rate * _PERIODS_A_YEAR)


def fraction(percent: Decimal) -> Decimal:
    """15 percent as 0.15."""
    return percent / 100


def _refusal(name: str, why: str, bounds: Bounds | None = None) -> DomainError:
    details = {"field": name}
    if bounds is not None:
        details |= {"least": str(bounds.least), "most": str(bounds.most)}
    return DomainError(ErrorCode.OUT_OF_BOUNDS, f"{name} {why}.", details)
