"""What may be wished, and what may not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.config import (
    BOUNDS,
    PRESETS,
    FundingExit,
    StrategyConfig,
    annual_of_8_hours,
    changed,
    checked,
    defaults,
    named,
)
from asgard_basis.domain.strategy.effective import effective
from asgard_basis.domain.strategy.evaluation import StrategyOffer


def refused(config: StrategyConfig) -> str:
    with pytest.raises(DomainError) as caught:
        checked(config)
    assert caught.value.code is ErrorCode.OUT_OF_BOUNDS
    return caught.value.details["field"]


def test_the_defaults_are_the_plans_with_the_funding_rate_put_right() -> None:
    config = checked(defaults())
    assert not config.enabled
    assert (config.assets, config.protocols) == ((Asset.SOL,), None)
    assert (config.min_carry_apy, config.min_exit_carry_apy) == (15, 5)
    assert (config.max_position_pct, config.max_leverage) == (Decimal("0.25"), 3)
    assert (config.take_profit_pct, config.stop_loss_pct) == (None, 10)
    assert (config.cooldown_minutes, config.max_concurrent_positions) == (30, 2)
    assert annual_of_8_hours(config.min_funding_rate_8hr).value == Decimal("0.05475")


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_nothing_beyond_its_bounds_is_saved(name: str) -> None:
    bounds, kind = BOUNDS[name], type(getattr(StrategyConfig(), name) or Decimal(1))
    wide: dict[str, Any] = {"min_carry_apy": Decimal(200), "min_funding_rate_8hr": Decimal("0.01")}
    base = replace(StrategyConfig(), **wide)
    tiny = Decimal("0.000001") if kind is Decimal else Decimal(1)
    for value in (bounds.least - tiny, bounds.most + tiny):
        beyond: dict[str, Any] = {name: kind(value)}
        assert refused(replace(base, **beyond)) == name
    if name != "min_carry_apy":  # its least leaves no room under it for the line for leaving
        for value in (bounds.least, bounds.most):
            at: dict[str, Any] = {name: kind(value)}
            if name == "min_funding_rate_8hr":
                at["exit_funding_rate_8hr"] = min(value, Decimal(0))
            checked(replace(base, **at))


def test_the_line_for_leaving_lies_under_the_one_for_entering() -> None:
    config = replace(StrategyConfig(), min_carry_apy=Decimal(10))
    assert checked(replace(config, min_exit_carry_apy=Decimal(8)))
    assert refused(replace(config, min_exit_carry_apy=Decimal("8.01"))) == "min_exit_carry_apy"
    above = config.min_funding_rate_8hr + Decimal("0.00001")
    assert refused(replace(config, exit_funding_rate_8hr=above)) == "exit_funding_rate_8hr"


def test_an_empty_or_doubled_choice_is_refused() -> None:
    assert refused(replace(StrategyConfig(), assets=())) == "assets"
    assert refused(replace(StrategyConfig(), assets=(Asset.SOL, Asset.SOL))) == "assets"
    assert refused(replace(StrategyConfig(), protocols=())) == "protocols"


def test_a_change_reads_what_a_program_sends() -> None:
    given = {
        "assets": ["SOL", "INF"],
        "protocols": [1],
        "funding_exit": "immediate",
        "take_profit_pct": None,
        "max_leverage": Decimal("2.5"),
    }
    config = changed(replace(StrategyConfig(), take_profit_pct=Decimal(9)), given)
    assert config.assets == (Asset.SOL, Asset.INF)
    assert config.protocols == (LendingProtocol.KAMINO,)
    assert config.funding_exit is FundingExit.IMMEDIATE
    assert (config.take_profit_pct, config.max_leverage) == (None, Decimal("2.5"))
    assert config.min_carry_apy == StrategyConfig().min_carry_apy


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"assets": ["DOGE"]}, ErrorCode.INVALID_ASSET),
        ({"protocols": [9]}, ErrorCode.INVALID_PROTOCOL),
        ({"max_leverage": Decimal("NaN")}, ErrorCode.INVALID_INPUT),
        ({"leverage": Decimal(2)}, ErrorCode.OUT_OF_BOUNDS),
    ],
)
def test_a_change_that_cannot_be_read_is_refused(given: dict[str, object], code: ErrorCode) -> None:
    with pytest.raises(DomainError) as caught:
        changed(StrategyConfig(), given)
    assert caught.value.code is code


def test_presets_may_be_saved_keep_every_protection_and_are_known_by_name() -> None:
    for name, preset in PRESETS.items():
        checked(preset)
        assert preset.stop_loss_pct <= 15
        assert preset.funding_exit is FundingExit.PATIENCE
        assert named(replace(preset, enabled=True)) == name
    mine = replace(PRESETS["balanced"], cooldown_minutes=77)
    assert named(mine) is None
    assert named(mine, [("Mine", mine)]) == "Mine"


def test_what_a_limit_takes_away_is_told() -> None:
    wish = replace(
        StrategyConfig(),
        max_leverage=Decimal(4),
        max_concurrent_positions=5,
        max_position_pct=Decimal("0.9"),
    )
    offer = StrategyOffer(
        Asset.SOL,
        LendingProtocol.KAMINO,
        Decimal("2.7"),
        Decimal("2.7"),
        *[Decimal(1)] * 4,
    )
    values = effective(wish, RiskLimits(), offers=[offer], balance_usd=Decimal(100_000))
    assert [(v.field, v.effective, v.is_capped) for v in values] == [
        ("max_leverage", Decimal("2.7"), True),
        ("max_concurrent_positions", Decimal(3), True),
        ("max_position_pct", Decimal(50_000), True),
    ]
    free = effective(
        replace(wish, max_leverage=Decimal(2), max_concurrent_positions=2),
        RiskLimits(),
        offers=[offer],
        balance_usd=Decimal(10_000),
    )
    assert not any(value.is_capped for value in free)
