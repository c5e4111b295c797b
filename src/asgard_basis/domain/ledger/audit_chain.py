"""Lines that hold one another fast: each hash covers the one before, so no line can change alone.

The database computes the same hash when it appends (migration 0009); here it is recomputed to
find what was edited, deleted, inserted or reordered since.
"""

import hashlib
from dataclasses import dataclass

GENESIS = "0" * 64
"""What stands before the first line of a chain."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is stored."""

    chain: str
    number: int
    """From 1 on, without gaps, in its chain."""
    text: str
    """What is told, as JSON, exactly as it was hashed."""
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain, kept apart from its lines: a tail that was cut off is missed."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Where a chain is broken."""

    chain: str
    """A user id, or `operators`."""
    number: int
    reason: str


def line_hash(*, previous: str, number: int, chain: str, text: str) -> str:
    """SHA-256 (hex) of the four, one below the other, as UTF-8."""
    return hashlib.sha256(f"{previous}\n{number}\n{chain}\n{text}".encode()).hexdigest()


class ChainWalk:
    """Reads chains from their first line to their last and notes what does not fit."""

    def __init__(self) -> None:
        self.lines = 0
        self.chains = 0
        self.faults: list[ChainFault] = []
        self._chain: str | None = None
        self._head: Head | None = None
        self._last = 0
        self._hash: str | None = GENESIS

    def begin(self, chain: str, head: Head | None) -> None:
        """The next lines are of this chain, which ends in `head`; None when no end is kept."""
        self.finish()
        self._chain, self._head = chain, head
        self._last, self._hash = 0, GENESIS
        self.chains += 1

    def read(self, line: Line) -> None:
        """The next line of the present chain, by number."""
        self.lines += 1
        if line.number != self._last + 1:
            self._fault(self._last + 1, "is missing")
        elif line.previous != self._hash:
            self._fault(line.number, "does not follow the line before it")
        expected = line_hash(
            previous=line.previous, number=line.number, chain=line.chain, text=line.text
        )
        if line.hash != expected:
            self._fault(line.number, "was changed after it was written")
        self._last, self._hash = line.number, line.hash

    def finish(self) -> None:
        """There are no more lines of the present chain."""
        if self._chain is None:
            return
        if self._head is None:
            self._fault(self._last, "ends in nothing: the end of this chain is not kept")
        elif self._head.number > self._last:
            self._fault(self._last + 1, f"is missing, with all up to {self._head.number}")
        elif self._head.number < self._last:
            self._fault(self._head.number + 1, "was added behind the end of the chain")
        elif self._head.hash != self._hash:
            self._fault(self._last, "is not the line the chain ended with")
        self._chain = None

    def _fault(self, number: int, reason: str) -> None:
        self.faults.append(ChainFault(self._chain or "", number, reason))
