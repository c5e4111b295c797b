"""Money in and out: credited once, withdrawn only when free, never made or lost."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asgard_paper.hyperliquid.clearing.books import total_cash
from tests.unit.paper.hyperliquid.market import HandMarket
from tests.unit.paper.hyperliquid.venue import Trader, Venue

HOUR_MS = 3_600_000
OWNER = "0x" + "Ab" * 20


def test_deposit_is_credited_once_per_log() -> None:
    venue = Venue()
    for log_index in (0, 0, 1):
        assert venue.engine.credit_deposit(
            address=OWNER,
            amount_usdc=Decimal("10.25"),
            transaction_hash="0xAA",
            log_index=log_index,
        )
    state = venue.ask("clearinghouseState", user=OWNER)
    assert state["withdrawable"] == "20.5"
    rows = venue.ask("userNonFundingLedgerUpdates", user=OWNER.lower(), startTime=0)
    assert [row["delta"] for row in rows] == [{"type": "deposit", "usdc": "10.25"}] * 2


def test_deposit_below_five_is_lost_for_ever() -> None:
    venue = Venue()
    assert venue.deposit(OWNER, "4.999999") is False
    assert venue.ask("userRole", user=OWNER) == {"role": "missing"}
    assert venue.deposit(OWNER, "5") is True
    assert venue.ask("userRole", user=OWNER) == {"role": "user"}
    assert venue.ask("clearinghouseState", user=OWNER)["withdrawable"] == "5.0"


def test_withdrawal_needs_free_margin_and_leaves_a_tenth_of_the_notional() -> None:
    trader = Trader(Venue(market=HandMarket(premium=Decimal(0))))
    trader.set_leverage(20)
    trader.order("sell", "10", "195")
    state = trader.state()
    value = Decimal(state["marginSummary"]["accountValue"])
    notional = Decimal(state["marginSummary"]["totalNtlPos"])
    free = value - notional / 10
    assert Decimal(state["withdrawable"]) > free
    text = {"status": "err", "response": "Insufficient balance for withdrawal"}
    assert trader.withdraw(f"{free + Decimal('0.000001')}") == text
    assert trader.withdraw(f"{free}")["status"] == "ok"
    assert trader.withdraw("1") == text


def test_resting_orders_hold_margin() -> None:
    trader = Trader(Venue())
    trader.set_leverage(2)
    trader.order("buy", "4", "150", tif="Gtc")
    assert trader.state()["withdrawable"] == "700.0"
    assert trader.withdraw("701")["status"] == "err"


def test_withdrawals_wait_for_the_bridge() -> None:
    trader = Trader(Venue())
    trader.withdraw("50", destination=OWNER)
    (pending,) = trader.venue.engine.pending_withdrawals()
    assert (pending.destination, pending.amount) == (OWNER.lower(), Decimal(49))
    assert 180_000 <= pending.due_ms - pending.requested_ms <= 240_000
    row = trader.venue.ask("userNonFundingLedgerUpdates", user=trader.address, startTime=0)[-1]
    assert row["delta"] == {
        "type": "withdraw",
        "usdc": "49.0",
        "nonce": pending.nonce,
        "fee": "1.0",
    }
    trader.venue.engine.withdrawal_paid(trader.address, pending.nonce, "0xbeef")
    assert trader.venue.engine.pending_withdrawals() == []


_SIZES = st.decimals("0.5", "40", places=2).map(str)
_STEPS = st.one_of(
    st.tuples(st.just("trade"), st.sampled_from(["buy", "sell"]), _SIZES),
    st.tuples(st.just("rest"), st.sampled_from(["buy", "sell"]), _SIZES),
    st.tuples(st.just("price"), st.integers(120, 300)),
    st.tuples(st.just("hours"), st.integers(1, 5)),
    st.tuples(st.just("leverage"), st.integers(1, 20), st.booleans()),
    st.tuples(st.just("withdraw"), st.integers(2, 300)),
    st.tuples(st.just("spot"), st.integers(1, 300), st.booleans()),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(st.tuples(st.integers(1, 2), _STEPS), max_size=14))
def test_money_is_conserved_whatever_happens(steps: list[tuple[int, tuple[object, ...]]]) -> None:
    venue = Venue()
    traders = {number: Trader(venue, number, funded="1500") for number in (1, 2)}
    for number, step in steps:
        _do(traders[number], step)
        _assert_conserved(venue)


def _do(trader: Trader, step: tuple[object, ...]) -> None:
    price = trader.venue.market.price.to_integral_value()
    match step:
        case ("trade", side, size):
            trader.order(str(side), str(size), f"{price + (2 if side == 'buy' else -2)}")
        case ("rest", side, size):
            trader.order(str(side), str(size), f"{price + (-9 if side == 'buy' else 9)}", tif="Gtc")
        case ("price", value):
            trader.venue.market.price = Decimal(str(value))
            trader.venue.pass_time(3000)
        case ("hours", count):
            trader.venue.pass_time(int(str(count)) * HOUR_MS)
        case ("leverage", value, is_cross):
            trader.set_leverage(int(str(value)), is_cross=bool(is_cross))
        case ("withdraw", amount):
            trader.withdraw(str(amount))
        case ("spot", amount, to_perp):
            trader.class_transfer(str(amount), to_perp=bool(to_perp))


def _assert_conserved(venue: Venue) -> None:
    books, house = venue.engine.books, venue.engine.books.house
    outside = house.deposited - house.lost_deposits - house.withdrawn
    inside = outside - house.fees - house.trade_cash + house.funding - house.liquidator
    assert total_cash(books) == inside
    paid_out = sum((w.amount + 1 for w in books.withdrawals.values()), Decimal(0))
    assert paid_out == house.withdrawn
    for account in books.accounts.values():
        fills = books.fills.get(account.address, [])
        held = account.positions.get("SOL")
        traded = sum((f.size if f.is_buy else -f.size for f in fills), Decimal(0))
        assert traded == (held.size if held else 0)
        assert account.spot_usdc >= 0
        if not account.positions:
            assert account.cash >= 0
