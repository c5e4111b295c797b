"""The runner: intention, effect, outcome, and the same again after any crash."""

from collections.abc import Callable

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Intent,
    Journal,
    Outcome,
    Perform,
    Plain,
    PlainIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.repositories import Job
from tests.unit.application.world import ADA, StillClock, with_job

STEPS = (StepName.APPROVE_AGENT, StepName.SET_LEVERAGE, StepName.OPEN_LONG)
REFUSED = Refused(ErrorCode.HYPERLIQUID_ORDER, "no")
AWAY = Unavailable(ErrorCode.VENUE_DOWN, "away")
UNKNOWN = OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "who knows")


class Killed(Exception):
    """The process is gone."""


class Hands:
    """Does what a script says, and notes what the journal held when it was asked."""

    def __init__(self, transactions: MemoryTransactions, job: Job) -> None:
        self._transactions = transactions
        self._job = job
        self.answers: dict[str, list[Exception]] = {}
        self.calls: list[str] = []
        self.open_when_executed: list[bool] = []

    def answer(self, what: str, *errors: Exception) -> None:
        self.answers[what] = list(errors)

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        self._asked(f"prepare {command.name}")
        return PlainIntent(f"{command.name} {attempt}")

    async def execute(self, step: Step) -> Outcome:
        async with self._transactions.for_user(ADA) as work:
            journal = await work.journals.of_job(self._job.id)
        self.open_when_executed.append(journal.open_step() == step)
        self._asked(f"execute {step.name}")
        return Plain(str(step.attempt))

    async def resolve(self, step: Step) -> Outcome:
        self._asked(f"resolve {step.name}")
        return Plain("found")

    def _asked(self, what: str) -> None:
        self.calls.append(what)
        waiting = self.answers.get(what, [])
        if waiting:
            raise waiting.pop(0)


def in_order(journal: Journal) -> Decision:
    for name in STEPS:
        if not journal.is_done(name):
            return Perform(name)
    return Finished()


async def nothing(_journal: Journal) -> None:
    """No record besides the journal."""


class Scene:
    """A job, hands, and a runner for each life of the process."""

    def __init__(self, job: Job, transactions: MemoryTransactions) -> None:
        self.job = job
        self.transactions = transactions
        self.clock = StillClock()
        self.hands = Hands(transactions, job)

    async def run(self, decide: Callable[[Journal], Decision] = in_order) -> Finished:
        runner = SagaRunner(transactions=self.transactions, clock=self.clock)
        return await runner.run(self.job, decide=decide, performer=self.hands, on_progress=nothing)

    async def journal(self) -> Journal:
        async with self.transactions.for_user(ADA) as work:
            return await work.journals.of_job(self.job.id)


@pytest.fixture
async def scene() -> Scene:
    transactions = MemoryTransactions()
    return Scene(await with_job(transactions), transactions)


async def test_every_effect_is_written_before_it_happens_and_after(scene: Scene) -> None:
    assert await scene.run() == Finished()
    assert scene.hands.open_when_executed == [True, True, True]
    journal = await scene.journal()
    assert [(s.name, s.attempt, s.status) for s in journal.steps] == [
        (name, 1, StepStatus.DONE) for name in STEPS
    ]
    assert all(s.finished_at is not None and s.outcome == Plain("1") for s in journal.steps)


async def test_an_unknown_outcome_is_looked_up_and_never_sent_again(scene: Scene) -> None:
    scene.hands.answer("execute open_long", UNKNOWN)
    scene.hands.answer("resolve open_long", UNKNOWN, AWAY, UNKNOWN)
    assert await scene.run() == Finished()
    assert scene.hands.calls.count("execute open_long") == 1
    assert scene.hands.calls.count("resolve open_long") == 4
    assert (await scene.journal()).outcomes(StepName.OPEN_LONG) == (Plain("found"),)


async def test_a_refusal_is_kept_and_tried_again_as_another_attempt(scene: Scene) -> None:
    scene.hands.answer("execute open_long", REFUSED)
    await scene.run()
    steps = [s for s in (await scene.journal()).steps if s.name is StepName.OPEN_LONG]
    assert [(s.attempt, s.status, s.error_code) for s in steps] == [
        (1, StepStatus.REFUSED, "HLQ-0005"),
        (2, StepStatus.DONE, None),
    ]
    assert scene.clock.slept


async def test_a_refusal_before_anything_was_sent_is_kept_too(scene: Scene) -> None:
    scene.hands.answer("prepare open_long", REFUSED)
    await scene.run()
    assert scene.hands.calls.count("execute open_long") == 1
    assert (await scene.journal()).attempts(StepName.OPEN_LONG) == 2


async def test_a_proof_that_it_never_happened_allows_another_attempt(scene: Scene) -> None:
    scene.hands.answer("execute open_long", UNKNOWN)
    scene.hands.answer("resolve open_long", REFUSED)
    await scene.run()
    assert scene.hands.calls.count("execute open_long") == 2
    assert (await scene.journal()).attempts(StepName.OPEN_LONG) == 2


async def test_a_process_killed_while_sending_looks_up_before_anything_else(
    scene: Scene,
) -> None:
    scene.hands.answer("execute set_leverage", Killed())
    with pytest.raises(Killed):
        await scene.run()
    scene.hands.calls.clear()
    assert await scene.run() == Finished()
    assert scene.hands.calls[0] == "resolve set_leverage"
    assert "execute set_leverage" not in scene.hands.calls


async def test_a_process_killed_before_it_wrote_does_the_step_once(scene: Scene) -> None:
    scene.hands.answer("prepare open_long", Killed())
    with pytest.raises(Killed):
        await scene.run()
    assert (await scene.journal()).open_step() is None
    assert await scene.run() == Finished()
    assert scene.hands.calls.count("execute open_long") == 1


async def test_what_is_finished_is_left_alone(scene: Scene) -> None:
    await scene.run()
    scene.hands.calls.clear()
    assert await scene.run() == Finished()
    assert scene.hands.calls == []


async def test_a_day_of_refusals_does_not_end_the_trying(scene: Scene) -> None:
    scene.hands.answer("execute open_long", *[REFUSED] * 1100)
    assert await scene.run() == Finished()
    assert max(scene.clock.slept) == 30
