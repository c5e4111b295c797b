"""Two transfers to Hyperliquid at once: each finds its own credit, whichever is looked at first."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.treasury.deposits import Deposits
from asgard_basis.domain.errors import OutcomeUnknown
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.outcome import Credited
from asgard_basis.domain.saga.step import PlainIntent, Step, StepName, StepStatus
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.venues import DepositCredit
from tests.unit.application.pair import Pair
from tests.unit.application.world import ADA, CONTEXT

D = Decimal


async def test_a_credit_that_came_before_that_of_a_later_deposit_is_found() -> None:
    pair = Pair()
    world: Any = pair.world
    sent = pair.clock.now()
    first, second = sent + timedelta(seconds=30), sent + timedelta(seconds=60)
    deposits = Deposits(
        transactions=pair.transactions,
        desk=pair.desk,
        runner=world,
        arbitrum=world,
        perp=world,
        limits=RiskLimits(),
    )
    # The later one was looked at first, and is done.
    later = pair.desk.new(ADA, JobKind.DEPOSIT, amount_usdc=D(30))
    step = Step(StepName.AWAIT_CREDIT, 1, StepStatus.INTENDED, PlainIntent(), sent)
    done = Step(
        StepName.AWAIT_CREDIT,
        1,
        StepStatus.DONE,
        PlainIntent(),
        sent,
        Credited(D(30), second, "0x2"),
    )
    async with pair.transactions.for_user(ADA) as work:
        await work.jobs.add(later)
        await work.journals.intend(later.id, ADA, step)
        await work.journals.conclude(later.id, done)
    pair.world.answers["deposits"] = [
        DepositCredit(first, D(20), "0x1"),
        DepositCredit(second, D(30), "0x2"),
    ]
    hands = await deposits.hands(CONTEXT)
    assert await hands(D(20)).resolve(step) == Credited(D(20), first, "0x1")
    with pytest.raises(OutcomeUnknown):
        await hands(D(30)).resolve(step)
    # Another of the same size in the same millisecond is somebody else's record.
    pair.world.answers["deposits"] = [DepositCredit(second, D(30), name) for name in ("0x2", "0x3")]
    assert await hands(D(30)).resolve(step) == Credited(D(30), second, "0x3")
