"""Statements and returns: everything is a sum, and what is not known stays unknown."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.performance_fee import HighWater, accrued
from asgard_basis.domain.ledger.returns import Flow, money_weighted
from asgard_basis.domain.ledger.statement import Sum, statement

JUNE = datetime(2025, 6, 1, tzinfo=UTC)
NOW = datetime(2025, 9, 23, 14, tzinfo=UTC)
YEAR = timedelta(days=365)
cents = st.decimals(min_value=-10_000, max_value=10_000, places=2)
PLACES = [
    accounts.FUNDING,
    accounts.STAKING,
    accounts.BORROWING,
    accounts.SLIPPAGE,
    accounts.PRICE,
    accounts.DEPOSITS,
    accounts.WITHDRAWALS,
    accounts.PERFORMANCE_FEE,
]


def booked(month: int, account: str, amount: Decimal) -> list[Sum]:
    """An amount on an account, and its other half in a wallet."""
    at = datetime(2025, month, 1, tzinfo=UTC)
    return [
        Sum(at, account, "USD", amount, amount),
        Sum(at, accounts.PERP_MARGIN, "USDC", -amount, -amount),
    ]


@given(st.lists(st.tuples(st.integers(6, 9), st.sampled_from(PLACES), cents), max_size=12))
def test_opening_and_flows_and_result_lead_to_closing(
    lines: list[tuple[int, str, Decimal]],
) -> None:
    sums = [s for line in lines for s in booked(*line)]
    since = datetime(2025, 6, 15, tzinfo=UTC)
    made = statement(booked(6, accounts.DEPOSITS, Decimal(-100)), sums, since=since, until=NOW)
    for period in (made.whole, *made.months):
        added = period.opening_usd + period.deposits_usd - period.withdrawals_usd
        added += period.result.total - period.performance_fee_usd
        assert added == period.closing_usd
    assert made.whole.opening_usd == 100
    assert made.months[-1].closing_usd == made.whole.closing_usd
    for before, after in zip(made.months, made.months[1:], strict=False):
        assert before.closing_usd == after.opening_usd
        assert before.until == after.since
    assert (made.months[0].since, made.months[-1].until) == (since, NOW)
    assert sum((m.result.funding for m in made.months), Decimal(0)) == made.whole.result.funding


def test_a_statement_over_new_year_has_its_months() -> None:
    begin, end = datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
    months = statement([], [], since=begin, until=end).months
    assert [(m.since.month, m.since.day) for m in months] == [(12, 31), (1, 1)]


def test_what_is_not_valued_is_shown_apart_and_in_no_total() -> None:
    gas = Sum(JUNE, accounts.FEES_NETWORK, "ETH", Decimal("0.002"), None)
    made = statement([], [gas], since=JUNE, until=NOW)
    assert made.whole.result.fees == 0
    assert [(u.commodity, u.quantity) for u in made.unvalued] == [("ETH", Decimal("0.002"))]


@pytest.mark.parametrize("rate", ["-0.5", "0", "0.1", "3"])
def test_one_deposit_returns_its_growth(rate: str) -> None:
    closing = 1000 * (1 + Decimal(rate))
    found = money_weighted([Flow(JUNE, Decimal(1000))], closing_usd=closing, at=JUNE + YEAR)
    assert found is not None
    assert abs(found - Decimal(rate)) < Decimal("0.000001")


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 5000)), min_size=1, max_size=6),
    st.integers(-60, 200),
)
def test_the_return_explains_the_closing_balance(
    later: list[tuple[int, int]], percent: int
) -> None:
    rate = Decimal(percent) / 100
    flows = [Flow(JUNE, Decimal(1000))]
    flows += [Flow(JUNE + timedelta(days=day), Decimal(amount)) for day, amount in later]
    closing = sum(
        (f.amount_usd * (1 + rate) ** (Decimal((JUNE + YEAR - f.at).days) / 365) for f in flows),
        Decimal(0),
    )
    found = money_weighted(flows, closing_usd=closing, at=JUNE + YEAR)
    assert found is not None
    assert abs(found - rate) < Decimal("0.000001")


@pytest.mark.parametrize(
    ("flows", "closing"),
    [
        ([], Decimal(10)),
        ([Flow(JUNE, Decimal(1000))], None),
        ([Flow(JUNE, Decimal(-5))], Decimal(10)),
        ([Flow(JUNE, Decimal(1000))], Decimal(-2000)),
        ([Flow(JUNE + YEAR - timedelta(minutes=5), Decimal(1000))], Decimal(1001)),
    ],
)
def test_what_no_rate_explains_stays_unknown(flows: list[Flow], closing: Decimal | None) -> None:
    assert money_weighted(flows, closing_usd=closing, at=JUNE + YEAR) is None


@given(st.lists(cents, max_size=20))
def test_the_fee_is_never_more_than_its_part_of_the_highest_profit(profits: list[Decimal]) -> None:
    mark, owed = HighWater(), Decimal(0)
    for profit in profits:
        mark, more = accrued(mark, profit, Decimal("0.1"))
        assert more >= 0
        owed += more
    highest = max([Decimal(0), *profits])
    assert highest / 10 - Decimal("0.001") < owed <= highest / 10
    assert mark.profit_usd == highest
