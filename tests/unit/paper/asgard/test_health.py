"""Health in percent, and liquidations with each lender's close factor and penalty."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_paper.asgard.health import health_percent, seize
from asgard_paper.asgard.lenders import KAMINO, LENDERS, MARGINFI, SOLEND
from asgard_paper.kernel.market import HOUR_MS
from tests.unit.paper.asgard.venue import START_MS, Venue, set_price

TABLE = {
    "0.75": {"2": "33.3", "2.5": "20.0", "3": "11.1", "3.5": "4.8", "4": "0.0"},
    "0.77": {"2": "35.1", "2.5": "22.1", "3": "13.4", "3.5": "7.2", "4": "2.6"},
    "0.80": {"2": "37.5", "2.5": "25.0", "3": "16.7", "3.5": "10.7", "4": "6.3"},
    "0.85": {"2": "41.2", "2.5": "29.4", "3": "21.6", "3.5": "16.0", "4": "11.8"},
    "0.90": {"2": "44.4", "2.5": "33.3", "3": "25.9", "3.5": "20.6", "4": "16.7"},
}


@pytest.mark.parametrize("threshold", TABLE)
def test_health_at_opening_by_leverage(threshold: str) -> None:
    for leverage, expected in TABLE[threshold].items():
        collateral = Decimal(leverage) * 100
        health = health_percent(collateral, collateral - 100, Decimal(threshold))
        assert abs(health - Decimal(expected)) <= Decimal("0.051")


def test_health_without_debt_is_a_hundred() -> None:
    assert health_percent(Decimal(5), Decimal(0), Decimal("0.8")) == 100


@given(st.decimals(min_value="1.2", max_value="3.8", places=2))
def test_at_its_own_health_below_the_price_a_position_stands_at_zero(leverage: Decimal) -> None:
    collateral, debt = leverage * 100, leverage * 100 - 100
    health = health_percent(collateral, debt, Decimal("0.8"))
    fallen = collateral * (1 - health / 100)
    assert abs(health_percent(fallen, debt, Decimal("0.8"))) < Decimal("1e-20")


def test_the_wire_speaks_percent_at_the_fresh_position() -> None:
    venue = Venue().funded()
    health = venue.refreshed(venue.open(leverage=2))["summary"]["healthFactor"]
    # 37.5 at exactly 2x; the fee and the swap cost a little of the collateral.
    assert 37.3 < health < 37.5


@pytest.mark.parametrize(
    ("protocol", "factor", "penalty"),
    [(KAMINO, "0.10", "0.001"), (SOLEND, "0.20", "0.05"), (MARGINFI, "0.50", "0.05")],
)
def test_a_liquidation_takes_the_lenders_share_and_leaves_the_rest_open(
    protocol: int, factor: str, penalty: str
) -> None:
    venue = Venue().funded()
    record = venue.open(protocol=protocol, leverage=2)
    amount = float(record["tokenAAmountUIEntry"])
    price = Decimal(str(round(1_000 / (amount * 0.8) - 0.01, 4)))
    set_price(venue, str(price))
    venue.engine.advance()
    summary = venue.refreshed(record)
    events = summary["liquidationEvents"]
    assert len(events) == 1
    assert events[0]["debtRepaidUI"] == pytest.approx(1_000 * float(factor))
    seized = 1_000 * float(factor) * (1 + float(penalty)) / float(price)
    assert events[0]["collateralSeizedUI"] == pytest.approx(seized)
    assert summary["summary"]["healthFactor"] > 0
    body = {"walletPubkey": str(venue.wallet.pubkey())}
    (row,) = venue.post("/positions", body).json()
    assert row["state"] == 0
    assert row["liquidationEvents"] == events
    assert venue.post("/all-liquidation-events", None).json() == events


def test_just_above_the_threshold_nothing_happens() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=2)
    price = 1_000 / (float(record["tokenAAmountUIEntry"]) * 0.8) + 0.01
    set_price(venue, f"{price:.4f}")
    venue.engine.advance()
    assert venue.refreshed(record)["liquidationEvents"] == []
    assert 0 < venue.refreshed(record)["summary"]["healthFactor"] < 0.1


def test_a_crash_beyond_the_collateral_empties_the_position() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    set_price(venue, "40")
    venue.engine.advance()
    assert venue.refreshed(record) is None
    body = {"walletPubkey": str(venue.wallet.pubkey())}
    (row,) = venue.post("/positions", body).json()
    assert row["state"] == 2
    assert row["closedAt"] is not None
    again = venue.restarted()
    assert again.post("/positions", body).json() == [row]


def test_a_dip_inside_a_jump_of_time_is_not_skipped() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    hour = START_MS - START_MS % HOUR_MS
    venue.market.price_from = [
        (hour + 10 * HOUR_MS, Decimal(80)),
        (hour + 12 * HOUR_MS, Decimal(100)),
    ]
    venue.clock.advance(48 * HOUR_MS)
    venue.engine.advance()
    events = venue.refreshed(record)["liquidationEvents"]
    assert events
    assert {event["collateralPriceUSD"] for event in events} == {80}


def test_kamino_values_an_lst_by_redemption_marginfi_by_market() -> None:
    venue = Venue().funded(usdc=20_000)
    steady = venue.open(symbol="jitoSOL", protocol=KAMINO)
    shaky = venue.open(symbol="jitoSOL", protocol=MARGINFI)
    before = [venue.refreshed(row)["summary"]["healthFactor"] for row in (steady, shaky)]
    venue.market.discount = Decimal("0.05")
    after = [venue.refreshed(row)["summary"]["healthFactor"] for row in (steady, shaky)]
    assert after[0] == before[0]
    assert after[1] < before[1] - 3


@given(
    collateral=st.decimals(min_value="0.1", max_value="5000", places=6),
    price=st.decimals(min_value="1", max_value="500", places=4),
    loan_to_value=st.decimals(min_value="0.8", max_value="1.4", places=4),
    protocol=st.sampled_from([KAMINO, MARGINFI, SOLEND]),
)
def test_a_seizure_never_takes_more_than_there_is(
    collateral: Decimal, price: Decimal, loan_to_value: Decimal, protocol: int
) -> None:
    terms = LENDERS[protocol]
    debt = collateral * price * loan_to_value
    step = seize(collateral, debt, price=price, terms=terms)
    assert 0 < step.seized <= collateral
    assert 0 < step.repaid_usdc <= debt
    paid = step.repaid_usdc * (1 + terms.liquidation_penalty)
    assert abs(step.seized * price - paid) < Decimal("1e-15")
