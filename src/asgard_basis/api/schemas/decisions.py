"""Why-cards."""

from datetime import datetime

from asgard_basis.api.schemas.shapes import Shape
from asgard_basis.api.schemas.trading import CheckResult


class FigureEntry(Shape):
    """One thing a rule looked at, or held it against."""

    name: str
    value: str | None
    """Null is unknown."""


class DecisionEntry(Shape):
    """One decision, with everything it was made from."""

    id: str
    number: int
    subject: str
    """`position:ID`, `intent:ID` or `strategy:USER`."""
    position_id: str | None
    decided_at: datetime
    """Market time."""
    confirmed_at: datetime | None
    """Until when the same was decided again; null when something else was decided since."""
    verdict: str
    """enter, wait, hold, reduce, exit, refuse or pause."""
    measure: str | None
    """How much, where the verdict needs it."""
    reason: str
    criteria: list[CheckResult]
    rule: str
    version: int
    inputs: list[FigureEntry]
    thresholds: list[FigureEntry]


class DecisionsResponse(Shape):
    """Newest first."""

    decisions: list[DecisionEntry]
