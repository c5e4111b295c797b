"""Premium, discount and velocity of staking tokens."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.lst import PegTrail, lender_rate, watched
from asgard_basis.domain.market.snapshot import LstMarket

NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def market(rate: str | None) -> LstMarket:
    traded = None if rate is None else D(rate)
    return LstMarket(Asset.JITOSOL, D("1.25"), None, traded, NOON)


@pytest.mark.parametrize(
    ("protocol", "traded", "counted"),
    [
        (LendingProtocol.KAMINO, "1.10", "1.25"),
        (LendingProtocol.MARGINFI, "1.10", "1.10"),
        (LendingProtocol.MARGINFI, "1.30", "1.25"),
        (LendingProtocol.MARGINFI, None, "1.25"),
    ],
)
def test_what_a_lender_counts(protocol: LendingProtocol, traded: str | None, counted: str) -> None:
    rate = lender_rate(protocol, D("1.25"), None if traded is None else D(traded))
    assert rate == D(counted)


def test_the_largest_move_of_an_hour() -> None:
    trail = PegTrail()
    for minute, ratio in ((0, "1"), (20, "0.98"), (40, "1.01")):
        trail = trail.seen(after(minute), D(ratio))
    assert trail.change(after(50), D("0.95")) == D("-0.06")
    assert trail.change(after(61), D("0.95")) == D("-0.06")
    assert trail.change(after(101), D("0.95")) is None


def test_a_sample_a_minute_is_kept_for_an_hour() -> None:
    trail = PegTrail()
    for second in range(0, 3 * 3600, 10):
        trail = trail.seen(NOON + timedelta(seconds=second), D(1))
    assert 55 <= len(trail.samples) <= 61


def test_a_token_is_compared_with_what_it_was() -> None:
    peg, trail = watched({}, NOON, market("1.25"))
    assert peg is not None
    assert (peg.discount, peg.change) == (0, None)
    peg, _ = watched({Asset.JITOSOL: trail}, after(10), market("1.20"))
    assert peg is not None
    assert (peg.discount, peg.change) == (D("0.04"), D("-0.04"))


def test_a_token_without_a_market_is_not_known() -> None:
    assert watched({}, NOON, market(None)) == (None, PegTrail())
