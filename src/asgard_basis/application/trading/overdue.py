"""How long an answer is waited for before an emergency goes on with the other leg."""

from datetime import timedelta

from asgard_basis.domain.saga.step import Journal, Step, StepName
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import ORDER_LIFETIME

_LATE = timedelta(seconds=6)
"""Host time; what a venue's records only lag behind with has shown by then."""
_DEAD = 2 * ORDER_LIFETIME
"""Since an order was decided; that it was priced and numbered first took a part of it."""


def is_overdue(journal: Journal, clock: Clock) -> bool:
    """Whether everything unanswered has been so for long enough.

    A sale that may still arrive is waited out: it would stand alone if the long were gone.
    """
    return all(_waited(step, clock) for step in journal.open_steps())


def _waited(step: Step, clock: Clock) -> bool:
    patience = _DEAD if step.name is StepName.OPEN_SHORT else _LATE
    return clock.now() - step.intended_at >= patience * max(1.0, clock.speed)
