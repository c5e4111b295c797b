"""What every perpetual venue behind the port must do, asked of the real adapter over sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest

from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import JobId, client_order_id
from asgard_basis.domain.market.funding import payment_to_short
from asgard_basis.domain.position.legs import PerpPosition
from asgard_basis.ports.venues import PerpOrder, PerpTrader
from tests.contracts.paper_hyperliquid import PRICE, START, PaperHyperliquid, address

_attempts = count(1)


@pytest.fixture
def paper() -> PaperHyperliquid:
    return PaperHyperliquid()


@pytest.fixture
async def venue(paper: PaperHyperliquid) -> AsyncIterator[HyperliquidPerpVenue]:
    async with paper.venue() as connected:
        yield connected


@pytest.fixture
async def trader(paper: PaperHyperliquid, venue: HyperliquidPerpVenue) -> PerpTrader:
    """One who has 1000 USDC, an agent, and isolated margin at 3x."""
    trader = paper.trader()
    paper.deposit(trader, "1000")
    await venue.approve_agent(trader)
    await venue.set_isolated_leverage(trader, 3)
    return trader


def order(
    *, is_buy: bool, size: str, limit: Decimal | None = None, reduce_only: bool = False
) -> PerpOrder:
    """An order at a price 1 % beyond the market unless it is given."""
    eager = PRICE * (Decimal("1.01") if is_buy else Decimal("0.99"))
    key = client_order_id(saga=JobId("p"), step="test", attempt=next(_attempts))
    return PerpOrder(key, is_buy, Decimal(size), limit or eager, reduce_only)


async def test_the_book_shows_what_an_order_would_meet(venue: HyperliquidPerpVenue) -> None:
    near = await venue.depth(is_buy=False, limit_price=PRICE * Decimal("0.999"))
    far = await venue.depth(is_buy=False, limit_price=PRICE * Decimal("0.99"))
    assert 0 < near < far
    assert await venue.depth(is_buy=True, limit_price=PRICE * Decimal("1.01")) > 0
    assert await venue.depth(is_buy=True, limit_price=PRICE * Decimal("0.99")) == 0


async def test_a_book_without_bids_shows_nothing(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue
) -> None:
    paper.engine.liquidity.thin(Decimal(0), until_ms=2**50)
    assert await venue.depth(is_buy=False, limit_price=PRICE * Decimal("0.9")) == 0


async def position_of(venue: HyperliquidPerpVenue, trader: PerpTrader) -> PerpPosition:
    position = (await venue.account(address(trader))).position
    assert position is not None
    return position


async def test_the_market_has_a_price_a_rate_and_rules(venue: HyperliquidPerpVenue) -> None:
    market = await venue.market()
    assert market.oracle_price == PRICE
    assert abs(market.mark_price / PRICE - 1) < Decimal("0.01")
    assert (market.max_leverage, market.size_step) == (20, Decimal("0.01"))
    assert market.maintenance_fraction == Decimal("0.025")
    assert market.funding_now.income_to_short.value > 0


async def test_the_market_is_watched_without_asking(venue: HyperliquidPerpVenue) -> None:
    async with aclosing(venue.watch()) as markets:  # type: ignore[type-var]
        market = await asyncio.wait_for(anext(markets), timeout=10)
    assert market.oracle_price == PRICE
    assert market.max_leverage == 20


async def test_an_account_begins_with_its_first_deposit(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue
) -> None:
    newcomer = paper.trader()
    assert not (await venue.account(address(newcomer))).exists
    paper.deposit(newcomer, "250.5")
    account = await venue.account(address(newcomer))
    assert account.exists
    assert account.account_value_usd == account.withdrawable_usdc == Decimal("250.5")
    assert account.position is None
    (credit,) = await venue.deposits(address(newcomer), since=START - timedelta(days=1))
    assert credit.amount_usdc == Decimal("250.5")
    assert credit.time == START
    later = START + timedelta(seconds=1)
    assert await venue.deposits(address(newcomer), since=later) == []


async def test_before_the_first_deposit_every_action_is_refused_as_such(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue
) -> None:
    newcomer = paper.trader()
    with pytest.raises(Refused) as caught:
        await venue.approve_agent(newcomer)
    assert caught.value.code is ErrorCode.HYPERLIQUID_ACCOUNT
    with pytest.raises(Refused) as caught:
        await venue.place(newcomer, order(is_buy=False, size="1"))
    assert caught.value.code is ErrorCode.HYPERLIQUID_ACCOUNT


async def test_an_agent_may_sign_once_it_is_approved_and_approving_again_is_harmless(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue
) -> None:
    trader = paper.trader()
    paper.deposit(trader, "100")
    assert not await venue.has_agent(trader)
    await venue.approve_agent(trader)
    await venue.approve_agent(trader)
    assert await venue.has_agent(trader)
    stranger = PerpTrader(account=paper.trader(2).account, agent=trader.agent)
    paper.deposit(stranger, "100")
    assert not await venue.has_agent(stranger)


async def test_an_agent_stops_being_valid_when_it_expires(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    paper.advance(days=200)
    assert not await venue.has_agent(trader)


async def test_a_short_is_opened_isolated_and_found_again_by_its_key(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    sell = order(is_buy=False, size="5")
    result = await venue.place(trader, sell)
    assert (result.filled_size, result.status) == (Decimal(5), "filled")
    assert result.average_price is not None
    assert sell.limit_price <= result.average_price <= PRICE * Decimal("1.005")

    found = await venue.find_order(address(trader), sell.client_order_id)
    assert found is not None
    assert (found.order_id, found.filled_size) == (result.order_id, result.filled_size)
    assert found.average_price == pytest.approx(result.average_price)

    position = await position_of(venue, trader)
    assert position.signed_size == Decimal(-5)
    assert (position.is_isolated, position.leverage) == (True, 3)
    assert position.entry_price == pytest.approx(result.average_price)
    assert position.liquidation_price is not None
    assert position.liquidation_price > PRICE * Decimal("1.25")
    assert position.isolated_raw_usd is not None
    assert position.margin_usdc == position.isolated_raw_usd - position.mark_value_usd

    fills = await venue.fills(address(trader), since=START)
    assert sum(fill.size for fill in fills) == Decimal(5)
    assert {(fill.is_buy, fill.client_order_id) for fill in fills} == {
        (False, sell.client_order_id)
    }
    fees = await venue.fees(address(trader))
    paid = sum(fill.fee_usdc for fill in fills)
    assert paid == pytest.approx(5 * result.average_price * fees.taker, abs=Decimal("0.00001"))


async def test_an_order_nobody_meets_fills_nothing_and_is_found_as_such(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    greedy = order(is_buy=False, size="1", limit=PRICE * Decimal("1.2"))
    result = await venue.place(trader, greedy)
    assert (result.filled_size, result.average_price) == (0, None)
    found = await venue.find_order(address(trader), greedy.client_order_id)
    assert found is not None
    assert found.filled_size == 0
    assert found.status == result.status


async def test_an_order_larger_than_the_book_inside_its_limit_is_filled_in_part(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    paper.deposit(trader, "9000000")
    big = order(is_buy=False, size="60000", limit=PRICE * Decimal("0.9995"))
    result = await venue.place(trader, big)
    assert 0 < result.filled_size < big.size
    assert (await position_of(venue, trader)).signed_size == -result.filled_size
    found = await venue.find_order(address(trader), big.client_order_id)
    assert found is not None
    assert found.filled_size == result.filled_size


async def test_a_key_that_was_never_used_is_not_found(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    key = order(is_buy=False, size="1").client_order_id
    assert await venue.find_order(address(trader), key) is None


async def test_more_than_the_margin_allows_is_refused(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    with pytest.raises(Refused) as caught:
        await venue.place(trader, order(is_buy=False, size="50"))
    assert caught.value.code is ErrorCode.HYPERLIQUID_MARGIN
    assert (await venue.account(address(trader))).position is None


async def test_closing_leaves_nothing_and_closing_again_says_there_is_nothing(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    await venue.place(trader, order(is_buy=False, size="5"))
    close = order(is_buy=True, size="5", reduce_only=True)
    assert (await venue.place(trader, close)).filled_size == 5
    account = await venue.account(address(trader))
    assert account.position is None
    assert Decimal(990) < account.withdrawable_usdc < Decimal(1000)
    again = order(is_buy=True, size="5", reduce_only=True)
    result = await venue.place(trader, again)
    assert (result.filled_size, result.status) == (0, "reduceOnlyRejected")
    found = await venue.find_order(address(trader), again.client_order_id)
    assert found is not None
    assert (found.filled_size, found.status) == (0, "reduceOnlyRejected")


async def test_closing_never_turns_a_short_into_a_long(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    await venue.place(trader, order(is_buy=False, size="2"))
    close = order(is_buy=True, size="3", reduce_only=True)
    assert (await venue.place(trader, close)).filled_size == 2
    found = await venue.find_order(address(trader), close.client_order_id)
    assert found is not None
    assert found.filled_size == 2


async def test_margin_moves_between_the_account_and_the_position(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    await venue.place(trader, order(is_buy=False, size="5"))
    before = await venue.account(address(trader))
    await venue.add_margin(trader, Decimal("100.5"))
    more = await position_of(venue, trader)
    assert before.position is not None
    assert more.margin_usdc == before.position.margin_usdc + Decimal("100.5")
    after = await venue.account(address(trader))
    assert after.withdrawable_usdc == before.withdrawable_usdc - Decimal("100.5")
    await venue.add_margin(trader, Decimal("-50"))
    assert (await position_of(venue, trader)).margin_usdc == more.margin_usdc - 50
    with pytest.raises(Refused):
        await venue.add_margin(trader, Decimal(100_000))


async def test_leverage_outside_the_venues_range_is_refused_under_its_code(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    with pytest.raises(Refused) as caught:
        await venue.set_isolated_leverage(trader, 21)
    assert caught.value.code is ErrorCode.HYPERLIQUID_LEVERAGE


async def test_the_short_receives_what_longs_pay_and_the_books_agree(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    await venue.place(trader, order(is_buy=False, size="5"))
    paper.advance(hours=30)
    payments = await venue.funding_payments(address(trader), since=START)
    hours = await venue.funding_history(since=START)
    assert len(payments) == len(hours) == 30
    for payment, hour in zip(payments, hours, strict=True):
        assert payment.signed_size == Decimal(-5)
        assert payment.rate == hour.rate
        due = payment_to_short(size=Decimal(5), oracle_price=PRICE, rate=hour.rate)
        assert payment.amount_usdc == pytest.approx(due, abs=Decimal("0.000001"))
        assert payment.amount_usdc > 0
    assert await venue.funding_payments(address(trader), since=START + timedelta(days=9)) == []


async def test_a_long_past_is_read_whole_every_hour_once(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue
) -> None:
    paper.advance(hours=1300)
    hours = await venue.funding_history(since=START)
    first = START.replace(minute=0) + timedelta(hours=1)
    assert [o.hour for o in hours] == [first + timedelta(hours=n) for n in range(1300)]
    until = first + timedelta(hours=9)
    assert len(await venue.funding_history(since=first, until=until)) == 10


async def test_an_order_whose_answer_was_lost_is_found_and_was_done_once(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    sell = order(is_buy=False, size="2")
    paper.lost_replies = 1
    with pytest.raises(OutcomeUnknown) as caught:
        await venue.place(trader, sell)
    assert caught.value.code is ErrorCode.HYPERLIQUID_UNKNOWN
    found = await venue.find_order(address(trader), sell.client_order_id)
    assert found is not None
    assert found.filled_size == 2
    assert (await position_of(venue, trader)).signed_size == Decimal(-2)


async def test_an_order_that_never_arrived_is_not_found(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    sell = order(is_buy=False, size="2")
    paper.lost_requests = 1
    with pytest.raises(OutcomeUnknown):
        await venue.place(trader, sell)
    assert await venue.find_order(address(trader), sell.client_order_id) is None
    assert (await venue.account(address(trader))).position is None


async def test_what_is_so_although_the_answer_was_lost_is_success(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue
) -> None:
    trader = paper.trader()
    paper.deposit(trader, "100")
    paper.lost_replies = 1
    await venue.approve_agent(trader)
    paper.lost_replies = 1
    await venue.set_isolated_leverage(trader, 4)
    paper.lost_requests = 1
    with pytest.raises(OutcomeUnknown):
        await venue.set_isolated_leverage(trader, 2)


async def test_actions_at_the_same_moment_do_not_collide(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    orders = [order(is_buy=False, size="0.5") for _ in range(6)]
    results = await asyncio.gather(*(venue.place(trader, each) for each in orders))
    assert all(result.filled_size == Decimal("0.5") for result in results)
    assert (await position_of(venue, trader)).signed_size == Decimal(-3)


async def test_a_whole_position_closes_whatever_it_is_worth_and_a_part_must_be_ten_dollars(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    await venue.place(trader, order(is_buy=False, size="0.1"))
    with pytest.raises(Refused) as refusal:
        await venue.place(trader, order(is_buy=True, size="0.05", reduce_only=True))
    assert refusal.value.code is ErrorCode.SIZE_TOO_SMALL
    most = order(is_buy=True, size="0.07", reduce_only=True)
    assert (await venue.place(trader, most)).filled_size == Decimal("0.07")
    dust = order(is_buy=True, size="0.03", reduce_only=True)
    assert (await venue.place(trader, dust)).filled_size == Decimal("0.03")
    assert (await venue.account(address(trader))).position is None
