"""The kill switch outside the database: what every process sees even when nothing else answers."""

from typing import Protocol


class KillFlag(Protocol):
    """Up or down, with a reason; it stays up until somebody lowers it."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    def reason(self) -> str | None:
        """Why it is up, or None. A flag that cannot be read counts as up."""
        ...

    def hoist(self, reason: str) -> None:
        """Put it up; raises Unavailable GEN-0006 when that cannot be done."""
        ...

    def lower(self) -> bool:
        """Take it down; False when it was not up. Raises Unavailable GEN-0006."""
        ...
