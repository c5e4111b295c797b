"""Standing orders are carried out once, when they hold, and never in spite of anything."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.rulebook import replayed
from asgard_basis.domain.strategy.intent import IntentStatus
from asgard_basis.ports.repositories import JobStatus
from tests.unit.application.orders import EARNING, PAYING, WISH, Orders
from tests.unit.application.pair import report
from tests.unit.application.world import ADA

BOB = UserId("bob")


@pytest.fixture
def orders() -> Orders:
    return Orders()


async def test_it_waits_while_shorts_pay_and_opens_by_itself_when_they_earn(
    orders: Orders,
) -> None:
    orders.show(PAYING)
    intent_id = await orders.written()
    assert (await orders.kept(intent_id)).status is IntentStatus.PENDING
    assert await orders.scanner.scan() == 0
    assert (await orders.kept(intent_id)).status is IntentStatus.ACTIVE
    view = await orders.intents.get(ADA, intent_id)
    assert view.verdict == "wait"
    assert {c.key for c in view.criteria if not c.passed} >= {"short_earns_now", "net"}
    orders.show(EARNING)
    assert await orders.scanner.scan() == 1
    assert (await orders.intents.get(ADA, intent_id)).is_opening
    await orders.worked()
    assert await orders.scanner.settle() == 1
    done = await orders.kept(intent_id)
    assert done.status is IntentStatus.EXECUTED
    assert done.snapshot is not None
    assert done.snapshot.ruling.verdict == "enter"
    assert done.snapshot.facts.market.funding_now == EARNING * 8760
    (job,) = await orders.openings()
    assert (done.job_id, done.position_id) == (job.id, job.position_id)
    assert (await orders.now(job))[0].state is PositionState.HEDGED
    assert await orders.scanner.scan() == 0
    assert len(await orders.openings()) == 1


async def test_each_change_of_mind_is_one_card_that_can_be_made_again(orders: Orders) -> None:
    orders.show(PAYING)
    intent_id = await orders.written()
    for _ in range(3):
        await orders.scanner.scan()
        orders.clock.pass_time(60)
    orders.show(EARNING)
    await orders.scanner.scan()
    async with orders.transactions.for_user(ADA) as work:
        kept = await work.decisions.of_subject(f"intent:{intent_id}")
    assert [card.card.ruling.verdict for card in kept] == ["enter", "wait"]
    assert all(replayed(card.card) == card.card.ruling for card in kept)
    told = [event.payload["status"] for event in await orders.events()]
    assert told == ["pending", "active", "active", "active"]


async def test_it_ends_at_its_time_in_the_market(orders: Orders) -> None:
    orders.show(PAYING)
    wish = replace(WISH, expires_at=orders.clock.now() + timedelta(hours=1))
    intent_id = await orders.written(wish=wish)
    await orders.scanner.scan()
    orders.clock.pass_time(3600)
    orders.show(EARNING)
    assert await orders.scanner.scan() == 0
    ended = await orders.kept(intent_id)
    assert ended.status is IntentStatus.EXPIRED
    assert ended.ended_at == orders.clock.now()
    assert await orders.openings() == []


@pytest.mark.parametrize("by", ["flag", "everybody", "user"])
async def test_nothing_opens_while_opening_is_forbidden(orders: Orders, by: str) -> None:
    intent_id = await orders.written()
    if by == "flag":
        orders.flag.hoist("drill")
    else:
        who = None if by == "everybody" else ADA
        setter = PauseSetter.OPERATOR if by == "everybody" else PauseSetter.USER
        await orders.pauses.pause(who, by=setter, reason="drill")
    assert await orders.scanner.scan() == 0
    view = await orders.intents.get(ADA, intent_id)
    assert view.verdict == "refuse"
    assert view.reason is not None
    assert "drill" in view.reason
    assert view.status == "active"
    assert (await orders.kept(intent_id)).tries == 0  # nobody was even asked


async def test_a_refused_check_lets_it_wait_again_with_the_reason(orders: Orders) -> None:
    short = DomainError(ErrorCode.INSUFFICIENT_USDC, "USDC on Solana: $1.00, at least $540.")
    orders.world.answers["check"] = report(short)
    intent_id = await orders.written()
    assert await orders.scanner.scan() == 0
    waiting = await orders.kept(intent_id)
    assert waiting.status is IntentStatus.ACTIVE
    assert (waiting.execution_code, waiting.tries) == ("WAL-0002", 1)
    view = await orders.intents.get(ADA, intent_id)
    assert {c.key for c in view.criteria if not c.passed} == {"not_held_back"}
    orders.world.answers["check"] = report()
    assert await orders.scanner.scan() == 0  # not before five minutes are over
    orders.clock.pass_time(300)
    assert await orders.scanner.scan() == 1


async def test_a_refusal_by_the_job_itself_lets_it_wait_again(orders: Orders) -> None:
    intent_id = await orders.written()
    await orders.scanner.scan()
    orders.world.answers["check"] = report(DomainError(ErrorCode.PREFLIGHT_FAILED, "It moved."))
    await orders.worked()
    await orders.scanner.settle()
    waiting = await orders.kept(intent_id)
    assert waiting.status is IntentStatus.ACTIVE
    assert (waiting.job_id, waiting.position_id, waiting.snapshot) == (None, None, None)
    assert waiting.execution_error == "It moved."


async def test_what_cost_money_and_came_to_nothing_ends_it(orders: Orders) -> None:
    intent_id = await orders.written()
    await orders.scanner.scan()
    orders.world.answers["place"] = Refused(ErrorCode.HYPERLIQUID_MARGIN, "no margin")
    await orders.worked()
    (job,) = await orders.openings()
    assert (await orders.now(job))[0].state is PositionState.UNWOUND
    await orders.scanner.settle()
    failed = await orders.kept(intent_id)
    assert failed.status is IntentStatus.FAILED
    assert failed.execution_error
    assert failed.position_id == job.position_id


async def test_a_denied_policy_ends_it(orders: Orders) -> None:
    orders.world.answers["check"] = Refused(ErrorCode.POLICY_DENIED)
    intent_id = await orders.written()
    await orders.scanner.scan()
    assert (await orders.kept(intent_id)).status is IntentStatus.FAILED


async def test_one_persons_trouble_keeps_nobody_else_waiting(orders: Orders) -> None:
    troubled, fine = await orders.written(ADA), await orders.written(BOB)

    def check(context: Any, *_: Any, **__: Any) -> Any:
        return Unavailable(ErrorCode.VENUE_DOWN) if context.user_id == ADA else report()

    orders.world.answers["check"] = check
    assert await orders.scanner.scan() == 1
    assert (await orders.kept(troubled)).execution_code == "NET-0003"
    assert (await orders.kept(fine)).is_under_way


async def test_what_breaks_unforeseen_for_one_breaks_no_scan(orders: Orders) -> None:
    _, fine = await orders.written(ADA), await orders.written(BOB)

    def check(context: Any, *_: Any, **__: Any) -> Any:
        if context.user_id == ADA:
            raise RuntimeError("this account breaks everything")
        return report()

    orders.world.answers["check"] = check
    assert await orders.scanner.scan() == 1
    assert (await orders.kept(fine)).is_under_way


async def test_two_of_one_person_are_opened_one_after_the_other(orders: Orders) -> None:
    first, second = await orders.written(), await orders.written()
    assert await orders.scanner.scan() == 1
    assert (await orders.kept(first)).is_under_way
    assert await orders.scanner.scan() == 0
    view = await orders.intents.get(ADA, second)
    assert {c.key for c in view.criteria if not c.passed} == {"one_at_a_time"}


async def test_called_off_while_it_is_being_checked_opens_nothing(orders: Orders) -> None:
    intent_id = await orders.written()
    ready = report()

    async def called_off(*_: Any, **__: Any) -> Any:
        await orders.intents.cancel(ADA, intent_id)
        return ready

    orders.world.answers["check"] = called_off
    assert await orders.scanner.scan() == 0
    assert (await orders.kept(intent_id)).status is IntentStatus.CANCELLED
    assert await orders.openings() == []
    async with orders.transactions.for_user(ADA) as work:
        assert await work.positions.held() == []


async def test_under_way_it_can_not_be_called_off(orders: Orders) -> None:
    intent_id = await orders.written()
    await orders.scanner.scan()
    with pytest.raises(DomainError) as refusal:
        await orders.intents.cancel(ADA, intent_id)
    assert refusal.value.code.code == "POS-0014"
    assert refusal.value.details["position_id"]


async def test_of_two_scanners_one_opens(orders: Orders) -> None:
    await orders.written()
    begun = await asyncio.gather(orders.scanner.scan(), orders.another_scanner().scan())
    assert sorted(begun) == [0, 1]
    assert len(await orders.openings()) == 1


async def test_a_lost_commit_that_was_none_is_tried_again(orders: Orders) -> None:
    orders.world.answers["check"] = OutcomeUnknown(ErrorCode.NOT_READY, "lost while it saved")
    intent_id = await orders.written()
    await orders.scanner.scan()
    waiting = await orders.kept(intent_id)
    assert (waiting.status, waiting.tries) == (IntentStatus.ACTIVE, 1)


async def test_without_a_market_nothing_is_judged_but_time_goes_on(orders: Orders) -> None:
    wish = replace(WISH, expires_at=orders.clock.now() + timedelta(minutes=1))
    ends, stays = await orders.written(wish=wish), await orders.written()
    orders.world.answers["latest"] = DomainError(ErrorCode.STALE_MARKET)
    orders.clock.pass_time(61)
    assert await orders.scanner.scan() == 0
    assert (await orders.kept(ends)).status is IntentStatus.EXPIRED
    view = await orders.intents.get(ADA, stays)
    assert (view.verdict, view.criteria) == (None, ())


async def test_stale_data_opens_nothing(orders: Orders) -> None:
    stale = orders.fresh(orders.world.answers["latest"]())
    orders.world.answers["latest"] = stale
    intent_id = await orders.written()
    orders.clock.pass_time(31)
    assert await orders.scanner.scan() == 0
    view = await orders.intents.get(ADA, intent_id)
    assert {c.key for c in view.criteria if not c.passed} == {"fresh_data"}


async def test_a_lost_claim_runs_out_and_another_takes_it(orders: Orders) -> None:
    intent_id = await orders.written()
    host = orders.clock.host()
    async with orders.transactions.for_user(ADA) as work:
        await work.intents.claim(
            intent_id, by="dead", until=host + timedelta(minutes=2), host=host, now=host
        )
    assert await orders.scanner.scan() == 0
    orders.clock.pass_time(120)
    assert await orders.scanner.scan() == 1
    (job,) = await orders.openings()
    assert job.status is JobStatus.PENDING
    assert Decimal(0) < (await orders.now(job))[0].size_usd
