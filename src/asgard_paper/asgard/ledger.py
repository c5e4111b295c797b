"""The venue's records in memory, each written to the store as it changes."""

from dataclasses import dataclass, replace

from asgard_paper.asgard.records import ACTIVE, Book, Build, Liquidation, Position, PositionUpdate
from asgard_paper.kernel.store import Store

POSITIONS = "asgard.positions"
BUILDS = "asgard.builds"
UPDATES = "asgard.updates"
LIQUIDATIONS = "asgard.liquidations"
BOOKS = "asgard.books"
COUNTER = "asgard.counter"


@dataclass(frozen=True, slots=True)
class Counter:
    """Position addresses handed out so far."""

    addresses: int = 0


class Ledger:
    """Everything the venue knows, by key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.positions = store.load(POSITIONS, Position)
        self.builds = store.load(BUILDS, Build)
        self.updates = list(store.load(UPDATES, PositionUpdate).values())
        self.liquidations = list(store.load(LIQUIDATIONS, Liquidation).values())
        self.books = store.load(BOOKS, Book)
        self._counter = store.load(COUNTER, Counter).get("counter", Counter())

    def next_address(self) -> int:
        """A number no position address was derived from before."""
        self._counter = Counter(self._counter.addresses + 1)
        self._store.put(COUNTER, "counter", self._counter)
        return self._counter.addresses

    def active(self) -> list[Position]:
        """Open positions, oldest first."""
        return [position for position in self.positions.values() if position.state == ACTIVE]

    def save(self, position: Position) -> None:
        """Insert or replace a position."""
        self.positions[position.pda] = position
        self._store.put(POSITIONS, position.pda, position)

    def save_build(self, build: Build) -> None:
        """Insert or replace what was handed out for signature."""
        self.builds[build.key] = build
        self._store.put(BUILDS, build.key, build)

    def drop_builds_before(self, host_ms: int) -> None:
        """Forget what was built before a host time."""
        for key, build in list(self.builds.items()):
            if build.built_host_ms >= host_ms:
                # Builds are kept in the order they were made.
                return
            del self.builds[key]
            self._store.delete(BUILDS, key)

    def version_of(self, pda: str) -> int:
        """How often a position changed other than by time: updates and liquidations."""
        position = self.positions.get(pda)
        updates = position.update_count if position else 0
        return updates + len(self.liquidations_of(pda))

    def add_update(self, update: PositionUpdate) -> None:
        """Append to the audit trail."""
        self.updates.append(update)
        self._store.put(UPDATES, str(update.id), update)

    def add_liquidation(self, event: Liquidation) -> None:
        """Append a liquidation."""
        self.liquidations.append(event)
        self._store.put(LIQUIDATIONS, str(event.id), event)

    def liquidations_of(self, pda: str) -> list[Liquidation]:
        """A position's liquidations, oldest first."""
        return [event for event in self.liquidations if event.pda == pda]

    def post(self, mint: str, *, funded: int = 0, received: int = 0, paid: int = 0) -> None:
        """Post movements of the vault's tokens, in native units."""
        book = self.books.get(mint, Book())
        book = replace(
            book,
            funded=book.funded + funded,
            received=book.received + received,
            paid=book.paid + paid,
        )
        self.books[mint] = book
        self._store.put(BOOKS, mint, book)
