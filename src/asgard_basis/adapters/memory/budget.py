"""One request budget for the processes of a simulation, or for a test."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from asgard_basis.adapters.bucket import Bucket
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import Allowance, Priority

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class MemoryRequestBudget:
    """Implements RequestBudget by host time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: defaultdict[str, Bucket] = defaultdict(Bucket)

    async def take(self, allowance: Allowance, weight: int, priority: Priority) -> float:
        """0 when the weight was taken, else seconds after which to ask again."""
        bucket = self._buckets[allowance.name]
        return bucket.take(allowance, weight, priority, self._now()) / 1_000_000

    async def charge(self, allowance: Allowance, weight: int, priority: Priority) -> None:
        """Take weight that only the answer's length told, whatever is left."""
        self._buckets[allowance.name].charge(allowance, weight, priority, self._now())

    async def refused(self, allowance: Allowance, priority: Priority) -> None:
        """Leave no more than what is kept for the classes above."""
        self._buckets[allowance.name].refused(allowance, priority, self._now())

    async def used_last_minute(self, allowance: Allowance) -> Mapping[Priority, int]:
        """Weight used by each class in the last minute."""
        return self._buckets[allowance.name].used_last_minute(self._now())

    def _now(self) -> int:
        return (self._clock.host() - _EPOCH) // _MICROSECOND
