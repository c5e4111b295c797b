"""The request budget of one client address: weight per minute of host time."""

from collections import deque
from collections.abc import Callable

WINDOW_MS = 60_000
WEIGHT_PER_MINUTE = 1200


class WeightLimit:
    """A sliding minute of weights per client; `weight_max` None means no limit."""

    def __init__(self, host_ms: Callable[[], int], weight_max: int | None) -> None:
        self._host_ms = host_ms
        self._weight_max = weight_max
        self._spent: dict[str, deque[tuple[int, int]]] = {}

    def allows(self, client: str, weight: int) -> bool:
        """Spend the weight if the client has it left."""
        if self._weight_max is None:
            return True
        now_ms = self._host_ms()
        spent = self._spent.setdefault(client, deque())
        while spent and spent[0][0] <= now_ms - WINDOW_MS:
            spent.popleft()
        if sum(past for _, past in spent) + weight > self._weight_max:
            return False
        spent.append((now_ms, weight))
        return True

    def charge(self, client: str, weight: int) -> None:
        """Spend weight that only the answer's length told."""
        if self._weight_max is not None and weight > 0:
            self._spent.setdefault(client, deque()).append((self._host_ms(), weight))
