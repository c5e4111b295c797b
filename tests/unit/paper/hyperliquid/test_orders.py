"""What the order desk accepts, trades and refuses, in the venue's words."""

from decimal import Decimal

import pytest

from asgard_paper.hyperliquid.market.depth import REFRESH_MS
from tests.unit.paper.hyperliquid.market import HandMarket
from tests.unit.paper.hyperliquid.venue import Trader, Venue

CLOID = "0x" + "ab" * 16


@pytest.fixture
def trader() -> Trader:
    return Trader(Venue(), funded="100000")


def test_ioc_takes_only_what_its_limit_reaches(trader: Trader) -> None:
    bid = Decimal(trader.venue.ask("l2Book", coin="SOL")["levels"][0][0]["px"])
    status = trader.order("sell", "900", f"{bid}")
    filled = Decimal(status["filled"]["totalSz"])
    assert 0 < filled < 900
    assert Decimal(trader.position()["szi"]) == -filled
    record = trader.venue.ask("orderStatus", user=trader.address, oid=status["filled"]["oid"])
    assert record["order"]["status"] == "canceled"
    assert Decimal(record["order"]["order"]["sz"]) == 900 - filled


def test_ioc_ends_where_the_book_ends() -> None:
    trader = Trader(Venue(), funded="5000000")
    status = trader.order("sell", "60000", "150")
    assert Decimal(status["filled"]["totalSz"]) < 60000
    worst = min(Decimal(f["px"]) for f in trader.venue.ask("userFills", user=trader.address))
    assert worst > Decimal(196)


def test_bigger_orders_pay_worse_prices(trader: Trader) -> None:
    small = trader.order("sell", "1", "150")
    trader.venue.pass_time(REFRESH_MS)
    big = trader.order("sell", "3000", "150")
    assert Decimal(big["filled"]["avgPx"]) < Decimal(small["filled"]["avgPx"])


def test_taken_liquidity_is_gone_until_the_book_refreshes(trader: Trader) -> None:
    def best_bid() -> Decimal:
        return Decimal(trader.venue.ask("l2Book", coin="SOL")["levels"][0][0]["px"])

    before = best_bid()
    trader.order("sell", "500", "150")
    assert best_bid() < before
    trader.venue.pass_time(REFRESH_MS)
    assert best_bid() == before


def test_the_same_moment_has_the_same_book() -> None:
    books = [Venue().ask("l2Book", coin="SOL") for _ in range(2)]
    assert books[0] == books[1]


def test_depth_near_the_mid_is_a_third_of_the_ether_book() -> None:
    venue = Venue()
    for side in (0, 1):
        total = Decimal(0)
        for epoch in range(20):
            depth = venue.engine.quotes.depth("SOL", venue.clock.now + epoch * REFRESH_MS)
            levels = (depth.bids, depth.asks)[side]
            near = [x for x in levels if abs(x.price / levels[0].price - 1) <= Decimal("0.005")]
            total += sum(x.price * x.size for x in near)
        assert Decimal("1.2e6") < total / 20 < Decimal("2.2e6")


def test_resting_order_fills_as_maker_when_the_mid_comes(trader: Trader) -> None:
    status = trader.order("buy", "2", "190", tif="Alo", cloid=CLOID)
    assert status["resting"]["cloid"] == CLOID
    trader.venue.market.price = Decimal(189)
    trader.venue.pass_time(1000)
    (fill,) = trader.venue.ask("userFills", user=trader.address)
    assert (fill["px"], fill["crossed"]) == ("190.0", False)
    assert Decimal(fill["fee"]) == Decimal("0.057")
    assert trader.venue.ask("openOrders", user=trader.address) == []


def test_gtc_takes_what_it_can_and_rests_the_remainder(trader: Trader) -> None:
    ask = trader.venue.ask("l2Book", coin="SOL")["levels"][1][0]["px"]
    status = trader.order("buy", "400", ask, tif="Gtc")
    assert "resting" in status
    (order,) = trader.venue.ask("openOrders", user=trader.address)
    taken = Decimal(trader.position()["szi"])
    assert taken + Decimal(order["sz"]) == 400
    assert order["origSz"] == "400.0"


def test_post_only_order_that_would_trade_is_refused_with_the_touch(trader: Trader) -> None:
    bids, asks = trader.venue.ask("l2Book", coin="SOL")["levels"]
    status = trader.order("buy", "1", "205", tif="Alo")
    assert status["error"] == (
        "Post only order would have immediately matched, "
        f"bbo was {bids[0]['px']}@{asks[0]['px']}. asset=5"
    )


@pytest.mark.parametrize(
    ("side", "size", "price", "text"),
    [
        ("sell", "1", "195.123", "Price must be divisible by tick size."),
        ("sell", "1", "195.125", "Price must be divisible by tick size."),
        ("sell", "0.001", "195", "Order has invalid size."),
        ("sell", "0", "195", "Order has zero size."),
        ("sell", "1", "0", "Order has invalid price."),
        ("sell", "0.05", "195", "Order must have minimum value of $10."),
        ("buy", "1", "150", "Order could not immediately match against any resting orders."),
        (
            "buy",
            "1",
            "400",
            "Order price cannot be more than 80% away from the reference price",
        ),
        ("sell", "20000", "195", "Insufficient margin to place order."),
    ],
)
def test_rejections(trader: Trader, side: str, size: str, price: str, text: str) -> None:
    assert trader.order(side, size, price) == {"error": f"{text} asset=5"}
    assert trader.position() is None


def test_whole_numbers_are_always_on_tick() -> None:
    trader = Trader(Venue(market=HandMarket(price=Decimal("123456"))), funded="900000")
    assert "filled" in trader.order("sell", "1", "123001")


def test_rejected_order_can_be_looked_up_by_its_client_id(trader: Trader) -> None:
    trader.order("buy", "1", "150", cloid=CLOID)
    record = trader.venue.ask("orderStatus", user=trader.address, oid=CLOID)
    assert record["order"]["status"] == "iocCancelRejected"


def test_client_id_of_an_open_order_is_not_taken_twice(trader: Trader) -> None:
    trader.order("buy", "1", "150", tif="Gtc", cloid=CLOID)
    second = trader.order("buy", "1", "151", tif="Gtc", cloid=CLOID)
    assert "cloid" in second["error"]
    assert len(trader.venue.ask("openOrders", user=trader.address)) == 1


def test_reduce_only_never_opens_or_grows(trader: Trader) -> None:
    text = "Reduce only order would increase position. asset=5"
    assert trader.order("buy", "1", "205", reduce_only=True) == {"error": text}
    trader.order("sell", "2", "195")
    assert trader.order("sell", "1", "195", reduce_only=True) == {"error": text}
    closed = trader.order("buy", "5", "205", reduce_only=True)
    assert closed["filled"]["totalSz"] == "2.0"
    assert trader.position() is None


def test_full_close_below_the_minimum_value_is_accepted(trader: Trader) -> None:
    trader.order("sell", "0.06", "195")
    trader.venue.market.price = Decimal(150)
    trader.venue.pass_time(1000)
    half = trader.order("buy", "0.03", "155", reduce_only=True)
    assert half == {"error": "Order must have minimum value of $10. asset=5"}
    assert "filled" in trader.order("buy", "0.06", "155", reduce_only=True)


def test_older_reduce_only_order_gives_way_to_the_newer(trader: Trader) -> None:
    trader.order("sell", "3", "195")
    trader.order("buy", "2", "180", tif="Gtc", reduce_only=True)
    newer = trader.order("buy", "2", "181", tif="Gtc", reduce_only=True)
    (left,) = trader.venue.ask("openOrders", user=trader.address)
    assert left["oid"] == newer["resting"]["oid"]


def test_trade_through_zero_is_one_fill_with_both_directions(trader: Trader) -> None:
    trader.order("sell", "2", "195")
    trader.venue.pass_time(REFRESH_MS)
    trader.order("buy", "5", "205")
    fills = trader.venue.ask("userFills", user=trader.address)
    assert fills[0]["dir"] == "Short > Long"
    assert trader.position()["szi"] == "3.0"


def test_closing_books_profit_gross_of_fees(trader: Trader) -> None:
    trader.order("sell", "10", "195")
    opened = Decimal(trader.venue.ask("userFills", user=trader.address)[0]["px"])
    trader.venue.market.price = Decimal(180)
    trader.venue.pass_time(REFRESH_MS)
    trader.order("buy", "10", "185", reduce_only=True)
    fills = [f for f in trader.venue.ask("userFills", user=trader.address) if f["side"] == "B"]
    profit = sum(Decimal(fill["closedPnl"]) for fill in fills)
    paid = sum(Decimal(fill["px"]) * Decimal(fill["sz"]) for fill in fills)
    assert profit == 10 * opened - paid
    assert fills[0]["dir"] == "Close Short"


def test_delisted_coin_does_not_trade(trader: Trader) -> None:
    assert trader.order("sell", "100", "0.37", asset=3) == {"error": "Trading is halted. asset=3"}


def test_bodies_the_venue_cannot_read_are_refused(trader: Trader) -> None:
    order = {"a": 5, "b": True, "p": 150.0, "s": "1", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    action = {"type": "order", "orders": [order], "grouping": "na"}
    with pytest.raises(ValueError, match="Expected `str`"):
        trader.do(action)
