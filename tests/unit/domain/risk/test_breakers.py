"""Breakers at their edges."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.breakers import (
    AccountFacts,
    AccountThresholds,
    decide,
    failures_in_a_row,
    too_many_today,
)
from asgard_basis.domain.risk.churn import Attempt, Result
from asgard_basis.domain.risk.limits import RiskLimits

NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
LIMITS = AccountThresholds.of(RiskLimits())
OK, BAD, LOST = Result.HEDGED, Result.FAILED, Result.UNWOUND


def tried(*results: Result) -> list[Attempt]:
    return [
        Attempt(UserId("u"), Asset.SOL, NOON + timedelta(minutes=n), result, "Kamino", f"why {n}")
        for n, result in enumerate(results)
    ]


@pytest.mark.parametrize(
    ("results", "count"),
    [((), 0), ((BAD, BAD, OK), 0), ((OK, BAD, LOST), 2), ((BAD, OK, BAD, LOST, BAD), 3)],
)
def test_failures_count_since_the_last_success(results: tuple[Result, ...], count: int) -> None:
    assert len(failures_in_a_row(tried(*results)[::-1], None)) == count


def test_failures_are_counted_once() -> None:
    attempts = tried(BAD, BAD, BAD, BAD)
    assert len(failures_in_a_row(attempts, attempts[2].at)) == 1


@pytest.mark.parametrize(
    ("failures", "drawdown", "verdict", "reason"),
    [
        (("a", "b"), D("0.1999"), Verdict.HOLD, "No breaker"),
        (("a", "b", "c"), D(0), Verdict.PAUSE, "circuit_breaker: 3 consecutive failures"),
        ((), D("0.2"), Verdict.PAUSE, "drawdown_limit"),
        ((), None, Verdict.HOLD, "No breaker"),
    ],
)
def test_what_trips(
    failures: tuple[str, ...], drawdown: D | None, verdict: Verdict, reason: str
) -> None:
    ruling = decide(AccountFacts(failures, drawdown), LIMITS)
    assert ruling.verdict is verdict
    assert ruling.reason.startswith(reason)


def test_twenty_openings_are_a_days() -> None:
    limits = RiskLimits()
    morning = NOON.replace(hour=0)
    today = [morning + timedelta(minutes=n) for n in range(19)]
    yesterday = [morning - timedelta(seconds=1)] * 5
    assert too_many_today([*today, *yesterday], now=NOON, limits=limits) is None
    hold = too_many_today([*today, NOON], now=NOON, limits=limits)
    assert hold is not None
    assert hold.until == morning + timedelta(days=1)
    assert too_many_today([*today, NOON], now=hold.until, limits=limits) is None


def test_no_setting_lets_a_position_be_larger_than_the_absolute_limit() -> None:
    with pytest.raises(ValueError, match="500000"):
        RiskLimits(size_max_usd=D(500_001))
