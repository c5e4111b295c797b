"""What risk remembers between two marks and over restarts.

Inside a user's unit of work every call sees and changes that user's rows only; inside the
system's it sees all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.risk.facts import Near


@dataclass(frozen=True, slots=True)
class PositionMemory:
    """Dangers of a position that count when they last, and since when they stand."""

    position_id: PositionId
    user_id: UserId
    near: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class AccountMemory:
    """One user's account as it was last measured."""

    user_id: UserId
    peak_usd: Decimal
    """The high-water mark, adjusted for what was paid in and out."""
    balance_usd: Decimal
    """All money and positions at `measured_at`."""
    result_usd: Decimal
    """What all positions had earned or lost by then, ended ones included."""
    measured_at: datetime | None
    """Market time; None while it has never been measured."""
    drawdown_at: datetime | None = None
    """When a drawdown paused opening; once that is lifted the mark begins anew."""
    failures_until: datetime | None = None
    """Market time of the last failed opening that a breaker has counted."""


class RiskRecords(Protocol):
    """Memory of positions and accounts."""

    async def near(self) -> Sequence[PositionMemory]:
        """Of every position with a danger that stands; in no order."""
        ...

    async def remember(self, memory: PositionMemory) -> None:
        """Replace all that stood for the position; nothing stands where `near` is empty."""
        ...

    async def account(self, user_id: UserId) -> AccountMemory | None:
        """The user's, or None before anything was remembered."""
        ...

    async def accounts(self) -> Sequence[AccountMemory]:
        """Everybody's, in the order of their ids."""
        ...

    async def keep_account(self, account: AccountMemory) -> None:
        """Insert or replace the user's."""
        ...
