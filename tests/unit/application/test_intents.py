"""Writing, reading and calling off standing orders."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.intent import OPEN, OPEN_MAX, IntentStatus
from tests.unit.application.orders import ORDER, WISH, Orders
from tests.unit.application.pair import report
from tests.unit.application.world import ADA

BOB = UserId("bob")


@pytest.fixture
async def orders() -> Orders:
    orders = Orders()
    orders.world.answers["check"] = with_checks()
    await orders.person(ADA)
    return orders


def with_checks(*checks: Check) -> object:
    found = report()
    found.checks = checks
    return found


async def test_what_was_asked_is_told_back_with_both_signs(orders: Orders) -> None:
    created = await orders.intents.create(ADA, WISH, None)
    intent = created.intent
    assert (intent.min_funding_apr, intent.min_funding_rate) == (Decimal("0.05"), Decimal("-0.05"))
    assert (intent.status, intent.verdict) == ("pending", "enter")
    assert intent.expires_at - intent.created_at == timedelta(days=7)
    assert created.warnings == ()
    assert await orders.intents.get(ADA, IntentId(intent.id)) == intent


async def test_money_that_is_missing_is_a_warning_and_no_refusal(orders: Orders) -> None:
    missing = Check("solana_usdc", "USDC on Solana", False, "$1.00", "at least $540.00")
    market = Check("short_earns", "The short earns", False, "-5%", "above 0%")
    there = Check("free_margin", "Free margin", True, "$900.00", "at least $460.00")
    orders.world.answers["check"] = with_checks(missing, market, there)
    assert (await orders.intents.create(ADA, WISH, None)).warnings == (missing,)
    orders.world.answers["check"] = Unavailable(ErrorCode.VENUE_DOWN)
    (unknown,) = (await orders.intents.create(ADA, WISH, None)).warnings
    assert (unknown.passed, unknown.code) == (False, "NET-0003")


async def test_without_wallets_it_can_be_written_all_the_same(orders: Orders) -> None:
    (warning,) = (await orders.intents.create(BOB, WISH, None)).warnings
    assert warning.code == "WAL-0004"


async def test_a_key_is_one_intent(orders: Orders) -> None:
    first = await orders.intents.create(ADA, WISH, "key-of-ada")
    again = await orders.intents.create(ADA, WISH, "key-of-ada")
    assert again.intent.id == first.intent.id
    other = replace(WISH, criteria=EntryCriteria(min_funding_apr=Decimal("0.06")))
    with pytest.raises(DomainError) as refusal:
        await orders.intents.create(ADA, other, "key-of-ada")
    assert refusal.value.code.code == "VAL-0010"


@pytest.mark.parametrize("days", [-1, 0, 91])
async def test_an_end_that_is_past_or_far_away_is_refused(orders: Orders, days: int) -> None:
    wish = replace(WISH, expires_at=orders.clock.now() + timedelta(days=days))
    with pytest.raises(DomainError, match="expires_at"):
        await orders.intents.create(ADA, wish, None)


async def test_a_lender_that_is_switched_off_is_refused(orders: Orders) -> None:
    wish = replace(WISH, order=replace(ORDER, protocol=LendingProtocol.SOLEND))
    with pytest.raises(DomainError) as refusal:
        await orders.intents.create(ADA, wish, None)
    assert refusal.value.code.code == "VAL-0008"


async def test_there_is_an_end_to_how_many_wait(orders: Orders) -> None:
    for _ in range(OPEN_MAX):
        last = await orders.intents.create(ADA, WISH, None)
    with pytest.raises(DomainError) as refusal:
        await orders.intents.create(ADA, WISH, None)
    assert refusal.value.code.code == "POS-0015"
    await orders.intents.cancel(ADA, IntentId(last.intent.id))
    await orders.intents.create(ADA, WISH, None)


async def test_called_off_it_stays_so(orders: Orders) -> None:
    intent_id = await orders.written()
    view = await orders.intents.cancel(ADA, intent_id)
    assert (view.status, view.verdict) == ("cancelled", None)
    assert view.ended_at == orders.clock.now()
    assert await orders.intents.cancel(ADA, intent_id) == view
    assert await orders.scanner.scan() == 0


async def test_what_has_ended_can_not_be_called_off(orders: Orders) -> None:
    intent_id = await orders.written()
    orders.clock.pass_time(8 * 86400)
    await orders.scanner.scan()
    with pytest.raises(DomainError) as refusal:
        await orders.intents.cancel(ADA, intent_id)
    assert refusal.value.code.code == "POS-0013"


async def test_they_are_listed_by_status_newest_first(orders: Orders) -> None:
    first, second = await orders.written(), await orders.written()
    await orders.intents.cancel(ADA, first)
    waiting = await orders.intents.listed(ADA, statuses=OPEN, limit=10)
    assert [view.id for view in waiting] == [second]
    ended = await orders.intents.listed(ADA, statuses={IntentStatus.CANCELLED}, limit=10)
    assert [view.id for view in ended] == [first]
    everything = await orders.intents.listed(ADA, statuses=None, limit=10)
    assert [view.id for view in everything] == [second, first]


async def test_nobody_reads_or_ends_anothers(orders: Orders) -> None:
    intent_id = await orders.written(ADA)
    await orders.person(BOB)
    assert await orders.intents.listed(BOB, statuses=None, limit=10) == []
    for asking in (orders.intents.get, orders.intents.cancel):
        with pytest.raises(DomainError) as refusal:
            await asking(BOB, intent_id)
        assert refusal.value.code.code == "POS-0012"


async def test_who_wrote_it_and_what_became_of_it_is_in_the_log(orders: Orders) -> None:
    intent_id = await orders.written()
    await orders.intents.cancel(ADA, intent_id)
    async with orders.transactions.for_user(ADA) as work:
        lines = [record.entry.body for record in await work.audit.recent()]
    told = [line["to"] for line in lines if line.get("intent_id") == intent_id]
    assert told == ["cancelled", "pending"]
