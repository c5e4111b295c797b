"""Which ended positions may still miss a settlement; told from the store, not by age alone."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.position.position import Position

_LATE = timedelta(hours=2)
"""A settlement may be listed after the position it belongs to was closed."""
_OLDEST = timedelta(days=30)
"""What ended before that is not asked for any more."""


class EndedPayments:
    """How far back ended positions are looked for; a new one looks as far as anybody does.

    A position is read when the venue was asked long enough after its end, and had nothing that was
    not booked: one that held no short at its last full hour has no payment for it.
    """

    def __init__(self) -> None:
        self._whole_until: datetime | None = None
        """What ended before that misses nothing."""
        self._read: dict[PositionId, datetime] = {}

    @property
    def read(self) -> Collection[PositionId]:
        """Those that need not be asked about again."""
        return self._read.keys()

    def since(self, now: datetime) -> datetime:
        """Ended ones are looked for from then on; market time."""
        oldest = now - _OLDEST
        return oldest if self._whole_until is None else max(oldest, self._whole_until)

    def missing(self, ended: Iterable[Position], now: datetime, margin: timedelta) -> None:
        """These, found since the moment above, are all that miss a settlement.

        So long after its end it is certain that a position would have been among them.
        """
        until = now - _LATE - margin
        if all(position.closed_at is None or position.closed_at >= until for position in ended):
            self._whole_until = until
            self._read = {key: at for key, at in self._read.items() if at >= until}

    def nothing_new(self, position: Position, at: datetime) -> None:
        """The venue was asked at that market time, and everything it has is booked."""
        if position.closed_at is not None and at - position.closed_at >= _LATE:
            self._read[position.id] = position.closed_at
