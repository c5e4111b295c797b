"""A step that is left unanswered while the other leg goes on, as emergencies do."""

from typing import NamedTuple

from asgard_basis.domain.saga.emergency import SHORT_STEPS, is_silent
from asgard_basis.domain.saga.step import Journal, Step, StepName, StepStatus, leg_of


class Late(NamedTuple):
    """The step nobody answers for."""

    line: int
    """By its number among all lines."""
    fate: int | None
    """The line it would be concluded with; None: nothing has come of it yet."""
    may_arrive: bool
    """It may still be on its way."""


def inserted(journal: Journal, line: Step) -> Journal:
    """The journal with a late outcome where it was intended: before what was done beside it.

    Beside it nothing was done for its leg, so its place is after the newest step of that.
    """
    leg, before = leg_of(line.name), 0
    for index, step in enumerate(journal.steps, start=1):
        if leg_of(step.name) is leg:
            before = index
    return Journal((*journal.steps[:before], line, *journal.steps[before:]))


def in_turn(kept: list[Step], steps: list[Step]) -> list[Step]:
    """What is kept of a leaving, with what tells an emergency whose turn it is.

    That is the newest step of the short, if nobody answered it, and what was last in vain.
    """
    if any(s.name is StepName.CLOSE_LONG and s.status is StepStatus.DONE for s in kept):
        return kept
    last = steps[-1]
    newest = next((s for s in reversed(steps) if s.name in SHORT_STEPS), None)
    if newest is not None and is_silent(newest):
        place = len(kept)
        if last.name not in SHORT_STEPS:
            place = next((i for i, s in enumerate(kept) if s.name not in SHORT_STEPS), place)
        kept = [*kept[:place], newest, *kept[place:]]
    if last.name is StepName.OBSERVE_LONG and is_silent(last):
        kept = [*kept, last]
    return kept
