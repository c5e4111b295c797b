"""What every implementation promises about standing orders."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.intent import OPEN, CriteriaSnapshot, Intent, IntentStatus
from asgard_basis.domain.strategy.intent_rule import INTENT, decide
from asgard_basis.ports.repositories import JobStatus
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_job, a_position, a_user
from tests.unit.domain.strategy.test_intent_rule import FACTS, LIMITS

ADA, BOB = UserId("ada"), UserId("bob")
SOON, LATER = MOMENT + timedelta(minutes=2), MOMENT + timedelta(days=7)


def an_intent(user: UserId = ADA, *, key: str = "one") -> Intent:
    return Intent(
        id=IntentId(f"{key}-{user}"),
        user_id=user,
        asset=Asset.JITOSOL,
        protocol=LendingProtocol.KAMINO,
        size_usd=Decimal("1200.01"),
        leverage=Decimal("2.0"),
        criteria=EntryCriteria(
            min_funding_apr=Decimal("0.1500001"),
            max_funding_volatility=Decimal("0.4"),
            max_entry_price=Decimal("180.25"),
            min_net_apr=Decimal("0.10"),
            max_break_even_days=Decimal("14.5"),
        ),
        status=IntentStatus.PENDING,
        created_at=MOMENT,
        expires_at=LATER,
        idempotency_key=f"key-{key}",
        request_hash="ff",
    )


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
    return store


async def written(transactions: Transactions, *intents: Intent) -> None:
    for intent in intents:
        async with transactions.for_user(intent.user_id) as work:
            await work.intents.add(intent)


async def test_what_is_written_comes_back_exactly(transactions: Transactions) -> None:
    bare = replace(
        an_intent(key="bare"),
        protocol=None,
        criteria=EntryCriteria(),
        idempotency_key=None,
        request_hash=None,
    )
    await written(transactions, an_intent(), bare)
    async with transactions.for_user(ADA) as work:
        assert await work.intents.get(an_intent().id) == an_intent()
        assert await work.intents.by_key(ADA, "key-one") == an_intent()
        assert await work.intents.by_key(ADA, "key-two") is None
        assert await work.intents.listed() == [bare, an_intent()]
        assert await work.intents.listed(limit=1) == [bare]
        assert await work.intents.listed(statuses={IntentStatus.EXECUTED}) == []
        assert len(await work.intents.listed(statuses=OPEN)) == 2


async def test_an_executed_one_keeps_what_was_true(transactions: Transactions) -> None:
    await written(transactions, an_intent())
    snapshot = CriteriaSnapshot(
        MOMENT, INTENT.name, INTENT.version, FACTS, LIMITS, decide(FACTS, LIMITS)
    )
    position, job = a_position(ADA), a_job(ADA, position_id=a_position(ADA).id)
    async with transactions.for_user(ADA) as work:
        await work.positions.add(position)
        await work.jobs.add(job)
        done = replace(
            an_intent(),
            status=IntentStatus.EXECUTED,
            ended_at=SOON,
            executed_at=SOON,
            position_id=position.id,
            job_id=job.id,
            snapshot=snapshot,
        )
        saved = await work.intents.save(done)
    assert saved == replace(done, version=2)
    async with transactions.for_user(ADA) as work:
        kept = await work.intents.get(done.id)
    assert kept == saved
    assert kept.snapshot is not None
    assert INTENT.decide(kept.snapshot.facts, kept.snapshot.thresholds) == kept.snapshot.ruling


async def test_a_key_stands_for_one_intent(transactions: Transactions) -> None:
    await written(transactions, an_intent(), replace(an_intent(BOB), idempotency_key="key-one"))
    with pytest.raises(DomainError) as refusal:
        await written(transactions, replace(an_intent(key="two"), idempotency_key="key-one"))
    assert refusal.value.code.code == "POS-0006"


async def test_who_read_an_older_version_changes_nothing(transactions: Transactions) -> None:
    await written(transactions, an_intent())
    async with transactions.for_user(ADA) as work:
        await work.intents.save(replace(an_intent(), status=IntentStatus.CANCELLED, ended_at=SOON))

    async def again() -> None:
        async with transactions.for_user(ADA) as work:
            await work.intents.save(replace(an_intent(), status=IntentStatus.ACTIVE))

    with pytest.raises(DomainError) as refusal:
        await again()
    assert refusal.value.code.code == "POS-0006"
    async with transactions.for_user(ADA) as work:
        kept = await work.intents.get(an_intent().id)
    assert kept is not None
    assert kept.status is IntentStatus.CANCELLED


async def test_all_that_wait_are_told_with_what_their_owners_hold(
    transactions: Transactions,
) -> None:
    ended = replace(
        an_intent(key="old"), status=IntentStatus.EXPIRED, ended_at=SOON, idempotency_key=None
    )
    await written(transactions, an_intent(), ended, an_intent(BOB))
    async with transactions.for_user(BOB) as work:
        await work.positions.add(a_position(BOB))
        await work.positions.add(
            replace(a_position(BOB, key="q"), state=PositionState.CLOSED, closed_at=SOON)
        )
        await work.jobs.add(a_job(BOB, position_id=a_position(BOB).id))
    async with transactions.for_system() as work:
        waiting = await work.intents.waiting()
        await work.intents.looked_at([w.intent.id for w in waiting])
    assert [(w.intent.id, w.positions_held, w.is_opening) for w in waiting] == [
        ("one-ada", 0, False),
        ("one-bob", 1, True),
    ]
    async with transactions.for_user(ADA) as work:
        (own,) = await work.intents.waiting()
        assert own.intent == replace(an_intent(), status=IntentStatus.ACTIVE)
        kept = await work.intents.get(ended.id)
    assert kept == ended


async def test_time_ends_what_is_not_under_way(transactions: Transactions) -> None:
    under_way = replace(an_intent(key="busy"), status=IntentStatus.ACTIVE)
    longer = replace(an_intent(BOB), expires_at=LATER + timedelta(seconds=1))
    await written(transactions, an_intent(), under_way, longer)
    position, job = a_position(ADA), a_job(ADA, position_id=a_position(ADA).id)
    async with transactions.for_user(ADA) as work:
        await work.positions.add(position)
        await work.jobs.add(job)
        await work.intents.save(replace(under_way, job_id=job.id, position_id=position.id))
    async with transactions.for_system() as work:
        assert await work.intents.expire(LATER - timedelta(seconds=1)) == []
        (ended,) = await work.intents.expire(LATER)
    assert ended == replace(an_intent(), status=IntentStatus.EXPIRED, ended_at=LATER, version=2)
    async with transactions.for_system() as work:
        assert await work.intents.expire(LATER) == []


async def test_a_claim_keeps_others_out_until_it_runs_out(transactions: Transactions) -> None:
    await written(transactions, an_intent())

    async def claim(by: str, *, seconds: int, now_days: int = 0) -> Intent | None:
        host = MOMENT + timedelta(seconds=seconds)
        async with transactions.for_user(ADA) as work:
            return await work.intents.claim(
                an_intent().id,
                by=by,
                until=host + timedelta(seconds=60),
                host=host,
                now=MOMENT + timedelta(days=now_days),
            )

    first = await claim("a", seconds=0)
    assert first is not None
    assert (first.claimed_by, first.version) == ("a", 2)
    assert await claim("b", seconds=59) is None
    second = await claim("b", seconds=60)
    assert second is not None
    assert second.claimed_by == "b"
    assert await claim("c", seconds=1000, now_days=7) is None  # it has expired meanwhile


async def test_what_has_ended_or_is_under_way_is_nobodys_to_claim(
    transactions: Transactions,
) -> None:
    cancelled = replace(
        an_intent(key="two"), status=IntentStatus.CANCELLED, ended_at=SOON, idempotency_key=None
    )
    await written(transactions, an_intent(), cancelled)
    position, job = a_position(ADA), a_job(ADA, position_id=a_position(ADA).id)
    async with transactions.for_user(ADA) as work:
        await work.positions.add(position)
        await work.jobs.add(job)
        await work.intents.save(
            replace(
                an_intent(),
                status=IntentStatus.ACTIVE,
                job_id=job.id,
                position_id=position.id,
            )
        )
    for intent_id in (an_intent().id, cancelled.id):
        async with transactions.for_user(ADA) as work:
            assert not await work.intents.claim(
                intent_id, by="a", until=SOON, host=MOMENT, now=MOMENT
            )
    async with transactions.for_system() as work:
        assert await work.intents.tried() == []
        await work.jobs.save(replace(job, status=JobStatus.FAILED, error_code="RSK-0001"))
    async with transactions.for_system() as work:
        ((intent, ended),) = await work.intents.tried()
    assert intent.id == an_intent().id
    assert (ended.id, ended.status) == (job.id, JobStatus.FAILED)


async def test_nobody_sees_or_moves_anothers(transactions: Transactions) -> None:
    await written(transactions, an_intent())
    async with transactions.for_user(BOB) as work:
        assert await work.intents.get(an_intent().id) is None
        assert await work.intents.listed() == []
        assert await work.intents.waiting() == []
        assert not await work.intents.claim(
            an_intent().id, by="b", until=SOON, host=MOMENT, now=MOMENT
        )

    async def add_for_ada() -> None:
        async with transactions.for_user(BOB) as work:
            await work.intents.add(an_intent(key="b"))

    with pytest.raises((PermissionError, asyncpg.InsufficientPrivilegeError)):
        await add_for_ada()
