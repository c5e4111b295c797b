"""Pauses, closing everything, stopping everything."""

from datetime import datetime

from pydantic import Field

from asgard_basis.api.schemas.shapes import Request, Shape
from asgard_basis.api.schemas.trading import JobAccepted


class PauseRequest(Request):
    """Why, for whoever reads it later."""

    reason: str = Field(default="Paused from the dashboard", min_length=1, max_length=200)


class PauseEntry(Shape):
    """One pause."""

    by: str
    """kill_switch, operator, system or user."""
    is_for_everybody: bool
    reason: str
    since: datetime
    can_lift: bool
    """Whether you may end it."""
    lifted_by: list[str]
    """Who may end it: operator, system or user."""
    details: dict[str, str]


class ControlResponse(Shape):
    """What is allowed now. Closing always is."""

    may_open: bool
    may_close: bool
    paused_by: str | None
    """The strongest of those who paused."""
    message: str | None
    pauses: list[PauseEntry]


class StopRequest(Request):
    """Why, for whoever reads it later."""

    reason: str = Field(default="Emergency stop", min_length=1, max_length=200)


class NotTakenEntry(Shape):
    """A position that nothing was begun for."""

    position_id: str
    code: str
    reason: str


class LeavingResponse(Shape):
    """The closings that were taken on or joined; watch each job."""

    jobs: list[JobAccepted]
    not_taken: list[NotTakenEntry]
    """Positions that are being opened; a stop closes them afterwards."""
