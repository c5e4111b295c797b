"""Leaving: the short first, because it is quick; then the long; then the books."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import plain
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import hedge
from asgard_basis.domain.saga.hedge import SECOND_LEG, Patience, short_held
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    LongObserved,
    Perform,
    StepName,
)

ALREADY_FLAT = hedge.ALREADY_FLAT
"""What a closing order comes to when nothing is left to close: as good as done."""


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """What is held when leaving begins."""

    short_size: Decimal
    size_step: Decimal
    holds_long: bool


def remaining_short(plan: ExitPlan, journal: Journal) -> Decimal:
    """SOL still sold short, by the fills and by what the account was measured to have."""
    return short_held(journal, plan.short_size)


def next_step(plan: ExitPlan, journal: Journal, *, patience: Patience = SECOND_LEG) -> Decision:
    """What to do next on the way out.

    Before anything is bought back the account is looked at: what the venue took meanwhile is
    not bought from another position's short.
    """
    remaining = remaining_short(plan, journal)
    is_short_left = remaining >= plan.size_step
    if is_short_left and _is_unseen(journal):
        return Perform(StepName.OBSERVE_SHORT, size=remaining)
    if is_short_left and not _is_dust(journal):
        if journal.refusals(StepName.CLOSE_SHORT) < patience.leaving_refusals_max:
            return Perform(StepName.CLOSE_SHORT, size=remaining)
        return _stuck(journal, StepName.CLOSE_SHORT)
    if plan.holds_long and not journal.is_done(StepName.CLOSE_LONG):
        decision = next_of_long(journal, patience)
        if decision is not None:
            return decision
    if not journal.is_done(StepName.SETTLE):
        return Perform(StepName.SETTLE)
    if is_short_left:
        left = f"{plain(remaining)} SOL sold short are left: too little for an order"
        return Finished(reason=left)
    return Finished()


def state_of(journal: Journal) -> PositionState:
    """The lifecycle state the journal stands for while leaving is under way."""
    is_past_short = journal.is_done(StepName.OBSERVE_LONG) or journal.is_done(StepName.CLOSE_LONG)
    return PositionState.CLOSING_LONG if is_past_short else PositionState.CLOSING_SHORT


def _is_unseen(journal: Journal) -> bool:
    """A refusal to look says nothing: the order that follows cannot do harm, it only reduces."""
    is_looked = journal.is_done(StepName.OBSERVE_SHORT) or journal.refusals(StepName.OBSERVE_SHORT)
    return not is_looked and journal.attempts(StepName.CLOSE_SHORT) == 0


def _is_dust(journal: Journal) -> bool:
    """The venue refuses so little, unless it is all that the account has: it is lived with."""
    refusal = journal.last_refusal(StepName.CLOSE_SHORT)
    return refusal is not None and refusal.error_code == ErrorCode.SIZE_TOO_SMALL.code


def next_of_long(journal: Journal, patience: Patience) -> Decision | None:
    """What brings the long away; None when it is not there any more."""
    observed = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    if journal.refusals(StepName.CLOSE_LONG) >= patience.leaving_refusals_max:
        return _stuck(journal, StepName.CLOSE_LONG)
    if not observed or journal.is_newer(StepName.CLOSE_LONG, than=StepName.OBSERVE_LONG):
        return Perform(StepName.OBSERVE_LONG)
    if observed[-1].state is None:
        return None
    return Perform(StepName.CLOSE_LONG)


def _stuck(journal: Journal, name: StepName) -> Finished:
    refusal = journal.last_refusal(name)
    return Finished(
        ErrorCode.POSITION_CLOSE_FAILED, refusal.error if refusal else None, is_stuck=True
    )
