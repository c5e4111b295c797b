"""What is explored: each saga from every beginning it may have, and how it may end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import emergency, entry, equalise, reduce, repair
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.hedge import Patience
from asgard_basis.domain.saga.leave import Manner
from asgard_basis.domain.saga.step import Finished, Journal, Perform, StepName
from asgard_basis.simulation.exploration.journals import COUNTED_MAX
from asgard_basis.simulation.exploration.situation import Scene
from asgard_basis.simulation.exploration.world import (
    BROUGHT,
    FULL,
    LEAST_LOTS,
    PRICE,
    TERMS,
    Place,
    Truth,
)

_ONCE = Patience(
    refusals_max=1,
    unfilled_max=1,
    silences_max=1,
    tries_max=100,
    tries_min=1,
    reads_max=1,
    first_tries_max=2,
    leaving_refusals_max=COUNTED_MAX,
)
PATIENCE: dict[str, Patience] = {
    "refusals": replace(_ONCE, refusals_max=COUNTED_MAX),
    "empty books": replace(_ONCE, unfilled_max=COUNTED_MAX),
    "silence": replace(_ONCE, silences_max=COUNTED_MAX, reads_max=COUNTED_MAX),
    "time": _ONCE,
}
"""As the product's in kind, with numbers so small that every count is reached: one thing is
borne twice, the others once; in the last, waiting for a signature may take an hour."""
ENTRY = entry.EntryPlan(
    collateral_usdc=Decimal(20),
    long_leverage=Decimal(2),
    short_margin_usdc=Decimal(20),
    short_leverage=3,
    size_step=TERMS.size_step,
    min_order_usd=TERMS.min_order_usd,
    reference_price=PRICE,
)
HALF = Decimal("0.5")
_EQUALISED = equalise.EqualisePlan(
    reduce.ReducePlan(HALF, Decimal(FULL), TERMS), margin_usdc=Decimal(20)
)


def scenes() -> Iterator[Scene]:
    """All of them."""
    for borne in PATIENCE:
        yield opening(borne)
    for truth in (Truth(FULL, FULL), Truth(FULL, 0), Truth(0, FULL), Truth(FULL, FULL // 2)):
        yield closing(truth, booked=FULL)
    yield closing(Truth(FULL, FULL), booked=FULL, others=3)
    for borne in PATIENCE:
        yield reducing(borne)
    for borne in PATIENCE:
        yield equalising(borne)
    for long in (0, FULL // 2, FULL):
        for short in (0, FULL // 2, FULL):
            yield repairing(Truth(long, short), borne="empty books")
    for borne in ("refusals", "silence", "time"):
        yield repairing(Truth(FULL, 0), borne=borne)
    yield from stopped()


def stopped() -> Iterator[Scene]:
    """Those in which everything is stopped at some moment, and leaving hurries from then on."""
    for truth in (Truth(FULL, FULL), Truth(FULL, 0), Truth(0, FULL)):
        yield hurried_closing(truth)
    yield replace(hurried_closing(Truth(FULL, FULL), others=3), acts=0)
    yield hurried_reducing()
    yield hurried_equalising()
    yield hurried_repairing(Truth(FULL, 0))


def opening(borne: str) -> Scene:
    """From nothing; the venue may take from the short once."""
    return Scene(
        name=f"entry, {borne}",
        decide=partial(entry.next_step, ENTRY, patience=PATIENCE[borne]),
        state_of=entry.state_of,
        begins_as=PositionState.REQUESTED,
        check_end=_Ends(may_hedge=True, is_opening=True),
        acts=1 if borne == "empty books" else 0,
        timed=_timed(borne, StepName.OPEN_SHORT, StepName.READ_LONG),
    )


def closing(truth: Truth, *, booked: int, others: int = 0) -> Scene:
    """From a pair as the book has it, whatever the venues have."""
    plan = exit_saga.ExitPlan(Decimal(booked), TERMS.size_step, holds_long=True)
    shared = f" beside {others}" if others else ""
    return Scene(
        name=f"exit of {truth.long}/{truth.short}{shared}",
        decide=partial(exit_saga.next_step, plan, patience=_ONCE),
        state_of=_leaving_state,
        begins_as=PositionState.HEDGED,
        check_end=_Ends(may_hedge=False),
        truth=truth,
        booked_short=booked,
        place=Place(others_short=others),
        acts=1,
        is_exit=True,
    )


def reducing(borne: str) -> Scene:
    """Both legs by a half."""
    plan = reduce.ReducePlan(HALF, Decimal(FULL), TERMS)
    return Scene(
        name=f"reduce, {borne}",
        decide=partial(
            reduce.next_step, plan, patience=PATIENCE[borne], long_patience=PATIENCE[borne]
        ),
        state_of=reduce.state_of,
        begins_as=PositionState.HEDGED,
        check_end=_Ends(may_hedge=True),
        truth=Truth(FULL, FULL),
        booked_short=FULL,
        acts=1 if borne == "empty books" else 0,
        timed=_timed(borne, StepName.REDUCE_LONG),
    )


def equalising(borne: str) -> Scene:
    """As `reducing`, and what that sets free goes back into both legs."""
    patience = PATIENCE[borne]
    scene = reducing(borne)
    return replace(
        scene,
        name=f"equalise, {borne}",
        decide=partial(
            equalise.next_step,
            _EQUALISED,
            patience=patience,
            long_patience=patience,
            back_patience=replace(patience, tries_max=COUNTED_MAX + 1),
        ),
        check_end=_PutBack(scene.check_end),
        place=Place(puts_back=True),
    )


def repairing(truth: Truth, *, borne: str) -> Scene:
    """From any disagreement of the legs."""
    plan = repair.RepairPlan(Decimal(FULL), TERMS)
    return Scene(
        name=f"repair of {truth.long}/{truth.short}, {borne}",
        decide=partial(repair.next_step, plan, patience=PATIENCE[borne]),
        state_of=repair.state_of,
        begins_as=PositionState.HEDGED,
        check_end=_Ends(may_hedge=True),
        truth=truth,
        booked_short=FULL,
        acts=1 if borne == "empty books" else 0,
        timed=_timed(borne, StepName.OPEN_SHORT),
    )


def hurried_closing(truth: Truth, *, others: int = 0) -> Scene:
    """As `closing`, until everything is stopped."""
    plan = exit_saga.ExitPlan(Decimal(FULL), TERMS.size_step, holds_long=True)

    def beside(journal: Journal) -> Perform | None:
        return emergency.beside(plan, journal, journal.open_legs(), patience=_ONCE)

    scene = closing(truth, booked=FULL, others=others)
    return replace(
        scene,
        name=f"emergency {scene.name}",
        crashes_max=1,  # a second one finds what the first has found
        urgent=partial(emergency.next_step, plan, patience=_ONCE),
        beside=beside,
    )


def hurried_reducing() -> Scene:
    """As `reducing`, until everything is stopped."""
    plan = reduce.ReducePlan(HALF, Decimal(FULL), TERMS)
    scene = reducing("refusals")
    return replace(
        scene,
        name=f"emergency {scene.name}",
        crashes_max=1,  # a second one finds what the first has found
        urgent=partial(
            reduce.next_step,
            plan,
            patience=PATIENCE["refusals"],
            long_patience=PATIENCE["refusals"],
            manner=Manner.EMERGENCY,
        ),
        beside=partial(reduce.beside, plan, patience=PATIENCE["refusals"]),
    )


def hurried_equalising() -> Scene:
    """As `equalising`, until everything is stopped."""
    scene, patience = equalising("refusals"), PATIENCE["refusals"]
    return replace(
        scene,
        name=f"emergency {scene.name}",
        crashes_max=1,  # a second one finds what the first has found
        urgent=partial(
            equalise.next_step,
            _EQUALISED,
            patience=patience,
            long_patience=patience,
            back_patience=replace(patience, tries_max=COUNTED_MAX + 1),
            manner=Manner.EMERGENCY,
        ),
        beside=partial(reduce.beside, _EQUALISED.cut, patience=patience),
    )


def hurried_repairing(truth: Truth) -> Scene:
    """As `repairing`, until everything is stopped."""
    plan = repair.RepairPlan(Decimal(FULL), TERMS)
    scene = repairing(truth, borne="refusals")
    return replace(
        scene,
        name=f"emergency {scene.name}",
        crashes_max=1,  # a second one finds what the first has found
        urgent=partial(
            repair.next_step, plan, patience=PATIENCE["refusals"], manner=Manner.EMERGENCY
        ),
        beside=partial(repair.beside, plan, patience=PATIENCE["refusals"]),
    )


def _timed(borne: str, *names: StepName) -> frozenset[StepName]:
    return frozenset(names if borne == "time" else ())


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


@dataclass(frozen=True, slots=True)
class _PutBack:
    """Ends of a cut that is made to leave both legs with more room."""

    inner: Callable[[Finished, Journal, Truth], str | None]

    def __call__(self, finished: Finished, journal: Journal, truth: Truth) -> str | None:
        """What is wrong with ending so, if anything."""
        wrong = self.inner(finished, journal, truth)
        has_left = journal.attempts(StepName.LEAVE) > 0
        is_back = truth.margin_back and truth.repaid == BROUGHT
        if wrong is not None or has_left or finished.failure is not None or is_back:
            return wrong
        return f"ended well, margin back: {truth.margin_back}, {truth.repaid} USDC repaid"


def _is_refused_for_good(journal: Journal) -> bool:
    _, leaving = journal.split(StepName.LEAVE)
    refused = leaving or journal
    return any(
        refused.refusals(name) >= _ONCE.leaving_refusals_max
        for name in (StepName.CLOSE_SHORT, StepName.CLOSE_LONG)
    )


def _leaving_state(journal: Journal) -> PositionState:
    return exit_saga.state_of(journal) if journal.steps else PositionState.HEDGED
