"""Who may forbid what, and who may allow it again: kill switch > operator > breaker > user.

Each forbids opening. None ever forbids closing, reducing or repairing.
"""

from collections.abc import Iterable
from enum import StrEnum


class PauseSetter(StrEnum):
    """Who paused, strongest first."""

    KILL_SWITCH = "kill_switch"
    OPERATOR = "operator"
    SYSTEM = "system"
    """A breaker: losses in a row, a venue that cannot be trusted."""
    USER = "user"


_STRENGTH = {setter: place for place, setter in enumerate(reversed(PauseSetter))}


def may_lift(who: PauseSetter, set_by: PauseSetter) -> bool:
    """Whether `who` may end a pause of `set_by`.

    A user and the system end their own only; an operator ends every one but a user's, which is
    that user's wish. A kill switch ends nothing by itself.
    """
    if who is PauseSetter.OPERATOR:
        return set_by is not PauseSetter.USER
    return who is set_by and who is not PauseSetter.KILL_SWITCH


def strongest(setters: Iterable[PauseSetter]) -> PauseSetter | None:
    """The one whose word counts where several have paused; None when nobody has."""
    return max(setters, key=lambda setter: _STRENGTH[setter], default=None)
