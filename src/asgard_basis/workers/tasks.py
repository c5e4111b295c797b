"""What the queue delivers: each task calls one use case, nothing more."""

import procrastinate

from asgard_basis.bootstrap import App
from asgard_basis.domain.identifiers import JobId

_RETRY_SECONDS = 2


class HeldElsewhere(Exception):
    """Another worker has this user's lock; the queue delivers the job again."""


def register(queue: procrastinate.App, app: App) -> None:
    """Give the queue its tasks."""
    # A saga continues from its journal, so delivering a job again is always right.
    retry = procrastinate.RetryStrategy(max_attempts=None, wait=_RETRY_SECONDS)

    @queue.task(name="run_job", queue="jobs", retry=retry)
    async def run_job(job_id: str, user_id: str) -> None:
        if not await app.dispatch.run(JobId(job_id)):
            raise HeldElsewhere(f"the lock of {user_id} is held elsewhere")
