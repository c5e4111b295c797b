"""Where a process can die: every step of opening and closing, at every moment of its journal."""

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """How far a step was when a process died."""

    INTENDING = "while-intending"
    """The intention is written, but not committed: nothing was sent."""
    SENT = "before-the-venue"
    """The intention is committed and the request is under way; the venue does it afterwards."""
    ACTED = "before-the-answer"
    """The venue has done it, and the answer was not read."""
    CONCLUDING = "while-concluding"
    """The outcome is written, but not committed."""
    CONCLUDED = "before-the-next"
    """The outcome is committed, and nothing after it is."""


UNSEEN = frozenset({"settle"})
"""Steps that ask no venue: they have no request that could be under way."""

REQUESTS: dict[str, dict[str, str]] = {
    "approve_agent": {"venue": "hyperliquid", "operation": "approveAgent"},
    "set_leverage": {"venue": "hyperliquid", "operation": "updateLeverage"},
    "open_long": {"venue": "asgard", "route": "*/submit-create-position-tx"},
    "read_long": {"venue": "asgard", "route": "*/refresh-positions"},
    "open_short": {"venue": "hyperliquid", "operation": "order"},
    "add_margin": {"venue": "hyperliquid", "operation": "updateIsolatedMargin"},
    "validate": {"venue": "hyperliquid", "operation": "clearinghouseState"},
    "observe_short": {"venue": "hyperliquid", "operation": "clearinghouseState"},
    "close_short": {"venue": "hyperliquid", "operation": "order"},
    "observe_long": {"venue": "asgard", "route": "*/refresh-positions"},
    "close_long": {"venue": "asgard", "route": "*/submit-close-position-tx"},
}
"""The request by which the world is asked for each step, as the world's faults name it."""

OPEN = tuple(REQUESTS)[:7]
CLOSE = (*tuple(REQUESTS)[7:], "settle")
MOVING = ("open_long", "open_short", "add_margin", "close_short", "close_long")
"""The steps that move money: done twice, or not at all, somebody is poorer."""
AROUND = (Moment.SENT, Moment.ACTED, Moment.CONCLUDING)
"""The moments between which a venue does something that the journal does not know yet."""


@dataclass(frozen=True, slots=True)
class Point:
    """One process dies at one moment of one step."""

    process: str
    step: str
    moment: Moment

    def __str__(self) -> str:
        return f"{self.process}-{self.step}-{self.moment}"


def everywhere(process: str, *steps: str) -> tuple[Point, ...]:
    """All moments of these steps."""
    return tuple(
        Point(process, step, moment)
        for step in steps
        for moment in Moment
        if step not in UNSEEN or moment not in (Moment.SENT, Moment.ACTED)
    )


def around(process: str, *steps: str) -> tuple[Point, ...]:
    """The moments around the request, of those among the steps that move money."""
    return tuple(
        Point(process, step, moment) for step in steps if step in MOVING for moment in AROUND
    )


NEIGHBOURS = ("postgresql", "paper", "valkey", "serve")
POINTS: tuple[Point, ...] = (
    *everywhere("work", *OPEN, *CLOSE),
    *(point for name in NEIGHBOURS for point in around(name, *OPEN, *CLOSE)),
)
