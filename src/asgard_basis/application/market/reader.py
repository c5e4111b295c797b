"""The latest snapshot for everybody who decides or shows."""

from datetime import timedelta

from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import SnapshotStore

_FRESH = timedelta(seconds=30)
_REUSE = timedelta(milliseconds=250)
_SILENCE = timedelta(seconds=5)
"""A store that hangs costs seconds for each question: it is left alone for as long."""


class MarketReader:
    """Reads the shared snapshot, at most four times a second per process."""

    def __init__(self, snapshots: SnapshotStore, clock: Clock) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._kept: MarketSnapshot | None = None
        self._ask_at = clock.host()

    async def latest(self) -> MarketSnapshot:
        """The newest snapshot; its parts carry their ages.

        While the store does not answer, the last one that was read: a leg must be closed all the
        same, and whoever opens judges by the age. Raises DomainError RSK-0004 while there has
        never been one, Unavailable GEN-0006 when it cannot be known.
        """
        now = self._clock.host()
        if self._kept is None or now >= self._ask_at:
            try:
                self._kept = await self._snapshots.latest()
                self._ask_at = now + _REUSE
            except Unavailable:
                if self._kept is None:
                    raise
                self._ask_at = self._clock.host() + _SILENCE
        if self._kept is None:
            raise DomainError(ErrorCode.STALE_MARKET, "there is no market data yet")
        return self._kept

    async def is_fresh(self) -> bool:
        """Whether the price is young enough to decide on."""
        snapshot = await self.latest()
        return self._clock.host() - snapshot.perp.observed_at < _FRESH
