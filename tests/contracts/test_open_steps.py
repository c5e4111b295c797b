"""Which steps of a job can be open together, in PostgreSQL and in memory alike."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.saga.step import (
    Plain,
    PlainIntent,
    Step,
    StepName,
    StepStatus,
    leg_of,
)
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_job, a_user

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


def a_step(name: StepName, *, beside: bool = False, attempt: int = 1) -> Step:
    return Step(name, attempt, StepStatus.INTENDED, PlainIntent("x"), MOMENT, is_beside=beside)


def done(step: Step) -> Step:
    return replace(step, status=StepStatus.DONE, outcome=Plain(), finished_at=MOMENT)


async def with_job(transactions: Transactions, key: str = "j") -> JobId:
    job = a_job(ADA, key=key)
    async with transactions.for_user(ADA) as work:
        await work.jobs.add(job)
    return job.id


async def intend(transactions: Transactions, job_id: JobId, step: Step) -> ErrorCode | None:
    try:
        async with transactions.for_user(ADA) as work:
            await work.journals.intend(job_id, ADA, step)
    except DomainError as error:
        return error.code
    return None


async def test_beside_an_open_step_only_one_of_another_leg_is_begun(
    transactions: Transactions,
) -> None:
    """The store's idea of a leg is the domain's, for every pair of names."""
    wrong = []
    for number, (first, second) in enumerate(product(StepName, StepName)):
        job_id = await with_job(transactions, str(number))
        assert await intend(transactions, job_id, a_step(first)) is None
        other = a_step(second, beside=True, attempt=2)
        refusal = await intend(transactions, job_id, other)
        expected = ErrorCode.POSITION_BUSY if leg_of(first) is leg_of(second) else None
        if refusal is not expected:
            wrong.append((first, second, refusal))
    assert wrong == []


@pytest.mark.parametrize("name", [StepName.CLOSE_LONG, StepName.OBSERVE_LONG, StepName.SETTLE])
async def test_who_does_not_mean_to_begin_beside_another_is_refused(
    transactions: Transactions, name: StepName
) -> None:
    job_id = await with_job(transactions)
    assert await intend(transactions, job_id, a_step(StepName.CLOSE_SHORT)) is None
    assert await intend(transactions, job_id, a_step(name)) is ErrorCode.POSITION_BUSY
    assert await intend(transactions, job_id, a_step(StepName.CLOSE_LONG, beside=True)) is None
    assert await intend(transactions, job_id, a_step(name)) is ErrorCode.POSITION_BUSY


async def test_both_come_back_open_and_are_concluded_in_any_order(
    transactions: Transactions,
) -> None:
    short, long = a_step(StepName.CLOSE_SHORT), a_step(StepName.CLOSE_LONG, beside=True)
    for key, order in (("ab", (short, long)), ("ba", (long, short))):
        job_id = await with_job(transactions, key)
        for step in (short, long):
            assert await intend(transactions, job_id, step) is None
        async with transactions.for_user(ADA) as work:
            assert (await work.journals.of_job(job_id)).open_steps() == (short, long)
        for step in order:
            async with transactions.for_user(ADA) as work:
                await work.journals.conclude(job_id, done(step))
        async with transactions.for_user(ADA) as work:
            assert (await work.journals.of_job(job_id)).steps == (done(short), done(long))
        assert await intend(transactions, job_id, a_step(StepName.SETTLE)) is None


async def test_of_many_at_once_one_of_each_leg_wins_at_most(transactions: Transactions) -> None:
    job_id = await with_job(transactions)
    names = list(StepName)
    steps = [a_step(name, beside=beside) for name in names for beside in (False, True)]
    refusals = await asyncio.gather(*(intend(transactions, job_id, step) for step in steps))
    async with transactions.for_user(ADA) as work:
        journal = await work.journals.of_job(job_id)
    legs = [leg_of(step.name) for step in journal.steps]
    assert 1 <= len(legs) == len(set(legs)) == _won(refusals)
    assert sum(not step.is_beside for step in journal.steps) <= 1


def _won(refusals: Iterable[ErrorCode | None]) -> int:
    found = list(refusals)
    assert set(found) <= {None, ErrorCode.POSITION_BUSY}
    return found.count(None)
