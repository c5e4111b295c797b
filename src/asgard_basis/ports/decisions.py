"""Why-cards: every decision with what it was made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from asgard_basis.domain.decision.card import WhyCard

CONFIRMED_EVERY = timedelta(minutes=5)
"""Market time between two notes that a decision still stands."""


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card as it is kept."""

    number: int
    """Grows with every card."""
    card: WhyCard
    confirmed_at: datetime | None
    """Until when the same was decided again and again, market time, at most `CONFIRMED_EVERY`
    behind; None when something else was decided since."""


class Decisions(Protocol):
    """Cards are only ever added."""

    async def note(self, cards: Sequence[WhyCard]) -> Sequence[str]:
        """Keep those that differ from their subject's last one of the same rule; returns their ids.

        The others confirm the last one. Of one subject and rule only one card may be given.
        """
        ...

    async def of_subject(self, subject: str, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first."""
        ...

    async def of_position(self, position_id: str, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first, of every rule."""
        ...

    async def recent(self, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first."""
        ...

    async def after(self, number: int, *, limit: int) -> Sequence[KeptCard]:
        """Cards with greater numbers, oldest first: for walking all of them."""
        ...
