"""Leases with fencing numbers: rows that run out, judged by the database's clock alone.

Not advisory locks: those last as long as a connection does, and a paused process keeps its own. It
would hold its locks for as long as the pause lasts, and act on when it is over.
"""

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from asgard_basis.adapters.postgres.failures import LOST, database_errors
from asgard_basis.adapters.postgres.pool import Role, session_settings
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.ports.coordination import Tenure, acting_under

log = structlog.get_logger(__name__)

_TAKE = """
WITH free AS (
    SELECT name FROM leases
    WHERE name = $1 AND (holder IS NULL OR holder = $2 OR expires_at <= clock_timestamp())
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE leases SET holder = $2, fence = leases.fence + 1,
        expires_at = clock_timestamp() + make_interval(secs => $3)
    FROM free WHERE leases.name = free.name
    RETURNING leases.fence
), made AS (
    INSERT INTO leases (name, holder, fence, expires_at)
    SELECT $1, $2, 1, clock_timestamp() + make_interval(secs => $3)
    WHERE NOT EXISTS (SELECT FROM leases WHERE name = $1)
    ON CONFLICT DO NOTHING
    RETURNING fence
)
SELECT fence FROM taken UNION ALL SELECT fence FROM made
"""
"""Rows somebody has locked are passed over: whoever lost the name is still in the middle of a
transaction under it, or another process is taking it."""
_RENEW = """
UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => $3)
FROM unnest($1::text[], $2::bigint[]) AS held (name, fence)
WHERE leases.name = held.name AND leases.fence = held.fence AND leases.holder = $4
RETURNING leases.name
"""
_RELEASE = """
UPDATE leases SET holder = NULL, expires_at = clock_timestamp()
WHERE name = $1 AND holder = $2
"""

_MARGIN = 1.0
"""Of the lifetime, never used up by the holder: clocks do not run alike."""
_AGAIN_SECONDS = 0.2
_ANSWER_SECONDS = 2.0
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps. The event loop's own time is that of its latest turn, which
after a pause of the process is the time before it."""


def _now() -> float:
    return time.clock_gettime(_CLOCK)


@dataclass(slots=True, eq=False)
class _Held:
    task: "asyncio.Task[object]"
    fence: int
    sure_until: float
    is_interrupted: bool = False

    def is_sure(self) -> bool:
        return not self.is_interrupted and _now() < self.sure_until


class PostgresLocks:
    """Implements Locks; one process's tenures are renewed together, on a connection of their own.

    Losing that connection loses nothing while another can be had in time.
    """

    def __init__(self, url: str, *, seconds: float = 6.0, renew_seconds: float = 2.0) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._url = url
        self._seconds = seconds
        self._renew_seconds = renew_seconds
        self._session: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()
        self._names: set[str] = set()
        self._held: dict[str, _Held] = {}
        self._renewal: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Tenure | None]:
        """Enter with a tenure when the name was free, without waiting; None otherwise."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a tenure can be held by a task only")
        if name in self._names:
            yield None
            return
        self._names.add(name)
        held = await self._take(name, task)
        if held is None:
            self._names.discard(name)
            yield None
            return
        tenure = Tenure(name, held.fence, self.holder, held.is_sure)
        try:
            try:
                with acting_under(tenure):
                    yield tenure
            finally:
                self._held.pop(name, None)
                await asyncio.shield(self._let_go(name))
        finally:
            # Whatever the holder answered: libraries turn an interruption into errors of their own.
            if held.is_interrupted:
                if task.uncancel():
                    # Somebody else ends the task as well.
                    raise asyncio.CancelledError
                raise Unavailable(ErrorCode.NOT_READY, f"the tenure of {name} was lost")

    async def close(self) -> None:
        """Let go of everything and end the connection."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
        for name in list(self._names):
            await self._let_go(name)
        session, self._session = self._session, None
        if session is not None and not session.is_closed():
            with contextlib.suppress(*LOST):
                await session.close(timeout=_ANSWER_SECONDS)

    async def _take(self, name: str, task: "asyncio.Task[object]") -> _Held | None:
        asked_at = _now()
        try:
            rows = await self._ask(_ANSWER_SECONDS, _TAKE, name, self.holder, self._seconds)
        except BaseException:
            # It may have been given to us all the same.
            await asyncio.shield(self._let_go(name))
            raise
        if not rows:
            return None
        held = _Held(task, rows[0]["fence"], asked_at + self._seconds - _MARGIN)
        self._held[name] = held
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._keep(), name="tenures")
        return held

    async def _let_go(self, name: str) -> None:
        """What cannot be given back runs out; until then nobody here takes it again."""
        try:
            await self._ask(_ANSWER_SECONDS, _RELEASE, name, self.holder)
        except (Unavailable, asyncpg.PostgresError) as error:
            log.warning("tenure_not_released", name=name, error=repr(error))
        finally:
            self._names.discard(name)

    async def _keep(self) -> None:
        """Renew all, until none is held; whoever was lost, or may have been, is interrupted."""
        pause = self._renew_seconds
        while self._held:
            await asyncio.sleep(pause)
            asked_at = _now()
            asked = {name: held for name, held in self._held.items() if held.is_sure()}
            lost = {name: held for name, held in self._held.items() if name not in asked}
            pause = self._renew_seconds
            if asked:
                first_end = min(held.sure_until for held in asked.values())
                try:
                    kept = await self._renew(asked, min(_ANSWER_SECONDS, first_end - asked_at))
                except (Unavailable, asyncpg.PostgresError) as error:
                    log.warning("tenures_not_renewed", error=repr(error))
                    pause = _AGAIN_SECONDS
                    kept = {name for name, held in asked.items() if held.is_sure()}
                else:
                    for name in kept:
                        asked[name].sure_until = asked_at + self._seconds - _MARGIN
                lost |= {name: held for name, held in asked.items() if name not in kept}
            for name, held in lost.items():
                if self._held.get(name) is held:
                    _interrupt(name, held)

    async def _renew(self, asked: dict[str, _Held], seconds: float) -> set[str]:
        rows = await self._ask(
            seconds,
            _RENEW,
            list(asked),
            [held.fence for held in asked.values()],
            self._seconds,
            self.holder,
        )
        return {row["name"] for row in rows}

    async def _ask(self, seconds: float, query: str, *values: object) -> Sequence[asyncpg.Record]:
        with database_errors():
            async with asyncio.timeout(seconds), self._turn:
                try:
                    if self._session is None or self._session.is_closed():
                        self._session = await self._connected()
                    return await self._session.fetch(query, *values)
                except (*LOST, asyncio.CancelledError):
                    # Its state is not known any more, and waiting to learn it takes too long.
                    if self._session is not None:
                        self._session.terminate()
                        self._session = None
                    raise

    async def _connected(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            self._url,
            timeout=_ANSWER_SECONDS,
            server_settings={
                **session_settings(Role.WORKER, name="basis locks"),
                "idle_session_timeout": "0",
            },
        )


def _interrupt(name: str, held: _Held) -> None:
    if not held.is_interrupted and not held.task.done():
        log.warning("tenure_lost", name=name, fence=held.fence)
        held.is_interrupted = True
        held.task.cancel()
