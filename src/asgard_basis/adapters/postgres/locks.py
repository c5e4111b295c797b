"""Locks that end with the process that holds them, kept by one session of the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg

from asgard_basis.adapters.postgres.failures import LOST, database_errors
from asgard_basis.adapters.postgres.pool import Role, session_settings
from asgard_basis.domain.errors import ErrorCode, Unavailable


class PostgresLocks:
    """Implements Locks with session advisory locks, all on one connection.

    When that connection is lost the database has let go of every lock, so everybody who holds
    one is interrupted: the body of `hold` is cancelled and `hold` raises Unavailable GEN-0006.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()
        self._names: set[str] = set()
        self._working: dict[str, asyncio.Task[object]] = {}
        self._interrupted: set[asyncio.Task[object]] = set()

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[bool]:
        """Enter with True when the lock was won; without waiting."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a lock can be held by a task only")
        if name in self._names:
            yield False
            return
        self._names.add(name)
        won = False
        try:
            won = await self._win(name)
            if won:
                self._working[name] = task
            yield won
        except asyncio.CancelledError:
            if task not in self._interrupted:
                raise
            task.uncancel()
            raise Unavailable(ErrorCode.NOT_READY, f"the lock on {name} was lost") from None
        finally:
            self._working.pop(name, None)
            self._interrupted.discard(task)
            if won:
                await asyncio.shield(self._let_go(name))
            else:
                self._names.discard(name)

    async def close(self) -> None:
        """End the session, and with it every lock."""
        session, self._session = self._session, None
        if session is not None and not session.is_closed():
            session.remove_termination_listener(self._lost)
            await session.close(timeout=5)

    async def _win(self, name: str) -> bool:
        with database_errors():
            async with self._turn:
                if self._session is None or self._session.is_closed():
                    self._session = await asyncpg.connect(
                        self._url,
                        timeout=10,
                        command_timeout=10,
                        server_settings={
                            **session_settings(Role.WORKER, name="basis locks"),
                            "idle_session_timeout": "0",
                        },
                    )
                    self._session.add_termination_listener(self._lost)
                return bool(
                    await self._session.fetchval(
                        "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name
                    )
                )

    async def _let_go(self, name: str) -> None:
        try:
            async with self._turn:
                if self._session is not None and not self._session.is_closed():
                    await self._session.execute(
                        "SELECT pg_advisory_unlock(hashtextextended($1, 0))", name
                    )
        except LOST:
            if self._session is not None:
                self._session.terminate()
        finally:
            self._names.discard(name)

    def _lost(self, session: object) -> None:
        for task in self._working.values():
            if not task.done():
                self._interrupted.add(task)
                task.cancel()
        self._session = None
