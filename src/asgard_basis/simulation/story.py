"""What a life is told as: line by line, and in the end a verdict."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from asgard_basis.simulation.time import VirtualLoop
from asgard_basis.simulation.troubles import Cell


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a seed came to."""

    seed: int
    broken: str | None
    """The promise that did not hold, in words; None when all did."""
    hits: frozenset[Cell]
    story: tuple[str, ...]
    trace_hash: str
    """Of everything that happened, in order; the same in every run of the seed."""
    virtual_seconds: float
    requests: int


@dataclass(slots=True)
class Story:
    """All that happens, in words for people and in a digest for comparing."""

    loop: VirtualLoop
    digest: Any = field(default_factory=hashlib.sha256)
    lines: list[str] = field(default_factory=list)
    requests: int = 0

    def tell(self, what: str) -> None:
        """A line of the story."""
        line = f"{self.loop.time():10.3f}  {what}"
        self.digest.update(line.encode())
        self.lines.append(line)

    def note(self, what: str) -> None:
        """A request, which is compared and not told."""
        self.requests += 1
        self.digest.update(f"{self.loop.time():.6f} {what}\n".encode())
