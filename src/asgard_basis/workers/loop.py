"""One supervised duty: it is started again when it fails, and never takes others with it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import WATCHING, Leases, Locks

log = structlog.get_logger(__name__)

_BACKOFF_SECONDS_MAX = 30.0
_DOUBLINGS_MAX = 10
_HEALTHY_SECONDS = 60.0
"""A duty that ran for so long had recovered: its next failure is a first one."""
_LEASE_SECONDS = 5.0
"""A duty is done again so long after whoever did it was killed, and a little."""


async def supervised(name: str, duty: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Run `duty` until cancelled; a failure is logged and tried again with back-off."""
    failures = 0
    task = asyncio.current_task()
    while True:
        begun = clock.host()
        try:
            await duty()
            failures = 0
        except Exception as error:
            if task is not None and task.cancelling():
                # A library answered the cancellation with an error of its own: it is over still.
                log.warning("duty_ended_badly", duty=name, error=repr(error))
                raise asyncio.CancelledError from error
            if (clock.host() - begun).total_seconds() > _HEALTHY_SECONDS:
                failures = 0
            failures += 1
            log.error("duty_failed", duty=name, error=repr(error), exc_info=error)
        doubled = 0.5 * 2.0 ** min(failures, _DOUBLINGS_MAX)
        await clock.sleep(min(_BACKOFF_SECONDS_MAX, doubled))


async def every(seconds: float, duty: Callable[[], Awaitable[object]], clock: Clock) -> None:
    """Do it again and again with a pause between."""
    while True:
        await duty()
        await clock.sleep(seconds)


async def leased(
    name: str, duty: Callable[[], Awaitable[None]], *, leases: Leases, clock: Clock
) -> None:
    """Do it only while this process holds the lease; another takes over when it ends."""
    while True:
        async with leases.hold(name, seconds=_LEASE_SECONDS) as is_held:
            if is_held:
                await duty()
                return
        await clock.sleep(_LEASE_SECONDS / 5)


async def fenced(
    name: str, duty: Callable[[], Awaitable[None]], *, locks: Locks, clock: Clock
) -> None:
    """As `leased`, for what must go on while Redis is away: whoever watches over money."""
    while True:
        async with locks.hold(f"{WATCHING}{name}") as tenure:
            if tenure is not None:
                await duty()
                return
        await clock.sleep(_LEASE_SECONDS / 5)
