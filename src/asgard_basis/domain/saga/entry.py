"""Opening a hedged position: the long first, then a short sized from what it really filled."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode, code_named
from asgard_basis.domain.money import ZERO, nearest_to
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    LongRead,
    OrderDone,
    Perform,
    StepName,
)

SHORT_ATTEMPTS_MAX = 8
LONG_ATTEMPTS_MAX = 2
HEDGE_DEVIATION_MAX = Decimal("0.005")


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


def filled_short(journal: Journal) -> Decimal:
    """SOL sold short by this saga and not bought back by it."""
    sold = _filled(journal, StepName.OPEN_SHORT)
    return sold - _filled(journal, StepName.CLOSE_SHORT)


def hedge_target(journal: Journal, plan: EntryPlan) -> Decimal | None:
    """SOL the short must reach: the long's SOL-equivalents in whole lots; None before the fill."""
    read = next((o for o in journal.outcomes(StepName.READ_LONG)), None)
    if not isinstance(read, LongRead):
        return None
    return nearest_to(read.state.collateral * read.redemption_rate, plan.size_step)


def next_step(plan: EntryPlan, journal: Journal) -> Decision:
    """What to do next; every outside effect of the past is in the journal, with its outcome."""
    if _is_unwinding(journal):
        return _unwind(plan, journal)
    if not journal.is_done(StepName.APPROVE_AGENT):
        return _once(journal, StepName.APPROVE_AGENT, attempts=2)
    if not journal.is_done(StepName.SET_LEVERAGE):
        return _once(journal, StepName.SET_LEVERAGE, attempts=2)
    if not journal.is_done(StepName.OPEN_LONG):
        return _once(journal, StepName.OPEN_LONG, attempts=LONG_ATTEMPTS_MAX)
    if not journal.is_done(StepName.READ_LONG):
        return Perform(StepName.READ_LONG)
    target = hedge_target(journal, plan)
    if target is None:
        return Finished(ErrorCode.POSITION_ASYMMETRIC, "the long was read without a fill", True)
    missing = target - filled_short(journal)
    if _needs_more(missing, target, plan):
        if journal.attempts(StepName.OPEN_SHORT) < SHORT_ATTEMPTS_MAX and not _final(journal):
            return Perform(StepName.OPEN_SHORT, size=missing)
        return _unwind(plan, journal)
    if not journal.is_done(StepName.ADD_MARGIN):
        if journal.refusals(StepName.ADD_MARGIN) < 3:
            return Perform(StepName.ADD_MARGIN, size=plan.short_margin_usdc)
        return _unwind(plan, journal)
    if not journal.is_done(StepName.VALIDATE):
        if journal.refusals(StepName.VALIDATE) < 3:
            return Perform(StepName.VALIDATE)
        return _unwind(plan, journal)
    return Finished()


def state_of(journal: Journal) -> PositionState:
    """The lifecycle state the journal stands for while the saga is running."""
    if _is_unwinding(journal):
        return PositionState.UNWINDING
    if journal.is_done(StepName.READ_LONG):
        return PositionState.OPENING_SHORT
    return PositionState.OPENING_LONG


def _once(journal: Journal, name: StepName, *, attempts: int) -> Decision:
    if journal.attempts(name) < attempts:
        return Perform(name)
    refusal = journal.last_refusal(name)
    code = code_named(refusal.error_code or "") if refusal else ErrorCode.UNKNOWN
    return Finished(code, refusal.error if refusal else None)


def _needs_more(missing: Decimal, target: Decimal, plan: EntryPlan) -> bool:
    """Whether the hedge is too far off to live with.

    A remainder too small for the venue's minimum order is lived with while it is inside the
    deviation that validation allows.
    """
    if missing < plan.size_step:
        return False
    is_orderable = missing * plan.reference_price >= plan.min_order_usd
    return is_orderable or missing / target > HEDGE_DEVIATION_MAX


def _final(journal: Journal) -> bool:
    """A refusal that no repetition can change."""
    refusal = journal.last_refusal(StepName.OPEN_SHORT)
    return refusal is not None and refusal.error_code in {
        ErrorCode.POLICY_DENIED.code,
        ErrorCode.HYPERLIQUID_MARGIN.code,
        ErrorCode.HYPERLIQUID_ACCOUNT.code,
    }


def _is_unwinding(journal: Journal) -> bool:
    return any(
        s.name in {StepName.CLOSE_SHORT, StepName.OBSERVE_LONG, StepName.CLOSE_LONG}
        for s in journal.steps
    )


def _unwind(plan: EntryPlan, journal: Journal) -> Decision:
    sold = _filled(journal, StepName.OPEN_SHORT)
    decision = exit_saga.next_step(
        exit_saga.ExitPlan(
            short_size=sold,
            size_step=plan.size_step,
            holds_long=journal.is_done(StepName.OPEN_LONG),
        ),
        journal,
    )
    if not isinstance(decision, Finished):
        return decision
    if decision.failure is None:
        refusal = (
            journal.last_refusal(StepName.VALIDATE)
            or journal.last_refusal(StepName.ADD_MARGIN)
            or journal.last_refusal(StepName.OPEN_SHORT)
        )
        reason = refusal.error if refusal else "the short could not be filled inside the band"
        return Finished(ErrorCode.HYPERLIQUID_RETRIES, reason)
    return Finished(ErrorCode.POSITION_UNWIND_FAILED, decision.reason, decision.is_stuck)


def _filled(journal: Journal, name: StepName) -> Decimal:
    return sum(
        (o.result.filled_size for o in journal.outcomes(name) if isinstance(o, OrderDone)), ZERO
    )
