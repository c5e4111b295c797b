"""One worker process: the queue, the market watch, the monitor, the relay."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from asgard_basis.bootstrap import App
from asgard_basis.workers.loop import every, fenced, leased, supervised
from asgard_basis.workers.relay import relay
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
_MONITOR_SECONDS = 5.0
_STRATEGY_SECONDS = 60.0
_STEPPED_SECONDS = 2.0
_SCAN_SECONDS = 60.0
_SETTLE_SECONDS = 2.0
"""How soon an intent is known to be executed, or waits again."""
_REVIEW_SECONDS = 5.0
_BOOKS_SECONDS = 5.0
_GATE_SECONDS = 3600.0
_GATE_AGAIN_SECONDS = 30.0
"""When somebody could not be looked at."""
_STOP_LOOK_SECONDS = 2.0
"""How often a worker looks at the kill file, and for positions that a stop still has to close."""


async def work(app: App, stop: asyncio.Event) -> None:
    """Work until `stop` is set; jobs in hand are finished or handed back within 10 s.

    A saga concludes the step it is in and is handed on at once.
    """
    register(app.queue, app, is_stopping=stop.is_set)
    clock, leases = app.clock, app.leases

    async def watch() -> None:
        await leased("market-watch", app.market_watch.run, leases=leases, clock=clock)

    async def monitor() -> None:
        async def cycles() -> None:
            await every(_MONITOR_SECONDS, app.monitor.cycle, clock)

        await fenced("position-monitor", cycles, locks=app.locks, clock=clock)

    async def alone() -> None:
        async def looks() -> None:
            await every(_MONITOR_SECONDS, app.monitor.alone, clock)

        await fenced("exposure-watch", looks, locks=app.locks, clock=clock)

    async def accounts() -> None:
        async def rounds_of_books() -> None:
            await every(_BOOKS_SECONDS, app.accounting.accountant.round, clock)

        await leased("accountant", rounds_of_books, leases=leases, clock=clock)

    async def gate() -> None:
        await fenced("existence-gate", lambda: rounds(app), locks=app.locks, clock=clock)

    async def scan() -> None:
        await fenced("intent-scanner", lambda: scans(app), locks=app.locks, clock=clock)

    async def risk() -> None:
        await fenced("risk-watch", app.risk.watch.run, locks=app.locks, clock=clock)

    async def review() -> None:
        async def rounds() -> None:
            await every(_REVIEW_SECONDS, app.risk.review.round, clock)

        await fenced("account-review", rounds, locks=app.locks, clock=clock)

    async def publish() -> None:
        await leased("outbox-relay", lambda: relay(app), leases=leases, clock=clock)

    async def strategy() -> None:
        await fenced("autonomous-strategy", lambda: strategies(app), locks=app.locks, clock=clock)

    duties: dict[str, Callable[[], Awaitable[None]]] = {
        "market-watch": watch,
        "position-monitor": monitor,
        "exposure-watch": alone,
        "existence-gate": gate,
        "intent-scanner": scan,
        "risk-watch": risk,
        "account-review": review,
        "accountant": accounts,
        "outbox-relay": publish,
        "autonomous-strategy": strategy,
        "heartbeat": lambda: every(_HEARTBEAT_SECONDS, app.heartbeat, clock),
        "rescue": lambda: every(_RESCUE_SECONDS, lambda: rescue(app), clock),
        "queue": lambda: deliver(app, "jobs"),
        "leaving-queue": lambda: deliver(app, "leaving"),
        "kill-switch": lambda: every(_STOP_LOOK_SECONDS, app.kill_switch.keep, clock),
        "emergency-stop": lambda: every(_STOP_LOOK_SECONDS, app.emergency_stop.keep, clock),
    }
    async with app.queue.open_async():
        tasks = [asyncio.create_task(supervised(n, d, clock), name=n) for n, d in duties.items()]
        await stop.wait()
        app.leave()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_STOP_SECONDS)


async def scans(app: App) -> None:
    """Look at all intents once a minute of the host's, and at once when there is a new one."""
    while True:
        due = app.clock.host() + timedelta(seconds=_SCAN_SECONDS)
        await app.scanner.scan()
        while app.clock.host() < due:
            await app.clock.sleep(_SETTLE_SECONDS)
            await app.scanner.settle()
            if await app.scanner.is_asked():
                break


async def rounds(app: App) -> None:
    """Hold venues and books of everybody against each other, at once and then every hour."""
    while True:
        looks = await app.gate.everybody()
        is_whole = all(look is not None and look.is_complete for _, look in looks)
        await app.clock.sleep(_GATE_SECONDS if is_whole else _GATE_AGAIN_SECONDS)


async def strategies(app: App) -> None:
    """Let every strategy look once a minute of market time, a host second apart at least."""
    while True:
        await app.strategies.loop.cycle()
        # Stepped by hand, time may jump at any moment.
        seconds = _STRATEGY_SECONDS / app.clock.speed if app.clock.speed else _STEPPED_SECONDS
        await app.clock.sleep(min(_STRATEGY_SECONDS, max(1.0, seconds)))


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
