"""Opening a hedged position: the long first, then a short sized from what it really filled."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode, code_named
from asgard_basis.domain.money import nearest_to
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.hedge import (
    CHECKS_MAX,
    LOSSES_MAX,
    SECOND_LEG,
    HedgeTerms,
    HeldLong,
    Patience,
    is_current,
    long_held,
    losses,
    short_held,
    since_alone,
    toward,
)
from asgard_basis.domain.saga.step import Decision, Finished, Journal, Perform, StepName

FIRST_REFUSALS_MAX = 2
_TRADES = frozenset({StepName.OPEN_SHORT, StepName.CLOSE_SHORT})


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """What was decided before anything is sent."""

    collateral_usdc: Decimal
    long_leverage: Decimal
    short_margin_usdc: Decimal
    short_leverage: int
    """The venue's integer setting; the margin is brought to the plan afterwards."""
    size_step: Decimal
    min_order_usd: Decimal
    reference_price: Decimal

    @property
    def terms(self) -> HedgeTerms:
        """What the venue of the short allows."""
        return HedgeTerms(self.size_step, self.min_order_usd, self.reference_price)


def filled_short(journal: Journal) -> Decimal:
    """SOL sold short by this saga and not bought back, by it or by the venue."""
    return short_held(journal)


def hedge_target(journal: Journal, plan: EntryPlan) -> Decimal | None:
    """SOL the short must reach: the long's SOL-equivalents in whole lots; None before the fill."""
    long = long_held(journal, leverage=plan.long_leverage)
    return None if long is None else nearest_to(long.sol, plan.size_step)


def next_step(plan: EntryPlan, journal: Journal, *, patience: Patience = SECOND_LEG) -> Decision:
    """What to do next; every outside effect of the past is in the journal, with its outcome."""
    opening, leaving = journal.split(StepName.LEAVE)
    if leaving is not None:
        return _unwind(plan, opening, leaving, patience)
    if not journal.is_done(StepName.APPROVE_AGENT):
        return _first(journal, StepName.APPROVE_AGENT, patience)
    if not journal.is_done(StepName.SET_LEVERAGE):
        return _first(journal, StepName.SET_LEVERAGE, patience)
    if not journal.is_done(StepName.OPEN_LONG):
        return _first(journal, StepName.OPEN_LONG, patience)
    long = long_held(journal, leverage=plan.long_leverage, patience=patience)
    if long is None:
        return Perform(StepName.READ_LONG)
    return _hedge(plan, journal, long, patience)


def state_of(journal: Journal) -> PositionState:
    """The lifecycle state the journal stands for while the saga is running."""
    if journal.attempts(StepName.LEAVE):
        return PositionState.UNWINDING
    if journal.is_done(StepName.READ_LONG) or journal.attempts(StepName.OPEN_SHORT):
        return PositionState.OPENING_SHORT
    return PositionState.OPENING_LONG


def _hedge(plan: EntryPlan, journal: Journal, long: HeldLong, patience: Patience) -> Decision:
    """The short is brought to the long, given its margin and measured; else all is given up."""
    target = nearest_to(long.sol, plan.size_step)
    held = short_held(journal)
    if target < plan.size_step or len(losses(journal)) > LOSSES_MAX:
        return Perform(StepName.LEAVE)
    order = toward(plan.terms, since_alone(journal), held=held, target=target, patience=patience)
    if order is not None:
        return order
    if not is_current(journal, StepName.ADD_MARGIN, after=frozenset({StepName.OPEN_SHORT})):
        if journal.refusals(StepName.ADD_MARGIN) < CHECKS_MAX:
            return Perform(StepName.ADD_MARGIN, size=plan.short_margin_usdc)
        return Perform(StepName.LEAVE)
    if long.is_estimate:  # looked at, because it may have been lost before it was ever listed
        return Perform(StepName.OBSERVE_LONG)
    if not is_current(journal, StepName.VALIDATE, after=_TRADES | {StepName.OBSERVE_LONG}):
        if journal.refusals(StepName.VALIDATE) < CHECKS_MAX:
            return Perform(StepName.VALIDATE, size=held)
        return Perform(StepName.LEAVE)
    return Finished()


def _first(journal: Journal, name: StepName, patience: Patience) -> Decision:
    """A step of before anything is held: two refusals, or silence for a while, end the opening.

    What the wallet's policy denies is denied for ever.
    """
    refusal = journal.last_refusal(name)
    is_denied = refusal is not None and refusal.error_code == ErrorCode.POLICY_DENIED.code
    is_refused = is_denied or journal.refusals(name) >= FIRST_REFUSALS_MAX
    if not is_refused and journal.attempts(name) < patience.first_tries_max:
        return Perform(name)
    code = code_named(refusal.error_code or "") if refusal else ErrorCode.UNKNOWN
    return Finished(code, refusal.error if refusal else None)


def _unwind(plan: EntryPlan, opening: Journal, leaving: Journal, patience: Patience) -> Decision:
    decision = exit_saga.next_step(
        exit_saga.ExitPlan(
            short_size=short_held(opening),
            size_step=plan.size_step,
            holds_long=opening.is_done(StepName.OPEN_LONG),
        ),
        leaving,
        patience=patience,
    )
    if not isinstance(decision, Finished):
        return decision
    if decision.failure is not None:
        return Finished(ErrorCode.POSITION_UNWIND_FAILED, decision.reason, decision.is_stuck)
    refusal = (
        opening.last_refusal(StepName.VALIDATE)
        or opening.last_refusal(StepName.ADD_MARGIN)
        or opening.last_refusal(StepName.OPEN_SHORT)
    )
    reason = refusal.error if refusal else "the short could not be filled inside the band"
    return Finished(ErrorCode.HYPERLIQUID_RETRIES, reason)
