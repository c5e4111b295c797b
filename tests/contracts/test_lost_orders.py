"""The saga's hands on the real adapter and the paper venue: whatever is lost, done exactly once."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.trading.account_steps import AccountSteps
from asgard_basis.application.trading.action_fate import ActionFates
from asgard_basis.application.trading.short_orders import ShortOrders
from asgard_basis.domain.errors import OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.step import (
    Intent,
    MarginIntent,
    OrderDone,
    OrderIntent,
    Perform,
    Step,
    StepName,
    StepStatus,
)
from tests.builders_platform import a_wallet
from tests.contracts.paper_hyperliquid import START, PaperHyperliquid, WorldTime, address
from tests.contracts.test_perp_venue import position_of

SELL = Perform(StepName.OPEN_SHORT, Decimal(2))


class Hands:
    """One user's orders and margin."""

    def __init__(self, paper: PaperHyperliquid, venue: HyperliquidPerpVenue) -> None:
        self.paper = paper
        self.venue = venue
        self.trader = paper.trader()
        context = UserTradingContext(UserId("ada"), a_wallet("ada"), self.trader)
        clock = WorldTime(paper.clock)
        fates = ActionFates(perp=venue, trader=self.trader, clock=clock)
        self.orders = ShortOrders(
            context=context,
            job_id=JobId("j"),
            since=START,
            perp=venue,
            fates=fates,
            limits=RiskLimits(),
        )
        self.account = AccountSteps(
            context=context, perp=venue, fates=fates, clock=clock, held_short=Decimal(0)
        )

    async def order(self, attempt: int) -> tuple[Step, OrderIntent]:
        intent = await self.orders.prepare(SELL, attempt, is_buy=False)
        return step(StepName.OPEN_SHORT, intent), intent

    async def size(self) -> Decimal:
        account = await self.venue.account(address(self.trader))
        return account.position.signed_size if account.position else Decimal(0)


def step(name: StepName, intent: Intent) -> Step:
    return Step(name, 1, StepStatus.INTENDED, intent, START)


@pytest.fixture
async def hands() -> AsyncIterator[Hands]:
    paper = PaperHyperliquid()
    async with paper.venue() as venue:
        made = Hands(paper, venue)
        paper.deposit(made.trader, "1000")
        await venue.approve_agent(made.trader)
        await venue.set_isolated_leverage(made.trader, 3)
        yield made


async def test_an_order_lost_on_its_way_is_done_by_the_next_attempt_only(hands: Hands) -> None:
    first, intent = await hands.order(1)
    hands.paper.lost_requests = 1
    with pytest.raises(OutcomeUnknown):
        await hands.orders.place(first, intent)
    with pytest.raises(Refused):
        await hands.orders.resolve(first, intent)
    second, again = await hands.order(2)
    done = await hands.orders.place(second, again)
    assert isinstance(done, OrderDone)
    assert await hands.size() == Decimal(-2)
    # A worker that was stopped before it sent the first one wakes up.
    with pytest.raises(OutcomeUnknown):
        await hands.orders.place(first, intent)
    assert await hands.size() == Decimal(-2)


async def test_an_order_whose_answer_was_lost_is_found_and_not_repeated(hands: Hands) -> None:
    first, intent = await hands.order(1)
    hands.paper.lost_replies = 1
    with pytest.raises(OutcomeUnknown):
        await hands.orders.place(first, intent)
    done = await hands.orders.resolve(first, intent)
    assert done.result.filled_size == 2
    assert done.fee_usdc > 0
    assert await hands.size() == Decimal(-2)


async def test_an_order_that_was_never_sent_because_its_worker_died_is_no_order(
    hands: Hands,
) -> None:
    first, intent = await hands.order(1)
    with pytest.raises(Refused):
        await hands.orders.resolve(first, intent)
    assert await hands.size() == 0


@pytest.mark.parametrize("lost", ["request", "reply"])
async def test_margin_is_added_once_whatever_is_lost(hands: Hands, lost: str) -> None:
    first, order = await hands.order(1)
    await hands.orders.place(first, order)
    target = (await position_of(hands.venue, hands.trader)).margin_usdc + 100
    intent = await hands.account.prepare_margin(target)
    assert intent.amount_usdc == pytest.approx(Decimal(100), abs=Decimal("0.01"))
    hands.paper.lost_requests, hands.paper.lost_replies = lost == "request", lost == "reply"
    with pytest.raises(OutcomeUnknown):
        await hands.account.add_margin(intent)
    if lost == "reply":
        await hands.account.resolve_margin(intent)
    else:
        with pytest.raises(Refused):
            await hands.account.resolve_margin(intent)
        await hands.account.add_margin(await hands.account.prepare_margin(target))
        await _too_late(hands, intent)
    margin = (await position_of(hands.venue, hands.trader)).margin_usdc
    assert margin == pytest.approx(target, abs=Decimal("0.01"))


async def _too_late(hands: Hands, intent: MarginIntent) -> None:
    with pytest.raises(OutcomeUnknown):
        await hands.account.add_margin(intent)


async def test_a_leverage_that_was_lost_cannot_be_set_later(hands: Hands) -> None:
    intent = await hands.account.prepare_leverage(5)
    hands.paper.lost_requests = 1
    with pytest.raises(OutcomeUnknown):
        await hands.account.set_leverage(intent)
    with pytest.raises(Refused):
        await hands.account.resolve_leverage(intent)
    with pytest.raises(OutcomeUnknown):
        await hands.account.set_leverage(intent)
    assert await hands.venue.isolated_leverage(address(hands.trader)) == 3
