"""What happened in the world: every request, and every effect that crosses venues."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store

_EFFECTS = "world.effects"
KEPT_REQUESTS = 5_000
KEPT_EFFECTS = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request or effect, numbered in order."""

    number: int
    kind: str
    """`request` or `effect`."""
    market_ms: int
    host_ms: int
    venue: str
    operation: str
    """The JSON-RPC method, action or request type; for an effect, what happened."""
    route: str = ""
    method: str = ""
    status: int | None = None
    """HTTP status of a request; None when no answer was sent."""
    duration_ms: int = 0
    fault: str | None = None
    detail: dict[str, str] | None = None


class Journal:
    """The last requests, in memory, and the last effects, in the store."""

    def __init__(self, *, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store
        self._requests: deque[Entry] = deque(maxlen=KEPT_REQUESTS)
        self._effects: deque[Entry] = deque(store.load(_EFFECTS, Entry).values())
        self._number = self._effects[-1].number if self._effects else 0

    def request(
        self,
        *,
        venue: str,
        operation: str,
        route: str,
        method: str,
        status: int | None,
        started_ms: int,
        fault: str | None,
    ) -> None:
        """Note one request that was answered, or not (status None)."""
        self._number += 1
        now = self._clock.host_ms()
        self._requests.append(
            Entry(
                number=self._number,
                kind="request",
                market_ms=self._clock.now_ms(),
                host_ms=now,
                venue=venue,
                operation=operation,
                route=route,
                method=method,
                status=status,
                duration_ms=max(0, now - started_ms),
                fault=fault,
            )
        )

    def effect(self, venue: str, operation: str, **detail: object) -> None:
        """Note something the world did; it is durable with the next commit."""
        self._number += 1
        entry = Entry(
            number=self._number,
            kind="effect",
            market_ms=self._clock.now_ms(),
            host_ms=self._clock.host_ms(),
            venue=venue,
            operation=operation,
            detail={key: str(value) for key, value in detail.items()},
        )
        self._effects.append(entry)
        self._store.put(_EFFECTS, str(entry.number), entry)
        if len(self._effects) > KEPT_EFFECTS:
            self._store.delete(_EFFECTS, str(self._effects.popleft().number))

    def entries(
        self, *, since: int = 0, venue: str | None = None, operation: str | None = None
    ) -> Iterator[Entry]:
        """Entries after a number, oldest first, optionally of one venue or operation."""
        for entry in sorted((*self._requests, *self._effects), key=lambda row: row.number):
            if entry.number <= since or (venue is not None and entry.venue != venue):
                continue
            if operation is None or entry.operation == operation:
                yield entry
