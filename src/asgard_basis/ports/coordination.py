"""Keeping processes out of each other's way."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
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


def is_at_work() -> bool:
    """Whether the present task is at some user's job: others' looks wait for it."""
    return any(not tenure.name.startswith(WATCHING) for tenure in _TENURES.get())


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
