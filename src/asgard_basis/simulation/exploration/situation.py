"""One position between any two instants: its journal, the venues, and an answer under way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.step import Decision, Finished, Journal, Perform, StepName
from asgard_basis.simulation.exploration.late import Late
from asgard_basis.simulation.exploration.world import Place, Truth

CRASHES_MAX = 2
"""Between any two lines of the journal."""


class Wrong(Exception):
    """An invariant does not hold in a state that can be reached."""


class State(NamedTuple):
    """Everything that decides what can happen next."""

    journal: tuple[int, ...]
    truth: Truth
    intended: int | None = None
    """The open line; its answer is not known."""
    fate: int | None = None
    """The line it would be concluded with; None: nothing came of it."""
    is_sent: bool = False
    acts: int = 0
    """How often the venues may still act by themselves."""
    is_unseen: bool = False
    """They took from the short, and the books do not know."""
    is_long_unseen: bool = False
    """They took the long, and nobody has looked since."""
    is_late: bool = False
    crashes: int = 0
    is_urgent: bool = False
    """Everything was stopped."""
    late: Late | None = None
    """Another open line, which nobody answers for while the other leg goes on."""
    is_early: bool = False
    """That line was written before leaving was decided."""


_ALONE, _NOTHING = Place(), Truth(0, 0)


@dataclass(frozen=True)
class Scene:
    """One saga, what is held when it begins, and how it may end."""

    name: str
    decide: Callable[[Journal], Decision]
    state_of: Callable[[Journal], PositionState]
    begins_as: PositionState
    check_end: Callable[[Finished, Journal, Truth], str | None]
    truth: Truth = _NOTHING
    booked_short: int = 0
    place: Place = _ALONE
    acts: int = 0
    timed: frozenset[StepName] = frozenset()
    """Steps that may take an hour, so that waiting for them is over."""
    is_exit: bool = False
    """Leaving is all it is about."""
    looks_up: bool = True
    """False: a runner that takes silence for failure, to see that it is caught."""
    crashes_max: int = CRASHES_MAX
    urgent: Callable[[Journal], Decision] | None = None
    """How it is decided once everything is stopped, which may be at any moment; None: never."""
    beside: Callable[[Journal], Perform | None] | None = None
    """What is done then while a step has no answer."""
