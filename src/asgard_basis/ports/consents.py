"""What a person allows the bot to do with money that no position uses."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from asgard_basis.domain.identifiers import UserId


@dataclass(frozen=True, slots=True)
class MoveConsent:
    """Free money may be put into a leg near liquidation, up to these caps."""

    user_id: UserId
    is_given: bool
    per_move_usd: Decimal
    per_day_usd: Decimal
    changed_at: datetime
    """Host time."""
    may_cross: bool = False
    """What one leg can spare may also be carried to the other's chain, within the same caps."""


class MoveConsents(Protocol):
    """One for each person at most; without one nothing is moved."""

    async def get(self, user_id: UserId) -> MoveConsent | None:
        """What the person has allowed, or None when never asked."""
        ...

    async def save(self, consent: MoveConsent) -> None:
        """Insert, or replace what was allowed before."""
        ...
