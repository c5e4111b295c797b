"""The workers' side of the job queue."""

import datetime

import procrastinate
import psycopg
import structlog
from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from asgard_basis.adapters.postgres.pool import Role

log = structlog.get_logger(__name__)


def queue_connector(url: str, *, size_max: int = 6) -> procrastinate.PsycopgConnector:
    """A connector for Procrastinate on the same database, acting as the worker role."""
    return procrastinate.PsycopgConnector(
        conninfo=url,
        min_size=1,
        max_size=size_max,
        kwargs={
            "options": f"-c role={Role.WORKER.value} -c timezone=UTC",
            "application_name": "basis queue",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )


def open_queue(url: str) -> procrastinate.App:
    """The queue; a delivery that another worker has dealt with meanwhile is no failure."""
    queue = procrastinate.App(connector=queue_connector(url))
    queue.job_manager = _Deliveries(queue.connector)
    return queue


class _Deliveries(JobManager):
    """A worker that stood still for a while tells the end of deliveries that others took over."""

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime.datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        except exceptions.ConnectorException as error:
            _note(job, error)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        try:
            await super().finish_job(job, status, delete_job)
        except exceptions.ConnectorException as error:
            _note(job, error)


def _note(job: Job, error: exceptions.ConnectorException) -> None:
    if not isinstance(error.__cause__, psycopg.errors.RaiseException):
        raise error
    log.info("delivery_taken_over", job=job.task_kwargs.get("job_id"))


async def is_served(queue: procrastinate.App, *, seconds: float = 8) -> bool:
    """Whether any worker has shown a sign of life lately; the queue must be open."""
    row = await queue.connector.execute_query_one_async(
        "SELECT count(*) AS alive FROM procrastinate_workers"
        " WHERE last_heartbeat > now() - make_interval(secs => %(seconds)s)",
        seconds=seconds,
    )
    return bool(row["alive"])
