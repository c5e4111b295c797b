"""Steadiness of funding: the unit, the window, and what is not known."""

import statistics
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.steadiness import weekly_volatility

NOW = datetime(2025, 7, 8, 12, 30, tzinfo=UTC)


def hours(rates: list[Decimal], *, last: datetime = NOW) -> list[FundingObservation]:
    end = last.replace(minute=0)
    return [
        FundingObservation(end - timedelta(hours=len(rates) - 1 - n), FundingRate(rate), Decimal(0))
        for n, rate in enumerate(rates)
    ]


def test_the_same_every_hour_is_steady() -> None:
    week = weekly_volatility(hours([Decimal("0.0000125")] * 168), until=NOW)
    assert week is not None
    assert week.value == 0


def test_its_unit_is_points_of_yearly_rate() -> None:
    """Half the hours 30 points above, half 30 below: 0.30, whatever the mean."""
    far = Decimal("0.30") / 8760
    week = weekly_volatility(hours([far + far, Decimal(0)] * 84), until=NOW)
    assert week is not None
    assert week.value.quantize(Decimal("0.000001")) == Decimal("0.30")


def test_what_is_older_than_a_week_does_not_count() -> None:
    wild = [Decimal("0.01"), Decimal("-0.01")] * 50
    week = weekly_volatility(hours(wild + [Decimal("0.00001")] * 168), until=NOW)
    assert week is not None
    assert week.value == 0


def test_too_few_hours_are_not_known_and_never_steady() -> None:
    assert weekly_volatility([], until=NOW) is None
    assert weekly_volatility(hours([Decimal(0)] * 159), until=NOW) is None
    assert weekly_volatility(hours([Decimal(0)] * 160), until=NOW) is not None
    old = hours([Decimal(0)] * 168, last=NOW - timedelta(hours=9))
    assert weekly_volatility(old, until=NOW) is None


@given(st.lists(st.decimals("-0.001", "0.001", places=8), min_size=168, max_size=168))
def test_it_is_the_deviation_of_the_whole_population(rates: list[Decimal]) -> None:
    week = weekly_volatility(hours(rates), until=NOW)
    assert week is not None
    assert abs(float(week.value) - statistics.pstdev(float(r) * 8760 for r in rates)) < 1e-9
