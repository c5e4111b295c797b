"""Amounts whose unit is not stated are read right or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.adapters.asgard.thresholds import LIQUIDATION_THRESHOLDS, inferred_threshold
from asgard_basis.adapters.asgard.units import in_tokens, swap_in_tokens
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import Unavailable
from asgard_basis.domain.market.rates import HealthFactor

AMOUNTS = st.decimals(min_value="0.001", max_value="100000", places=9)


@given(amount=AMOUNTS, growth=st.decimals(min_value="0.2", max_value=5, places=3))
def test_whole_and_native_amounts_are_told_apart(amount: Decimal, growth: Decimal) -> None:
    known = amount * growth
    assert in_tokens(amount, decimals=9, known=known) == amount
    assert in_tokens(amount.scaleb(9), decimals=9, known=known) == amount


@pytest.mark.parametrize("left", ["0.671330089", "0.0123", "0.000001"])
def test_what_a_liquidation_left_is_read(left: str) -> None:
    known, amount = Decimal("6.12"), Decimal(left)
    assert in_tokens(amount, decimals=9, known=known) == amount
    if amount > known / 1000:
        assert in_tokens(amount.scaleb(9), decimals=9, known=known) == amount


def test_an_amount_near_neither_reading_is_refused() -> None:
    with pytest.raises(Unavailable):
        in_tokens(Decimal(50_000), decimals=9, known=Decimal(1))


def test_without_anything_known_only_a_fraction_is_believed() -> None:
    assert in_tokens(Decimal("1.5"), decimals=9, known=None) == Decimal("1.5")
    assert in_tokens(Decimal(0), decimals=9, known=None) == 0
    with pytest.raises(Unavailable):
        in_tokens(Decimal(2_000_000_000), decimals=9, known=None)


@given(
    sol=AMOUNTS,
    price=st.decimals(min_value=10, max_value=999, places=2),
    skew=st.decimals(min_value="-0.04", max_value="0.04", places=3),
)
def test_a_swap_is_read_by_its_price(sol: Decimal, price: Decimal, skew: Decimal) -> None:
    usdc = sol * price
    reference = price * (1 + skew)
    whole = {"collateral": sol, "usdc": usdc}
    native = {"collateral": sol.scaleb(9), "usdc": usdc.scaleb(6)}
    for amounts in (whole, native):
        read = swap_in_tokens(
            **amounts, collateral_decimals=9, usdc_decimals=6, reference_price=reference
        )
        assert read == (sol, usdc)


@pytest.mark.parametrize("usdc", [Decimal(94), Decimal(106), Decimal(0), Decimal(-100)])
def test_a_price_beyond_five_percent_of_the_reference_is_refused(usdc: Decimal) -> None:
    with pytest.raises(Unavailable):
        swap_in_tokens(
            collateral=Decimal(1),
            collateral_decimals=9,
            usdc=usdc,
            usdc_decimals=6,
            reference_price=Decimal(100),
        )


def test_a_threshold_is_inferred_from_the_first_refresh() -> None:
    inferred = inferred_threshold(
        collateral_usd=Decimal(2000), debt_usd=Decimal(1000), health=HealthFactor(Decimal("0.375"))
    )
    assert inferred == Decimal("0.8")
    assert LIQUIDATION_THRESHOLDS[LendingProtocol.KAMINO, Asset.JITOSOL] == inferred
    assert (
        inferred_threshold(
            collateral_usd=Decimal(1), debt_usd=Decimal(0), health=HealthFactor(Decimal(1))
        )
        is None
    )
