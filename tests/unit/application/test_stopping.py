"""Closing everything, the red button, and the kill switch."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from asgard_basis.adapters.memory.kill_flag import MemoryKillFlag
from asgard_basis.adapters.system.kill_file import KILL_FILE, KillFile
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.kill_flag import KillFlag
from asgard_basis.ports.repositories import JobKind
from tests.builders_platform import a_user
from tests.unit.application.pair import PRICE, Pair
from tests.unit.application.world import ADA

BOB = UserId("bob")
AWAY = Unavailable(ErrorCode.NOT_READY, "no database")


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def holding(pair: Pair, count: int) -> list[Position]:
    """So many hedged pairs of Ada's."""
    first = await pair.hedged()
    positions = [first]
    async with pair.transactions.for_user(ADA) as work:
        for number in range(1, count):
            other = replace(first, id=PositionId(f"p{number}"))
            await work.positions.add(other)
            positions.append(other)
    pair.sold_short *= count
    return positions


async def test_everything_is_closed_by_one_job_each(pair: Pair) -> None:
    positions = await holding(pair, 3)
    leaving = await pair.close_all.request(ADA, "a key of mine")
    assert {job.position_id for job in leaving.jobs} == {p.id for p in positions}
    for job in leaving.jobs:
        assert await pair.closing.run(job) is None
    assert pair.sold_short == 0
    again = await pair.close_all.request(ADA, "a key of mine")
    assert [job.id for job in again.jobs] == [job.id for job in leaving.jobs]
    assert (await pair.close_all.request(ADA, "another key")).jobs == ()


async def test_two_browsers_closing_everything_get_the_same_jobs(pair: Pair) -> None:
    await holding(pair, 3)
    asked = [pair.close_all.request(ADA, f"browser-{n}") for n in range(4)]
    answers = [{job.id for job in leaving.jobs} for leaving in await asyncio.gather(*asked)]
    assert len(answers[0]) == 3
    assert all(answer == answers[0] for answer in answers)
    for job_id in answers[0]:
        async with pair.transactions.for_user(ADA) as work:
            job = await work.jobs.get(job_id)
        assert job is not None
        assert await pair.closing.run(job) is None
    for number in range(4):  # each browser's key still gives them when all is over
        again = await pair.close_all.request(ADA, f"browser-{number}")
        assert {job.id for job in again.jobs} == answers[0]


async def test_what_is_busy_is_named(pair: Pair) -> None:
    await pair.open_job()
    async with pair.transactions.for_user(ADA) as work:
        (position,) = await work.positions.held()
        await work.positions.save(replace(position, state=PositionState.OPENING_LONG))
    leaving = await pair.close_all.request(ADA, None)
    assert leaving.jobs == ()
    (busy,) = leaving.not_taken
    assert (busy.position_id, busy.code) == (position.id, "POS-0006")
    assert "opening long" in busy.reason


async def test_a_stop_closes_everything_in_a_hurry_and_forbids_opening(pair: Pair) -> None:
    await holding(pair, 2)
    leaving = await pair.stop.request(ADA, reason="enough", key="a key of mine")
    assert len(leaving.jobs) == 2
    for job in leaving.jobs:
        _, stored, _ = await pair.now(job)
        assert stored.details["manner"] == "emergency"
    control = await pair.pauses.control(ADA)
    assert (control.may_open, control.paused_by) == (False, "user")
    for job in leaving.jobs:
        assert await pair.closing.run(job) is None
    assert pair.sold_short == 0
    assert await pair.stop.keep() == 0


class Killed(Exception):
    """The process is gone."""


async def test_what_was_being_opened_is_closed_once_it_is_hedged(pair: Pair) -> None:
    job = await pair.open_job()
    state = pair.world.answers["state"]
    pair.world.answers["state"] = Killed()
    with pytest.raises(Killed):
        await pair.opening.run(job)
    leaving = await pair.stop.request(ADA, reason="enough", key=None)
    assert leaving.jobs == ()
    assert [busy.position_id for busy in leaving.not_taken] == [job.position_id]
    assert await pair.stop.keep() == 0
    pair.world.answers["state"] = state
    assert await pair.opening.run(job) is None  # the long that is there is hedged all the same
    assert await pair.stop.keep() == 1
    assert await pair.stop.keep() == 0
    async with pair.transactions.for_user(ADA) as work:
        (closing,) = await work.jobs.recent(kind=JobKind.CLOSE)
    assert closing.details == {"manner": "emergency"}
    assert await pair.closing.run(closing) is None
    assert pair.sold_short == 0
    await pair.pauses.resume(ADA, by=PauseSetter.USER)
    assert await pair.stop.keep() == 0


async def test_a_pause_pressed_after_a_stop_does_not_end_the_stop(pair: Pair) -> None:
    job = await pair.open_job()
    await pair.stop.request(ADA, reason="enough", key=None)
    await pair.pauses.pause(ADA, by=PauseSetter.USER, reason="holidays")
    async with pair.transactions.for_user(ADA) as work:
        assert job.position_id is not None
        opened = await work.positions.get(job.position_id)
        assert opened is not None
        await work.positions.save(replace(opened, state=PositionState.HEDGED))
        await work.jobs.save(pair.desk.ended(job))
    assert await pair.stop.keep() == 1
    await pair.pauses.resume(ADA, by=PauseSetter.USER)
    await pair.pauses.pause(ADA, by=PauseSetter.USER, reason="holidays")
    (pause,) = await pair.pauses.everything()
    assert pause.details == {}


async def test_an_operator_stops_everybody(pair: Pair) -> None:
    await holding(pair, 1)
    async with pair.transactions.for_user(BOB) as work:
        await work.users.save(a_user(BOB))
        theirs = replace((await _held(pair))[0], id=PositionId("bobs"), user_id=BOB)
        await work.positions.add(theirs)
    stopped = await pair.stop.by_operator(None, reason="the venue was drained")
    assert {s.user_id: len(s.leaving.jobs) for s in stopped} == {ADA: 1, BOB: 1}
    for user in (ADA, BOB):
        assert (await pair.pauses.control(user)).paused_by == "operator"


async def _held(pair: Pair) -> list[Position]:
    async with pair.transactions.for_system() as work:
        return list(await work.positions.held())


async def test_nothing_is_bought_after_the_kill_switch_was_thrown(pair: Pair) -> None:
    """Not even by an opening that had passed every check, and was about to buy."""
    job = await pair.open_job()

    def thrown_between(*_: object, **__: object) -> None:
        pair.flag.hoist("somebody saw smoke")

    pair.world.answers["set_isolated_leverage"] = thrown_between
    failure = await pair.opening.run(job)
    assert failure is not None
    assert failure.code is ErrorCode.PAUSED
    assert "somebody saw smoke" in failure.message
    position, _, journal = await pair.now(job)
    assert position.state is PositionState.FAILED
    assert not journal.is_done(StepName.OPEN_LONG)
    assert pair.signed == 0


async def test_nothing_is_signed_when_the_switch_was_thrown_while_the_venue_was_building(
    pair: Pair,
) -> None:
    """Building takes Asgard up to a minute."""
    job = await pair.open_job()
    signed: list[str] = []

    async def built_meanwhile(admit: Any) -> Any:
        pair.flag.hoist("smoke")
        await admit()
        signed.append("a purchase")

    pair.world.prepare_open = lambda _owner, _request, admit: built_meanwhile(admit)
    failure = await pair.opening.run(job)
    assert failure is not None
    assert failure.code is ErrorCode.PAUSED
    assert signed == []
    assert "submit_open" not in pair.world.calls


async def test_what_is_bought_is_hedged_and_left_with_the_kill_switch_on(pair: Pair) -> None:
    job = await pair.open_job()
    pair.world.answers["submit_open"] = lambda *_: pair.flag.hoist("smoke")
    assert await pair.opening.run(job) is None
    position, _, _ = await pair.now(job)
    assert position.state is PositionState.HEDGED
    assert position.short is not None
    assert position.short.size == Decimal("6.12")
    closing = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(closing) is None
    assert pair.sold_short == 0


async def test_the_switch_latches_in_both_places_and_says_what_is_held(pair: Pair) -> None:
    (position,) = await holding(pair, 1)
    state = await pair.kill_switch.throw("drill")
    assert (state.flag, state.database, state.is_on) == ("drill", "drill", True)
    assert [p.id for p in state.exposed] == [position.id]
    pair.flag.lower()  # somebody deletes the file: the database still holds
    with pytest.raises(DomainError, match="drill"):
        await pair.opening_gate.admit(ADA, position.asset, None)
    state = await pair.kill_switch.release()
    assert not state.is_on
    await pair.opening_gate.admit(ADA, position.asset, None)


async def test_a_file_made_by_hand_reaches_everybody_through_the_database(pair: Pair) -> None:
    pair.flag.hoist("by hand")
    assert await pair.kill_switch.keep()
    assert not await pair.kill_switch.keep()
    elsewhere = KillSwitch(transactions=pair.transactions, flag=MemoryKillFlag(), clock=pair.clock)
    state = await elsewhere.state()
    assert (state.flag, state.database) == (None, "by hand")
    control = await pair.pauses.control(ADA)
    assert control.paused_by == "kill_switch"


class NoDatabase:
    """Every unit of work is refused."""

    def for_system(self) -> object:
        raise AWAY


async def test_it_is_thrown_without_a_database(pair: Pair) -> None:
    switch = KillSwitch(
        transactions=NoDatabase(),  # type: ignore[arg-type]
        flag=pair.flag,
        clock=pair.clock,
    )
    state = await switch.throw("no database")
    assert (state.flag, state.database, state.is_database_known) == ("no database", None, False)
    with pytest.raises(Unavailable):
        await switch.release()
    assert pair.flag.reason() == "no database"


class BrokenFlag(MemoryKillFlag):
    """A disk that is full."""

    def hoist(self, reason: str) -> None:
        raise Unavailable(ErrorCode.NOT_READY, f"no room for {reason}")


async def test_it_says_so_when_it_could_not_be_thrown_at_all(pair: Pair) -> None:
    switch = KillSwitch(
        transactions=NoDatabase(),  # type: ignore[arg-type]
        flag=BrokenFlag(),
        clock=pair.clock,
    )
    with pytest.raises(Unavailable, match="NOT on"):
        await switch.throw("no room")
    in_database = KillSwitch(transactions=pair.transactions, flag=BrokenFlag(), clock=pair.clock)
    assert (await in_database.throw("disk full")).database == "disk full"


FLAGS: list[Callable[[Path], KillFlag]] = [lambda _: MemoryKillFlag(), KillFile]


@pytest.mark.parametrize("make", FLAGS, ids=["memory", "file"])
def test_a_flag_stays_up_until_it_is_lowered(
    make: Callable[[Path], KillFlag], tmp_path: Path
) -> None:
    flag = make(tmp_path / "home")
    assert flag.reason() is None
    assert not flag.lower()
    flag.hoist("first")
    flag.hoist("second")
    assert flag.reason() == "second"
    assert flag.lower()
    assert flag.reason() is None


def test_any_file_of_that_name_counts(tmp_path: Path) -> None:
    flag = KillFile(tmp_path)
    (tmp_path / KILL_FILE).touch()
    assert flag.reason() == f"{tmp_path / KILL_FILE} is there"
    (tmp_path / KILL_FILE).unlink()
    (tmp_path / KILL_FILE).mkdir()  # nothing that can be read
    assert "cannot be read" in (flag.reason() or "")
    with pytest.raises(Unavailable):
        flag.hoist("why")
    with pytest.raises(Unavailable):
        flag.lower()


@pytest.mark.parametrize("is_filled", [True, False])
async def test_an_order_nobody_knows_about_does_not_keep_the_other_positions_from_a_stop(
    pair: Pair, is_filled: bool
) -> None:
    """Every position buys back its own size, whatever became of the other's order."""
    first, second = await holding(pair, 2)
    leaving = await pair.stop.request(ADA, reason="enough", key=None)
    jobs = {job.position_id: job for job in leaving.jobs}
    place = pair.world.answers["place"]
    lost = OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)

    def unanswered(*given: Any) -> Any:
        if is_filled:
            place(*given)
        raise lost

    pair.world.answers |= {"place": unanswered, "find_order": lost}
    with pytest.raises(Unavailable, match="other positions go first"):
        await pair.closing.run(jobs[first.id])
    before = pair.sold_short
    pair.world.answers["place"] = place
    assert await pair.closing.run(jobs[second.id]) is None
    assert pair.sold_short == before - Decimal("6.12")
    closed, _, _ = await pair.now(jobs[second.id])
    assert closed.state is PositionState.CLOSED
    assert closed.short is not None
    assert (closed.short.size, closed.failure_code) == (0, None)
    found = OrderResult(1, Decimal("6.12"), PRICE, "filled") if is_filled else None
    pair.world.answers["find_order"] = found
    pair.clock.pass_time(60)
    assert await pair.closing.run(jobs[first.id]) is None
    assert pair.sold_short == 0
