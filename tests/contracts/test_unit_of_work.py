"""What every implementation of Transactions promises: PostgreSQL's and the one in memory."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.market.funding import FundingObservation, FundingPayment, FundingRate
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import (
    LongObserved,
    Plain,
    PlainIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.repositories import Event, JobKind, JobStatus
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import (
    MOMENT,
    a_job,
    a_long,
    a_position,
    a_session,
    a_short,
    a_user,
    a_wallet,
    an_observation,
)

ADA = UserId("ada")


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Transactions:
    if request.param == "memory":
        return MemoryTransactions()
    return PostgresTransactions(request.getfixturevalue("pool"))


@pytest.fixture
async def transactions(store: Transactions) -> Transactions:
    async with store.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
    return store


def _one_won(failures: list[ErrorCode | None]) -> None:
    assert failures.count(None) == 1
    assert failures.count(ErrorCode.POSITION_BUSY) == len(failures) - 1


class Stopped(Exception):
    """Raised by a test in the middle of a transaction."""


async def test_a_person_with_sessions_and_wallets_comes_back(transactions: Transactions) -> None:
    session = a_session(ADA)
    async with transactions.for_user(ADA) as work:
        await work.sessions.save(session)
        await work.sessions.save(replace(session, revoked_at=MOMENT))
        first = await work.wallets.add(ADA, a_wallet("ada"))
        second = await work.wallets.add(ADA, a_wallet("other"))
    async with transactions.for_user(ADA) as work:
        assert await work.users.get(ADA) == a_user(ADA)
        assert await work.sessions.get(session.id) == replace(session, revoked_at=MOMENT)
        assert first == second == a_wallet("ada")
        assert await work.wallets.of_user(ADA) == {WalletRole.EVM: first}


async def test_an_error_rolls_everything_back(transactions: Transactions) -> None:
    async def attempt() -> None:
        async with transactions.for_user(ADA) as work:
            await work.positions.add(a_position(ADA))
            await work.jobs.add(a_job(ADA))
            await work.outbox.append(Event("position_opened", {}, ADA))
            raise Stopped

    with pytest.raises(Stopped):
        await attempt()
    async with transactions.for_system() as work:
        assert await work.positions.held() == []
        assert await work.jobs.unfinished() == []
        assert await work.outbox.take(10) == []


async def test_a_position_comes_back_exactly(transactions: Transactions) -> None:
    full = replace(
        a_position(ADA),
        state=PositionState.HEDGED,
        hedged_at=MOMENT,
        long=replace(a_long(), redemption_closed=Decimal("1.3")),
        short=a_short(),
        funding_usdc=Decimal("-0.000001"),
        observation=an_observation(),
        failure_code="HLQ-0006",
        failure="why not",
    )
    async with transactions.for_user(ADA) as work:
        await work.positions.add(a_position(ADA))
        assert await work.positions.get(full.id) == a_position(ADA)
        saved = await work.positions.save(full)
    async with transactions.for_user(ADA) as work:
        assert saved == replace(full, version=2)
        assert await work.positions.get(full.id) == saved
        unseen = replace(an_observation(), health=None)
        saved = await work.positions.save(replace(saved, observation=unseen))
        assert await work.positions.get(full.id) == saved


async def test_who_saves_an_old_version_is_refused(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.positions.add(a_position(ADA))

    async def save() -> ErrorCode | None:
        try:
            async with transactions.for_user(ADA) as work:
                await work.positions.save(replace(a_position(ADA), size_usd=Decimal(2)))
        except DomainError as error:
            return error.code
        return None

    _one_won(await asyncio.gather(*(save() for _ in range(5))))


async def test_held_and_ended_positions_in_their_order(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        for number, state in enumerate(PositionState):
            moment = MOMENT + timedelta(hours=number)
            await work.positions.add(
                replace(a_position(ADA, key=state), state=state, requested_at=moment)
            )
        held = [p.state for p in await work.positions.held()]
        ended = [p.state for p in await work.positions.ended(limit=2)]
    assert held == [s for s in PositionState if s not in {"closed", "unwound", "failed"}]
    assert ended == [PositionState.FAILED, PositionState.UNWOUND]


PLAN = EntryPlan(
    collateral_usdc=Decimal("540.25"),
    long_leverage=Decimal("2.00"),
    short_margin_usdc=Decimal("459.75"),
    short_leverage=3,
    size_step=Decimal("0.01"),
    min_order_usd=Decimal(10),
    reference_price=Decimal("176.54"),
)


async def test_a_job_comes_back_exactly(transactions: Transactions) -> None:
    job = a_job(ADA)
    changed = replace(
        job,
        status=JobStatus.FAILED,
        started_at=MOMENT,
        finished_at=MOMENT,
        amount_usdc=Decimal("5.000001"),
        fraction=Decimal("0.25"),
        plan=PLAN,
        error_code="POS-0003",
        error="no\x00w",
        details={"a": "1"},
    )
    async with transactions.for_user(ADA) as work:
        await work.jobs.add(job)
        assert await work.jobs.get(job.id) == job
        assert await work.jobs.by_key(ADA, "key-j") == job
        await work.jobs.save(changed)
        assert await work.jobs.get(job.id) == replace(changed, error="no�w")
        assert await work.jobs.get(JobId("none")) is None


async def test_what_is_noted_of_a_job_survives_whoever_saves_an_older_copy(
    transactions: Transactions,
) -> None:
    job = replace(a_job(ADA), details={"kept": "1"})
    async with transactions.for_user(ADA) as work:
        await work.jobs.add(job)
    async with transactions.for_user(ADA) as work:
        await work.jobs.note(job.id, {"manner": "emergency"})
        await work.jobs.save(replace(job, status=JobStatus.RUNNING))
        await work.jobs.note(JobId("none"), {"manner": "emergency"})
    async with transactions.for_user(ADA) as work:
        stored = await work.jobs.get(job.id)
        assert stored is not None
        assert (stored.status, stored.details) == (
            JobStatus.RUNNING,
            {"kept": "1", "manner": "emergency"},
        )
        await work.jobs.save(replace(stored, status=JobStatus.COMPLETED))
        await work.jobs.note(job.id, {"manner": "too late"})
        ended = await work.jobs.get(job.id)
    assert ended == replace(stored, status=JobStatus.COMPLETED)


async def test_jobs_by_what_is_asked(transactions: Transactions) -> None:
    position = a_position(ADA)
    async with transactions.for_user(ADA) as work:
        await work.positions.add(position)
        await work.jobs.add(a_job(ADA, key="1", kind=JobKind.DEPOSIT))
        await work.jobs.add(a_job(ADA, key="2", position_id=position.id))
        await work.jobs.add(a_job(ADA, key="3", kind=JobKind.CLOSE))
        await work.jobs.save(replace(a_job(ADA, key="1"), status=JobStatus.COMPLETED))
        unfinished = [j.id for j in await work.jobs.unfinished()]
        of_position = [j.id for j in await work.jobs.unfinished(position_id=position.id)]
        of_none = await work.jobs.unfinished(position_id=PositionId("none"))
        recent = [j.id for j in await work.jobs.recent(limit=2)]
        closing = [j.id for j in await work.jobs.recent(kind=JobKind.CLOSE)]
    assert unfinished == ["2-ada", "3-ada"]
    assert of_position == ["2-ada"]
    assert of_none == []
    assert recent == ["3-ada", "2-ada"]
    assert closing == ["3-ada"]


async def test_one_thing_at_a_time_is_done_with_a_position(transactions: Transactions) -> None:
    position = a_position(ADA)
    async with transactions.for_user(ADA) as work:
        await work.positions.add(position)

    async def ask(number: int) -> ErrorCode | None:
        job = replace(
            a_job(ADA, key=str(number), kind=JobKind.CLOSE, position_id=position.id),
            idempotency_key=None,
        )
        try:
            async with transactions.for_user(ADA) as work:
                await asyncio.sleep(0)
                await work.jobs.add(job)
        except DomainError as error:
            return error.code
        return None

    _one_won(await asyncio.gather(*(ask(n) for n in range(6))))
    async with transactions.for_user(ADA) as work:
        (first,) = await work.jobs.unfinished(position_id=position.id)
        await work.jobs.save(replace(first, status=JobStatus.FAILED))
    assert await ask(7) is None


async def test_one_key_makes_one_job_however_many_ask_at_once(transactions: Transactions) -> None:
    async def ask(number: int) -> ErrorCode | None:
        try:
            async with transactions.for_user(ADA) as work:
                await work.jobs.add(replace(a_job(ADA), id=JobId(f"job-{number}")))
        except DomainError as error:
            return error.code
        return None

    _one_won(await asyncio.gather(*(ask(n) for n in range(6))))


def a_step(name: StepName = StepName.OPEN_LONG, attempt: int = 1) -> Step:
    return Step(name, attempt, StepStatus.INTENDED, PlainIntent("x"), MOMENT)


async def test_a_journal_keeps_order_and_outcomes(transactions: Transactions) -> None:
    position = a_position(ADA)
    jobs = [a_job(ADA, key=key, position_id=position.id) for key in "ab"]
    steps = [
        replace(
            a_step(StepName.OPEN_LONG),
            status=StepStatus.REFUSED,
            finished_at=MOMENT,
            error_code="ASG-0006",
            error="slot \x00 skipped",
        ),
        replace(
            a_step(StepName.OPEN_LONG, 2),
            status=StepStatus.DONE,
            finished_at=MOMENT,
            outcome=LongObserved(None, Decimal("1.10")),
        ),
        a_step(StepName.READ_LONG),
    ]
    async with transactions.for_user(ADA) as work:
        await work.positions.add(position)
        for job in jobs:
            await work.jobs.add(job)
            await work.jobs.save(replace(job, status=JobStatus.COMPLETED))
        for step in steps[:2]:
            await work.journals.intend(
                jobs[0].id, ADA, replace(step, status=StepStatus.INTENDED, outcome=None)
            )
            await work.journals.conclude(jobs[0].id, step)
        await work.journals.intend(jobs[1].id, ADA, a_step(StepName.SETTLE))
        await work.journals.intend(jobs[0].id, ADA, steps[2])
    async with transactions.for_user(ADA) as work:
        journal = await work.journals.of_job(jobs[0].id)
        assert journal.steps == (replace(steps[0], error="slot � skipped"), *steps[1:])
        everything = await work.journals.of_position(position.id)
        assert [s.name for s in everything] == ["open_long", "open_long", "settle", "read_long"]


async def test_only_one_step_of_a_job_can_be_open(transactions: Transactions) -> None:
    job = a_job(ADA)
    async with transactions.for_user(ADA) as work:
        await work.jobs.add(job)

    async def intend(name: StepName) -> ErrorCode | None:
        try:
            async with transactions.for_user(ADA) as work:
                await work.journals.intend(job.id, ADA, a_step(name))
        except DomainError as error:
            return error.code
        return None

    _one_won(await asyncio.gather(*(intend(name) for name in list(StepName)[:6])))


async def test_a_step_is_concluded_once(transactions: Transactions) -> None:
    job = a_job(ADA)
    done = replace(a_step(), status=StepStatus.DONE, outcome=Plain(), finished_at=MOMENT)
    async with transactions.for_user(ADA) as work:
        await work.jobs.add(job)
        await work.journals.intend(job.id, ADA, a_step())
        await work.journals.conclude(job.id, done)
    with pytest.raises(DomainError, match="is not open"):
        async with transactions.for_user(ADA) as work:
            await work.journals.conclude(job.id, replace(done, status=StepStatus.REFUSED))


async def test_a_settlement_is_booked_once_also_when_it_comes_late(
    transactions: Transactions,
) -> None:
    position = a_position(ADA)
    hour = datetime(2025, 6, 1, 12, tzinfo=UTC)

    def payment(minutes: int, amount: str) -> FundingPayment:
        moment = hour + timedelta(minutes=minutes)
        return FundingPayment(moment, Decimal(amount), Decimal(-6), FundingRate(Decimal("1E-5")))

    async with transactions.for_user(ADA) as work:
        await work.positions.add(position)
        assert await work.payments.total(position.id) == 0
        book = work.payments.book
        assert await book(ADA, position.id, payment(0, "0.01"), share=Decimal("0.01"))
        assert not await book(ADA, position.id, payment(14, "0.01"), share=Decimal("0.01"))
        assert await book(ADA, position.id, payment(60, "-0.03"), share=Decimal("-0.025"))
        assert await work.payments.total(position.id) == Decimal("-0.015")
        assert await work.payments.of_position(position.id, limit=1) == [
            (hour + timedelta(minutes=60), Decimal("-0.025"))
        ]


async def test_market_hours_are_the_same_for_everybody(transactions: Transactions) -> None:
    hours = [
        FundingObservation(
            datetime(2025, 6, 1, hour, tzinfo=UTC),
            FundingRate(Decimal(f"0.0000{hour}")),
            Decimal(0),
        )
        for hour in range(1, 6)
    ]
    async with transactions.for_system() as work:
        await work.funding.save(hours[:3])
        await work.funding.save([*hours, replace(hours[0], premium=Decimal(1))])
    for open_work in (transactions.for_visitor, lambda: transactions.for_user(ADA)):
        async with open_work() as work:
            assert await work.funding.between(hours[1].hour, hours[3].hour) == hours[1:4]
            assert (await work.funding.between(hours[0].hour, hours[0].hour)) == hours[:1]


async def test_a_visitor_sees_nobody(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.positions.add(a_position(ADA))
    async with transactions.for_visitor() as work:
        assert await work.positions.held() == []
        assert await work.users.get(ADA) is None


async def test_events_leave_in_order_and_once(transactions: Transactions) -> None:
    payload: dict[str, object] = {"pnl_usd": Decimal("1.10"), "at": MOMENT, "n": [1, None, "\x00"]}
    async with transactions.for_user(ADA) as work:
        await work.outbox.append(Event("position_update", payload, ADA))
    async with transactions.for_system() as work:
        await work.outbox.append(Event("rates", {}))
        first, second = await work.outbox.take(5)
        async with transactions.for_system() as other:
            assert await other.outbox.take(5) == []
        await work.outbox.sent([first[0], second[0]])
    async with transactions.for_system() as work:
        assert await work.outbox.take(5) == []
    assert first[1].user_id == ADA
    assert first[1].payload == {
        "pnl_usd": "1.10",
        "at": "2025-06-01T12:00:00.123456Z",
        "n": [1, None, "�"],
    }
    assert second[1] == Event("rates", {})
