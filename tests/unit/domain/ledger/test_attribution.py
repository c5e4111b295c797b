"""Six parts that add up to the whole, whatever happened."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.ledger.attribution import LongValuation, attribute
from asgard_basis.domain.position.position import LongRecord, ShortRecord

LONG = LongRecord(
    position_key="key",
    collateral_bought=Decimal("7.32"),
    usdc_spent=Decimal(550),
    debt_opened=Decimal(550),
    redemption_opened=Decimal(1),
    oracle_opened=Decimal(150),
    cost_usd=Decimal(2),
    network_fee_usd=Decimal("0.01"),
)
SHORT = ShortRecord(
    size=Decimal("7.32"),
    entry_price=Decimal("150.10"),
    margin_usdc=Decimal(448),
    fee_usdc=Decimal("0.49"),
    slippage_usd=Decimal("0.11"),
)
money = st.decimals("-5000", "5000", places=6)


def test_funding_received_is_income() -> None:
    at_start = LongValuation(LONG.collateral_bought, LONG.debt_opened, Decimal(1), Decimal(150))
    without = attribute(
        long=LONG,
        short=SHORT,
        funding_usdc=Decimal(0),
        valuation=at_start,
        mark_price=Decimal("150.10"),
    )
    with_funding = attribute(
        long=LONG,
        short=SHORT,
        funding_usdc=Decimal(5),
        valuation=at_start,
        mark_price=Decimal("150.10"),
    )
    assert with_funding.funding == 5
    assert with_funding.total - without.total == 5


def test_interest_and_staking_have_their_own_lines_and_signs() -> None:
    later = LongValuation(Decimal("7.34"), Decimal(552), Decimal("1.001"), Decimal(150))
    result = attribute(
        long=LONG,
        short=SHORT,
        funding_usdc=Decimal(0),
        valuation=later,
        mark_price=Decimal("150.10"),
    )
    assert result.lending == Decimal("0.02") * Decimal("1.001") * 150
    assert result.staking == Decimal("7.32") * Decimal("0.001") * 150
    assert result.borrowing == -2


@given(
    collateral=st.decimals("5", "10", places=9),
    debt=st.decimals("100", "900", places=6),
    redemption=st.decimals("1", "1.6", places=6),
    oracle=st.decimals("20", "600", places=4),
    mark=st.decimals("20", "600", places=4),
    funding=money,
)
def test_parts_add_up_to_the_change_in_equity(
    collateral: Decimal,
    debt: Decimal,
    redemption: Decimal,
    oracle: Decimal,
    mark: Decimal,
    funding: Decimal,
) -> None:
    result = attribute(
        long=LONG,
        short=SHORT,
        funding_usdc=funding,
        valuation=LongValuation(collateral, debt, redemption, oracle),
        mark_price=mark,
    )
    long_equity = collateral * redemption * oracle - debt
    short_equity = SHORT.size * (SHORT.entry_price - mark)
    spent = LONG.usdc_spent + LONG.network_fee_usd
    change = long_equity + short_equity + funding - SHORT.fee_usdc - spent
    assert abs(result.total - change) < Decimal("0.000001")


@given(price=st.decimals("50", "400", places=2))
def test_an_equal_hedge_leaves_no_price_result(price: Decimal) -> None:
    short = replace(SHORT, entry_price=Decimal(150), slippage_usd=Decimal(0), fee_usdc=Decimal(0))
    long = replace(
        LONG,
        usdc_spent=Decimal("7.32") * 150 - 550,
        cost_usd=Decimal(0),
        network_fee_usd=Decimal(0),
    )
    result = attribute(
        long=long,
        short=short,
        funding_usdc=Decimal(0),
        valuation=LongValuation(Decimal("7.32"), Decimal(550), Decimal(1), price),
        mark_price=price,
    )
    assert result.price_residual == 0
