"""Standing orders of people, and who is carrying one out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.strategy.intent import Intent, IntentStatus
from asgard_basis.ports.repositories import Job


@dataclass(frozen=True, slots=True)
class WaitingIntent:
    """An intent that waits, with what its owner holds."""

    intent: Intent
    positions_held: int
    is_opening: bool
    """A job of its owner's is opening something."""


class Intents(Protocol):
    """Standing orders."""

    async def add(self, intent: Intent) -> None:
        """Insert a new one.

        Raises DomainError POS-0006 when the same key was used by a request at the same moment.
        """
        ...

    async def get(self, intent_id: IntentId) -> Intent | None:
        """The intent, or None when there is none or it is another user's."""
        ...

    async def by_key(self, user_id: UserId, idempotency_key: str) -> Intent | None:
        """The user's intent asked for under that key, or None."""
        ...

    async def save(self, intent: Intent) -> Intent:
        """Update where the stored version equals; returns it with the next version.

        Raises DomainError POS-0006 when somebody else changed it in between.
        """
        ...

    async def listed(
        self, *, statuses: Collection[IntentStatus] | None = None, limit: int = 100
    ) -> Sequence[Intent]:
        """Newest first; those of the given statuses, or all."""
        ...

    async def waiting(self) -> Sequence[WaitingIntent]:
        """Every open one, oldest first, those under way included; one statement."""
        ...

    async def looked_at(self, intent_ids: Collection[IntentId]) -> None:
        """Pending ones among them are active from now on; one statement.

        Their versions stay: nobody's decision depends on it.
        """
        ...

    async def expire(self, now: datetime) -> Sequence[Intent]:
        """End those whose time is over (market time) and that are not under way; one statement."""
        ...

    async def claim(
        self, intent_id: IntentId, *, by: str, until: datetime, host: datetime, now: datetime
    ) -> Intent | None:
        """Of all who ask at once one gets the intent; None for the others.

        Only an open one that is not under way, has not expired at `now` (market time) and is not
        claimed until after `host`. An implementation may raise DomainError POS-0006 at the end
        of the transaction instead, when another claimed at the same moment.
        """
        ...

    async def tried(self) -> Sequence[tuple[Intent, Job]]:
        """Those under way whose job has ended, with that job."""
        ...
