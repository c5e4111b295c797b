"""The venue's request limit: one request a second for each address without a key."""

from collections.abc import Callable
from dataclasses import dataclass, field

FORGET_AFTER = 10_000


@dataclass
class RequestLimit:
    """Minimum host milliseconds between two requests of one client; 0 lets everything pass.

    Keys are not checked against a list: in paper any non-empty key counts as issued.
    """

    public_interval_ms: int = 1_000
    keyed_interval_ms: int = 0
    _last: dict[str, int] = field(default_factory=dict)

    def admits(self, address: str, key: str | None, host_ms: Callable[[], int]) -> bool:
        """Whether the request may pass now; a refused one does not push the next one back."""
        interval = self.keyed_interval_ms if key else self.public_interval_ms
        if interval <= 0:
            return True
        client = f"key:{key}" if key else f"ip:{address}"
        now = host_ms()
        last = self._last.get(client)
        if last is not None and now - last < interval:
            return False
        if len(self._last) >= FORGET_AFTER:
            self._last.clear()
        self._last[client] = now
        return True
