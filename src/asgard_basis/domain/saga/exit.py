"""Leaving: the short first, because it is quick; then the long; then the books."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    LongObserved,
    OrderDone,
    Perform,
    StepName,
)

REFUSALS_MAX = 8
"""Then a person is needed. A venue that is away, or a book without anybody, is waited for."""
ALREADY_FLAT = "already_flat"
"""What a closing order comes to when nothing is left to close: as good as done."""


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """What is held when leaving begins."""

    short_size: Decimal
    size_step: Decimal
    holds_long: bool


def remaining_short(plan: ExitPlan, journal: Journal) -> Decimal:
    """SOL still sold short; zero once the venue said that nothing is left to close."""
    bought = ZERO
    for outcome in journal.outcomes(StepName.CLOSE_SHORT):
        if isinstance(outcome, OrderDone):
            if outcome.result.status == ALREADY_FLAT:
                return ZERO
            bought += outcome.result.filled_size
    return plan.short_size - bought


def next_step(plan: ExitPlan, journal: Journal) -> Decision:
    """What to do next on the way out."""
    remaining = remaining_short(plan, journal)
    if remaining >= plan.size_step:
        if journal.refusals(StepName.CLOSE_SHORT) < REFUSALS_MAX:
            return Perform(StepName.CLOSE_SHORT, size=remaining)
        return _stuck(journal, StepName.CLOSE_SHORT)
    if plan.holds_long and not journal.is_done(StepName.CLOSE_LONG):
        decision = _close_long(journal)
        if decision is not None:
            return decision
    if not journal.is_done(StepName.SETTLE):
        return Perform(StepName.SETTLE)
    return Finished()


def state_of(journal: Journal) -> PositionState:
    """The lifecycle state the journal stands for while leaving is under way."""
    is_past_short = journal.is_done(StepName.OBSERVE_LONG) or journal.is_done(StepName.CLOSE_LONG)
    return PositionState.CLOSING_LONG if is_past_short else PositionState.CLOSING_SHORT


def _close_long(journal: Journal) -> Decision | None:
    observed = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    if journal.refusals(StepName.CLOSE_LONG) >= REFUSALS_MAX:
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
