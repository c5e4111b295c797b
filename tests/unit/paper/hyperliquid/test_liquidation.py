"""Liquidation on the mark: when, how, and what is left."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_paper.hyperliquid.clearing.books import total_cash
from asgard_paper.hyperliquid.clearing.margin import solve_liquidation
from asgard_paper.hyperliquid.market.universe import ASSETS
from tests.unit.paper.hyperliquid.market import HandMarket
from tests.unit.paper.hyperliquid.venue import Trader, Venue

MINUTE_MS = 60_000


def short(funded: str, size: str, *, leverage: int, is_cross: bool) -> Trader:
    trader = Trader(Venue(market=HandMarket(premium=Decimal("0.0001"))), funded=funded)
    trader.set_leverage(leverage, is_cross=is_cross)
    assert "filled" in trader.order("sell", size, "190")
    return trader


def move_mark(trader: Trader, price: Decimal) -> None:
    trader.venue.market.price = price / (1 + trader.venue.market.premium)
    trader.venue.pass_time(1000)


@pytest.mark.parametrize("is_cross", [True, False])
def test_position_lives_below_its_liquidation_price_and_dies_above(is_cross: bool) -> None:
    trader = short("700", "10", leverage=3, is_cross=is_cross)
    price = Decimal(trader.position()["liquidationPx"])
    move_mark(trader, price - Decimal("0.01"))
    assert trader.position() is not None
    move_mark(trader, price + Decimal("0.01"))
    assert trader.position() is None


def test_market_liquidation_leaves_the_rest_to_the_user() -> None:
    trader = short("700", "10", leverage=3, is_cross=True)
    move_mark(trader, Decimal(trader.position()["liquidationPx"]) + Decimal("0.01"))
    fill = trader.venue.ask("userFills", user=trader.address)[0]
    assert fill["dir"] == "Close Short"
    assert fill["liquidation"]["method"] == "market"
    assert fill["liquidation"]["liquidatedUser"] == trader.address
    assert Decimal(trader.state()["withdrawable"]) > 0
    rows = trader.venue.ask("userNonFundingLedgerUpdates", user=trader.address, startTime=0)
    assert rows[-1]["delta"]["type"] == "liquidation"
    assert rows[-1]["delta"]["leverageType"] == "Cross"
    assert rows[-1]["delta"]["liquidatedPositions"] == [{"coin": "SOL", "szi": "-10.0"}]


def test_backstop_takes_position_and_margin() -> None:
    trader = short("700", "10", leverage=3, is_cross=True)
    trader.order("buy", "1", "120", tif="Gtc")
    move_mark(trader, Decimal(trader.position()["liquidationPx"]) * Decimal("1.012"))
    assert trader.position() is None
    assert trader.state()["withdrawable"] == "0.0"
    fill = trader.venue.ask("userFills", user=trader.address)[0]
    assert fill["dir"] == "Liquidated Cross Short"
    assert fill["liquidation"]["method"] == "backstop"
    record = trader.venue.ask("historicalOrders", user=trader.address)
    assert "liquidatedCanceled" in {row["status"] for row in record}


def test_isolated_liquidation_spares_the_cross_balance() -> None:
    trader = short("5000", "10", leverage=10, is_cross=False)
    spared = Decimal(trader.state()["crossMarginSummary"]["accountValue"])
    move_mark(trader, Decimal(400))
    assert trader.position() is None
    assert Decimal(trader.state()["withdrawable"]) == spared


def test_account_never_owes_after_a_gap() -> None:
    trader = short("700", "10", leverage=3, is_cross=True)
    move_mark(trader, Decimal(900))
    assert trader.position() is None
    assert trader.state()["marginSummary"]["accountValue"] == "0.0"
    assert trader.venue.engine.books.house.liquidator < 0


def test_large_position_is_sold_a_fifth_at_first() -> None:
    trader = short("42000", "600", leverage=3, is_cross=True)
    price = Decimal(trader.position()["liquidationPx"])
    move_mark(trader, price + Decimal("0.01"))
    assert trader.position()["szi"] == "-480.0"
    # The fifth brought margin back; a further move finds it too low again.
    move_mark(trader, price * Decimal("1.004"))
    again = Decimal(trader.position()["liquidationPx"])
    move_mark(trader, again + Decimal("0.01"))
    assert trader.position()["szi"] == "-480.0"
    trader.venue.pass_time(31_000)
    assert trader.position() is None


def test_move_inside_a_jump_is_not_overlooked() -> None:
    trader = short("700", "10", leverage=3, is_cross=True)
    now = trader.venue.clock.now
    trader.venue.market.price_from = {
        0: Decimal(200),
        now + 30 * MINUTE_MS: Decimal(320),
        now + 40 * MINUTE_MS: Decimal(200),
    }
    trader.venue.pass_time(5 * 60 * MINUTE_MS)
    assert trader.position() is None


def test_auto_deleveraging_closes_at_the_mark_without_a_fee() -> None:
    trader = short("700", "10", leverage=3, is_cross=True)
    mark = trader.venue.engine.quotes.mark("SOL", trader.venue.clock.now)
    assert trader.venue.engine.deleverage(trader.address, "SOL", Decimal(4)) == 4
    fill = trader.venue.ask("userFills", user=trader.address)[0]
    assert (fill["dir"], fill["fee"]) == ("Auto-Deleveraging", "0.0")
    assert Decimal(fill["px"]) == mark
    assert trader.position()["szi"] == "-6.0"


def test_maintenance_is_continuous_between_tiers() -> None:
    table = ASSETS["SOL"].margin_table
    bound = table.tiers[1].lower_bound
    assert table.maintenance(bound) == bound * table.tiers[0].maintenance_rate
    above = table.maintenance(bound + 1000) - table.maintenance(bound)
    assert above == 1000 * table.tiers[1].maintenance_rate


@settings(max_examples=200)
@given(
    size=st.decimals("-400000", "400000", places=2).filter(lambda x: abs(x) >= 1),
    margin=st.decimals("0.06", "2", places=3),
)
def test_value_equals_maintenance_at_the_liquidation_price(size: Decimal, margin: Decimal) -> None:
    table = ASSETS["SOL"].margin_table
    cash = -size * 200 + abs(size) * 200 * margin
    price = solve_liquidation(table, size=size, cash=cash)
    if price is None:
        assert size > 0
        return
    value, needed = cash + size * price, table.maintenance(abs(size) * price)
    assert abs(value - needed) < Decimal("1e-9") * abs(size) * price
    assert (price > 200) is (size < 0) or abs(value / (abs(size) * 200)) < Decimal("0.06")


def test_liquidations_conserve_money() -> None:
    trader = short("700", "10", leverage=3, is_cross=True)
    move_mark(trader, Decimal(900))
    books = trader.venue.engine.books
    house = books.house
    outside = house.deposited - house.fees - house.trade_cash + house.funding - house.liquidator
    assert total_cash(books) == outside
