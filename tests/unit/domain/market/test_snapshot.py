"""Means are of the hours they are named after."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.rates import HourlyRate
from tests.unit.application.pair import SNAPSHOT, START

HOUR = START.replace(minute=0)


def seen(hours_ago: int, rate: str) -> FundingObservation:
    rate_then = FundingRate(Decimal(rate))
    return FundingObservation(HOUR - timedelta(hours=hours_ago), rate_then, Decimal(0))


def test_a_mean_of_a_day_leaves_older_hours_out() -> None:
    snapshot = replace(
        SNAPSHOT, recent_funding=(seen(40, "0.009"), seen(24, "0.009"), seen(23, "2"), seen(0, "4"))
    )
    assert snapshot.mean_income(24) == HourlyRate(Decimal(3))


def test_a_feed_that_stopped_days_ago_has_no_mean_of_the_last_day() -> None:
    snapshot = replace(SNAPSHOT, recent_funding=tuple(seen(h, "1") for h in range(99, 50, -1)))
    assert snapshot.mean_income(24) is None
    assert snapshot.mean_income(168) == HourlyRate(Decimal(1))
