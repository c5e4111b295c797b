"""Everybody's positions read at once and written at once: PostgreSQL's way and memory's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.market.funding import FundingPayment, FundingRate
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.step import PlainIntent, Step, StepName, StepStatus
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.reconciling import Booking, Change, FundingWanted, Household
from asgard_basis.ports.repositories import JobKind, JobStatus
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import (
    a_job,
    a_long,
    a_position,
    a_short,
    a_user,
    a_wallet,
    an_observation,
)

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["memory", "postgres"])
def transactions(request: pytest.FixtureRequest) -> Transactions:
    if request.param == "memory":
        return MemoryTransactions()
    return PostgresTransactions(request.getfixturevalue("pool"))


def paid(hour: datetime, amount: str = "0.1") -> Booking:
    settled = hour + timedelta(milliseconds=61)
    rate = FundingRate(Decimal("0.0000125"))
    return Booking(FundingPayment(settled, Decimal(amount), Decimal(-6), rate), Decimal(amount))


async def person(
    transactions: Transactions, name: str, *, is_ready: bool = True, **changes: Any
) -> Position:
    """Somebody with a hedged position that was asked for at half past nine."""
    user = UserId(name)
    position = replace(
        a_position(user),
        state=PositionState.HEDGED,
        requested_at=NOON - HOUR * 2.5,
        long=replace(a_long(), position_key=f"key-{name}"),
        short=a_short(),
    )
    position = replace(position, **changes)
    async with transactions.for_user(user) as work:
        await work.users.save(a_user(name))
        if is_ready:
            for role in WalletRole:
                await work.wallets.add(user, a_wallet(name, role))
        await work.positions.add(position)
    return position


async def overview(
    transactions: Transactions, *, users_max: int = 9, but_not: tuple[str, ...] = ()
) -> dict[str, Household]:
    wanted = FundingWanted(NOON, users_max, [UserId(name) for name in but_not])
    async with transactions.for_system() as work:
        found = await work.reconciling.overview(ended_since=NOON - HOUR, funding=wanted)
    assert [each.user_id for each in found] == sorted(each.user_id for each in found)
    return {each.user_id: each for each in found}


async def write(transactions: Transactions, *changes: Change) -> frozenset[PositionId]:
    async with transactions.for_system() as work:
        return await work.reconciling.write(changes)


async def stored(transactions: Transactions, position: Position) -> Position:
    async with transactions.for_user(position.user_id) as work:
        found = await work.positions.get(position.id)
    assert found is not None
    return found


async def busy(
    transactions: Transactions, position: Position, status: JobStatus = JobStatus.RUNNING
) -> JobId:
    job = a_job(position.user_id, kind=JobKind.CLOSE, position_id=position.id)
    async with transactions.for_user(position.user_id) as work:
        await work.jobs.add(replace(job, status=status))
    return job.id


async def test_an_overview_has_everybody_who_holds_something(transactions: Transactions) -> None:
    ada = await person(transactions, "ada", observation=an_observation())
    await person(transactions, "ben", is_ready=False)
    await person(transactions, "eve", state=PositionState.CLOSED, closed_at=NOON - HOUR * 9)
    found = await overview(transactions)
    assert set(found) == {"ada", "ben"}
    assert found["ada"].address == a_wallet("ada").address
    assert found["ben"].address is None
    (kept,) = found["ada"].held
    assert (kept.position, kept.booked_until) == (ada, None)
    assert not found["ada"].is_moving
    assert not found["ada"].is_troubled


async def test_who_is_in_trouble_is_there_without_a_position(transactions: Transactions) -> None:
    gone = await person(transactions, "ada", state=PositionState.CLOSED, closed_at=NOON - HOUR * 9)
    alarm = Alarm("a", AlarmKind.LEDGER_MISMATCH, "ada", NOON, "odd", user_id=gone.user_id)
    async with transactions.for_user(gone.user_id) as work:
        await work.alarms.put(alarm)
    found = await overview(transactions)
    assert found["ada"].is_troubled
    assert (found["ada"].held, found["ada"].ended) == ((), ())
    async with transactions.for_user(gone.user_id) as work:
        await work.alarms.resolve(alarm.kind, alarm.subject, at=NOON)
    assert await overview(transactions) == {}


async def test_funding_is_asked_of_those_who_miss_most_with_their_steps(
    transactions: Transactions,
) -> None:
    ada, ben = await person(transactions, "ada"), await person(transactions, "ben")
    step = Step(StepName.OPEN_SHORT, 1, StepStatus.INTENDED, PlainIntent("x"), NOON)
    job = await busy(transactions, ben, JobStatus.COMPLETED)
    async with transactions.for_user(ben.user_id) as work:
        await work.journals.intend(job, ben.user_id, step)
    await write(transactions, Change(ada.id, 1, bookings=(paid(NOON - HOUR),)))
    found = await overview(transactions, users_max=1)
    assert found["ben"].held[0].steps == (step,)
    assert found["ada"].held[0].steps is None
    assert found["ada"].held[0].booked_until == NOON - HOUR
    found = await overview(transactions, users_max=1, but_not=("ben",))
    assert found["ada"].held[0].steps == ()
    await write(transactions, Change(ada.id, 2, bookings=(paid(NOON),)))
    found = await overview(transactions)
    assert found["ada"].held[0].steps is None
    assert found["ben"].is_funding_due


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({"requested_at": NOON + timedelta(minutes=1)}, False),
        ({"short": None}, False),
        ({"state": PositionState.OPENING_SHORT}, False),
        ({"state": PositionState.STUCK_UNWIND}, True),
        ({"state": PositionState.CLOSED, "closed_at": NOON}, True),
        ({"state": PositionState.CLOSED, "closed_at": NOON - HOUR / 2}, True),
        ({"state": PositionState.CLOSED, "closed_at": NOON - HOUR * 1.1}, False),
    ],
)
async def test_funding_is_due_while_a_full_hour_of_the_short_is_missing(
    transactions: Transactions, changes: dict[str, Any], *, is_due: bool
) -> None:
    await person(transactions, "ada", **changes)
    found = await overview(transactions)
    assert ("ada" in found and found["ada"].is_funding_due) is is_due


async def test_an_ended_position_whose_payments_are_read_is_left_out(
    transactions: Transactions,
) -> None:
    closed: dict[str, Any] = {"state": PositionState.CLOSED, "closed_at": NOON}
    ada = await person(transactions, "ada", **closed)
    ben = await person(transactions, "ben", **closed)
    wanted = FundingWanted(NOON, 9, read=[ada.id])
    async with transactions.for_system() as work:
        found = await work.reconciling.overview(ended_since=NOON - HOUR, funding=wanted)
    assert [kept.position for home in found for kept in home.ended] == [ben]


async def test_funding_waits_for_a_job(transactions: Transactions) -> None:
    ada = await person(transactions, "ada")
    await busy(transactions, ada)
    found = await overview(transactions)
    assert found["ada"].is_moving
    assert not found["ada"].is_funding_due
    seen = an_observation()
    change = Change(ada.id, 1, observation=seen, bookings=(paid(NOON),))
    assert await write(transactions, change) == {ada.id}
    now = await stored(transactions, ada)
    assert (now.observation, now.funding_usdc) == (seen, Decimal(0))


async def test_what_was_found_out_is_written_at_once_and_told(transactions: Transactions) -> None:
    ada, ben = await person(transactions, "ada"), await person(transactions, "ben")
    seen = replace(an_observation(), liquidation_price_short=None, health=None)
    changes = (
        Change(ada.id, 1, observation=seen, bookings=(paid(NOON - HOUR), paid(NOON, "-0.3"))),
        Change(ben.id, 1, fee_usdc=Decimal("1.5")),
    )
    assert await write(transactions, *changes) == {ada.id, ben.id}
    now = await stored(transactions, ada)
    assert (now.observation, now.funding_usdc, now.version) == (seen, Decimal("-0.2"), 2)
    assert ben.long is not None
    expected = replace(ben, long=replace(ben.long, fee_usdc=Decimal("1.5")), version=2)
    assert await stored(transactions, ben) == expected
    async with transactions.for_system() as work:
        events = [event for _, event in await work.outbox.take(9)]
    told = [(event.user_id, event.kind, event.payload) for event in events]
    assert told == [(p.user_id, "position_update", {"position_id": p.id}) for p in (ada, ben)]


async def test_a_payment_is_booked_once(transactions: Transactions) -> None:
    ada = await person(transactions, "ada")
    assert await write(transactions, Change(ada.id, 1, bookings=(paid(NOON),))) == {ada.id}
    assert await write(transactions, Change(ada.id, 2, bookings=(paid(NOON),))) == frozenset()
    again = Change(ada.id, 2, bookings=(paid(NOON), paid(NOON - HOUR)))
    assert await write(transactions, again) == {ada.id}
    now = await stored(transactions, ada)
    assert (now.funding_usdc, now.version) == (Decimal("0.2"), 3)
    async with transactions.for_user(ada.user_id) as work:
        payments = await work.payments.of_position(ada.id, limit=9)
    assert [share for _, share in payments] == [Decimal("0.1")] * 2


async def test_a_job_s_word_stands(transactions: Transactions) -> None:
    ada, ben = await person(transactions, "ada"), await person(transactions, "ben")
    async with transactions.for_user(ada.user_id) as work:
        await work.positions.save(replace(ada, state=PositionState.CLOSING_SHORT))
    seen = an_observation()
    changes = [Change(p.id, 1, observation=seen, bookings=(paid(NOON),)) for p in (ada, ben)]
    assert await write(transactions, *changes) == {ben.id}
    now = await stored(transactions, ada)
    assert (now.state, now.observation) == (PositionState.CLOSING_SHORT, None)
    assert (now.funding_usdc, now.version) == (Decimal(0), 2)


async def test_nothing_is_written_for_nothing(transactions: Transactions) -> None:
    ada = await person(transactions, "ada")
    assert await write(transactions) == frozenset()
    assert await write(transactions, Change(ada.id, 1)) == frozenset()
    assert (await stored(transactions, ada)).version == 1
