"""Figures that cannot be true are found; those that can are left alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.reconciliation import (
    Share,
    collateral_off,
    funding_off,
    record_off,
    settled_hours,
)
from asgard_basis.domain.market.funding import FundingPayment, FundingRate
from asgard_basis.domain.position.legs import LongState
from tests.builders_platform import a_long, a_position, a_short

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POSITION = PositionId("p")


def paid(hours: int, amount: str, size: str = "10") -> FundingPayment:
    at = NOON + hours * HOUR + timedelta(seconds=7)
    return FundingPayment(at, Decimal(amount), -Decimal(size), FundingRate(Decimal("0.00001")))


def test_a_share_is_by_size_and_never_more_than_the_payment() -> None:
    assert Share(paid(0, "0.10"), Decimal(4)).amount_usdc == Decimal("0.04")
    assert Share(paid(0, "-0.10"), Decimal(12)).amount_usdc == Decimal("-0.10")
    assert Share(paid(0, "0", "0"), Decimal(1)).amount_usdc == 0


@pytest.mark.parametrize(
    ("booked", "is_off"), [("0.08", False), ("0.07", False), ("0.06", True), ("0.12", True)]
)
def test_funding_adds_up_to_the_cent(booked: str, is_off: bool) -> None:
    shares = [Share(paid(n, "0.10"), Decimal(4)) for n in range(2)]
    half = Decimal(booked) / 2
    books = {NOON: half, NOON + HOUR: half, NOON + 9 * HOUR: Decimal(5)}
    off = funding_off(POSITION, shares, books)
    assert (off is not None) is is_off
    if off is not None:
        assert (off.booked, off.stated) == (Decimal(booked), Decimal("0.08"))


def test_an_hour_counts_once_it_has_had_its_time_to_be_booked() -> None:
    payments = [paid(0, "1"), paid(1, "1"), paid(2, "1")]
    assert settled_hours(payments, until=NOON + 2 * HOUR) == payments[:2]


@pytest.mark.parametrize(
    ("collateral", "is_off"),
    [("6.12", False), ("6.13", False), ("6.25", False), ("6.40", True), ("6.10", True)],
)
def test_collateral_may_grow_by_interest_and_never_shrink(collateral: str, is_off: bool) -> None:
    long = replace(a_long(), collateral_bought=Decimal("6.12"))
    position = replace(a_position(UserId("ada")), long=long, requested_at=NOON)
    state = LongState(
        "k", LendingProtocol.KAMINO, Asset.SOL, Decimal(collateral), Decimal(540), None, NOON
    )
    off = collateral_off(position, state, now=NOON + timedelta(days=30))
    assert (off is not None) is is_off


def test_the_record_of_the_short_is_what_its_journals_say() -> None:
    position = replace(a_position(UserId("ada")), short=a_short())
    lot = Decimal("0.01")
    assert record_off(position, Decimal("6.12"), lot=lot) is None
    off = record_off(position, Decimal("6.10"), lot=lot)
    assert off is not None
    assert (off.booked, off.stated) == (Decimal("6.12"), Decimal("6.10"))
    assert record_off(replace(position, short=None), Decimal(0), lot=lot) is None
