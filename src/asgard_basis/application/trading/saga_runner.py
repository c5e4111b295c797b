"""Doing what a saga decides: write the intention, do it, write the outcome, ask again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from asgard_basis.application.operations.jobs import job_event
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.saga.step import (
    LOOKS,
    SETTINGS,
    Decision,
    Finished,
    Intent,
    Journal,
    Outcome,
    Perform,
    PlainIntent,
    Step,
    StepStatus,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import ensure_sure
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
_POLL_SECONDS_MAX = 5.0
"""Looking up costs a share of the venue's request budget."""
_BACKOFF_SECONDS_MAX = 30.0
_DOUBLINGS_MAX = 10
_UNTOLD_MAX = timedelta(minutes=2)
"""Market time. So long a saga that is given up asks what became of a setting."""


Beside = Callable[[Journal], Perform | None]
"""What may be begun although a step of another leg has no answer yet; None: nothing."""


def _waits(_journal: Journal) -> None:
    """Nothing is begun before the answer is there."""


class Performer(Protocol):
    """The hands of a saga: every outside effect in three parts."""

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        """Everything needed to do the step and to find it again; nothing has been sent."""
        ...

    async def execute(self, step: Step) -> Outcome:
        """Send it. Raises Refused, Unavailable or OutcomeUnknown."""
        ...

    async def resolve(self, step: Step) -> Outcome:
        """What became of a step whose answer was lost, looked up by its key.

        Raises Refused when it is proven not to have happened, OutcomeUnknown while it may.
        """
        ...


class SagaRunner:
    """The only place where sagas touch the world; a restart continues from the journal.

    Under a tenure that somebody else has taken over nothing is written and nothing is sent:
    Superseded GEN-0008 ends the run, whatever the step was about to come to.
    """

    def __init__(self, *, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Begin no step any more: what is under way is concluded, the rest left to others."""
        self._leaving.set()

    async def run(
        self,
        job: Job,
        *,
        decide: Callable[[Journal], Decision],
        performer: Performer,
        on_progress: Callable[[Journal], Awaitable[None]],
        beside: Beside = _waits,
        looks_max: int | None = None,
    ) -> Finished:
        """Run until the saga is finished; every outcome is in the journal before the next step.

        But `beside` may give a step of another leg to be done while a look-up is in vain; after
        that every look-up takes turns with what comes of it.

        Raises OutcomeUnknown after so many look-ups in a row without an answer, and Unavailable
        GEN-0006 once this process is leaving: the queue delivers the job again, and in between
        others have its place among the workers.
        """
        asked = 0
        goes_on = False  # with the other leg, whose last step was done
        while True:
            self._stay()
            journal = await self._journal(job)
            await on_progress(journal)
            unanswered = journal.open_steps()
            if not unanswered:
                decision = decide(journal)
                if isinstance(decision, Finished):
                    return decision
                await self._perform(job, decision, journal, performer)
                continue
            if not goes_on:
                asked = 0 if await self._resolved(job, unanswered, performer) else asked + 1
                if looks_max is not None and asked >= looks_max:
                    name = unanswered[0].name
                    raise OutcomeUnknown(ErrorCode.UNKNOWN, f"{name} is not known yet")
                if not asked:
                    continue
            command = beside(journal)
            if command is not None:
                goes_on = await self._perform(job, command, journal, performer)
            elif goes_on:
                goes_on = False
            else:
                await self._rest(min(_POLL_SECONDS_MAX, _POLL_SECONDS * asked))

    async def give_up(self, job: Job, *, look: Callable[[Step], Awaitable[Outcome]]) -> None:
        """Conclude the step that is open, if one is, because nothing will be done after it.

        `look` says what became of it and does not do it again. A setting nobody can tell of for
        two minutes is concluded as that, UNAVAILABLE under HLQ-0008. Until then, and for ever
        where money may have moved, OutcomeUnknown is raised: the queue delivers the job again.
        """
        step = (await self._journal(job)).open_step()
        if step is None:
            return
        ensure_sure()
        try:
            outcome = await look(step)
        except Refused as error:
            await self._conclude(job, _refused(step, error, self._clock))
        except OutcomeUnknown:
            if step.name not in SETTINGS or self._clock.now() - step.intended_at < _UNTOLD_MAX:
                raise
            await self._conclude(job, _untold(step, self._clock))
        else:
            await self._conclude(job, _done(step, outcome, self._clock))

    async def _perform(
        self, job: Job, command: Perform, journal: Journal, performer: Performer
    ) -> bool:
        """Do one step; whether it was done."""
        attempt = journal.attempts(command.name) + 1
        fruitless = journal.fruitless(command.name)
        if fruitless:
            doubled = 0.5 * 2.0 ** min(fruitless - 1, _DOUBLINGS_MAX)
            await self._rest(min(_BACKOFF_SECONDS_MAX, doubled))
        intended_at = self._clock.now()
        try:
            intent = await performer.prepare(command, journal, attempt)
        except (Refused, Unavailable) as error:
            await self._refuse_unsent(job, command, journal, error)
            return False
        except OutcomeUnknown:
            await self._rest(_POLL_SECONDS)
            return False
        step = _intended(command, journal, intent, intended_at)
        async with self._transactions.for_user(job.user_id) as work:
            await work.journals.intend(job.id, job.user_id, step)
            await work.outbox.append(job_event(job))
        # The intention was written under the fence; from here to the wire only our own clock can
        # tell that somebody may have taken over since.
        ensure_sure()
        try:
            outcome = await performer.execute(step)
        except OutcomeUnknown as error:
            log.info("outcome_unknown", job=job.id, step=step.name, reason=error.message)
            return False
        except (Refused, Unavailable) as error:
            await self._conclude(job, _refused(step, error, self._clock))
            return False
        await self._conclude(job, _done(step, outcome, self._clock))
        return True

    async def _resolved(self, job: Job, unanswered: Sequence[Step], performer: Performer) -> bool:
        """Ask for all of them; whether anything has become known."""
        known = [await self._resolve(job, step, performer) for step in unanswered]
        return any(known)

    async def _resolve(self, job: Job, step: Step, performer: Performer) -> bool:
        ensure_sure()
        try:
            outcome = await performer.resolve(step)
        except Unavailable as error:
            if step.name not in LOOKS:
                return False
            await self._conclude(job, _refused(step, error, self._clock))
            return True
        except OutcomeUnknown:
            return False
        except Refused as error:
            await self._conclude(job, _refused(step, error, self._clock))
            return True
        await self._conclude(job, _done(step, outcome, self._clock))
        return True

    async def _refuse_unsent(
        self, job: Job, command: Perform, journal: Journal, error: DomainError
    ) -> None:
        step = _intended(command, journal, PlainIntent(), self._clock.now())
        async with self._transactions.for_user(job.user_id) as work:
            await work.journals.intend(job.id, job.user_id, step)
            await work.journals.conclude(job.id, _refused(step, error, self._clock))
            await work.outbox.append(job_event(job))

    async def _conclude(self, job: Job, step: Step) -> None:
        async with self._transactions.for_user(job.user_id) as work:
            await work.journals.conclude(job.id, step)
            await work.outbox.append(job_event(job))

    async def _rest(self, seconds: float) -> None:
        """Wait, unless this process leaves meanwhile."""
        over = asyncio.ensure_future(self._clock.sleep(seconds))
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait([over, leaving], return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                over.result()
        finally:
            over.cancel()
            leaving.cancel()
        self._stay()

    def _stay(self) -> None:
        if self._leaving.is_set():
            raise Unavailable(ErrorCode.NOT_READY, "this worker is stopping: another goes on")

    async def _journal(self, job: Job) -> Journal:
        async with self._transactions.for_user(job.user_id) as work:
            return await work.journals.of_job(job.id)


def _intended(command: Perform, journal: Journal, intent: Intent, at: datetime) -> Step:
    return Step(
        command.name,
        journal.attempts(command.name) + 1,
        StepStatus.INTENDED,
        intent,
        at,
        is_beside=bool(journal.open_steps()),
    )


def _done(step: Step, outcome: Outcome, clock: Clock) -> Step:
    return replace(step, status=StepStatus.DONE, outcome=outcome, finished_at=clock.now())


def _refused(step: Step, error: DomainError, clock: Clock) -> Step:
    is_silence = isinstance(error, Unavailable)
    return replace(
        step,
        status=StepStatus.UNAVAILABLE if is_silence else StepStatus.REFUSED,
        finished_at=clock.now(),
        error_code=error.code.code,
        error=error.message,
    )


def _untold(step: Step, clock: Clock) -> Step:
    return replace(
        step,
        status=StepStatus.UNAVAILABLE,
        finished_at=clock.now(),
        error_code=ErrorCode.HYPERLIQUID_UNKNOWN.code,
        error="nobody could say whether it was set; it moves no money, and nothing followed it",
    )
