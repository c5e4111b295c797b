"""The arithmetic of one venue's request bucket: pure, in whole microseconds.

The bucket is kept as the moment at which it will be full again, so that filling needs no work.
`adapters/redis/budget.py` does the same in the server; one contract suite holds both to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from asgard_basis.ports.coordination import Allowance, Priority

ASK_AGAIN = 2_000_000
"""Longest pause before asking again: who gave up must not hold others up for longer."""
GRACE = 500_000
"""So long after that moment a waiting class still goes before the lower ones."""
LOOK_AGAIN = 250_000
"""Pause of a class that only waits for a higher one."""
SLOT = 5_000_000
SLOTS = 12
"""Use is counted in slots of five seconds, twelve for a minute."""


@dataclass(slots=True)
class Bucket:
    """One venue's bucket; times are microseconds of one clock."""

    full_at: int = 0
    wanted: dict[Priority, int] = field(default_factory=dict)
    """By class that was told to wait: until when lower ones stand back."""
    used: dict[tuple[int, Priority], int] = field(default_factory=dict)
    """Weight by slot and class."""

    def take(self, allowance: Allowance, weight: int, priority: Priority, now: int) -> int:
        """0 when the weight was taken, else microseconds after which to ask again."""
        unit = allowance.unit_microseconds
        have = allowance.burst * unit - max(0, self.full_at - now)
        need = min(weight + allowance.floor(priority), allowance.burst) * unit
        higher = max((until for p, until in self.wanted.items() if p > priority), default=0) - now
        if have >= need and higher <= 0:
            self.wanted.pop(priority, None)
            self.charge(allowance, weight, priority, now)
            return 0
        missing = max(0, need - have)
        wait = min(ASK_AGAIN, max(missing, min(max(0, higher), LOOK_AGAIN)))
        self.wanted[priority] = now + wait + GRACE
        return wait

    def charge(self, allowance: Allowance, weight: int, priority: Priority, now: int) -> None:
        """Take it, whatever is left; never more debt than one full bucket."""
        unit = allowance.unit_microseconds
        most = now + 2 * allowance.burst * unit
        self.full_at = min(most, max(self.full_at, now) + weight * unit)
        slot = now // SLOT
        self.used = {key: spent for key, spent in self.used.items() if key[0] > slot - SLOTS}
        self.used[slot, priority] = self.used.get((slot, priority), 0) + weight

    def refused(self, allowance: Allowance, priority: Priority, now: int) -> None:
        """Leave no more than what is kept for the classes above."""
        gone = (allowance.burst - allowance.floor(priority)) * allowance.unit_microseconds
        self.full_at = max(self.full_at, now + gone)

    def used_last_minute(self, now: int) -> Mapping[Priority, int]:
        """Weight by class."""
        first = now // SLOT - SLOTS
        return {
            priority: sum(
                spent for (slot, p), spent in self.used.items() if p is priority and slot > first
            )
            for priority in Priority
        }
