"""Closing what no position claims: reduce-only at the venue, whole at the lender."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.hedge import SECOND_LEG
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    LongClosed,
    LongObserved,
    OrderDone,
    Perform,
    StepName,
    StepStatus,
)

_OF_THE_PERP = frozenset({StepName.OBSERVE_SHORT, StepName.CLOSE_SHORT})


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What is to be closed."""

    perp_size: Decimal = ZERO
    """SOL sold short that are bought back; negative: held long and sold."""
    holds_long: bool = False
    size_step: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweeping journal came to."""

    size: Decimal = ZERO
    """SOL bought back (negative: sold), or tokens of the long sold."""
    usd: Decimal = ZERO
    """Paid for what was bought back (negative: received); for a long USDC received."""
    fee_usdc: Decimal = ZERO
    network_fee_sol: Decimal = ZERO


def next_step(plan: SweepPlan, journal: Journal) -> Decision:
    """What to do next: reduce the perpetual until it is done, sell the long whole.

    Who never opened anything has not let the trading key trade yet. The account is looked at
    before every order: what is gone by itself meanwhile is not bought from a position's short.
    """
    if plan.perp_size and not journal.is_done(StepName.APPROVE_AGENT):
        if journal.refusals(StepName.APPROVE_AGENT) >= SECOND_LEG.leaving_refusals_max:
            return _stuck(journal, StepName.APPROVE_AGENT)
        return Perform(StepName.APPROVE_AGENT)
    if _remaining(plan, journal) >= plan.size_step and not _is_dust(journal):
        for name in (StepName.OBSERVE_SHORT, StepName.CLOSE_SHORT):
            if journal.refusals(name) >= SECOND_LEG.leaving_refusals_max:
                return _stuck(journal, name)
        name = StepName.CLOSE_SHORT if _is_measured(journal) else StepName.OBSERVE_SHORT
        return Perform(name, size=_remaining(plan, journal))
    if not plan.holds_long or journal.is_done(StepName.CLOSE_LONG):
        return Finished()
    if journal.refusals(StepName.CLOSE_LONG) >= SECOND_LEG.leaving_refusals_max:
        return _stuck(journal, StepName.CLOSE_LONG)
    observed = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    if not observed or journal.is_newer(StepName.CLOSE_LONG, than=StepName.OBSERVE_LONG):
        return Perform(StepName.OBSERVE_LONG)
    return Finished() if observed[-1].state is None else Perform(StepName.CLOSE_LONG)


def _remaining(plan: SweepPlan, journal: Journal) -> Decimal:
    left = abs(plan.perp_size)
    for step in journal.steps:
        outcome = step.outcome
        if isinstance(outcome, OrderDone):
            is_flat = outcome.result.status == exit_saga.ALREADY_FLAT
            left = ZERO if is_flat else left - outcome.result.filled_size
        elif isinstance(outcome, AccountMeasured):
            turned = max(ZERO, -outcome.account_short)
            left = min(left, outcome.short if plan.perp_size > 0 else turned)
    return left


def _is_measured(journal: Journal) -> bool:
    """Whether nothing was sent since the account was looked at."""
    newest = next((s for s in reversed(journal.steps) if s.name in _OF_THE_PERP), None)
    return (
        newest is not None
        and newest.name is StepName.OBSERVE_SHORT
        and newest.status is StepStatus.DONE
    )


def _is_dust(journal: Journal) -> bool:
    """The venue refuses so little: it is lived with."""
    refusal = journal.last_refusal(StepName.CLOSE_SHORT)
    return refusal is not None and refusal.error_code == ErrorCode.SIZE_TOO_SMALL.code


def _stuck(journal: Journal, name: StepName) -> Finished:
    refusal = journal.last_refusal(name)
    return Finished(
        ErrorCode.POSITION_CLOSE_FAILED, refusal.error if refusal else None, is_stuck=True
    )


def swept(plan: SweepPlan, journal: Journal) -> Swept:
    """What was closed by now, from outcomes only."""
    if plan.holds_long:
        return _swept_long(journal)
    orders = [o for o in journal.outcomes(StepName.CLOSE_SHORT) if isinstance(o, OrderDone)]
    sign = ONE if plan.perp_size > 0 else -ONE
    size = sum((o.result.filled_size for o in orders), ZERO)
    value = sum((o.result.filled_size * (o.result.average_price or ZERO) for o in orders), ZERO)
    fee = sum((o.fee_usdc for o in orders), ZERO)
    return Swept(size=sign * size, usd=sign * value, fee_usdc=fee)


def _swept_long(journal: Journal) -> Swept:
    closed = next(iter(journal.outcomes(StepName.CLOSE_LONG)), None)
    observed = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    state = observed[-1].state if observed else None
    if not isinstance(closed, LongClosed) or state is None:
        return Swept()
    return Swept(size=state.collateral, usd=closed.usdc_received, network_fee_sol=closed.sol_spent)
