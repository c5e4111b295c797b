"""What may be asked for, above all which sign: a wrong one would pay where it should earn."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.strategy.criteria import (
    VOLATILITY_DEFAULT,
    entry_criteria,
    funding_floor,
)

EARNED = st.decimals(min_value=0, max_value=5, places=6)


@given(EARNED)
def test_both_ways_of_saying_it_ask_for_the_same(earned: Decimal) -> None:
    assert funding_floor(earned, None) == funding_floor(None, 0 - earned) == earned
    criteria = entry_criteria(min_funding_rate=0 - earned)
    assert criteria == entry_criteria(min_funding_apr=earned)
    assert criteria.min_funding_rate == 0 - earned
    assert not str(criteria.min_funding_apr).startswith("-")


@given(st.decimals(min_value="0.000001", max_value=5, places=6))
def test_a_positive_rate_is_refused_with_what_was_meant(paid: Decimal) -> None:
    with pytest.raises(DomainError) as refusal:
        funding_floor(None, paid)
    assert refusal.value.code.code == "VAL-0011"
    assert "min_funding_apr" in refusal.value.message
    assert "you pay" in refusal.value.message


def test_both_at_once_are_refused() -> None:
    with pytest.raises(DomainError, match="not both"):
        funding_floor(Decimal("0.05"), Decimal("-0.05"))


@pytest.mark.parametrize(
    "asked",
    [
        {"min_funding_apr": "-0.01"},
        {"min_funding_apr": "15"},
        {"min_funding_rate": "-15"},
        {"min_net_apr": "10"},
        {"min_net_apr": "-0.1"},
        {"max_funding_volatility": "50"},
        {"max_funding_volatility": "-1"},
        {"max_entry_price": "-150"},
        {"max_break_even_days": "-3"},
    ],
)
def test_what_can_never_be_meant_is_refused(asked: dict[str, str]) -> None:
    with pytest.raises(DomainError) as refusal:
        entry_criteria(**{name: Decimal(text) for name, text in asked.items()})
    assert refusal.value.code.code == "VAL-0001"


def test_nothing_asked_leaves_the_default_steadiness() -> None:
    criteria = entry_criteria()
    assert criteria.max_funding_volatility == VOLATILITY_DEFAULT == Decimal("0.50")
    assert criteria.min_funding_apr is None
    assert criteria.min_funding_rate is None
