"""Keeping processes out of each other's way."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from asgard_basis.domain.errors import ErrorCode, Superseded
from asgard_basis.domain.market.snapshot import MarketSnapshot


class NonceSource(Protocol):
    """One counter per signer for all processes."""

    async def next(self, signer: str, *, at_least: int) -> int:
        """max(at_least, last + 1), persisted before it is returned; never the same twice."""
        ...


class SnapshotStore(Protocol):
    """The latest market snapshot, shared by all processes."""

    async def publish(self, snapshot: MarketSnapshot) -> None:
        """Replace the snapshot for everybody."""
        ...

    async def latest(self) -> MarketSnapshot | None:
        """The latest snapshot, or None before the first."""
        ...

    def watch(self) -> AsyncIterator[MarketSnapshot]:
        """The latest snapshot and every later one as it is published; older ones may be left out.

        Raises Unavailable GEN-0006 when it cannot go on.
        """
        ...


class EventBus(Protocol):
    """Messages to people's open dashboards."""

    async def publish(self, channel: str, payload: bytes) -> None:
        """Append to a channel; kept for a while so that a reader can resume."""
        ...

    def subscribe(
        self, channels: list[str], *, after: str | None
    ) -> AsyncIterator[tuple[str, str, bytes]]:
        """(channel, id, payload) from after the given id on, then live."""
        ...


class Leases(Protocol):
    """Exclusive duties with an end."""

    def hold(self, name: str, *, seconds: float) -> AbstractAsyncContextManager[bool]:
        """Enter with True when the lease was won; it is renewed until left."""
        ...


class RateLimiter(Protocol):
    """Requests per window."""

    async def allow(self, key: str, *, limit: int, window_seconds: int) -> int:
        """0 when allowed, else seconds until it may be tried again."""
        ...


class Priority(IntEnum):
    """Whose requests to a venue go first; a lower class may not use what is kept for higher ones.

    It decides about time only: nobody is refused for ever because of it.
    """

    SCREENS = 0
    """What people look at."""
    RECONCILE = 1
    """What holds our books against the venues', and watches the market for everybody."""
    UNWIND = 2
    """What takes a position apart, or stands between its two legs."""
    RISK = 3
    """What keeps positions from being liquidated."""


_PRIORITY: ContextVar[Priority] = ContextVar("priority", default=Priority.SCREENS)


def present_priority() -> Priority:
    """In which class the present task, and those that started it, ask venues."""
    return _PRIORITY.get()


@contextlib.contextmanager
def asking_as(priority: Priority) -> Iterator[None]:
    """Let every request made inside, tasks begun there included, be of that class."""
    before = _PRIORITY.get()
    _PRIORITY.set(priority)
    try:
        yield
    finally:
        _PRIORITY.set(before)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one venue grants to all our processes together, as a bucket that fills steadily."""

    name: str
    burst: int
    """Weight that may be used at once when the bucket is full."""
    unit_microseconds: int
    """Host time after which one more unit of weight is granted."""
    reserve: int
    """Weight that each class leaves to every class above it."""
    venue_minute: int
    """Weight the venue itself allows within a minute: burst and a minute's filling stay below."""

    def floor(self, priority: Priority) -> int:
        """What the class must leave in the bucket."""
        return self.reserve * (Priority.RISK - priority)

    def share(self, parts: int) -> "Allowance":
        """For one of so many processes that do not know of one another."""
        return Allowance(
            name=self.name,
            burst=max(1, self.burst // parts),
            unit_microseconds=self.unit_microseconds * parts,
            reserve=self.reserve // parts,
            venue_minute=self.venue_minute // parts,
        )


class RequestBudget(Protocol):
    """One bucket of request weight for each venue, shared by all processes; it never waits.

    Raises Unavailable GEN-0006 when it cannot be asked.
    """

    async def take(self, allowance: Allowance, weight: int, priority: Priority) -> float:
        """0 when the weight was taken, else seconds (2 at most) after which to ask again.

        Who is told to wait goes before every lower class, whichever process asks.
        """
        ...

    async def charge(self, allowance: Allowance, weight: int, priority: Priority) -> None:
        """Take weight that only the answer's length told, whatever is left."""
        ...

    async def refused(self, allowance: Allowance, priority: Priority) -> None:
        """The venue said 429: nothing is left but what is kept for the classes above."""
        ...

    async def used_last_minute(self, allowance: Allowance) -> Mapping[Priority, int]:
        """Weight used by each class in the last minute, to within five seconds."""
        ...


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Tenure:
    """The right to act under a name, until somebody else is given a higher fence."""

    name: str
    fence: int
    """Grows each time the name changes hands, over all processes and restarts."""
    holder: str
    """Which process; for people who look."""
    is_sure: Callable[[], bool] = field(default=_always, compare=False, repr=False)
    """Whether nobody else can have taken over yet, by this process's own clock alone."""


_TENURES: ContextVar[tuple[Tenure, ...]] = ContextVar("tenures", default=())


def tenures() -> tuple[Tenure, ...]:
    """Under what the present task, and those that started it, act; units of work check each."""
    return _TENURES.get()


WATCHING = "watch:"
"""How names begin under which only looking is done, for everybody."""


@contextlib.contextmanager
def acting_under(tenure: Tenure) -> Iterator[None]:
    """Let what is done inside, tasks begun there included, stand and fall with the tenure."""
    _TENURES.set((*_TENURES.get(), tenure))
    try:
        yield
    finally:
        _TENURES.set(tuple(held for held in _TENURES.get() if held is not tenure))


def superseded(*held: Tenure) -> Superseded:
    """What is raised where one of these does not stand any more."""
    names = ", ".join(tenure.name for tenure in held)
    return Superseded(ErrorCode.SUPERSEDED, f"another worker has taken over {names}")


def ensure_sure() -> None:
    """Pass where nobody else can have taken over; to be asked just before anything is sent.

    Raises Superseded GEN-0008. It asks nobody, so it may refuse a tenure that still stands; and a
    process can be paused right after it: what then goes out late must be harmless where it arrives.
    """
    for tenure in _TENURES.get():
        if not tenure.is_sure():
            raise superseded(tenure)


class Locks(Protocol):
    """One worker at a time for one user's money, across machines."""

    def hold(self, name: str) -> AbstractAsyncContextManager[Tenure | None]:
        """Enter with a tenure when the name was free, without waiting; None otherwise.

        The tenure is renewed until it is left, and every unit of work begun inside raises
        Superseded GEN-0008 once another process has taken over. Who cannot renew in time is
        interrupted: the body is cancelled and `hold` raises Unavailable GEN-0006. A process that
        died is succeeded as soon as its tenure has run out.
        """
        ...
