"""The high-water mark by the plan's formula for what is paid in and out."""

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.domain.risk.drawdown import HighWater, measured

amounts = st.decimals(D(0), D(100_000), places=2)
NOISE = D(5)


def test_the_plans_own_example() -> None:
    """Peak 10k, balance 9k, 4k paid out: 10k x 5k / 9k."""
    after = HighWater(D(10_000), D(9_000)).paid_out(D(4_000))
    assert after.balance_usd == D(5_000)
    assert round(after.peak_usd) == D(5_556)


def test_what_is_paid_in_raises_the_peak_by_as_much() -> None:
    assert HighWater(D(10_000), D(9_000)).paid_in(D(500)) == HighWater(D(10_500), D(9_500))


def test_a_fall_of_a_fifth() -> None:
    assert HighWater.starting(D(1_000)).earned(D(-200)).drawdown == D("0.2")
    assert HighWater.starting(D(1_000)).earned(D(-199)).drawdown < D("0.2")


def test_an_account_that_holds_nothing_has_not_fallen() -> None:
    assert HighWater.starting(D(0)).drawdown == 0
    empty = HighWater.starting(D(100)).paid_out(D(100))
    assert empty == HighWater(D(0), D(0))
    assert empty.paid_in(D(50)) == HighWater(D(50), D(50))


def test_more_than_there_was_is_not_paid_out() -> None:
    assert HighWater(D(100), D(80)).paid_out(D(90)).balance_usd == 0


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="paid in"):
        HighWater.starting(D(1)).paid_in(D(-1))
    with pytest.raises(ValueError, match="paid out"):
        HighWater.starting(D(1)).paid_out(D(-1))


@given(amounts, amounts, amounts)
def test_paying_out_never_deepens_a_fall(peak: D, fall: D, out: D) -> None:
    before = HighWater(peak + 1, max(D(1), peak + 1 - fall))
    after = before.paid_out(min(out, before.balance_usd - D("0.01")))
    assert abs(after.drawdown - before.drawdown) < D("1E-20")


@given(amounts, amounts, amounts)
def test_paying_in_never_makes_a_fall(peak: D, fall: D, paid: D) -> None:
    before = HighWater(peak + 1, max(D(0), peak + 1 - fall))
    after = before.paid_in(paid)
    assert after.drawdown <= before.drawdown
    assert after.peak_usd - after.balance_usd == before.peak_usd - before.balance_usd


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["in", "out", "earn"]), amounts, st.booleans())))
def test_the_peak_is_never_below_the_balance(moves: list[tuple[str, D, bool]]) -> None:
    mark = HighWater.starting(D(1_000))
    for kind, amount, is_loss in moves:
        if kind == "in":
            mark = mark.paid_in(amount)
        elif kind == "out":
            mark = mark.paid_out(amount)
        else:
            mark = mark.earned(-amount if is_loss else amount)
        assert mark.peak_usd >= mark.balance_usd - D("1E-20")
        assert 0 <= mark.drawdown <= 1


def test_what_the_books_do_not_explain_was_paid() -> None:
    mark = HighWater(D(10_000), D(9_000))
    came = measured(mark, balance_usd=D(12_000), result_usd=D(100), noise_usd=NOISE)
    assert came == HighWater(D(12_900), D(12_000))
    went = measured(mark, balance_usd=D(4_900), result_usd=D(-100), noise_usd=NOISE)
    assert went.balance_usd == D(4_900)
    assert abs(went.drawdown - D("0.11")) < D("1E-20")


def test_a_loss_that_the_books_explain_is_a_fall() -> None:
    mark = HighWater.starting(D(1_000))
    fell = measured(mark, balance_usd=D(795), result_usd=D(-203), noise_usd=NOISE)
    assert fell == HighWater(D(1_000), D(795))
    assert fell.drawdown > D("0.2")
