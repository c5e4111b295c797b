"""Pauses, closing everything, stopping everything."""

from datetime import datetime

from pydantic import Field

from asgard_basis.api.schemas.shapes import DecimalText, Request, Shape
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


class KillRequest(Request):
    """Why, for whoever reads it later."""

    reason: str = Field(default="Thrown from the API", min_length=1, max_length=200)


class ExposureEntry(Shape):
    """A position that is held although nothing may be opened any more."""

    position_id: str
    user_id: str
    state: str
    asset: str
    long_tokens: DecimalText
    short_sol: DecimalText
    net_sol: DecimalText | None
    """Without its opposite leg, long positive; null is not known."""


class KillResponse(Shape):
    """Where the kill switch stands. It closes nothing."""

    is_on: bool
    flag: str | None
    """What the file on this machine says."""
    database: str | None
    """What the latch in the database says."""
    is_database_known: bool
    exposure: list[ExposureEntry]
    """Of everybody; empty too while the database does not answer."""


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
