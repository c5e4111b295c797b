"""A pause keeps positions from being opened, and never one from being closed."""

import pytest

from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.ports.repositories import JobKind, JobStatus
from tests.unit.application.pair import Pair
from tests.unit.application.world import ADA

USER, SYSTEM, OPERATOR = PauseSetter.USER, PauseSetter.SYSTEM, PauseSetter.OPERATOR


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.fixture
def control(pair: Pair) -> PauseControl:
    return PauseControl(pair.transactions, pair.clock)


async def test_an_opening_that_waits_is_refused_when_a_pause_comes_in_between(
    pair: Pair, control: PauseControl
) -> None:
    job = await pair.open_job()
    await control.pause(None, by=OPERATOR, reason="maintenance")
    failure = await pair.opening.run(job)
    assert failure is not None
    assert failure.code is ErrorCode.PAUSED
    assert "maintenance" in failure.message
    position, job, journal = await pair.now(job)
    assert (position.state, job.status) == (PositionState.FAILED, JobStatus.FAILED)
    assert journal.steps == ()


async def test_an_opening_that_has_begun_is_finished_in_spite_of_a_pause(
    pair: Pair, control: PauseControl
) -> None:
    job = await pair.open_job()

    class Killed(Exception):
        pass

    place = pair.world.answers["place"]
    pair.world.answers["place"] = Killed()
    with pytest.raises(Killed):
        await pair.opening.run(job)
    pair.world.answers["place"] = place
    await control.pause(ADA, by=USER, reason="holidays")
    assert await pair.opening.run(job) is None
    assert (await pair.now(job))[0].state is PositionState.HEDGED


async def test_everything_paused_still_closes(pair: Pair, control: PauseControl) -> None:
    position = await pair.hedged()
    await control.pause(None, by=PauseSetter.KILL_SWITCH, reason="stop")
    await control.pause(ADA, by=SYSTEM, reason="three losses in a row")
    await control.pause(ADA, by=USER, reason="holidays")
    job = await pair.closing.request(ADA, position.id, None)
    assert job.kind is JobKind.CLOSE
    assert await pair.closing.run(job) is None
    assert (await pair.now(job))[0].state is PositionState.CLOSED


async def test_the_strongest_pause_is_told_and_each_is_lifted_by_its_own(
    control: PauseControl,
) -> None:
    await control.pause(ADA, by=USER, reason="holidays")
    await control.pause(ADA, by=SYSTEM, reason="three losses in a row")
    view = await control.control(ADA)
    assert (view.may_open, view.may_close, view.paused_by) == (False, True, "system")
    assert view.message == "Opening was paused for safety: three losses in a row"
    assert {p.by: p.can_lift for p in view.pauses} == {"user": True, "system": False}
    view = await control.resume(ADA, by=USER)
    assert [p.by for p in view.pauses] == ["system"]
    with pytest.raises(DomainError, match="AUT-0002"):
        await control.resume(ADA, by=USER)
    view = await control.resume(ADA, by=OPERATOR, of=SYSTEM)
    assert (view.may_open, view.message) == (True, None)
    assert (await control.resume(ADA, by=USER)).may_open


async def test_nobody_speaks_for_others(control: PauseControl) -> None:
    with pytest.raises(DomainError, match="AUT-0002"):
        await control.pause(None, by=USER, reason="mine")
    with pytest.raises(DomainError, match="AUT-0002"):
        await control.resume(ADA, by=USER, of=SYSTEM)
    await control.pause(ADA, by=USER, reason="holidays")
    with pytest.raises(DomainError, match="AUT-0002"):
        await control.resume(ADA, by=OPERATOR, of=USER)
    assert len(await control.everything()) == 1
