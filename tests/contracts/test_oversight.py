"""What every implementation promises about alarms, the audit log and pauses."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.ledger.audit_chain import GENESIS
from asgard_basis.ports.oversight import (
    EVERYBODY,
    Alarm,
    AlarmKind,
    AuditEntry,
    AuditKind,
    Pause,
)
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_position, a_user

ADA, BOB = UserId("ada"), UserId("bob")
FORBIDDEN = (PermissionError, asyncpg.InsufficientPrivilegeError)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Transactions:
    if request.param == "memory":
        return MemoryTransactions()
    return PostgresTransactions(request.getfixturevalue("pool"))


@pytest.fixture
async def transactions(store: Transactions) -> Transactions:
    for user in (ADA, BOB):
        async with store.for_user(user) as work:
            await work.users.save(a_user(user))
            await work.positions.add(a_position(user))
    return store


def an_alarm(user: UserId | None = ADA, number: int = 1) -> Alarm:
    return Alarm(
        id=f"alarm-{number}-{user}",
        kind=AlarmKind.STUCK_UNWIND,
        subject="p",
        raised_at=MOMENT,
        message="The short could not be closed.",
        user_id=user,
    )


async def test_an_alarm_comes_back_exactly(transactions: Transactions) -> None:
    alarm = replace(
        an_alarm(),
        position_id=a_position(ADA).id,
        exposure_sol=Decimal("-3.21"),
        exposure_usd=Decimal("566.6"),
        tried="close_short 3 times\x00",
        acts_at=MOMENT + timedelta(minutes=5),
        action="sweep the rest",
    )
    kept = replace(alarm, tried="close_short 3 times�")
    async with transactions.for_user(ADA) as work:
        assert await work.alarms.put(alarm) == kept
    async with transactions.for_user(ADA) as work:
        assert await work.alarms.get(alarm.id) == kept
        assert await work.alarms.unresolved() == [kept]
        assert await work.alarms.unresolved(position_id=a_position(ADA).id) == [kept]
        assert await work.alarms.unresolved(position_id=PositionId("none")) == []


async def test_raising_again_brings_the_open_one_up_to_date(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.alarms.put(an_alarm())
        seen = await work.alarms.acknowledge("alarm-1-ada", by=ADA, at=MOMENT)
        again = await work.alarms.acknowledge("alarm-1-ada", by=BOB, at=MOMENT + timedelta(1))
    assert seen == again == replace(an_alarm(), acknowledged_at=MOMENT, acknowledged_by=ADA)
    later = replace(an_alarm(number=2), raised_at=MOMENT + timedelta(hours=1), message="Still not.")
    async with transactions.for_user(ADA) as work:
        assert await work.alarms.put(later) == replace(seen, message="Still not.")
        assert len(await work.alarms.recent()) == 1


async def test_a_resolved_alarm_is_over_and_the_next_is_a_new_one(
    transactions: Transactions,
) -> None:
    async with transactions.for_user(ADA) as work:
        assert not await work.alarms.resolve(AlarmKind.STUCK_UNWIND, "p", at=MOMENT)
        await work.alarms.put(an_alarm())
        assert not await work.alarms.resolve(AlarmKind.LEG_LOST, "p", at=MOMENT)
        assert await work.alarms.resolve(AlarmKind.STUCK_UNWIND, "p", at=MOMENT)
        assert await work.alarms.unresolved() == []
        await work.alarms.put(an_alarm(number=2))
    async with transactions.for_user(ADA) as work:
        assert [a.id for a in await work.alarms.unresolved()] == ["alarm-2-ada"]
        assert await work.alarms.recent() == [
            an_alarm(number=2),
            replace(an_alarm(), resolved_at=MOMENT),
        ]
        assert len(await work.alarms.recent(limit=1)) == 1


async def test_many_who_raise_the_same_at_once_raise_one(transactions: Transactions) -> None:
    async def raise_(number: int) -> None:
        async with transactions.for_user(ADA) as work:
            await work.alarms.put(an_alarm(number=number))
            await asyncio.sleep(0)

    await asyncio.gather(*(raise_(n) for n in range(5)))
    async with transactions.for_user(ADA) as work:
        assert len(await work.alarms.recent()) == 1


async def test_alarms_are_each_users_own_and_some_the_operators(
    transactions: Transactions,
) -> None:
    async with transactions.for_system() as work:
        for user in (ADA, BOB, None):
            await work.alarms.put(an_alarm(user))
        assert len(await work.alarms.unresolved()) == 3
    async with transactions.for_user(BOB) as work:
        assert [a.user_id for a in await work.alarms.recent()] == [BOB]
        assert await work.alarms.get("alarm-1-ada") is None
        assert await work.alarms.acknowledge("alarm-1-None", by=BOB, at=MOMENT) is None
        assert await work.alarms.resolve(AlarmKind.STUCK_UNWIND, "p", at=MOMENT)
    async with transactions.for_visitor() as work:
        assert await work.alarms.recent() == []
    async with transactions.for_system() as work:
        assert [a.user_id for a in await work.alarms.unresolved()] == [ADA, None]


async def _raise_for_nobody(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.alarms.put(an_alarm(None))


async def test_a_user_raises_no_alarm_for_the_operators(transactions: Transactions) -> None:
    with pytest.raises(FORBIDDEN):
        await _raise_for_nobody(transactions)


def an_entry(text: str = "one", user: UserId | None = ADA) -> AuditEntry:
    return AuditEntry(
        at=MOMENT,
        kind=AuditKind.STATE,
        body={"text": text, "from": "requested"},
        user_id=user,
        position_id=None if user is None else a_position(user).id,
        job_id=JobId("j"),
    )


async def test_entries_come_back_in_order_and_chained(transactions: Transactions) -> None:
    texts = ["one", "zwei – 二 \u2028 \ud800", "three\x00"]
    kept = ["one", "zwei – 二 \u2028 ?", "three�"]
    for text in texts:
        async with transactions.for_user(ADA) as work:
            await work.audit.append(an_entry(text))
    async with transactions.for_user(ADA) as work:
        await work.audit.append(replace(an_entry("elsewhere"), position_id=None, job_id=None))
        records = await work.audit.of_position(a_position(ADA).id)
        newest = await work.audit.recent(limit=2)
    assert [r.entry for r in records] == [an_entry(text) for text in kept]
    assert [r.number for r in records] == [1, 2, 3]
    assert [r.previous for r in records] == [GENESIS, records[0].hash, records[1].hash]
    assert [r.entry.body["text"] for r in newest] == ["elsewhere", kept[-1]]


async def test_what_is_rolled_back_leaves_no_gap(transactions: Transactions) -> None:
    async def fail() -> None:
        async with transactions.for_user(ADA) as work:
            await work.audit.append(an_entry("never"))
            await work.audit.recent()
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with transactions.for_user(ADA) as work:
        await work.audit.append(an_entry("first"))
    async with transactions.for_system() as work:
        (record,) = await work.audit.recent()
        walk = await work.audit.verify()
    assert (record.number, record.entry.body["text"]) == (1, "first")
    assert (walk.lines, walk.chains, walk.faults) == (1, 1, [])


async def test_many_at_once_make_one_chain_without_gaps(transactions: Transactions) -> None:
    async def append(number: int) -> None:
        async with transactions.for_system() as work:
            for user in (ADA, None, BOB)[:: 1 if number % 2 else -1]:
                await work.audit.append(an_entry(str(number), user))
                await asyncio.sleep(0)

    await asyncio.gather(*(append(n) for n in range(12)))
    async with transactions.for_system() as work:
        walk = await work.audit.verify()
        records = await work.audit.recent()
    assert (walk.lines, walk.chains, walk.faults) == (36, 3, [])
    of_ada = [r.number for r in records if r.entry.user_id == ADA]
    assert of_ada == list(range(12, 0, -1))


async def test_each_reads_and_continues_the_own_chain_only(transactions: Transactions) -> None:
    async with transactions.for_system() as work:
        for user in (ADA, BOB, None):
            await work.audit.append(an_entry(user=user))
        assert len(await work.audit.recent()) == 3
    async with transactions.for_user(BOB) as work:
        assert [r.entry.user_id for r in await work.audit.recent()] == [BOB]
        assert await work.audit.of_position(a_position(ADA).id) == []
    for user in (ADA, None):
        with pytest.raises(FORBIDDEN):
            await _append_as_bob(transactions, user)
    with pytest.raises(FORBIDDEN):
        await _verify_as_bob(transactions)


async def _append_as_bob(transactions: Transactions, user: UserId | None) -> None:
    async with transactions.for_user(BOB) as work:
        await work.audit.append(an_entry(user=user))


async def _verify_as_bob(transactions: Transactions) -> None:
    async with transactions.for_user(BOB) as work:
        await work.audit.verify()


def a_pause(scope: str = ADA, by: str = "user", hour: int = 0) -> Pause:
    return Pause(scope, by, "because", MOMENT + timedelta(hours=hour), {"n": "1"})


async def test_pauses_come_back_for_those_they_concern(transactions: Transactions) -> None:
    of_all = a_pause(EVERYBODY, "operator", 0)
    of_ada, by_system, of_bob = a_pause(hour=1), a_pause(ADA, "system", 2), a_pause(BOB, hour=3)
    async with transactions.for_user(ADA) as work:
        await work.pauses.put(of_ada)
    async with transactions.for_system() as work:
        for pause in (of_bob, by_system, of_all):
            await work.pauses.put(pause)
        assert await work.pauses.in_force() == [of_all, of_ada, by_system, of_bob]
        assert await work.pauses.in_force(BOB) == [of_all, of_bob]
    async with transactions.for_user(ADA) as work:
        assert await work.pauses.in_force(ADA) == [of_all, of_ada, by_system]
        assert await work.pauses.in_force() == [of_all, of_ada, by_system]
    async with transactions.for_visitor() as work:
        assert await work.pauses.in_force() == [of_all]


async def test_pausing_again_takes_the_new_reason_and_keeps_since_and_what_is_not_said_anew(
    transactions: Transactions,
) -> None:
    async with transactions.for_user(ADA) as work:
        await work.pauses.put(replace(a_pause(), details={"n": "1", "closes": "everything"}))
        again = replace(a_pause(hour=5), reason="another\x00", details={"n": "2"})
        await work.pauses.put(again)
        kept = {"n": "2", "closes": "everything"}
        assert await work.pauses.in_force() == [
            replace(a_pause(), reason="another\ufffd", details=kept)
        ]
        assert await work.pauses.lift(ADA, by="user")
        assert not await work.pauses.lift(ADA, by="user")
        assert await work.pauses.in_force() == []


async def test_a_user_neither_sets_nor_lifts_another_pause_than_the_own(
    transactions: Transactions,
) -> None:
    async with transactions.for_system() as work:
        for pause in (
            a_pause(EVERYBODY, "operator"),
            a_pause(ADA, "system"),
            a_pause(ADA, "operator"),
            a_pause(BOB),
        ):
            await work.pauses.put(pause)
    async with transactions.for_user(ADA) as work:
        assert not await work.pauses.lift(EVERYBODY, by="operator")
        assert not await work.pauses.lift(ADA, by="system")
        assert not await work.pauses.lift(ADA, by="operator")
        assert not await work.pauses.lift(BOB, by="user")
    for scope, by in ((EVERYBODY, "user"), (EVERYBODY, "operator"), (ADA, "system"), (BOB, "user")):
        with pytest.raises(FORBIDDEN):
            await _pause_as_ada(transactions, a_pause(scope, by, 9))
    async with transactions.for_system() as work:
        assert len(await work.pauses.in_force()) == 4
        assert await work.pauses.lift(ADA, by="system")


async def _pause_as_ada(transactions: Transactions, pause: Pause) -> None:
    async with transactions.for_user(ADA) as work:
        await work.pauses.put(pause)
