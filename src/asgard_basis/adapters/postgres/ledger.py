"""The books: entries with their postings, and how far each book has been written."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from asgard_basis.adapters.postgres.codec import decoded, encoded
from asgard_basis.adapters.postgres.rows import Connection, Row, affected, storable
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.accounts import DEPOSITS, RESULTS, WITHDRAWALS
from asgard_basis.domain.ledger.postings import Entry, Posting, unbalanced
from asgard_basis.domain.ledger.returns import Flow
from asgard_basis.domain.ledger.statement import Sum
from asgard_basis.ports.ledger import Book, BookStand, DayResult, Held, Kept, Usage

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_ENTRIES = """
WITH found AS (
    SELECT * FROM ledger_entries
    WHERE ($1::timestamptz IS NULL OR at >= $1) AND ($2::timestamptz IS NULL OR at < $2)
      AND ($3::text IS NULL OR position_id = $3) AND ($4::bigint IS NULL OR number < $4)
      AND ($5::text[] = '{}' OR EXISTS (
          SELECT FROM ledger_postings AS p
          WHERE p.entry = number AND p.account LIKE ANY($5)))
    ORDER BY number DESC LIMIT $6
)
SELECT found.*, p.account, p.commodity, p.quantity, p.usd
FROM found JOIN ledger_postings AS p ON p.entry = number ORDER BY number DESC, line
"""
_WALK = """
WITH found AS (
    SELECT * FROM ledger_entries
    WHERE ($1::timestamptz IS NULL OR at >= $1) AND ($2::timestamptz IS NULL OR at < $2)
      AND number > $3
    ORDER BY number LIMIT $4
)
SELECT found.*, p.account, p.commodity, p.quantity, p.usd
FROM found JOIN ledger_postings AS p ON p.entry = number ORDER BY number, line
"""
_SUMS = """
SELECT CASE WHEN $1::timestamptz IS NULL THEN $3 ELSE date_trunc('month', at, 'UTC') END AS month,
    account, commodity, usd IS NULL AS is_unvalued, sum(quantity) AS quantity, sum(usd) AS usd
FROM ledger_entries JOIN ledger_postings ON entry = number
WHERE ($1::timestamptz IS NULL OR at >= $1) AND at < $2
GROUP BY 1, account, commodity, is_unvalued ORDER BY 1, account, commodity
"""
_OF_POSITION = """
SELECT $2::timestamptz AS month, account, commodity, usd IS NULL AS is_unvalued,
    sum(quantity) AS quantity, sum(usd) AS usd
FROM ledger_entries JOIN ledger_postings ON entry = number WHERE position_id = $1
GROUP BY account, commodity, is_unvalued ORDER BY account, commodity
"""


class PostgresLedger:
    """Implements Ledger."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def book(self, name: str) -> Book | None:
        """The user's book of that name."""
        row = await self._connection.fetchrow("SELECT * FROM ledger_books WHERE name = $1", name)
        return None if row is None else _book(row)

    async def books(self) -> Sequence[Book]:
        """All books, by user and name."""
        rows = await self._connection.fetch("SELECT * FROM ledger_books ORDER BY user_id, name")
        return [_book(row) for row in rows]

    async def write(self, book: Book, entries: Sequence[Entry]) -> int:
        """Add the entries that are not there yet, and how far the book goes now."""
        for entry in entries:
            if unbalanced(entry.postings):
                raise ValueError(f"{entry.key} does not balance: {unbalanced(entry.postings)}")
        await self._turn(book)
        return sum([await self._add(book, entry) for entry in entries])

    async def _turn(self, book: Book) -> None:
        status = await self._connection.execute(
            "INSERT INTO ledger_books AS b (user_id, name, number, stand, missing)"
            " VALUES ($1, $2, $3::bigint + 1, $4, $5)"
            " ON CONFLICT (user_id, name) DO UPDATE SET number = excluded.number,"
            " stand = excluded.stand, missing = excluded.missing, written_at = now()"
            " WHERE b.number = $3",
            book.user_id,
            book.name,
            book.number,
            encoded(book.stand),
            list(book.missing),
        )
        if affected(status) != 1:
            raise DomainError(ErrorCode.POSITION_BUSY, "somebody else is writing this book")

    async def _add(self, book: Book, entry: Entry) -> int:
        number = await self._connection.fetchval(
            "INSERT INTO ledger_entries (user_id, book, key, venue, kind, record, at, memo,"
            " position_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            " ON CONFLICT (user_id, book, key) DO NOTHING RETURNING number",
            book.user_id,
            book.name,
            storable(entry.key),
            entry.venue,
            entry.kind,
            storable(entry.record),
            entry.at,
            storable(entry.memo),
            entry.position_id,
        )
        if number is None:
            return 0
        await self._connection.executemany(
            "INSERT INTO ledger_postings (entry, line, user_id, account, commodity, quantity, usd)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                (number, line, book.user_id, p.account, p.commodity, p.quantity, p.usd)
                for line, p in enumerate(entry.postings)
            ],
        )
        return 1

    async def known(self, book: str, keys: Collection[str]) -> frozenset[str]:
        """Those natural keys that are in that book."""
        rows = await self._connection.fetch(
            "SELECT key FROM ledger_entries WHERE book = $1 AND key = ANY($2)",
            book,
            [storable(key) for key in keys],
        )
        return frozenset(row["key"] for row in rows)

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
        beginnings = [f"{account}%" for account in accounts]
        return _kept(
            await self._connection.fetch(
                _ENTRIES, since, until, position_id, before, beginnings, limit
            )
        )

    async def walk(
        self, *, since: datetime | None, until: datetime | None, after: int, limit: int
    ) -> Sequence[Kept]:
        """Oldest first, by number."""
        return _kept(await self._connection.fetch(_WALK, since, until, after, limit))

    async def sums(self, *, since: datetime | None, until: datetime) -> Sequence[Sum]:
        """By calendar month (UTC), account and commodity."""
        rows = await self._connection.fetch(_SUMS, since, until, _BEGINNING)
        return [_sum(row) for row in rows]

    async def position_sums(self, position_id: PositionId) -> Sequence[Sum]:
        """By account and commodity, of one position's entries."""
        rows = await self._connection.fetch(_OF_POSITION, position_id, _BEGINNING)
        return [_sum(row) for row in rows]

    async def held(self) -> Sequence[Held]:
        """Units and worth by account and commodity, as booked until now."""
        rows = await self._connection.fetch(
            "SELECT account, commodity, sum(quantity) AS quantity, coalesce(sum(usd), 0) AS usd"
            " FROM ledger_postings GROUP BY account, commodity ORDER BY account, commodity"
        )
        return [Held(r["account"], r["commodity"], r["quantity"], r["usd"]) for r in rows]

    async def flows(self, *, until: datetime) -> Sequence[Flow]:
        """What was brought (positive) and taken out, oldest first."""
        rows = await self._connection.fetch(
            "SELECT at, -sum(usd) AS usd FROM ledger_entries JOIN ledger_postings"
            " ON entry = number WHERE account = ANY($1) AND at < $2 AND usd IS NOT NULL"
            " GROUP BY number, at ORDER BY at, number",
            [DEPOSITS, WITHDRAWALS],
            until,
        )
        return [Flow(row["at"], row["usd"]) for row in rows]

    async def days(self, *, since: datetime, until: datetime) -> Sequence[DayResult]:
        """Results by day (UTC), oldest first."""
        rows = await self._connection.fetch(
            "SELECT (at AT TIME ZONE 'UTC')::date AS day, -sum(usd) AS usd FROM ledger_entries"
            " JOIN ledger_postings ON entry = number WHERE account = ANY($3) AND at >= $1"
            " AND at < $2 AND usd IS NOT NULL GROUP BY day ORDER BY day",
            since,
            until,
            sorted(RESULTS),
        )
        return [DayResult(row["day"], row["usd"]) for row in rows]

    async def first_at(self) -> datetime | None:
        """When the first entry happened."""
        found: datetime | None = await self._connection.fetchval(
            "SELECT min(at) FROM ledger_entries"
        )
        return found

    async def use(self, user_id: UserId, day: date, measure: str, amount: Decimal) -> None:
        """Count something a user has used."""
        await self._connection.execute(
            "INSERT INTO usage_days AS u (user_id, day, measure, amount) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (user_id, day, measure)"
            " DO UPDATE SET amount = u.amount + excluded.amount",
            user_id,
            day,
            measure,
            amount,
        )

    async def usage(self, since: date, until: date) -> Usage:
        """What was used on the days from one to the other, both included."""
        rows = await self._connection.fetch(
            "SELECT measure, sum(amount) AS amount FROM usage_days"
            " WHERE day BETWEEN $1 AND $2 GROUP BY measure",
            since,
            until,
        )
        used = {row["measure"]: row["amount"] for row in rows}
        jobs = await self._connection.fetchval(
            "SELECT count(*) FROM position_jobs"
            " WHERE (created_at AT TIME ZONE 'UTC')::date BETWEEN $1 AND $2",
            since,
            until,
        )
        return Usage(
            hedged_usd_hours=used.get("hedged_usd_hours", Decimal(0)),
            jobs=int(jobs),
            requests=int(used.get("requests", 0)),
        )


def _kept(rows: Sequence[Row]) -> list[Kept]:
    found: dict[int, tuple[Row, list[Posting]]] = {}
    for row in rows:
        _, postings = found.setdefault(row["number"], (row, []))
        postings.append(Posting(row["account"], row["commodity"], row["quantity"], row["usd"]))
    return [
        Kept(
            number,
            Entry(
                venue=row["venue"],
                kind=row["kind"],
                record=row["record"],
                at=row["at"],
                memo=row["memo"],
                postings=tuple(postings),
                position_id=None if row["position_id"] is None else PositionId(row["position_id"]),
            ),
        )
        for number, (row, postings) in found.items()
    ]


def _sum(row: Row) -> Sum:
    usd = None if row["is_unvalued"] else row["usd"]
    return Sum(row["month"], row["account"], row["commodity"], row["quantity"], usd)


def _book(row: Row) -> Book:
    stand = decoded(row["stand"])
    if not isinstance(stand, BookStand):
        raise ValueError(f"expected a stored stand, was {type(stand)!r}")
    return Book(UserId(row["user_id"]), row["name"], row["number"], stand, tuple(row["missing"]))
