"""The funding sign and formula: a positive wire rate is income to the short."""

import csv
import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from asgard_basis.domain.market.funding import (
    FundingObservation,
    FundingRate,
    missing_hours,
    payment_to_short,
)


def test_short_receives_when_longs_pay() -> None:
    rate = FundingRate(Decimal("0.0000125"))
    paid = payment_to_short(size=Decimal(10), oracle_price=Decimal(200), rate=rate)
    assert paid == Decimal("0.025")


def test_short_pays_when_the_rate_is_negative() -> None:
    rate = FundingRate(Decimal("-0.00004154"))
    paid = payment_to_short(size=Decimal("59.413"), oracle_price=Decimal("65.47"), rate=rate)
    assert paid < 0


@pytest.mark.parametrize(
    ("premium", "hourly"),
    [
        ("0", "0.0000125000"),
        ("0.0003", "0.0000125000"),
        ("0.0006", "0.0000125000"),
        ("0.001", "0.0000625000"),
        ("-0.001", "-0.0000625000"),
        ("-0.0004", "0.0000125000"),
        ("0.5", "0.0400000000"),
        ("-0.5", "-0.0400000000"),
    ],
)
def test_rate_follows_from_the_premium(premium: str, hourly: str) -> None:
    rate = FundingRate.from_premium(Decimal(premium))
    assert rate.income_to_short.value == Decimal(hourly)


def test_formula_reproduces_every_recorded_hour(recorded: Path) -> None:
    file = recorded / "funding" / "hl_funding_SOL_1h__to_2025-10.csv.gz"
    with gzip.open(file, "rt") as rows:
        wrong = [
            row
            for row in csv.DictReader(rows)
            if abs(
                FundingRate.from_premium(Decimal(row["premium"])).longs_pay_hourly
                - Decimal(row["fundingRate"])
            )
            > Decimal("0.0000000001")
        ]
    assert wrong == []


def test_hourly_rates_are_never_divided_by_eight() -> None:
    neutral = FundingRate(Decimal("0.0000125"))
    assert neutral.income_to_short.annual().value == Decimal("0.1095")


def test_gaps_in_history_are_named() -> None:
    first = datetime(2025, 7, 1, tzinfo=UTC)
    there = [
        FundingObservation(first.replace(hour=h), FundingRate(Decimal(0)), Decimal(0))
        for h in (0, 1, 3)
    ]
    gaps = missing_hours(there, first=first, last=first.replace(hour=3))
    assert gaps == [first.replace(hour=2)]
