"""A leg changed without our doing: the short is brought to the long, or both are closed."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import nearest_to
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga import leave
from asgard_basis.domain.saga.hedge import (
    CHECKS_MAX,
    LOSSES_MAX,
    SECOND_LEG,
    HedgeTerms,
    Patience,
    is_current,
    losses,
    short_held,
    since_alone,
    toward,
)
from asgard_basis.domain.saga.leave import Manner
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    LongObserved,
    Perform,
    StepName,
)

DRIFT_LIVEABLE = Decimal("0.02")
"""Legs that are no further apart, and cannot be brought together now, are not closed for it."""
_TRADES = frozenset({StepName.OPEN_SHORT, StepName.CLOSE_SHORT})


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What the book says is held when repairing begins."""

    short_size: Decimal
    terms: HedgeTerms


def next_step(
    plan: RepairPlan,
    journal: Journal,
    *,
    patience: Patience = SECOND_LEG,
    manner: Manner = Manner.NEEDED,
) -> Decision:
    """What to do next: both legs are looked at, and the short follows the long.

    A long that is gone takes the short with it. What cannot be restored is closed, and so is
    what a person wishes to be.
    """
    repairing, leaving = journal.split(StepName.LEAVE)
    if leaving is not None:
        return _leave(plan, repairing, leaving, manner, patience)
    if manner is not Manner.NEEDED:
        return Perform(StepName.LEAVE)
    if not journal.is_done(StepName.OBSERVE_LONG):
        return Perform(StepName.OBSERVE_LONG)
    if not journal.is_done(StepName.OBSERVE_SHORT):
        return Perform(StepName.OBSERVE_SHORT, size=plan.short_size)
    target = _target(plan, journal)
    held = short_held(journal, plan.short_size)
    if target < plan.terms.size_step or len(losses(journal, plan.short_size)) > LOSSES_MAX:
        return Perform(StepName.LEAVE)
    since = since_alone(journal, plan.short_size)
    order = toward(plan.terms, since, held=held, target=target, patience=patience)
    if order is not None:
        if order.name is StepName.LEAVE and abs(target - held) <= target * DRIFT_LIVEABLE:
            return Finished(ErrorCode.DELTA_DRIFT, "the legs could not be brought together now")
        return order
    is_checked = is_current(journal, StepName.VALIDATE, after=_TRADES)
    if is_checked or journal.refusals(StepName.VALIDATE) >= CHECKS_MAX:
        return Finished()
    return Perform(StepName.VALIDATE, size=held)


def beside(
    plan: RepairPlan, journal: Journal, *, patience: Patience = SECOND_LEG
) -> Perform | None:
    """What an emergency does while nobody tells what became of a step; None: only wait."""
    repairing, leaving = journal.split(StepName.LEAVE)
    return leave.beside(_exit_plan(plan, repairing), leaving, journal.open_legs(), patience)


def state_of(journal: Journal) -> PositionState:
    """The lifecycle state the journal stands for while repairing is under way."""
    _, leaving = journal.split(StepName.LEAVE)
    return PositionState.REPAIRING if leaving is None else exit_saga.state_of(leaving)


def _target(plan: RepairPlan, journal: Journal) -> Decimal:
    looks = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    if not looks or looks[-1].state is None:
        return Decimal(0)
    sol = looks[-1].state.collateral * looks[-1].redemption_rate
    return nearest_to(sol, plan.terms.size_step)


def _leave(
    plan: RepairPlan, repairing: Journal, leaving: Journal, manner: Manner, patience: Patience
) -> Decision:
    return leave.next_step(_exit_plan(plan, repairing), leaving, manner, patience)


def _exit_plan(plan: RepairPlan, repairing: Journal) -> exit_saga.ExitPlan:
    held = short_held(repairing, plan.short_size)
    return exit_saga.ExitPlan(short_size=held, size_step=plan.terms.size_step, holds_long=True)
