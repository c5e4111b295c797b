"""An action is sent under one number, and a number can be used up so that its action never happens.

Asked of the real adapter over sockets.
"""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.domain.errors import OutcomeUnknown, Refused
from asgard_basis.ports.venues import PerpTrader
from tests.contracts.paper_hyperliquid import PaperHyperliquid, address
from tests.contracts.test_perp_venue import order, position_of


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


async def test_a_number_is_never_given_twice_and_lies_before_its_expiry(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    reserved = await asyncio.gather(*(venue.reserve_nonce(trader) for _ in range(20)))
    assert len({nonce.number for nonce in reserved}) == 20
    assert all(nonce.number < nonce.expires_at_ms for nonce in reserved)


async def test_an_order_whose_number_was_made_void_can_never_happen(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    sell, nonce = order(is_buy=False, size="2"), await venue.reserve_nonce(trader)
    assert await venue.void(trader, nonce.number)
    with pytest.raises(OutcomeUnknown):
        await venue.place(trader, sell, nonce)
    assert await venue.find_order(address(trader), sell.client_order_id) is None
    assert (await venue.account(address(trader))).position is None
    assert not await venue.void(trader, nonce.number), "used is used"


async def test_a_number_that_an_order_has_used_cannot_be_made_void(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    sell, nonce = order(is_buy=False, size="2"), await venue.reserve_nonce(trader)
    await venue.place(trader, sell, nonce)
    assert not await venue.void(trader, nonce.number)
    found = await venue.find_order(address(trader), sell.client_order_id)
    assert found is not None
    assert found.filled_size == 2
    assert (await position_of(venue, trader)).signed_size == Decimal(-2)


async def test_of_an_order_and_its_void_at_once_exactly_one_happens(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    for each in range(1, 9):
        sell, nonce = order(is_buy=False, size="0.2"), await venue.reserve_nonce(trader)
        placed, is_void = await asyncio.gather(
            venue.place(trader, sell, nonce),
            venue.void(trader, nonce.number),
            return_exceptions=True,
        )
        assert isinstance(placed, OutcomeUnknown) is is_void, f"round {each}"
        found = await venue.find_order(address(trader), sell.client_order_id)
        assert (found is None) is is_void


async def test_a_void_whose_answer_was_lost_leaves_a_number_that_is_used(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    nonce = await venue.reserve_nonce(trader)
    paper.lost_replies = 1
    with pytest.raises(OutcomeUnknown):
        await venue.void(trader, nonce.number)
    assert not await venue.void(trader, nonce.number)
    other = await venue.reserve_nonce(trader)
    paper.lost_requests = 1
    with pytest.raises(OutcomeUnknown):
        await venue.void(trader, other.number)
    assert await venue.void(trader, other.number)


async def test_an_order_that_comes_after_its_expiry_is_not_done(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    sell, nonce = order(is_buy=False, size="2"), await venue.reserve_nonce(trader)
    paper.advance(seconds=16)
    with pytest.raises(OutcomeUnknown):
        await venue.place(trader, sell, nonce)
    await venue.void(trader, nonce.number)
    assert await venue.find_order(address(trader), sell.client_order_id) is None
    assert (await venue.account(address(trader))).position is None


async def test_margin_and_leverage_under_a_void_number_stay_as_they_were(
    venue: HyperliquidPerpVenue, trader: PerpTrader
) -> None:
    await venue.place(trader, order(is_buy=False, size="5"))
    before = await position_of(venue, trader)
    for act in ("margin", "leverage"):
        nonce = await venue.reserve_nonce(trader)
        assert await venue.void(trader, nonce.number)
        sent = (
            venue.add_margin(trader, Decimal(10), nonce)
            if act == "margin"
            else venue.set_isolated_leverage(trader, 5, nonce)
        )
        with pytest.raises(OutcomeUnknown):
            await sent
    after = await position_of(venue, trader)
    assert (after.margin_usdc, after.leverage) == (before.margin_usdc, before.leverage)
    assert await venue.isolated_leverage(address(trader)) == 3


async def test_a_stranger_can_make_nothing_void(
    paper: PaperHyperliquid, venue: HyperliquidPerpVenue
) -> None:
    newcomer = paper.trader()
    with pytest.raises(Refused):
        await venue.void(newcomer, (await venue.reserve_nonce(newcomer)).number)
