"""The books, in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.accounts import DEPOSITS, RESULTS, WITHDRAWALS
from asgard_basis.domain.ledger.postings import Entry, unbalanced
from asgard_basis.domain.ledger.returns import Flow
from asgard_basis.domain.ledger.statement import Sum
from asgard_basis.domain.money import ZERO
from asgard_basis.ports.ledger import Book, DayResult, Held, Kept, Usage

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryLedger:
    """Implements Ledger."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def book(self, name: str) -> Book | None:
        """The user's book of that name."""
        return next((book for book in await self.books() if book.name == name), None)

    async def books(self) -> Sequence[Book]:
        """All books, by user and name."""
        found: list[Book] = [row.value for row in self._rows.rows("ledger_books")]
        return sorted(found, key=lambda book: (book.user_id, book.name))

    async def write(self, book: Book, entries: Sequence[Entry]) -> int:
        """Add the entries that are not there yet, and how far the book goes now."""
        for entry in entries:
            if unbalanced(entry.postings):
                raise ValueError(f"{entry.key} does not balance: {unbalanced(entry.postings)}")
        place = (book.user_id, book.name)
        row = self._rows.find("ledger_books", place)
        refusal = DomainError(ErrorCode.POSITION_BUSY, "somebody else is writing this book")
        if (row.value.number if row else 0) != book.number:
            raise refusal
        self._rows.guard("ledger_books", place, refusal)
        turned = replace(book, number=book.number + 1)
        self._rows.put("ledger_books", place, turned, owner=book.user_id)
        added = 0
        for entry in entries:
            key = (book.user_id, book.name, entry.key)
            if self._rows.find("ledger_entries", key) is None:
                self._rows.put("ledger_entries", key, (book.name, entry), owner=book.user_id)
                added += 1
        return added

    async def known(self, book: str, keys: Collection[str]) -> frozenset[str]:
        """Those natural keys that are in that book."""
        own = {entry.key for name, entry in self._values() if name == book}
        return frozenset(keys) & own

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
        """Newest first, by number."""
        found = [
            kept
            for kept in self._between(since, until)
            if (position_id is None or kept.entry.position_id == position_id)
            and (before is None or kept.number < before)
            and (not accounts or _touches(kept.entry, accounts))
        ]
        return found[::-1][:limit]

    async def walk(
        self, *, since: datetime | None, until: datetime | None, after: int, limit: int
    ) -> Sequence[Kept]:
        """Oldest first, by number."""
        return [kept for kept in self._between(since, until) if kept.number > after][:limit]

    async def sums(self, *, since: datetime | None, until: datetime) -> Sequence[Sum]:
        """By calendar month (UTC), account and commodity."""
        found = (kept.entry for kept in self._between(since, until))
        return _sums((_BEGINNING if since is None else _month(e.at), e) for e in found)

    async def position_sums(self, position_id: PositionId) -> Sequence[Sum]:
        """By account and commodity, of one position's entries."""
        own = (entry for _, entry in self._values() if entry.position_id == position_id)
        return _sums((_BEGINNING, entry) for entry in own)

    async def held(self) -> Sequence[Held]:
        """Units and worth by account and commodity, as booked until now."""
        units: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for _, entry in self._values():
            for posting in entry.postings:
                total = units[posting.account, posting.commodity]
                total[0] += posting.quantity
                total[1] += posting.usd or ZERO
        return [Held(a, c, quantity, usd) for (a, c), (quantity, usd) in sorted(units.items())]

    async def flows(self, *, until: datetime) -> Sequence[Flow]:
        """What was brought (positive) and taken out, oldest first."""
        found = []
        for kept in self._between(None, until):
            outside = [p for p in kept.entry.postings if p.account in {DEPOSITS, WITHDRAWALS}]
            valued = [p.usd for p in outside if p.usd is not None]
            if valued:
                found.append(Flow(kept.entry.at, -sum(valued, ZERO)))
        return sorted(found, key=lambda flow: flow.at)

    async def days(self, *, since: datetime, until: datetime) -> Sequence[DayResult]:
        """Results by day (UTC), oldest first."""
        days: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
        for kept in self._between(since, until):
            for posting in kept.entry.postings:
                if posting.account in RESULTS and posting.usd is not None:
                    days[kept.entry.at.astimezone(UTC).date()] -= posting.usd
        return [DayResult(day, usd) for day, usd in sorted(days.items())]

    async def first_at(self) -> datetime | None:
        """When the first entry happened."""
        return min((entry.at for _, entry in self._values()), default=None)

    async def use(self, user_id: UserId, day: date, measure: str, amount: Decimal) -> None:
        """Count something a user has used."""
        row = self._rows.find("usage", (user_id, day, measure))
        total = amount + (row.value[2] if row else ZERO)
        self._rows.put("usage", (user_id, day, measure), (day, measure, total), owner=user_id)

    async def usage(self, since: date, until: date) -> Usage:
        """What was used on the days from one to the other, both included."""
        used: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        for row in self._rows.rows("usage"):
            day, measure, amount = row.value
            if since <= day <= until:
                used[measure] += amount
        jobs = [row.value.created_at for row in self._rows.rows("jobs")]
        return Usage(
            hedged_usd_hours=used["hedged_usd_hours"],
            jobs=sum(1 for at in jobs if since <= at.astimezone(UTC).date() <= until),
            requests=int(used["requests"]),
        )

    def _values(self) -> list[tuple[str, Entry]]:
        return [row.value for row in self._rows.rows("ledger_entries")]

    def _between(self, since: datetime | None, until: datetime | None) -> list[Kept]:
        found = [Kept(row.sequence, row.value[1]) for row in self._rows.rows("ledger_entries")]
        return [
            kept
            for kept in found
            if (since is None or kept.entry.at >= since)
            and (until is None or kept.entry.at < until)
        ]


def _touches(entry: Entry, accounts: Sequence[str]) -> bool:
    return any(posting.account.startswith(tuple(accounts)) for posting in entry.postings)


def _month(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _sums(entries: Iterable[tuple[datetime, Entry]]) -> list[Sum]:
    totals: defaultdict[tuple[datetime, str, str, bool], list[Decimal]] = defaultdict(
        lambda: [ZERO, ZERO]
    )
    for month, entry in entries:
        for posting in entry.postings:
            place = (month, posting.account, posting.commodity, posting.usd is None)
            totals[place][0] += posting.quantity
            totals[place][1] += posting.usd or ZERO
    return [
        Sum(month, account, commodity, quantity, None if is_unvalued else usd)
        for (month, account, commodity, is_unvalued), (quantity, usd) in sorted(totals.items())
    ]
