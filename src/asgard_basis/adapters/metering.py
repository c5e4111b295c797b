"""How one process uses a venue's request budget: it waits its turn, by class, up to a deadline.

While the shared budget cannot be asked, the process goes on by a share of its own and says so:
what is open must be closed all the same.
"""

import asyncio
import heapq
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from asgard_basis.adapters.bucket import Bucket
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import (
    Allowance,
    Priority,
    RequestBudget,
    present_priority,
)

PATIENCE: Mapping[Priority, float] = {
    Priority.SCREENS: 5.0,
    Priority.RECONCILE: 20.0,
    Priority.UNWIND: 15.0,
    Priority.RISK: 10.0,
}
"""Seconds after which a request is given up that is still waiting."""
SHARES = 3
"""Of the allowance, a process that stands alone uses one in so many: web and two workers."""
_ANSWER_SECONDS = 0.5
_LEFT_ALONE = timedelta(seconds=5)
"""So long a budget that did not answer is not asked again."""

_log = structlog.get_logger(__name__)


@dataclass(order=True, slots=True)
class _Waiter:
    rank: int
    number: int
    turn: asyncio.Event = field(compare=False, default_factory=asyncio.Event)


class Meter:
    """One venue's allowance as this process uses it."""

    def __init__(self, allowance: Allowance, budget: RequestBudget, clock: Clock) -> None:
        self._allowance = allowance
        self._budget = budget
        self._clock = clock
        self._share = allowance.share(SHARES)
        self._local = Bucket()
        self._left_alone_until: datetime | None = None
        self._waiting: list[_Waiter] = []
        self._numbers = itertools.count()
        self._began = clock.host()

    @property
    def is_local(self) -> bool:
        """Whether this process goes by its own share at present."""
        return self._left_alone_until is not None

    async def enter(self, weight: int, *, patience: float | None = None) -> None:
        """Return when a request of that weight may be sent in the present class.

        Higher classes go first, and each in the order they came. Raises Unavailable NET-0006
        after `patience` seconds, by default those of the class; then nothing was sent.
        """
        priority = present_priority()
        seconds = PATIENCE[priority] if patience is None else patience
        deadline = self._clock.host() + timedelta(seconds=seconds)
        waiter = _Waiter(-priority, next(self._numbers))
        heapq.heappush(self._waiting, waiter)
        try:
            while True:
                await self._first(waiter, deadline, priority)
                pause = await self._take(weight, priority)
                if pause <= 0:
                    return
                left = (deadline - self._clock.host()).total_seconds()
                if left <= 0:
                    raise self._given_up(priority)
                await self._clock.sleep(min(pause, left))
        finally:
            self._waiting.remove(waiter)
            heapq.heapify(self._waiting)
            if self._waiting:
                self._waiting[0].turn.set()

    async def charge(self, weight: int) -> None:
        """Count weight that only the answer's length told."""
        if weight <= 0:
            return
        priority = present_priority()
        if self._is_left_alone():
            self._local.charge(self._share, weight, priority, self._now())
            return
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._budget.charge(self._allowance, weight, priority)
        except (Unavailable, TimeoutError) as problem:
            self._leave_alone(problem)

    async def turned_away(self) -> None:
        """The venue said 429: this class has nothing left, here and in every other process."""
        priority = present_priority()
        _log.warning("request_budget_emptied", venue=self._allowance.name, by=priority.name.lower())
        self._local.refused(self._share, priority, self._now())
        if self._is_left_alone():
            return
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._budget.refused(self._allowance, priority)
        except (Unavailable, TimeoutError) as problem:
            self._leave_alone(problem)

    async def _first(self, waiter: _Waiter, deadline: datetime, priority: Priority) -> None:
        """Wait until nobody goes before this one; raises Unavailable NET-0006 at the deadline."""
        while self._waiting[0] is not waiter:
            waiter.turn.clear()
            left = (deadline - self._clock.host()).total_seconds()
            try:
                async with asyncio.timeout(left):
                    await waiter.turn.wait()
            except TimeoutError:
                raise self._given_up(priority) from None

    async def _take(self, weight: int, priority: Priority) -> float:
        if not self._is_left_alone():
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    return await self._budget.take(self._allowance, weight, priority)
            except (Unavailable, TimeoutError) as problem:
                self._leave_alone(problem)
        return self._local.take(self._share, weight, priority, self._now()) / 1_000_000

    def _is_left_alone(self) -> bool:
        if self._left_alone_until is None:
            return False
        if self._clock.host() < self._left_alone_until:
            return True
        _log.info("request_budget_asked_again", venue=self._allowance.name)
        self._left_alone_until = None
        return False

    def _leave_alone(self, problem: Exception) -> None:
        _log.warning("request_budget_local", venue=self._allowance.name, why=type(problem).__name__)
        self._left_alone_until = self._clock.host() + _LEFT_ALONE

    def _now(self) -> int:
        return (self._clock.host() - self._began) // timedelta(microseconds=1)

    def _given_up(self, priority: Priority) -> Unavailable:
        return Unavailable(
            ErrorCode.REQUEST_BUDGET,
            f"{self._allowance.name} is asked for more than it allows just now; nothing was sent",
            {"system": self._allowance.name, "class": priority.name.lower()},
        )


class Gate:
    """One request's way past a meter, attempt by attempt; see `adapters/http.py`."""

    def __init__(self, meter: Meter, weight: int, *, patience: float | None = None) -> None:
        self._meter = meter
        self._weight = weight
        self._patience = patience

    async def enter(self) -> None:
        """Before each attempt; raises Unavailable NET-0006."""
        await self._meter.enter(self._weight, patience=self._patience)

    async def turned_away(self) -> None:
        """After an answer of 429."""
        await self._meter.turned_away()
