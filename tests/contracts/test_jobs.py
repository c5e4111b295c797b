"""What every implementation of Jobs promises of work that has come to its end."""

from dataclasses import replace

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.repositories import JobStatus
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import a_job, a_user

ADA = UserId("ada")


@pytest.fixture(params=["memory", "postgres"])
def transactions(request: pytest.FixtureRequest) -> Transactions:
    if request.param == "memory":
        return MemoryTransactions()
    return PostgresTransactions(request.getfixturevalue("pool"))


async def test_a_job_that_was_called_off_stays_so_whoever_saves_an_older_copy(
    transactions: Transactions,
) -> None:
    job = a_job(ADA)
    called_off = replace(job, status=JobStatus.FAILED, error_code="POS-0011")
    async with transactions.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
        await work.jobs.add(job)
        await work.jobs.save(called_off)
    async with transactions.for_system() as work:
        await work.jobs.save(replace(job, status=JobStatus.RUNNING))
        assert await work.jobs.get(job.id) == called_off
        assert await work.jobs.unfinished() == []
