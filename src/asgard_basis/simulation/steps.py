"""Knowing, wherever something happens, for which step of which job it happens."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgard_basis.application.trading.saga_runner import Beside, Performer, SagaRunner
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Intent,
    Journal,
    Outcome,
    Perform,
    Step,
    StepName,
)
from asgard_basis.ports.repositories import Job


@dataclass(frozen=True, slots=True)
class Spot:
    """A job at a step."""

    job_id: JobId
    user_id: UserId
    step: StepName
    since: datetime
    """When the step was decided, or gone on with."""


_SPOT: ContextVar[Spot | None] = ContextVar("spot", default=None)


def spot() -> Spot | None:
    """What the present task is working on; None outside of sagas."""
    return _SPOT.get()


class NotedRunner(SagaRunner):
    """The saga runner, noting for others which step it is at."""

    async def run(
        self,
        job: Job,
        *,
        decide: Callable[[Journal], Decision],
        performer: Performer,
        beside: Beside | None = None,
        **rest: Any,
    ) -> Finished:
        """See SagaRunner."""

        def at(name: StepName) -> None:
            _SPOT.set(Spot(job.id, job.user_id, name, self._clock.host()))

        def decided(journal: Journal) -> Decision:
            decision = decide(journal)
            if isinstance(decision, Perform):
                at(decision.name)
            else:
                _SPOT.set(None)
            return decision

        def decided_beside(journal: Journal) -> Perform | None:
            command = beside(journal) if beside is not None else None
            if command is not None:
                at(command.name)
            return command

        try:
            return await super().run(
                job,
                decide=decided,
                performer=_NotedPerformer(performer, at),
                beside=decided_beside,
                **rest,
            )
        finally:
            _SPOT.set(None)


class _NotedPerformer:
    def __init__(self, inner: Performer, at: Callable[[StepName], None]) -> None:
        self._inner = inner
        self._at = at

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        return await self._inner.prepare(command, journal, attempt)

    async def execute(self, step: Step) -> Outcome:
        self._at(step.name)
        return await self._inner.execute(step)

    async def resolve(self, step: Step) -> Outcome:
        self._at(step.name)
        return await self._inner.resolve(step)
