"""The kill switch in memory."""


class MemoryKillFlag:
    """Implements KillFlag."""

    place = "memory"

    def __init__(self) -> None:
        self._reason: str | None = None

    def reason(self) -> str | None:
        """Why it is up, or None."""
        return self._reason

    def hoist(self, reason: str) -> None:
        """Put it up."""
        self._reason = reason

    def lower(self) -> bool:
        """Take it down; False when it was not up."""
        was_up, self._reason = self._reason is not None, None
        return was_up
