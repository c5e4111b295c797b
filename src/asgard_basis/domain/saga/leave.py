"""Turning to leave in the middle of something else."""

from enum import Enum

from asgard_basis.domain.saga import emergency
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.exit import ExitPlan
from asgard_basis.domain.saga.hedge import Patience
from asgard_basis.domain.saga.step import Decision, Journal, Leg, Perform, StepName


class Manner(Enum):
    """Why and how what is held is closed by a saga that does something else."""

    NEEDED = "needed"
    """Only when the saga itself comes to that."""
    WISHED = "wished"
    """At the next decision, because a person asked."""
    EMERGENCY = "emergency"
    """At the next decision, and whatever can be reached first."""


def next_step(plan: ExitPlan, journal: Journal, manner: Manner, patience: Patience) -> Decision:
    """The next step of leaving; `journal` is what happened since it was decided."""
    if manner is Manner.EMERGENCY:
        return emergency.next_step(plan, journal, patience=patience)
    return exit_saga.next_step(plan, journal, patience=patience)


def beside(
    plan: ExitPlan, leaving: Journal | None, unanswered: frozenset[Leg], patience: Patience
) -> Perform | None:
    """What an emergency does while a step has no answer; `leaving` is None before it is decided."""
    if leaving is None:
        return None if Leg.NEITHER in unanswered else Perform(StepName.LEAVE)
    return emergency.beside(plan, leaving, unanswered, patience=patience)
