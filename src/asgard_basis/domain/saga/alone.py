"""One leg defended alone, within the job of both legs that waits for the other's venue.

What was done so stands at the beginning of that job's journal. When both venues answer, the job
begins from what it left: `after` says what that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import CENT, ONE, ZERO, floor_to, nearest_to, plain
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.hedge import (
    SECOND_LEG,
    HedgeTerms,
    Patience,
    is_current,
    may_try,
    short_held,
)
from asgard_basis.domain.saga.outcome import LongReduced
from asgard_basis.domain.saga.progress import reduced_pair
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    Leg,
    Perform,
    StepName,
)

LEG, PRICE, AT = "alone_leg", "alone_price", "alone_at"
"""In a job's details: which leg is defended alone, the price at which that was decided, and from
which line of the journal on."""
DONE, SET_OUT = "alone_done", "alone_set_out"
"""The same: the last such line that was concluded, and the line with which begins what was asked
for."""
_ADD, _MARGIN, _CUT, _HELD = "alone_add", "alone_margin", "alone_cut", "alone_held"
_REFUSALS_MAX, _TRIES_MAX = 3, 8
_REPAID_LEAST = ONE
_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AlonePlan:
    """What goes into the leg, and what goes of it."""

    leg: Leg
    add_usdc: Decimal
    """That is free at its venue."""
    margin_usdc: Decimal
    """Behind the short once that was added."""
    fraction: Decimal
    """Of the leg, whole percent; zero where what is added will do."""
    held: Decimal
    """SOL sold short when it begins."""
    price: Decimal
    """At which it was decided, USD per SOL."""


def details_of(plan: AlonePlan, *, at: int) -> dict[str, str]:
    """The plan for a job's details; `at` is how long its journal is."""
    return {
        LEG: plan.leg.value,
        AT: str(at),
        _ADD: plain(plan.add_usdc),
        _MARGIN: plain(plan.margin_usdc),
        _CUT: plain(plan.fraction),
        _HELD: plain(plan.held),
        PRICE: plain(plan.price),
    }


def plan_of(details: Mapping[str, str]) -> AlonePlan | None:
    """The plan that is being carried out; None when there is none, or the last was concluded."""
    if LEG not in details or details.get(DONE) == details[AT]:
        return None
    return AlonePlan(
        leg=Leg(details[LEG]),
        add_usdc=Decimal(details[_ADD]),
        margin_usdc=Decimal(details[_MARGIN]),
        fraction=Decimal(details[_CUT]),
        held=Decimal(details[_HELD]),
        price=Decimal(details[PRICE]),
    )


def leg_of(details: Mapping[str, str]) -> Leg | None:
    """Which leg was defended alone in this job; None where none was."""
    return Leg(details[LEG]) if LEG in details else None


def has_begun(details: Mapping[str, str], journal: Journal) -> bool:
    """Whether the job has begun what was asked for, rather than to defend one leg meanwhile."""
    return SET_OUT in details if LEG in details else bool(journal.steps)


def parts(details: Mapping[str, str], journal: Journal) -> tuple[Journal, Journal]:
    """What was done to one leg alone, and what came after it."""
    if LEG not in details:
        return Journal(), journal
    begins = int(details.get(SET_OUT, len(journal.steps)))
    return Journal(journal.steps[:begins]), Journal(journal.steps[begins:])


def after(position: Position, alone: Journal) -> Position:
    """The position as that has left it; its state is not touched."""
    cuts = [s.outcome for s in alone.steps if isinstance(s.outcome, LongReduced)]
    if len(cuts) <= 1:
        return reduced_pair(position, alone, _part(cuts))
    for index, step in enumerate(alone.steps):
        if isinstance(step.outcome, LongReduced):
            done = Journal(alone.steps[: index + 1])
            position = reduced_pair(position, done, _part([step.outcome]))
            return after(position, Journal(alone.steps[index + 1 :]))
    return position


def matching(position: Position, redemption: Decimal, fraction: Decimal) -> Decimal:
    """The part of the long that must go so that it is what is left of the short less `fraction`.

    Whole percent; zero where the short is not the smaller leg.
    """
    long, short = position.long, position.short
    if long is None or short is None:
        return ZERO
    sol = (long.collateral_bought - long.collateral_sold) * redemption
    if position.observation is not None:
        sol = position.observation.collateral * redemption
    if sol <= 0:
        return ZERO
    return max(ZERO, nearest_to(ONE - short.size * (ONE - fraction) / sol, _PERCENT))


def next_step(
    plan: AlonePlan, terms: HedgeTerms, journal: Journal, *, patience: Patience = SECOND_LEG
) -> Decision:
    """What to do next; `journal` is what happened since the plan was made."""
    if plan.leg is Leg.SHORT:
        return _next_of_short(plan, terms, journal, patience)
    return _next_of_long(plan, journal, patience)


def _next_of_short(
    plan: AlonePlan, terms: HedgeTerms, journal: Journal, patience: Patience
) -> Decision:
    add = Perform(StepName.ADD_MARGIN, size=plan.margin_usdc)
    if plan.add_usdc > 0 and not journal.attempts(StepName.CLOSE_SHORT) and _is_due(journal, add):
        return add
    if plan.fraction == 0:
        return _concluded(journal, add.name)
    if not journal.is_done(StepName.OBSERVE_SHORT) and _is_unrefused(journal):
        return Perform(StepName.OBSERVE_SHORT, size=plan.held)
    target = nearest_to(plan.held * (ONE - plan.fraction), terms.size_step)
    excess = short_held(journal, plan.held) - target
    if excess >= terms.size_step and may_try(journal, StepName.CLOSE_SHORT, patience):
        return Perform(StepName.CLOSE_SHORT, size=excess)
    # The venue pays out the margin of the part: what is left is no safer until it is back.
    _, since_cut = journal.split(StepName.CLOSE_SHORT)
    is_back = is_current(journal, add.name, after=frozenset({StepName.CLOSE_SHORT}))
    if journal.is_done(StepName.CLOSE_SHORT) and not is_back:
        if _tries_left(since_cut or Journal(), add.name):
            return add
        return _failed(journal, add.name)
    if excess >= terms.size_step:
        return _failed(journal, StepName.CLOSE_SHORT)
    return Finished()


def _next_of_long(plan: AlonePlan, journal: Journal, patience: Patience) -> Decision:
    if not journal.is_done(StepName.OBSERVE_LONG):
        if journal.attempts(StepName.OBSERVE_LONG) < patience.reads_max:
            return Perform(StepName.OBSERVE_LONG)
        return _failed(journal, StepName.OBSERVE_LONG)
    repay = Perform(StepName.REPAY_LONG, size=plan.add_usdc)
    wants_repaying = plan.add_usdc >= _REPAID_LEAST
    if wants_repaying and not journal.attempts(StepName.REDUCE_LONG) and _is_due(journal, repay):
        return repay
    if plan.fraction == 0:
        return _concluded(journal, repay.name) if wants_repaying else Finished()
    if not journal.is_done(StepName.REDUCE_LONG):
        if may_try(journal, StepName.REDUCE_LONG, patience):
            return Perform(StepName.REDUCE_LONG, size=plan.fraction)
        return _failed(journal, StepName.REDUCE_LONG)
    sales = journal.outcomes(StepName.REDUCE_LONG)
    brought = floor_to(
        sum((o.usdc_received for o in sales if isinstance(o, LongReduced)), ZERO), CENT
    )
    is_back = is_current(journal, repay.name, after=frozenset({StepName.REDUCE_LONG}))
    if brought < _REPAID_LEAST or is_back:
        return Finished()
    _, since_cut = journal.split(StepName.REDUCE_LONG)
    if _tries_left(since_cut or Journal(), repay.name):
        return Perform(repay.name, size=brought)
    return _failed(journal, repay.name)


def _is_due(journal: Journal, command: Perform) -> bool:
    return not journal.is_done(command.name) and _tries_left(journal, command.name)


def _tries_left(journal: Journal, name: StepName) -> bool:
    return journal.refusals(name) < _REFUSALS_MAX and journal.attempts(name) < _TRIES_MAX


def _is_unrefused(journal: Journal) -> bool:
    """A refusal to look says nothing: the order that follows only reduces."""
    return not journal.refusals(StepName.OBSERVE_SHORT)


def _concluded(journal: Journal, name: StepName) -> Finished:
    return Finished() if journal.is_done(name) else _failed(journal, name)


def _failed(journal: Journal, name: StepName) -> Finished:
    refusal = journal.last_refusal(name)
    why = refusal.error if refusal else None
    return Finished(ErrorCode.REDUCE_FAILED, f"one leg could not be defended alone: {why}")


def _part(cuts: list[LongReduced]) -> Decimal:
    return Decimal(sum(cut.percentage for cut in cuts)) / 100
