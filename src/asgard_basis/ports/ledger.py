"""The books: entries that are only ever added, and how far each book has been written.

Inside a user's unit of work every call sees and adds to that user's books only; inside the
system's it sees all. Times are market times, UTC, but where they say otherwise.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.performance_fee import HighWater
from asgard_basis.domain.ledger.postings import Entry
from asgard_basis.domain.ledger.returns import Flow
from asgard_basis.domain.ledger.stand import Stand
from asgard_basis.domain.ledger.statement import Sum


@dataclass(frozen=True, slots=True)
class WalletStand:
    """How far what came into a user's wallets has been booked."""

    credits_until: datetime | None = None
    """Of Hyperliquid's own list of deposits."""


BookStand = Stand | WalletStand | HighWater
WALLETS = "wallets"
"""The book of what came and went outside positions."""
OPERATOR = "operator"
"""The book of the performance fee."""


@dataclass(frozen=True, slots=True)
class Book:
    """One sequence of entries: a position's, or one of the two named above."""

    user_id: UserId
    name: str
    number: int
    """Grows with every writing: who wrote after another had is told."""
    stand: BookStand
    missing: tuple[str, ...] = ()
    """What is known not to be in it, in words; empty when it is complete."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it is kept."""

    number: int
    """Grows with every entry."""
    entry: Entry


@dataclass(frozen=True, slots=True)
class Held:
    """What an account holds of a commodity."""

    account: str
    commodity: str
    quantity: Decimal
    usd: Decimal
    """As booked; what nobody has valued counts for nothing."""


@dataclass(frozen=True, slots=True)
class DayResult:
    """What the entries of one day earned, less what they cost."""

    day: date
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Usage:
    """What a user has used of the service."""

    hedged_usd_hours: Decimal
    """Hours of market time x notional that was hedged."""
    jobs: int
    requests: int


class Ledger(Protocol):
    """Entries, by natural key."""

    async def book(self, name: str) -> Book | None:
        """The user's book of that name; None before anything was written. User's unit only."""
        ...

    async def books(self) -> Sequence[Book]:
        """All books, by user and name."""
        ...

    async def write(self, book: Book, entries: Sequence[Entry]) -> int:
        """Add the entries that are not there yet, and how far the book goes now.

        `book.number` is the one that was read, zero for a new one; it is one more afterwards.
        Returns how many were added. Raises DomainError POS-0006 when somebody else has written in
        between, ValueError for an entry that does not balance.
        """
        ...

    async def known(self, book: str, keys: Collection[str]) -> frozenset[str]:
        """Those natural keys that are in the user's book of that name."""
        ...

    async def entries(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        position_id: PositionId | None = None,
        accounts: Sequence[str] = (),
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Kept]:
        """Newest first, by number; those that touch an account with one of these beginnings.

        `before` goes on after the last of an earlier page.
        """
        ...

    async def walk(
        self, *, since: datetime | None, until: datetime | None, after: int, limit: int
    ) -> Sequence[Kept]:
        """Oldest first, by number: for exports, page by page."""
        ...

    async def sums(self, *, since: datetime | None, until: datetime) -> Sequence[Sum]:
        """By calendar month (UTC), account and commodity; `until` is not included.

        Without `since` from the beginning, as one month.
        """
        ...

    async def position_sums(self, position_id: PositionId) -> Sequence[Sum]:
        """By account and commodity, of one position's entries."""
        ...

    async def held(self) -> Sequence[Held]:
        """Units and worth by account and commodity, as booked until now."""
        ...

    async def flows(self, *, until: datetime) -> Sequence[Flow]:
        """What was brought (positive) and taken out, by entry, oldest first."""
        ...

    async def days(self, *, since: datetime, until: datetime) -> Sequence[DayResult]:
        """Results by day (UTC), oldest first; days without entries are left out."""
        ...

    async def first_at(self) -> datetime | None:
        """When the first entry happened."""
        ...

    async def use(self, user_id: UserId, day: date, measure: str, amount: Decimal) -> None:
        """Count something a user has used; `measure` is hedged_usd_hours or requests."""
        ...

    async def usage(self, since: date, until: date) -> Usage:
        """What was used on the days (host time, UTC) from one to the other, both included."""
        ...
