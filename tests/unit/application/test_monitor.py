"""The monitor notices a lost leg within a cycle, asks little, and tells of what takes too long."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.outcome import LongClosed, LongObserved, LongOpened, OrderDone
from asgard_basis.domain.saga.step import (
    Intent,
    OrderIntent,
    Outcome,
    PlainIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import a_user, a_wallet
from tests.unit.application.guards import GuardedPair
from tests.unit.application.world import ADA

SOLD = Decimal("6.12")
AWAY = Unavailable(ErrorCode.HYPERLIQUID_API, "away")


async def cycles(pair: GuardedPair, count: int) -> None:
    for _ in range(count):
        await pair.watchers.monitor.cycle()
        pair.clock.pass_time(5)


async def test_a_minute_of_a_quiet_pair_costs_few_requests() -> None:
    pair = GuardedPair()
    await pair.hedged()
    await cycles(pair, 12)
    # One position each cycle, and the whole account for each of the two closer looks.
    assert pair.world.calls.count("position") == 12
    assert pair.world.calls.count("account") == 2
    assert pair.world.calls.count("positions") == 2
    assert pair.world.calls.count("state") == 6 + 2


async def test_fifty_users_leave_the_venues_budgets_to_those_who_trade() -> None:
    """1200 weight and 60 requests a minute are all that one address has at the venues."""
    pair = GuardedPair()
    first = await pair.hedged()
    for number in range(49):
        user = UserId(f"user-{number}")
        async with pair.transactions.for_user(user) as work:
            await work.users.save(a_user(user))
            for role in WalletRole:
                await work.wallets.add(user, a_wallet(user, role))
            await work.positions.add(replace(first, id=PositionId(f"p-{number}"), user_id=user))
    await cycles(pair, 1)
    pair.world.calls.clear()
    await cycles(pair, 60)
    names = ("position", "account", "state", "positions")
    asked = {name: pair.world.calls.count(name) / 5 for name in names}
    assert asked["position"] * 2 + asked["account"] * 4 <= 800
    assert asked["state"] + asked["positions"] <= 50
    assert asked["position"] / 50 >= 3, "each account is still seen every twenty seconds"


async def test_what_was_seen_is_written_down_with_the_age_of_the_long() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    await cycles(pair, 1)
    first = (await pair.position(position)).observation
    pair.sold_short -= 1
    await pair.watchers.monitor.cycle()
    second = (await pair.position(position)).observation
    assert first is not None
    assert second is not None
    assert second == replace(
        first,
        account_signed_size=-(SOLD - 1),
        isolated_raw_usd=pair.account().position.isolated_raw_usd,  # type: ignore[union-attr]
    )


@pytest.mark.parametrize("what", ["short", "long"])
async def test_a_lost_leg_is_repaired_within_15_seconds(what: str) -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    await cycles(pair, 3)
    begun = pair.clock.host()
    if what == "short":
        pair.flat_by_venue("171")
    else:
        pair.end_long()
    while not pair.asked.repairs:
        await cycles(pair, 1)
    assert pair.clock.host() - begun <= timedelta(seconds=15)
    assert pair.asked.repairs == [(position.id, f"lost a part of its {what}")]
    (alarm,) = await pair.alarms()
    assert alarm.kind is AlarmKind.LEG_LOST


async def test_an_account_that_cannot_be_read_does_not_hide_that_a_leg_is_exposed() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    await write(pair, job.id, bought(pair, Decimal("6.12")))
    pair.world.answers["account"] = RuntimeError("a defect of ours")
    pair.clock.pass_time(121)
    await pair.watchers.monitor.cycle()
    assert [a.kind for a in await pair.alarms()] == [AlarmKind.LEG_EXPOSED]


async def test_a_leg_alone_for_two_minutes_is_told_until_it_is_over() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    await pair.moved(position, PositionState.CLOSING_SHORT)
    await write(pair, job.id, bought(pair, Decimal("6.12")))
    pair.clock.pass_time(119)
    await pair.watchers.monitor.cycle()
    assert await pair.alarms() == []
    pair.clock.pass_time(2)
    await pair.watchers.monitor.cycle()
    (alarm,) = await pair.alarms()
    assert (alarm.kind, alarm.position_id) == (AlarmKind.LEG_EXPOSED, position.id)
    assert alarm.exposure_sol is not None
    assert alarm.exposure_sol > 6
    assert "long without the other leg" in alarm.message

    closed = LongClosed("sig", Decimal(500), Decimal(0))
    at = pair.clock.now()
    done = Step(StepName.CLOSE_LONG, 1, StepStatus.DONE, PlainIntent(), at, closed, at)
    await write(pair, job.id, done)
    await pair.watchers.monitor.cycle()
    assert await pair.alarms() == []


async def test_a_leg_that_an_emergency_leaves_alone_is_told_at_once() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position, details={"manner": "emergency"})
    await pair.moved(position, PositionState.CLOSING_SHORT)
    await write(pair, job.id, bought(pair, Decimal("6.12")))
    await pair.watchers.monitor.cycle()
    assert await pair.alarms() == []  # the long is being sold
    at = pair.clock.now()
    silent = Step(
        StepName.OBSERVE_LONG, 1, StepStatus.UNAVAILABLE, PlainIntent(), at, None, at, "ASG-0001"
    )
    await write(pair, job.id, silent)
    await pair.watchers.monitor.cycle()
    (alarm,) = await pair.alarms()
    assert (alarm.kind, alarm.position_id) == (AlarmKind.LEG_EXPOSED, position.id)
    assert "as soon as Asgard answers again" in alarm.message


async def test_that_nothing_can_be_signed_is_told_after_two_minutes() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    for attempt in (1, 2):
        at = pair.clock.now()
        away = Step(
            StepName.CLOSE_SHORT, attempt, StepStatus.UNAVAILABLE, PlainIntent(), at, None, at,
            "WAL-0006", "Privy does not answer",
        )  # fmt: skip
        await write(pair, job.id, away)
        pair.clock.pass_time(61)
    await pair.watchers.monitor.cycle()
    (alarm,) = await pair.alarms()
    assert (alarm.kind, alarm.tried) == (AlarmKind.SIGNING_DOWN, "Privy does not answer")
    await write(pair, job.id, replace(bought(pair, Decimal(1)), attempt=3))
    await pair.watchers.monitor.cycle()
    assert await pair.alarms() == []


def bought(pair: GuardedPair, size: Decimal) -> Step:
    at = pair.clock.now()
    intent = OrderIntent("0xkey", True, size, Decimal(171), True, Decimal(170))
    result = OrderResult(1, size, Decimal(170), "filled")
    done = OrderDone(result, Decimal("0.1"), filled_at=at)
    return Step(StepName.CLOSE_SHORT, 1, StepStatus.DONE, intent, at, done, at)


async def begin(pair: GuardedPair, job_id: JobId, step: Step) -> None:
    """Nobody knows what became of it."""
    begun = replace(step, status=StepStatus.INTENDED, outcome=None, finished_at=None)
    async with pair.transactions.for_user(ADA) as work:
        await work.journals.intend(job_id, ADA, begun)


async def write(pair: GuardedPair, job_id: JobId, step: Step) -> None:
    await begin(pair, job_id, step)
    async with pair.transactions.for_user(ADA) as work:
        await work.journals.conclude(job_id, step)


@pytest.mark.parametrize("name", [StepName.CLOSE_SHORT, StepName.CLOSE_LONG])
async def test_a_leg_that_may_be_gone_while_nobody_answers_is_told_after_two_minutes(
    name: StepName,
) -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    await pair.moved(position, PositionState.CLOSING_SHORT)
    sent = bought(pair, SOLD) if name is StepName.CLOSE_SHORT else submitted(pair, name)
    await begin(pair, job.id, sent)
    pair.world.answers["account"] = AWAY
    pair.clock.pass_time(121)
    await pair.watchers.monitor.cycle()
    (alarm,) = await pair.alarms()
    assert (alarm.kind, alarm.position_id) == (AlarmKind.LEG_EXPOSED, position.id)
    assert alarm.exposure_sol is not None
    assert abs(alarm.exposure_sol) > 6
    assert "may have been" in alarm.message


async def test_a_long_that_may_have_landed_unseen_is_told_after_two_minutes() -> None:
    pair = GuardedPair()
    job = await pair.open_job()
    await begin(pair, job.id, submitted(pair, StepName.OPEN_LONG))
    pair.clock.pass_time(121)
    await pair.watchers.monitor.cycle()
    (alarm,) = await pair.alarms()
    assert alarm.kind is AlarmKind.LEG_EXPOSED
    assert alarm.exposure_sol is not None
    assert alarm.exposure_sol > 6


async def test_a_pair_hedged_by_what_was_paid_is_not_called_exposed_while_it_is_not_listed() -> (
    None
):
    pair = GuardedPair()
    job = await pair.open_job()
    landed = LongOpened("key", "sig", Decimal(540), Decimal(0))
    opened = replace(submitted(pair, StepName.OPEN_LONG), outcome=landed)
    await write(pair, job.id, opened)
    sold = OrderDone(OrderResult(1, Decimal("6.34"), Decimal(170), "filled"), Decimal(0))
    await write(pair, job.id, answered(pair, StepName.OPEN_SHORT, PlainIntent(), sold))
    pair.clock.pass_time(121)
    await pair.watchers.monitor.cycle()
    assert await pair.alarms() == []


async def test_the_alarm_that_nothing_can_be_signed_stays_while_it_is_tried_again() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    await write(pair, job.id, unsigned(pair, StepName.CLOSE_SHORT, 1))
    pair.clock.pass_time(121)
    await pair.watchers.monitor.cycle()
    (before,) = await pair.alarms()
    await begin(pair, job.id, replace(unsigned(pair, StepName.CLOSE_SHORT, 2), error_code=None))
    await pair.watchers.monitor.cycle()
    assert [alarm.id for alarm in await pair.alarms()] == [before.id]


async def test_a_long_that_nobody_can_sign_for_is_told_though_it_is_looked_at_each_time() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    for attempt in (1, 2):
        seen = LongObserved(None, Decimal(1))
        look = answered(pair, StepName.OBSERVE_LONG, PlainIntent("key"), seen, attempt)
        await write(pair, job.id, look)
        await write(pair, job.id, unsigned(pair, StepName.CLOSE_LONG, attempt))
        pair.clock.pass_time(61)
    await pair.watchers.monitor.cycle()
    assert [alarm.kind for alarm in await pair.alarms()] == [AlarmKind.SIGNING_DOWN]


async def test_a_leg_that_stands_alone_is_told_without_asking_a_venue() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    job = await pair.job(JobKind.CLOSE, position)
    await write(pair, job.id, bought(pair, SOLD))
    pair.clock.pass_time(121)
    await pair.watchers.monitor.alone()
    assert [alarm.kind for alarm in await pair.alarms()] == [AlarmKind.LEG_EXPOSED]
    assert set(pair.world.calls) <= {"latest"}


def submitted(pair: GuardedPair, name: StepName) -> Step:
    at = pair.clock.now()
    intent = SolanaIntent("sig", ("tx",), "{}", 100, None, Decimal(170))
    return Step(name, 1, StepStatus.DONE, intent, at, None, at)


def answered(
    pair: GuardedPair, name: StepName, intent: Intent, outcome: Outcome, attempt: int = 1
) -> Step:
    at = pair.clock.now()
    return Step(name, attempt, StepStatus.DONE, intent, at, outcome, at)


def unsigned(pair: GuardedPair, name: StepName, attempt: int) -> Step:
    at = pair.clock.now()
    return Step(
        name, attempt, StepStatus.UNAVAILABLE, PlainIntent(), at, None, at, "WAL-0006", "Privy"
    )
