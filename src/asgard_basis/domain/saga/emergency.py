"""Leaving at any price: a venue that is silent keeps its own leg waiting, never the other one.

Ordinary leaving keeps the order (short first, then long), because a leg alone is a risk. Whoever
stops everything has decided that being half out is better than being in.
"""

from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.exit import ExitPlan
from asgard_basis.domain.saga.hedge import SECOND_LEG, Patience
from asgard_basis.domain.saga.step import (
    Decision,
    Journal,
    Leg,
    Perform,
    Step,
    StepName,
    StepStatus,
)

SHORT_STEPS = frozenset({StepName.OBSERVE_SHORT, StepName.CLOSE_SHORT})
LONG_STEPS = frozenset({StepName.OBSERVE_LONG, StepName.CLOSE_LONG})


def next_step(plan: ExitPlan, journal: Journal, *, patience: Patience = SECOND_LEG) -> Decision:
    """As leaving otherwise, but turn about while the short's venue does not answer."""
    wanted = exit_saga.next_step(plan, journal, patience=patience)
    if not isinstance(wanted, Perform) or wanted.name not in SHORT_STEPS:
        return wanted
    newest = next((s for s in reversed(journal.steps) if s.name in SHORT_STEPS), None)
    if not is_silent(newest) or not plan.holds_long or journal.is_done(StepName.CLOSE_LONG):
        return wanted
    instead = exit_saga.next_of_long(journal, patience)
    if not isinstance(instead, Perform):
        return wanted
    last = journal.steps[-1]
    has_failed_too = last.name in LONG_STEPS and last.status is not StepStatus.DONE
    return wanted if has_failed_too else instead


def beside(
    plan: ExitPlan,
    journal: Journal,
    unanswered: frozenset[Leg],
    *,
    patience: Patience = SECOND_LEG,
) -> Perform | None:
    """What can be done while nobody tells what became of a step of one leg; None: only wait.

    Nothing is ever begun for a leg that has such a step, and nothing is concluded before all
    answers are in. The step itself may stand before `journal` begins.
    """
    wanted: Decision | None = None
    if unanswered == {Leg.SHORT} and plan.holds_long and not journal.is_done(StepName.CLOSE_LONG):
        wanted = exit_saga.next_of_long(journal, patience)
    elif unanswered == {Leg.LONG}:
        wanted = exit_saga.next_step(plan, journal, patience=patience)
        if isinstance(wanted, Perform) and wanted.name not in SHORT_STEPS:
            return None
    return wanted if isinstance(wanted, Perform) else None


def is_silent(step: Step | None) -> bool:
    """Whether a step came to nothing because nobody answered."""
    return step is not None and step.status is StepStatus.UNAVAILABLE
