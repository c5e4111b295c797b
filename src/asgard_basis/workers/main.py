"""One worker process: the queue, and what is done without being asked."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from asgard_basis.bootstrap import App
from asgard_basis.workers.loop import every, supervised
from asgard_basis.workers.schedule import duties_of
from asgard_basis.workers.tasks import register

log = structlog.get_logger(__name__)

QUEUES = {"jobs": 20, "leaving": 20}
"""Deliveries in hand at once: openings that wait for a venue's word leave closings their room."""
_HEARTBEAT_SECONDS = 2.0
_STALLED_SECONDS = 7.0
_RESCUE_SECONDS = 1.0
"""With the 6 s of a tenure: what a killed worker had is in other hands within about 10 s."""
_STOP_SECONDS = 12.0
"""What has not ended by then ends with the process; its journal says how far it was."""


async def work(app: App, stop: asyncio.Event) -> None:
    """Work until `stop` is set; jobs in hand are finished or handed back within 10 s.

    A saga concludes the step it is in and is handed on at once.
    """
    register(app.queue, app, is_stopping=stop.is_set)
    clock = app.clock
    duties: dict[str, Callable[[], Awaitable[None]]] = {
        **duties_of(app),
        "heartbeat": lambda: every(_HEARTBEAT_SECONDS, app.heartbeat, clock),
        "rescue": lambda: every(_RESCUE_SECONDS, lambda: rescue(app), clock),
        "queue": lambda: deliver(app, "jobs"),
        "leaving-queue": lambda: deliver(app, "leaving"),
    }
    async with app.queue.open_async():
        tasks = [asyncio.create_task(supervised(n, d, clock), name=n) for n, d in duties.items()]
        await stop.wait()
        app.leave()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_STOP_SECONDS)


async def deliver(app: App, name: str) -> None:
    """Take jobs from that queue until cancelled; finished deliveries are forgotten."""
    await app.queue.run_worker_async(
        queues=[name],
        concurrency=QUEUES[name],
        install_signal_handlers=False,
        delete_jobs="successful",
        update_heartbeat_interval=_HEARTBEAT_SECONDS,
        stalled_worker_timeout=_STALLED_SECONDS,
        fetch_job_polling_interval=1.0,
        shutdown_graceful_timeout=8.0,
    )


async def rescue(app: App) -> None:
    """Give the work of workers that died to those that live."""
    stalled = await app.queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS)
    for job in stalled:
        await app.queue.job_manager.retry_job(job)
        log.warning("job_rescued", job=job.task_kwargs.get("job_id"))
