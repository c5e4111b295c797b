"""Rows in memory with transactions: what is written is private until it is committed whole.

Others' commits are seen at once, as PostgreSQL's READ COMMITTED shows them. Instead of making
writers wait for each other, a commit is refused when a row it guards has changed since.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import UserId

Owner = UserId | None
"""Whose row it is; None is everybody's."""
NOBODY = UserId("")
"""Owner of rows that belong to no user: the system alone sees them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored value."""

    owner: Owner
    sequence: int
    """Grows with every insert, over all tables."""
    value: Any


@dataclass(slots=True)
class Tables:
    """Everything that is committed."""

    rows: defaultdict[str, dict[Hashable, Row]] = field(default_factory=lambda: defaultdict(dict))
    """By table and key."""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    locked: set[tuple[str, Hashable]] = field(default_factory=set)

    def clone(self) -> "Tables":
        """The same rows for another database, which goes its own way from here."""
        first = next(self.numbers)
        self.numbers = itertools.count(first)
        rows = {table: dict(found) for table, found in self.rows.items()}
        return Tables(defaultdict(dict, rows), itertools.count(first))


class Transaction:
    """One transaction's view: its own writes over what is committed, one person's rows only."""

    def __init__(self, tables: Tables, *, sees: Callable[[Owner], bool]) -> None:
        self._tables = tables
        self._sees = sees
        self._written: dict[tuple[str, Hashable], Row | None] = {}
        self._guards: list[tuple[tuple[str, Hashable], Row | None, DomainError]] = []
        self._locked: set[tuple[str, Hashable]] = set()
        self._before: list[Callable[[], None]] = []
        self._after: list[Callable[[], None]] = []

    def may_see(self, owner: Owner) -> bool:
        """Whether rows of this owner are this transaction's to see and to change."""
        return self._sees(owner)

    def find(self, table: str, key: Hashable) -> Row | None:
        """The row as this transaction sees it, or None."""
        row = self._present((table, key))
        return row if row is not None and self._sees(row.owner) else None

    def rows(self, table: str) -> list[Row]:
        """All rows it sees of a table, oldest insert first."""
        committed = self._tables.rows[table]
        own = {key: row for (of, key), row in self._written.items() if of == table}
        rows = (committed | own).values() if own else committed.values()
        found = [row for row in rows if row is not None and self._sees(row.owner)]
        return sorted(found, key=attrgetter("sequence"))

    def put(self, table: str, key: Hashable, value: Any, *, owner: Owner) -> None:
        """Insert or replace; raises PermissionError for a row this transaction may not see."""
        place = (table, key)
        present = self._present(place)
        if not self._sees(owner) or (present is not None and not self._sees(present.owner)):
            raise PermissionError(f"a row of {table} belongs to somebody else")
        sequence = present.sequence if present else next(self._tables.numbers)
        self._written[place] = Row(owner, sequence, value)

    def guard(self, table: str, key: Hashable, refusal: DomainError) -> None:
        """Let the commit raise `refusal` when another commit changes this row until then."""
        place = (table, key)
        self._guards.append((place, self._tables.rows[table].get(key), refusal))

    def remove(self, table: str, keys: Iterable[Hashable]) -> None:
        """Delete rows."""
        self._written.update(dict.fromkeys((table, key) for key in keys))

    def lock_free(self, table: str, keys: Sequence[Hashable], *, limit: int) -> list[Hashable]:
        """Of these rows the first that nobody else has locked, locked for this transaction."""
        places = [(table, key) for key in keys]
        free = [p for p in places if p in self._locked or p not in self._tables.locked][:limit]
        self._locked.update(free)
        self._tables.locked.update(free)
        return [key for _, key in free]

    def before_commit(self, act: Callable[[], None]) -> None:
        """Do it while committing, when nothing stands against it any more."""
        self._before.append(act)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do it once everything is committed."""
        self._after.append(act)

    def commit(self) -> None:
        """All of it, or the refusal of a guard and nothing."""
        for place, seen, refusal in self._guards:
            if self._committed(place) is not seen:
                raise refusal
        for act in self._before:
            act()
        for (table, key), row in self._written.items():
            if row is None:
                self._tables.rows[table].pop(key, None)
            else:
                self._tables.rows[table][key] = row
        for act in self._after:
            act()

    def end(self) -> None:
        """Let go of its locks."""
        self._tables.locked -= self._locked

    def _present(self, place: tuple[str, Hashable]) -> Row | None:
        if place in self._written:
            return self._written[place]
        return self._committed(place)

    def _committed(self, place: tuple[str, Hashable]) -> Row | None:
        table, key = place
        return self._tables.rows[table].get(key)
