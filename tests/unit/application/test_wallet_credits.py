"""Hyperliquid's list of deposits: each credit is booked once, and none is lost."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.ledger import MemoryLedger
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.saga.outcome import Credited
from asgard_basis.domain.saga.step import PlainIntent, Step, StepName, StepStatus
from asgard_basis.ports.repositories import JobKind, JobStatus
from asgard_basis.ports.venues import DepositCredit
from tests.builders_platform import a_job
from tests.unit.application.test_accounting import Kept
from tests.unit.application.world import ADA


@pytest.fixture
async def pair() -> Kept:
    kept = Kept()
    await kept.hedged()
    return kept


async def credited_to(pair: Kept) -> Decimal:
    """USDC on Hyperliquid, as the book of the wallets has it."""
    async with pair.transactions.for_user(ADA) as work:
        held = {(h.account, h.commodity): h.quantity for h in await work.ledger.held()}
    return held.get((accounts.PERP_MARGIN, accounts.USDC), Decimal(0))


async def test_two_credits_in_the_same_millisecond_are_both_booked(pair: Kept) -> None:
    at, before = pair.clock.now(), await credited_to(pair)
    pair.world.answers["deposits"] = [
        DepositCredit(at, Decimal(50), "0x1"),
        DepositCredit(at, Decimal(50), "0x2"),
    ]
    await pair.wallets.look(ADA, may_ask_credits=True)
    pair.restart()
    await pair.wallets.look(ADA, may_ask_credits=True)
    assert await credited_to(pair) - before == 100


@pytest.mark.parametrize("record", ["0x1", ""])
async def test_a_credit_of_ours_is_booked_once_and_hides_no_other(pair: Kept, record: str) -> None:
    """A journal of before the hash was written down claims by time and amount."""
    at, before = pair.clock.now(), await credited_to(pair)
    job = replace(a_job(ADA, key="d", kind=JobKind.DEPOSIT), status=JobStatus.COMPLETED)
    step = Step(StepName.AWAIT_CREDIT, 1, StepStatus.INTENDED, PlainIntent(), at)
    async with pair.transactions.for_user(ADA) as work:
        await work.jobs.add(job)
        await work.journals.intend(job.id, ADA, step)
        ours = Credited(Decimal(50), at, record)
        done = replace(step, status=StepStatus.DONE, outcome=ours, finished_at=at)
        await work.journals.conclude(job.id, done)
    pair.world.answers["deposits"] = [
        DepositCredit(at, Decimal(50), "0x1"),
        DepositCredit(at, Decimal(20), "0x2"),
    ]
    await pair.wallets.transfers(ADA)
    await pair.wallets.look(ADA, may_ask_credits=True)
    assert await credited_to(pair) - before == 70


async def test_credits_that_could_not_be_written_are_not_put_off_for_a_day(
    pair: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await credited_to(pair)
    pair.world.answers["deposits"] = [DepositCredit(pair.clock.now(), Decimal(50), "0x1")]

    async def taken(*_: object) -> int:
        raise Unavailable(ErrorCode.NOT_READY, "somebody else has written")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryLedger, "write", taken)
        with pytest.raises(Unavailable):
            await pair.wallets.look(ADA, may_ask_credits=True)
    assert pair.wallets.is_credits_due(ADA)
    await pair.wallets.look(ADA, may_ask_credits=True)
    assert await credited_to(pair) - before == 50
    assert not pair.wallets.is_credits_due(ADA)


async def test_credits_are_not_put_off_for_a_day_by_a_job_at_work(pair: Kept) -> None:
    pair.world.answers["deposits"] = [DepositCredit(pair.clock.now(), Decimal(50), "0x1")]
    async with pair.transactions.for_user(ADA) as work:
        await work.jobs.add(a_job(ADA, key="busy"))
    await pair.wallets.look(ADA, may_ask_credits=True)
    assert pair.wallets.is_credits_due(ADA)
    assert "deposits" not in pair.world.calls, "nothing could be concluded from it"
