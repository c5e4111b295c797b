"""A worker that was slow and has been succeeded: it writes nothing, it sends nothing."""

import asyncio
from datetime import timedelta

import pytest

from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Superseded, Unavailable
from asgard_basis.domain.saga.step import Finished, Journal, StepName, StepStatus
from asgard_basis.ports.coordination import Tenure, acting_under
from asgard_basis.ports.repositories import Job
from tests.unit.application.test_saga_runner import Hands, in_order, nothing
from tests.unit.application.world import ADA, StillClock, with_job

NAME = "user:ada"
LIFETIME = timedelta(seconds=6)


class SlowHands(Hands):
    """In the middle of one call everything stands still, and somebody else takes over."""

    def __init__(self, world: "World", at: str) -> None:
        super().__init__(world.transactions, world.job)
        self._world = world
        self._at = at

    def _asked(self, what: str) -> None:
        super()._asked(what)
        if what == self._at:
            self._world.succeed()


class World:
    """One job, and the worker that holds its user's name."""

    def __init__(self, job: Job, transactions: MemoryTransactions, book: LeaseBook) -> None:
        self.job, self.transactions, self.book = job, transactions, book
        self.clock = StillClock()
        self.tenure = self._taken("slow")
        self.is_sure = True

    def _taken(self, holder: str) -> Tenure:
        fence = self.book.take(NAME, holder, LIFETIME)
        assert fence is not None
        return Tenure(NAME, fence, holder, lambda: self.is_sure)

    def succeed(self) -> None:
        """Let the name run out and somebody else have it."""
        self.book.release(self.tenure)
        self.tenure = self._taken("successor")

    async def run(self, hands: Hands) -> Finished:
        with acting_under(self.tenure):
            return await SagaRunner(transactions=self.transactions, clock=self.clock).run(
                self.job, decide=in_order, performer=hands, on_progress=nothing
            )

    async def journal(self) -> Journal:
        async with self.transactions.for_user(ADA) as work:
            return await work.journals.of_job(self.job.id)


@pytest.fixture
async def world() -> World:
    book = LeaseBook(StillClock())
    transactions = MemoryTransactions(leases=book)
    return World(await with_job(transactions), transactions, book)


@pytest.mark.parametrize("at", ["prepare open_long", "execute open_long", "resolve open_long"])
async def test_whoever_was_succeeded_leaves_everything_to_the_successor(
    world: World, at: str
) -> None:
    hands = SlowHands(world, at)
    if at.startswith("resolve"):
        hands.answer("execute open_long", OutcomeUnknown(ErrorCode.UNKNOWN))
    with pytest.raises(Superseded):
        await world.run(hands)
    assert hands.calls[-1] == at
    journal = await world.journal()
    assert not journal.is_done(StepName.OPEN_LONG)
    was_sent = at != "prepare open_long"
    assert (journal.open_step() is not None) == was_sent

    successor = Hands(world.transactions, world.job)
    assert await world.run(successor) == Finished()
    assert successor.calls[0] == ("resolve open_long" if was_sent else "prepare open_long")
    assert [*hands.calls, *successor.calls].count("execute open_long") == 1


@pytest.mark.parametrize("answer", [Unavailable(ErrorCode.VENUE_DOWN), None], ids=repr)
async def test_an_answer_that_comes_after_the_succession_is_not_written(
    world: World, answer: Exception | None
) -> None:
    class Late(SlowHands):
        def _asked(self, what: str) -> None:
            try:
                Hands._asked(self, what)
            finally:
                if what == "execute open_long":
                    world.succeed()

    hands = Late(world, "")
    if answer is not None:
        hands.answer("execute open_long", answer)
    with pytest.raises(Superseded):
        await world.run(hands)
    step = (await world.journal()).open_step()
    assert step is not None
    assert step.name is StepName.OPEN_LONG


async def test_nothing_is_sent_once_somebody_may_have_taken_over(world: World) -> None:
    class Paused(SlowHands):
        def _asked(self, what: str) -> None:
            Hands._asked(self, what)
            if what == "prepare open_long":
                world.is_sure = False  # the lease has run out by our own clock

    hands = Paused(world, "")
    with pytest.raises(Superseded):
        await world.run(hands)
    assert hands.calls[-1] == "prepare open_long"
    step = (await world.journal()).open_step()
    assert step is not None
    assert step.status is StepStatus.INTENDED


async def test_who_leaves_concludes_the_step_it_is_in_and_begins_no_other(world: World) -> None:
    runner = SagaRunner(transactions=world.transactions, clock=world.clock)

    class Leaving(SlowHands):
        def _asked(self, what: str) -> None:
            Hands._asked(self, what)
            if what == "execute set_leverage":
                runner.leave()

    hands = Leaving(world, "")
    with pytest.raises(Unavailable, match="another goes on"):
        await runner.run(world.job, decide=in_order, performer=hands, on_progress=nothing)
    assert hands.calls[-1] == "execute set_leverage"
    journal = await world.journal()
    assert journal.is_done(StepName.SET_LEVERAGE)
    assert journal.open_step() is None


async def test_who_waits_leaves_without_waiting(world: World) -> None:
    class Endless(StillClock):
        async def sleep(self, seconds: float) -> None:
            asyncio.get_running_loop().call_soon(runner.leave)
            await asyncio.Event().wait()

    runner = SagaRunner(transactions=world.transactions, clock=Endless())
    hands = Hands(world.transactions, world.job)
    hands.answer("execute open_long", OutcomeUnknown(ErrorCode.UNKNOWN))
    hands.answer("resolve open_long", OutcomeUnknown(ErrorCode.UNKNOWN))
    with pytest.raises(Unavailable, match="another goes on"):
        await runner.run(world.job, decide=in_order, performer=hands, on_progress=nothing)
    assert (await world.journal()).open_step() is not None
