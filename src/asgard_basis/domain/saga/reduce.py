"""Making a pair smaller: the short first, reduce-only; then the same part of the long."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ONE, nearest_to
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
    is_too_small,
    losses,
    may_try,
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

LONG_PATIENCE = Patience(
    refusals_max=2, silences_max=6, tries_max=6, tries_min=2, exposed_max=timedelta(seconds=90)
)
"""For the part of the long, while less of the short is there; then the short is restored."""
_TRADES = frozenset({StepName.OPEN_SHORT, StepName.CLOSE_SHORT, StepName.OBSERVE_LONG})


@dataclass(frozen=True, slots=True)
class ReducePlan:
    """What goes, and what is held when that begins."""

    fraction: Decimal
    """Of both legs; a whole number of percent."""
    short_size: Decimal
    terms: HedgeTerms
    short_target: Decimal | None = None
    """Of the short, where it is the smaller leg already; None: the same part of it goes."""


def next_step(
    plan: ReducePlan,
    journal: Journal,
    *,
    patience: Patience = SECOND_LEG,
    long_patience: Patience = LONG_PATIENCE,
    manner: Manner = Manner.NEEDED,
) -> Decision:
    """What to do next.

    Nothing of the long is touched before the short was cut; when the long cannot be cut the
    short is restored, and when that cannot be done either both legs are closed. So they are
    when a person wishes it.
    """
    reducing, leaving = journal.split(StepName.LEAVE)
    if leaving is not None:
        return _leave(plan, reducing, leaving, manner, patience)
    if manner is not Manner.NEEDED:
        return Perform(StepName.LEAVE)
    looks = _looks(journal)
    if not looks:
        if journal.attempts(StepName.OBSERVE_LONG) < patience.reads_max:
            return Perform(StepName.OBSERVE_LONG)
        return Finished(ErrorCode.VENUE_DOWN, "the long could not be looked at; nothing was done")
    if looks[0].state is None:
        return Perform(StepName.LEAVE)
    if journal.is_done(StepName.REDUCE_LONG):
        return _trim(plan, journal, looks[0], patience)
    cut, restoring = journal.split(StepName.TURN_BACK)
    if restoring is not None:
        return _restore(plan, cut, restoring, patience)
    return _cut(plan, journal, patience, long_patience)


def beside(
    plan: ReducePlan, journal: Journal, *, patience: Patience = SECOND_LEG
) -> Perform | None:
    """What an emergency does while nobody tells what became of a step; None: only wait."""
    reducing, leaving = journal.split(StepName.LEAVE)
    return leave.beside(_exit_plan(plan, reducing), leaving, journal.open_legs(), patience)


def state_of(journal: Journal) -> PositionState:
    """The lifecycle state the journal stands for while reducing is under way."""
    _, leaving = journal.split(StepName.LEAVE)
    return PositionState.REDUCING if leaving is None else exit_saga.state_of(leaving)


def _cut(
    plan: ReducePlan, journal: Journal, patience: Patience, long_patience: Patience
) -> Decision:
    """The short, until it is cut; then the long."""
    held = short_held(journal, plan.short_size)
    target = plan.short_target
    if target is None:
        target = plan.short_size * (ONE - plan.fraction)
    excess = held - nearest_to(target, plan.terms.size_step)
    if excess >= plan.terms.size_step and not is_too_small(journal):
        if may_try(journal, StepName.CLOSE_SHORT, patience):
            return Perform(StepName.CLOSE_SHORT, size=excess)
        return Perform(StepName.TURN_BACK)
    _, since_cut = journal.split(StepName.CLOSE_SHORT)
    if may_try(since_cut or journal, StepName.REDUCE_LONG, long_patience):
        return Perform(StepName.REDUCE_LONG, size=plan.fraction)
    return Perform(StepName.TURN_BACK)


def _restore(plan: ReducePlan, cut: Journal, restoring: Journal, patience: Patience) -> Decision:
    """The short as it was, because the long is as it was."""
    held = short_held(restoring, short_held(cut, plan.short_size))
    order = toward(plan.terms, restoring, held=held, target=plan.short_size, patience=patience)
    if order is not None:
        return order
    refusal = cut.last_refusal(StepName.REDUCE_LONG) or cut.last_refusal(StepName.CLOSE_SHORT)
    reason = refusal.error if refusal else "the short could not be bought back inside the band"
    return Finished(ErrorCode.REDUCE_FAILED, reason)


def _trim(plan: ReducePlan, journal: Journal, seen: LongObserved, patience: Patience) -> Decision:
    """The short to what the long really holds now; then both are checked."""
    after = _after_cut(plan, journal, seen, patience)
    if after is None:
        return Perform(StepName.OBSERVE_LONG)
    if after.state is None:
        return Perform(StepName.LEAVE)
    if len(losses(journal, plan.short_size)) > LOSSES_MAX:
        return Perform(StepName.LEAVE)
    sol = after.state.collateral * after.redemption_rate
    target = nearest_to(sol, plan.terms.size_step)
    held = short_held(journal, plan.short_size)
    since = since_alone(journal, plan.short_size)
    order = toward(plan.terms, since, held=held, target=target, patience=patience)
    if order is not None:
        return order
    is_checked = is_current(journal, StepName.VALIDATE, after=_TRADES)
    if is_checked or journal.refusals(StepName.VALIDATE) >= CHECKS_MAX:
        return Finished()
    return Perform(StepName.VALIDATE, size=held)


def _after_cut(
    plan: ReducePlan, journal: Journal, seen: LongObserved, patience: Patience
) -> LongObserved | None:
    """The long after the cut; a look that does not show it yet is not believed at once."""
    _, since_cut = journal.split(StepName.REDUCE_LONG)
    looks = _looks(since_cut or Journal())
    if not looks or seen.state is None or looks[-1].state is None:
        return looks[-1] if looks else None
    halfway = seen.state.collateral * (ONE - plan.fraction / 2)
    is_late = looks[-1].state.collateral > halfway and len(looks) < patience.reads_max
    return None if is_late else looks[-1]


def _leave(
    plan: ReducePlan, reducing: Journal, leaving: Journal, manner: Manner, patience: Patience
) -> Decision:
    return leave.next_step(_exit_plan(plan, reducing), leaving, manner, patience)


def _exit_plan(plan: ReducePlan, reducing: Journal) -> exit_saga.ExitPlan:
    held = short_held(reducing, plan.short_size)
    return exit_saga.ExitPlan(short_size=held, size_step=plan.terms.size_step, holds_long=True)


def _looks(journal: Journal) -> list[LongObserved]:
    """What the venue itself showed: what it was last known to be does not tell of a cut."""
    looks = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    return [look for look in looks if not look.is_estimate]
