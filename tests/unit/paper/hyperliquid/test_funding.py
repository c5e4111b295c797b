"""Funding: who pays whom, how much, and that no hour is forgotten."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_paper.hyperliquid.market.funding import HOURLY_CAP, hourly_rate
from tests.unit.paper.hyperliquid.market import HandMarket
from tests.unit.paper.hyperliquid.venue import Trader, Venue

HOUR_MS = 3_600_000


def test_neutral_market_pays_shorts_the_interest() -> None:
    assert hourly_rate(Decimal(0)) == Decimal("0.0000125")


@given(st.decimals("-1", "1", places=8))
def test_rate_is_capped_and_follows_the_premium(premium: Decimal) -> None:
    rate = hourly_rate(premium)
    assert abs(rate) <= HOURLY_CAP
    if abs(premium - Decimal("0.0001")) <= Decimal("0.0005"):
        assert rate == Decimal("0.0000125")
    assert hourly_rate(premium + Decimal("0.01")) >= rate


@pytest.mark.parametrize("is_cross", [True, False])
@pytest.mark.parametrize(
    ("premium", "side", "receives"),
    [("0.0008", "sell", True), ("-0.001", "sell", False), ("0.0008", "buy", False)],
)
def test_shorts_receive_when_the_rate_is_positive(
    premium: str, side: str, receives: bool, is_cross: bool
) -> None:
    trader = Trader(Venue(market=HandMarket(premium=Decimal(premium))))
    trader.set_leverage(5, is_cross=is_cross)
    trader.order(side, "7", "205" if side == "buy" else "195")
    before = Decimal(trader.state()["marginSummary"]["accountValue"])
    trader.venue.pass_time(HOUR_MS)
    (row,) = trader.venue.ask("userFunding", user=trader.address, startTime=0)
    delta = row["delta"]
    exact = -Decimal(delta["szi"]) * 200 * hourly_rate(Decimal(premium))
    assert Decimal(delta["usdc"]) == exact
    assert (exact > 0) is receives
    assert row["hash"] == "0x" + "0" * 64
    assert delta["nSamples"] is None
    after = Decimal(trader.state()["marginSummary"]["accountValue"])
    assert after - before == exact
    cumulative = trader.position()["cumFunding"]
    assert Decimal(cumulative["sinceOpen"]) == -exact


def test_every_hour_is_paid_when_time_jumps_days() -> None:
    trader = Trader(Venue())
    trader.order("sell", "2", "195")
    trader.venue.pass_time(72 * HOUR_MS)
    rows = trader.venue.ask("userFunding", user=trader.address, startTime=0)
    assert len(rows) == 72
    hours = [row["time"] // HOUR_MS for row in rows]
    assert hours == list(range(hours[0], hours[0] + 72))
    history = trader.venue.ask("fundingHistory", coin="SOL", startTime=rows[0]["time"])
    assert [row["time"] for row in history] == [row["time"] for row in rows]


def test_stepping_and_jumping_come_to_the_same() -> None:
    def run(steps: int) -> object:
        trader = Trader(Venue())
        trader.order("sell", "2", "195")
        for _ in range(steps):
            trader.venue.pass_time(24 * HOUR_MS // steps)
        return trader.venue.ask("userFunding", user=trader.address, startTime=0)

    assert run(1) == run(96)


def test_hours_without_a_position_pay_nothing() -> None:
    trader = Trader(Venue())
    trader.venue.pass_time(10 * HOUR_MS)
    trader.order("sell", "2", "195")
    trader.venue.pass_time(HOUR_MS)
    assert len(trader.venue.ask("userFunding", user=trader.address, startTime=0)) == 1


def test_history_comes_in_pages_of_five_hundred() -> None:
    venue = Venue()
    start = venue.clock.now - 700 * HOUR_MS
    first = venue.ask("fundingHistory", coin="SOL", startTime=start)
    second = venue.ask("fundingHistory", coin="SOL", startTime=first[-1]["time"] + 1)
    assert (len(first), len(second)) == (500, 200)
    assert all(0 < row["time"] % HOUR_MS <= 180 for row in first)


def test_running_estimate_is_the_rate_of_this_hour() -> None:
    venue = Venue()
    context = venue.ask("metaAndAssetCtxs")[1][5]
    assert Decimal(context["funding"]) == hourly_rate(venue.market.premium)
    own = dict(dict(venue.ask("predictedFundings"))["SOL"])["HlPerp"]
    assert own["fundingRate"] == context["funding"]
