"""Making a pair smaller and safer: what the cut sets free goes back into the leg it came from.

A part that is sold leaves the rest as near to liquidation as it was, because both venues pay
out its share of the money. So that is put back: margin is added, debt is repaid. With their
owner's leave a little more goes with it, from what is free at the same venue.
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import CENT, ONE, ZERO, floor_to
from asgard_basis.domain.saga import reduce
from asgard_basis.domain.saga.hedge import SECOND_LEG, Patience
from asgard_basis.domain.saga.leave import Manner
from asgard_basis.domain.saga.outcome import LongReduced
from asgard_basis.domain.saga.step import Decision, Finished, Journal, Leg, Perform, StepName

PUT_BACK_PATIENCE = Patience(refusals_max=3, tries_max=8)
"""For each of the two payments; then the pair stays as near to liquidation as it was."""
_REPAID_LEAST = ONE
"""USDC; a transaction for less is not worth its fee."""


@dataclass(frozen=True, slots=True)
class EqualisePlan:
    """A cut, and what is put into both legs after it."""

    cut: reduce.ReducePlan
    margin_usdc: Decimal
    """Behind the short after the cut: as much as before it, and what is moved to it."""
    moved_usdc: Decimal = ZERO
    """From the wallet on Solana, to repay besides what the sale brings; negative is kept there."""


def next_step(
    plan: EqualisePlan,
    journal: Journal,
    *,
    patience: Patience = SECOND_LEG,
    long_patience: Patience = reduce.LONG_PATIENCE,
    back_patience: Patience = PUT_BACK_PATIENCE,
    manner: Manner = Manner.NEEDED,
) -> Decision:
    """The cut as any other; then what it set free, the short's first because that is at once.

    Nothing is put back of a cut that was undone or became a closing. What cannot be put back
    stays in the wallets, and the pair as near to liquidation as it was: that is a failure.
    """
    decision = reduce.next_step(
        plan.cut, journal, patience=patience, long_patience=long_patience, manner=manner
    )
    is_cut = isinstance(decision, Finished) and journal.is_done(StepName.REDUCE_LONG)
    if not is_cut or journal.attempts(StepName.LEAVE) or journal.attempts(StepName.TURN_BACK):
        return decision
    return _put_back(plan, journal, back_patience) or decision


def feed_step(
    leg: Leg,
    amount_usdc: Decimal,
    margin_usdc: Decimal,
    plan: reduce.ReducePlan,
    journal: Journal,
    *,
    manner: Manner = Manner.NEEDED,
) -> Decision:
    """Put what has come from the other venue into a leg; its owner's wish to close comes first.

    `margin_usdc` is what is to be behind the short then, where it is for that.
    """
    if manner is not Manner.NEEDED or journal.attempts(StepName.LEAVE):
        return reduce.next_step(plan, journal, manner=manner)
    name, size = StepName.REPAY_LONG, amount_usdc
    if leg is Leg.SHORT:
        name, size = StepName.ADD_MARGIN, margin_usdc
    if journal.is_done(name):
        return Finished()
    if _is_due(journal, name, PUT_BACK_PATIENCE):
        return Perform(name, size=size)
    refusal = journal.last_refusal(name)
    why = refusal.error if refusal else None
    reason = f"what was moved could not be put into the {leg.value}, it stays free there: {why}"
    return Finished(ErrorCode.REDUCE_FAILED, reason)


def _put_back(plan: EqualisePlan, journal: Journal, patience: Patience) -> Decision | None:
    if _is_due(journal, StepName.ADD_MARGIN, patience):
        return Perform(StepName.ADD_MARGIN, size=plan.margin_usdc)
    sales = journal.outcomes(StepName.REDUCE_LONG)
    brought = sum((o.usdc_received for o in sales if isinstance(o, LongReduced)), ZERO)
    amount = floor_to(brought + plan.moved_usdc, CENT)
    wants_repaying = amount >= _REPAID_LEAST
    if wants_repaying and _is_due(journal, StepName.REPAY_LONG, patience):
        return Perform(StepName.REPAY_LONG, size=amount)
    for name in (StepName.ADD_MARGIN, StepName.REPAY_LONG):
        if (name is StepName.ADD_MARGIN or wants_repaying) and not journal.is_done(name):
            refusal = journal.last_refusal(name)
            why = refusal.error if refusal else None
            reason = f"both legs were cut, but what that set free could not be put back: {why}"
            return Finished(ErrorCode.REDUCE_FAILED, reason)
    return None


def _is_due(journal: Journal, name: StepName, patience: Patience) -> bool:
    return (
        not journal.is_done(name)
        and journal.refusals(name) < patience.refusals_max
        and journal.attempts(name) < patience.tries_max
    )
