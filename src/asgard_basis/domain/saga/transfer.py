"""Moving USDC from Arbitrum to Hyperliquid: one transfer, then the venue's own ledger."""

from asgard_basis.domain.errors import ErrorCode, code_named
from asgard_basis.domain.saga.step import Decision, Finished, Journal, Perform, StepName

TRANSFER_ATTEMPTS_MAX = 2


def next_deposit_step(journal: Journal) -> Decision:
    """Transfer once, then wait for the credit; a landed transfer is never repeated."""
    if not journal.is_done(StepName.TRANSFER_TO_BRIDGE):
        if journal.attempts(StepName.TRANSFER_TO_BRIDGE) < TRANSFER_ATTEMPTS_MAX:
            return Perform(StepName.TRANSFER_TO_BRIDGE)
        refusal = journal.last_refusal(StepName.TRANSFER_TO_BRIDGE)
        code = code_named(refusal.error_code or "") if refusal else ErrorCode.UNKNOWN
        return Finished(code, refusal.error if refusal else None)
    if not journal.is_done(StepName.AWAIT_CREDIT):
        return Perform(StepName.AWAIT_CREDIT)
    return Finished()
