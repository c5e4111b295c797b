"""What a worker does with a delivery: nothing twice, nothing on an old copy."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.operations.dispatch import Dispatch, Unwilling
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.application.treasury.deposits import Deposits
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import JobId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.chains import Landing, SignedTransfer
from asgard_basis.ports.coordination import Tenure
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from asgard_basis.ports.venues import DepositCredit
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import a_job, a_user, a_wallet
from tests.unit.application.pair import PLAN
from tests.unit.application.world import ADA, START, Outside, StillClock, with_job


class Locks:
    """Locks of one process; `meanwhile` is what another worker saves before one is won."""

    def __init__(self, transactions: MemoryTransactions) -> None:
        self._transactions = transactions
        self.held: set[str] = set()
        self.meanwhile: list[Job] = []

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Tenure | None]:
        async with self._transactions.for_user(ADA) as work:
            for job in self.meanwhile:
                await work.jobs.save(job)
        if name in self.held:
            yield None
            return
        self.held.add(name)
        try:
            yield Tenure(name, 1, "here")
        finally:
            self.held.discard(name)


class Office:
    """A dispatch whose work is noted."""

    def __init__(self) -> None:
        self.transactions = MemoryTransactions()
        self.locks = Locks(self.transactions)
        self.given: list[Job] = []
        self.failure: DomainError | None = None
        self.refusal: Refused | None = None

        async def work(job: Job) -> DomainError | None:
            self.given.append(job)
            if self.refusal is not None:
                raise self.refusal
            return self.failure

        self.dispatch = Dispatch(
            transactions=self.transactions,
            desk=JobDesk(self.transactions, StillClock()),
            locks=self.locks,
            work=dict.fromkeys(JobKind, work),
        )

    async def job(self, job_id: JobId) -> Job:
        async with self.transactions.for_user(ADA) as work:
            job = await work.jobs.get(job_id)
        assert job is not None
        return job


@pytest.fixture
def office() -> Office:
    return Office()


async def test_what_another_worker_finished_before_the_lock_was_won_is_left_alone(
    office: Office,
) -> None:
    job = await with_job(office.transactions)
    office.locks.meanwhile = [replace(job, status=JobStatus.COMPLETED, plan=PLAN)]
    assert await office.dispatch.run(job.id)
    assert office.given == []
    assert (await office.job(job.id)).status is JobStatus.COMPLETED


async def test_a_plan_another_worker_made_is_worked_on_and_kept(office: Office) -> None:
    job = await with_job(office.transactions)
    office.locks.meanwhile = [replace(job, status=JobStatus.RUNNING, plan=PLAN)]
    office.failure = DomainError(ErrorCode.HYPERLIQUID_RETRIES, "no")
    assert await office.dispatch.run(job.id)
    assert office.given[0].plan == PLAN
    ended = await office.job(job.id)
    assert (ended.status, ended.plan, ended.error) == (JobStatus.FAILED, PLAN, "no")


async def test_a_deposit_waiting_for_the_bridge_does_not_keep_a_position_open(
    office: Office,
) -> None:
    closing = await with_job(office.transactions, JobKind.CLOSE)
    deposit = a_job(ADA, key="d", kind=JobKind.DEPOSIT)
    async with office.transactions.for_user(ADA) as work:
        await work.jobs.add(deposit)
    office.locks.held.add(f"deposit:{ADA}")
    assert not await office.dispatch.run(deposit.id)
    assert await office.dispatch.run(closing.id)


@pytest.mark.parametrize(
    ("kind", "raised"), [(JobKind.PROVISION, Unwilling), (JobKind.CLOSE, Refused)]
)
async def test_a_refusal_puts_off_only_what_can_wait(
    office: Office, kind: JobKind, raised: type[Exception]
) -> None:
    job = await with_job(office.transactions, kind)
    office.refusal = Refused(ErrorCode.POLICY_DENIED)
    with pytest.raises(raised):
        await office.dispatch.run(job.id)
    assert (await office.job(job.id)).status is JobStatus.RUNNING


async def test_equal_deposits_moments_apart_each_wait_for_their_own_credit() -> None:
    transactions, clock = MemoryTransactions(), StillClock()
    credits = [DepositCredit(START + timedelta(seconds=1), Decimal(50), "0x1")]
    outside = Outside(
        prepare_usdc_transfer=SignedTransfer("0xaa", "0xbb", 7),  # type: ignore[arg-type]
        send=None,
        landing=Landing.CONFIRMED,
        fee_paid_eth=Decimal("0.00001"),
        deposits=lambda _address, *, since: [c for c in credits if c.time >= since],
    )
    deposits = Deposits(
        transactions=transactions,
        desk=JobDesk(transactions, clock),
        runner=SagaRunner(transactions=transactions, clock=clock),
        arbitrum=outside,  # type: ignore[arg-type]
        perp=outside,  # type: ignore[arg-type]
        limits=RiskLimits(),
    )
    jobs = [
        replace(a_job(ADA, key=key, kind=JobKind.DEPOSIT), amount_usdc=Decimal(50))
        for key in ("a", "b")
    ]
    async with transactions.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
        for role in WalletRole:
            await work.wallets.add(ADA, a_wallet("ada", role))
        for job in jobs:
            await work.jobs.add(job)
    assert await deposits.run(jobs[0]) is None
    clock.pass_time(2)
    with pytest.raises(OutcomeUnknown):  # handed back to the queue: the worker is free
        await deposits.run(jobs[1])
    credits.append(DepositCredit(clock.now(), Decimal(50), "0x2"))
    assert await deposits.run(jobs[1]) is None
    assert outside.calls.count("send") == 2
