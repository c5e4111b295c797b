"""An opening that is ended before it bought anything tells what became of all it had begun."""

from dataclasses import replace
from typing import Any

import pytest

from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.saga.step import Step, StepName, StepStatus
from asgard_basis.ports.oversight import AuditKind
from asgard_basis.ports.repositories import Job, JobStatus
from tests.builders_platform import a_long, a_position, a_short
from tests.unit.application.pair import Pair, report
from tests.unit.application.world import ADA

AWAY = Unavailable(ErrorCode.VENUE_DOWN, "away")
SILENT: dict[str, Any] = {"has_agent": AWAY, "isolated_leverage": AWAY, "void": AWAY}
LATER_SECONDS = 180.0
ASKED_MAX = 200
"""Whoever asks more often does so for ever."""


class Killed(Exception):
    pass


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def dead_in(pair: Pair, call: str) -> Job:
    """An opening whose worker dies while it waits for the answer."""
    job = await pair.open_job()
    pair.world.answers[call] = Killed()
    with pytest.raises(Killed):
        await pair.opening.run(job)
    return job


async def killed_in(pair: Pair, call: str) -> Job:
    """As `dead_in`; and it is stopped then."""
    job = await dead_in(pair, call)
    pair.world.answers[call] = AssertionError("nothing new is sent for an opening that is ended")
    control = PauseControl(pair.transactions, pair.clock)
    await control.pause(ADA, by=PauseSetter.USER, reason="stop")
    return job


async def ended(pair: Pair, job: Job) -> Step:
    """What the journal says of the newest step when the opening has ended as it should."""
    failure = await pair.opening.run(job)
    assert failure is not None
    assert failure.code is ErrorCode.PAUSED
    position, job, journal = await pair.now(job)
    assert (position.state, job.status) == (PositionState.FAILED, JobStatus.FAILED)
    assert journal.open_step() is None
    return journal.steps[-1]


async def test_an_opening_stopped_while_it_approved_its_agent_leaves_no_step_open(
    pair: Pair,
) -> None:
    job = await killed_in(pair, "approve_agent")
    pair.world.answers["has_agent"] = True
    step = await ended(pair, job)
    assert (step.name, step.status) == (StepName.APPROVE_AGENT, StepStatus.DONE)


async def test_an_approval_that_never_came_in_is_waited_for_a_while_and_then_called_so(
    pair: Pair,
) -> None:
    job = await killed_in(pair, "approve_agent")
    pair.world.answers["has_agent"] = False
    with pytest.raises(OutcomeUnknown):
        await pair.opening.run(job)
    assert (await pair.now(job))[1].status is not JobStatus.FAILED
    pair.clock.pass_time(30)
    step = await ended(pair, job)
    assert (step.status, step.error_code) == (StepStatus.REFUSED, ErrorCode.HYPERLIQUID_API.code)


@pytest.mark.parametrize(("found", "status"), [(3, StepStatus.DONE), (20, StepStatus.REFUSED)])
async def test_a_leverage_of_an_opening_that_is_ended_is_set_or_can_never_be_set(
    pair: Pair, found: int, status: StepStatus
) -> None:
    job = await killed_in(pair, "set_isolated_leverage")
    pair.world.answers["isolated_leverage"] = found
    step = await ended(pair, job)
    assert (step.name, step.status) == (StepName.SET_LEVERAGE, status)
    assert ("void" in pair.world.calls) is (status is StepStatus.REFUSED)


@pytest.mark.parametrize("call", ["approve_agent", "set_isolated_leverage"])
async def test_a_setting_nobody_can_tell_of_is_said_to_be_unknown_and_holds_nothing_up(
    pair: Pair, call: str
) -> None:
    job = await killed_in(pair, call)
    pair.world.answers |= SILENT
    with pytest.raises(OutcomeUnknown):
        await pair.opening.run(job)
    pair.clock.pass_time(LATER_SECONDS)
    step = await ended(pair, job)
    unknown = ErrorCode.HYPERLIQUID_UNKNOWN.code
    assert (step.status, step.error_code) == (StepStatus.UNAVAILABLE, unknown)
    assert step.error is not None
    assert "moves no money" in step.error
    async with pair.transactions.for_user(ADA) as work:
        assert job.position_id is not None
        records = await work.audit.of_position(job.position_id)
    told = [r.entry.body for r in records if r.entry.kind is AuditKind.OUTCOME]
    assert unknown in [body.get("error_code") for body in told if body.get("step") == step.name]


def away(pair: Pair) -> None:
    """Hyperliquid is silent from now on."""

    def silent(*_: Any) -> None:
        assert len(pair.world.calls) < ASKED_MAX, "it is asked for ever"
        raise AWAY

    calls = ("has_agent", "approve_agent", "set_isolated_leverage", "isolated_leverage", "void")
    pair.world.answers |= dict.fromkeys(calls, silent)


@pytest.mark.parametrize("call", ["approve_agent", "set_isolated_leverage"])
async def test_an_opening_that_waits_for_hyperliquid_holds_up_no_closing_of_its_user(
    pair: Pair, call: str
) -> None:
    job = await dead_in(pair, call)
    held = await added(pair)
    await pair.closing.request(ADA, held.id, None, is_emergency=True)
    away(pair)
    with pytest.raises(Unavailable, match="other positions go first"):
        await pair.opening.run(job)


@pytest.mark.parametrize("call", ["approve_agent", "set_isolated_leverage"])
async def test_an_opening_does_not_wait_for_hyperliquid_for_hours_and_then_buy(
    pair: Pair, call: str
) -> None:
    job = await dead_in(pair, call)
    away(pair)
    with pytest.raises(Unavailable, match="nothing was bought"):
        await pair.opening.run(job)
    pair.world.answers["check"] = report(AWAY)
    pair.clock.pass_time(LATER_SECONDS)
    assert (await pair.opening.run(job)) is AWAY
    position, job, journal = await pair.now(job)
    assert (position.state, job.status) == (PositionState.FAILED, JobStatus.FAILED)
    assert journal.open_step() is None
    assert journal.attempts(StepName.OPEN_LONG) == 0


async def added(pair: Pair) -> Position:
    """A pair Ada holds beside."""
    held = replace(
        a_position(ADA, key="held"), state=PositionState.HEDGED, long=a_long(), short=a_short()
    )
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.add(held)
    return held
