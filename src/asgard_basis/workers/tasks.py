"""What the queue delivers: each task calls one use case, nothing more."""

import asyncio
from collections.abc import Callable

import procrastinate
from procrastinate.jobs import Job

from asgard_basis.application.operations.dispatch import Unwilling
from asgard_basis.bootstrap import App
from asgard_basis.domain.identifiers import JobId

_HELD_SECONDS = 1
"""Whoever holds it may have died: then the name is free in a moment."""
_RETRY_SECONDS = 2
_UNWILLING_SECONDS_MAX = 300
_DOUBLINGS_MAX = 10


class HeldElsewhere(Exception):
    """Another worker has this user's lock; the queue delivers the job again."""


class Redelivery(procrastinate.BaseRetryStrategy):
    """A saga continues from its journal, so delivering a job again is always right; but when?"""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self._is_stopping = is_stopping

    def seconds(self, exception: BaseException, attempts: int) -> int:
        """How long from now; `attempts` is how often it was delivered before."""
        if self._is_stopping() or isinstance(exception, asyncio.CancelledError):
            return 0
        if isinstance(exception, HeldElsewhere):
            return _HELD_SECONDS
        if isinstance(exception, Unwilling):
            doubled = _RETRY_SECONDS << min(attempts, _DOUBLINGS_MAX)
            return min(_UNWILLING_SECONDS_MAX, doubled)
        return _RETRY_SECONDS

    def get_retry_decision(
        self, *, exception: BaseException, job: Job
    ) -> procrastinate.RetryDecision:
        """As the queue asks it."""
        wait = self.seconds(exception, job.attempts)
        return procrastinate.RetryDecision(retry_in={"seconds": wait})


def register(queue: procrastinate.App, app: App, *, is_stopping: Callable[[], bool]) -> None:
    """Give the queue its tasks."""

    @queue.task(name="run_job", queue="jobs", retry=Redelivery(is_stopping))
    async def run_job(job_id: str, user_id: str) -> None:
        if not await app.dispatch.run(JobId(job_id)):
            raise HeldElsewhere(f"the lock of {user_id} is held elsewhere")
