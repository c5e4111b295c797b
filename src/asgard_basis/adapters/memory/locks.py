"""Leases with fencing numbers in memory: as in PostgreSQL, without the waiting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import Tenure, acting_under

_MARGIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Lease:
    holder: str | None
    fence: int
    expires_at: datetime


class LeaseBook:
    """Who holds what, for all processes; judged by a clock of its own, as a database's is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[str, _Lease] = {}

    def take(self, name: str, holder: str, lifetime: timedelta) -> int | None:
        """The fence when the name was free, had run out, or is the holder's already."""
        row = self._rows.get(name)
        now = self._clock.host()
        if row is not None and row.holder not in {None, holder} and now < row.expires_at:
            return None
        fence = 1 if row is None else row.fence + 1
        self._rows[name] = _Lease(holder, fence, now + lifetime)
        return fence

    def renew(self, tenure: Tenure, lifetime: timedelta) -> bool:
        """Whether the tenure stands; it then ends that much later."""
        if not self.stands(tenure):
            return False
        ends = self._clock.host() + lifetime
        self._rows[tenure.name] = _Lease(tenure.holder, tenure.fence, ends)
        return True

    def release(self, tenure: Tenure) -> None:
        """Let go of it, unless somebody has taken over."""
        if self.stands(tenure):
            self._rows[tenure.name] = _Lease(None, tenure.fence, self._clock.host())

    def stands(self, tenure: Tenure) -> bool:
        """Whether nobody has taken over and it was not let go of."""
        row = self._rows.get(tenure.name)
        return row is not None and (row.holder, row.fence) == (tenure.holder, tenure.fence)


@dataclass(slots=True, eq=False)
class _Held:
    task: "asyncio.Task[object]"
    sure_until: datetime
    clock: Clock
    is_interrupted: bool = False

    def is_sure(self) -> bool:
        return not self.is_interrupted and self.clock.host() < self.sure_until


class MemoryLocks:
    """Implements Locks for one simulated process, on the process's own clock."""

    def __init__(
        self,
        book: LeaseBook,
        clock: Clock,
        *,
        holder: str,
        seconds: float = 6.0,
        renew_seconds: float = 2.0,
    ) -> None:
        self.holder = holder
        self._book = book
        self._clock = clock
        self._lifetime = timedelta(seconds=seconds)
        self._renew_seconds = renew_seconds
        self._names: set[str] = set()
        self._is_dead = False

    def die(self) -> None:
        """As when the process is killed: from now on nothing is renewed or let go of."""
        self._is_dead = True

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Tenure | None]:
        """Enter with a tenure when the name was free, without waiting; None otherwise."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a tenure can be held by a task only")
        fence = None
        if not self._is_dead and name not in self._names:
            fence = self._book.take(name, self.holder, self._lifetime)
        if fence is None:
            yield None
            return
        self._names.add(name)
        held = _Held(task, self._clock.host() + self._lifetime - _MARGIN, self._clock)
        tenure = Tenure(name, fence, self.holder, held.is_sure)
        renewal = asyncio.create_task(self._keep(tenure, held), name=f"tenure {name}")
        try:
            with acting_under(tenure):
                yield tenure
        finally:
            renewal.cancel()
            self._names.discard(name)
            if not self._is_dead:
                self._book.release(tenure)
            if held.is_interrupted:
                if task.uncancel():
                    # Somebody else ends the task as well.
                    raise asyncio.CancelledError
                raise Unavailable(ErrorCode.NOT_READY, f"the tenure of {name} was lost")

    async def _keep(self, tenure: Tenure, held: _Held) -> None:
        while True:
            await self._clock.sleep(self._renew_seconds)
            if self._is_dead:
                return
            asked_at = self._clock.host()
            if held.is_sure() and self._book.renew(tenure, self._lifetime):
                held.sure_until = asked_at + self._lifetime - _MARGIN
                continue
            held.is_interrupted = True
            held.task.cancel()
            return
