"""What is explored: each saga from every beginning it may have, and how it may end."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import entry, reduce, repair
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.hedge import Patience
from asgard_basis.domain.saga.step import Finished, Journal, StepName
from asgard_basis.simulation.exploration.journals import COUNTED_MAX
from asgard_basis.simulation.exploration.states import Scene
from asgard_basis.simulation.exploration.world import FULL, LEAST_LOTS, PRICE, TERMS, Place, Truth

PATIENCE = Patience(
    refusals_max=COUNTED_MAX,
    unfilled_max=COUNTED_MAX,
    silences_max=COUNTED_MAX,
    tries_max=5,
    tries_min=1,
    reads_max=COUNTED_MAX,
    leaving_refusals_max=COUNTED_MAX,
)
"""As the product's in kind; the numbers are small, so that every count is reached."""
ENTRY = entry.EntryPlan(
    collateral_usdc=Decimal(30),
    long_leverage=Decimal(2),
    short_margin_usdc=Decimal(30),
    short_leverage=3,
    size_step=TERMS.size_step,
    min_order_usd=TERMS.min_order_usd,
    reference_price=PRICE,
)
HALF = Decimal("0.5")


def scenes() -> Iterator[Scene]:
    """All of them."""
    yield opening()
    for truth in (Truth(FULL, FULL), Truth(FULL, 0), Truth(0, FULL), Truth(FULL, 3)):
        yield closing(truth, booked=FULL)
    yield closing(Truth(FULL, FULL), booked=FULL, others=3)
    yield reducing()
    for long in (0, 3, FULL):
        for short in (0, 3, FULL):
            yield repairing(Truth(long, short))


def opening() -> Scene:
    """From nothing; the venue may take from the short once."""
    return Scene(
        name="entry",
        decide=partial(entry.next_step, ENTRY, patience=PATIENCE),
        state_of=entry.state_of,
        begins_as=PositionState.REQUESTED,
        check_end=_Ends(may_hedge=True, is_opening=True),
        acts=1,
    )


def closing(truth: Truth, *, booked: int, others: int = 0) -> Scene:
    """From a pair as the book has it, whatever the venues have."""
    plan = exit_saga.ExitPlan(Decimal(booked), TERMS.size_step, holds_long=True)
    shared = f" beside {others}" if others else ""
    return Scene(
        name=f"exit of {truth.long}/{truth.short}{shared}",
        decide=partial(exit_saga.next_step, plan, patience=PATIENCE),
        state_of=_leaving_state,
        begins_as=PositionState.HEDGED,
        check_end=_Ends(may_hedge=False),
        truth=truth,
        booked_short=booked,
        place=Place(others_short=others),
        acts=1,
        is_exit=True,
    )


def reducing() -> Scene:
    """Both legs by a half."""
    plan = reduce.ReducePlan(HALF, Decimal(FULL), TERMS)
    return Scene(
        name="reduce",
        decide=partial(reduce.next_step, plan, patience=PATIENCE, long_patience=PATIENCE),
        state_of=reduce.state_of,
        begins_as=PositionState.HEDGED,
        check_end=_Ends(may_hedge=True),
        truth=Truth(FULL, FULL),
        booked_short=FULL,
        acts=1,
    )


def repairing(truth: Truth) -> Scene:
    """From any disagreement of the legs."""
    plan = repair.RepairPlan(Decimal(FULL), TERMS)
    return Scene(
        name=f"repair of {truth.long}/{truth.short}",
        decide=partial(repair.next_step, plan, patience=PATIENCE),
        state_of=repair.state_of,
        begins_as=PositionState.HEDGED,
        check_end=_Ends(may_hedge=True),
        truth=truth,
        booked_short=FULL,
        acts=1,
    )


@dataclass(frozen=True, slots=True)
class _Ends:
    """Every end is one of: hedged, closed, stuck for a reason."""

    may_hedge: bool
    is_opening: bool = False

    def __call__(self, finished: Finished, journal: Journal, truth: Truth) -> str | None:
        """What is wrong with ending so, if anything."""
        held = f"{truth.long} lots long and {truth.short} short"
        if finished.is_stuck:
            return None if _is_refused_for_good(journal) else f"stuck without a refusal: {held}"
        has_left = not self.may_hedge or journal.attempts(StepName.LEAVE) > 0
        if has_left:
            is_closed = truth.long == 0 and truth.short < LEAST_LOTS
            if not is_closed:
                return f"ended as closed with {held}"
            if truth.short and "left" not in (finished.reason or ""):
                is_told = finished.failure is not None
                return None if is_told else f"ended with {held}, and nobody is told"
            return None
        if self.is_opening and finished.failure is not None:
            return f"ended as failed with {held}" if any(truth) else None
        if truth.long != truth.short:
            is_told = finished.failure is ErrorCode.DELTA_DRIFT
            return None if is_told else f"ended as hedged with {held}"
        return None


def _is_refused_for_good(journal: Journal) -> bool:
    _, leaving = journal.split(StepName.LEAVE)
    refused = leaving or journal
    return any(
        refused.refusals(name) >= PATIENCE.leaving_refusals_max
        for name in (StepName.CLOSE_SHORT, StepName.CLOSE_LONG)
    )


def _leaving_state(journal: Journal) -> PositionState:
    return exit_saga.state_of(journal) if journal.steps else PositionState.HEDGED
