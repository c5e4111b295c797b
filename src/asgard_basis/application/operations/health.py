"""Whether the service can do its work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from asgard_basis.domain.errors import DomainError

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the service needs, each true when it answers."""

    database: bool
    redis: bool
    worker: bool
    market: bool

    @property
    def is_ready(self) -> bool:
        """Everything answers."""
        return self.database and self.redis and self.worker and self.market


class Health:
    """Asks each dependency; one that raises is down."""

    def __init__(self, *, database: Probe, redis: Probe, worker: Probe, market: Probe) -> None:
        self._probes = (database, redis, worker, market)

    async def readiness(self) -> Readiness:
        """The state of everything the service needs."""
        database, redis, worker, market = [await _answers(probe) for probe in self._probes]
        return Readiness(database=database, redis=redis, worker=worker, market=market)


async def _answers(probe: Probe) -> bool:
    try:
        return await probe()
    except (DomainError, OSError, TimeoutError):
        return False
