"""A why-card: one decision with everything it was made from, so that it can be made again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.identifiers import PositionId, UserId


class Verdict(StrEnum):
    """What was decided."""

    ENTER = "enter"
    WAIT = "wait"
    HOLD = "hold"
    REDUCE = "reduce"
    EXIT = "exit"
    REFUSE = "refuse"
    PAUSE = "pause"
    """Nothing more is opened until somebody has looked."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says of its facts."""

    verdict: Verdict
    reason: str
    """One sentence for a person."""
    criteria: tuple[Check, ...] = ()
    measure: str | None = None
    """How much, where a verdict needs it: the fraction to cut, the size to open."""

    @property
    def failing(self) -> tuple[str, ...]:
        """Keys of the criteria that do not hold."""
        return tuple(check.key for check in self.criteria if not check.passed)


@dataclass(frozen=True, slots=True)
class WhyCard:
    """One decision about one subject."""

    id: str
    user_id: UserId
    subject: str
    """What it is about: `position:ID`, `intent:ID`, `strategy:USER`."""
    rule: str
    version: int
    facts: object
    """A frozen dataclass: all the rule looked at."""
    thresholds: object
    """A frozen dataclass: all it held them against."""
    ruling: Ruling
    decided_at: datetime
    """Market time."""
    position_id: PositionId | None = None

    @property
    def fingerprint(self) -> str:
        """Equal for decisions a person would call the same."""
        return f"{self.version}:{self.ruling.verdict}:{','.join(self.ruling.failing)}"
