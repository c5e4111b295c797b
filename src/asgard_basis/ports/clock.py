"""Time, in its two kinds."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Market time for venues and money, host time for ages, leases and sessions."""

    def now(self) -> datetime:
        """Market time (UTC): in paper mode it may run fast or replay a recorded year."""
        ...

    def host(self) -> datetime:
        """This machine's time (UTC)."""
        ...

    @property
    def speed(self) -> float:
        """Market seconds per host second: 1, but in paper mode; 0 while time is stepped.

        A deadline that venues measure in market time must leave room for host delays.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long in host time."""
        ...
