"""What is done while something outside has failed."""

from datetime import datetime

from asgard_basis.api.schemas.shapes import DecimalText, Shape


class PlaybookEntry(Shape):
    """One playbook, as it concerns you."""

    name: str
    title: str
    condition: str
    """When it begins."""
    is_active: bool
    since: datetime | None
    """Host time; null while it is not in force."""
    age_seconds: int | None
    seen: str | None
    """What was seen when it began."""
    concerns: list[str]
    """Ids of your positions that it concerns now."""
    done: list[str]
    """What the product does meanwhile."""
    forbidden: list[str]
    allowed: list[str]
    remains: list[str]
    """Your positions that are between two states."""
    ends: str
    loss_max: str
    """What it may cost at most, as a formula."""
    loss_max_usd: DecimalText | None
    """The same for the positions it concerns, or for all you hold; null is not known."""


class PlaybooksResponse(Shape):
    """All of them, those in force first."""

    playbooks: list[PlaybookEntry]
