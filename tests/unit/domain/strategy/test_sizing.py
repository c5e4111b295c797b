"""Two equal legs with the same room before liquidation, out of one amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.domain.strategy.sizing import (
    Split,
    opening_health,
    safe_leverage,
    split_capital,
)

SOL_MAINTENANCE = Decimal("0.025")


def split(size: str, leverage: str, price: str = "150") -> Split:
    return split_capital(
        size_usd=Decimal(size),
        leverage=Decimal(leverage),
        liquidation_threshold=Decimal("0.80"),
        price=Decimal(price),
        maintenance_fraction=SOL_MAINTENANCE,
        venue_leverage_max=20,
        size_step=Decimal("0.01"),
        fees=FeeSchedule(),
    )


@pytest.mark.parametrize(
    ("leverage", "threshold", "percent"),
    [
        ("2", "0.75", "33.3"),
        ("2.5", "0.75", "20.0"),
        ("3", "0.80", "16.7"),
        ("4", "0.80", "6.3"),
        ("3", "0.85", "21.6"),
        ("4", "0.90", "16.7"),
    ],
)
def test_health_at_opening(leverage: str, threshold: str, percent: str) -> None:
    health = opening_health(Decimal(leverage), Decimal(threshold))
    assert abs(health.value * 100 - Decimal(percent)) <= Decimal("0.05")


@pytest.mark.parametrize(
    ("threshold", "limit"), [("0.75", "2.5"), ("0.80", "2.7"), ("0.85", "3.1"), ("0.90", "3.5")]
)
def test_safe_leverage_keeps_a_fifth_of_room(threshold: str, limit: str) -> None:
    allowed = safe_leverage(
        health_min=Decimal("0.20"), liquidation_threshold=Decimal(threshold), venue_max=Decimal(9)
    )
    assert allowed == Decimal(limit)


def test_capital_of_a_two_times_position_goes_mostly_to_solana() -> None:
    parts = split("10000", "2")
    share = parts.collateral_usdc / 10000
    assert Decimal("0.53") < share < Decimal("0.56")


def test_both_legs_are_equally_far_from_liquidation() -> None:
    parts = split("10000", "2")
    below = 1 - parts.long_liquidation_price / 150
    above = parts.short_liquidation_price / 150 - 1
    assert abs(below - above) < Decimal("0.002")


@given(
    size=st.decimals("100", "50000", places=2),
    leverage=st.decimals("1.1", "4", places=1),
    price=st.decimals("10", "800", places=2),
)
def test_parts_never_exceed_the_capital(size: Decimal, leverage: Decimal, price: Decimal) -> None:
    parts = split(str(size), str(leverage), str(price))
    assert parts.collateral_usdc + parts.margin_usdc <= size
    assert parts.margin_usdc > 0
    assert abs(parts.short_sol * price - parts.notional_usd) <= price * Decimal("0.006")
    assert parts.notional_usd / parts.venue_leverage <= parts.margin_usdc + parts.notional_usd / 100


@pytest.mark.parametrize("leverage", ["1.0", "4.1", "0", "-2"])
def test_leverage_outside_the_range_is_refused(leverage: str) -> None:
    with pytest.raises(DomainError, match="VAL-0003"):
        Leverage(Decimal(leverage))
