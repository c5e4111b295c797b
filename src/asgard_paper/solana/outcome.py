"""What running a transaction gave, in the words clients receive."""

import json
from dataclasses import dataclass, field
from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey
from solders.transaction_metadata import (
    FailedTransactionMetadata,
    InnerInstruction,
    SimulatedTransactionInfo,
    TransactionMetadata,
)

from asgard_paper.solana.base58 import encode_base58

_LANDING_ERRORS = {"InstructionError", "InsufficientFundsForRent"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run or simulation of a transaction."""

    err: Any
    """None, or the error as JSON value."""
    logs: tuple[str, ...] = ()
    compute_units: int = 0
    inner: tuple[Any, ...] = ()
    fee: int = 0
    accounts: dict[Pubkey, Account] = field(default_factory=dict)
    """After a successful simulation: the accounts it would have written."""

    @property
    def lands(self) -> bool:
        """Whether the network would put it into a block: successes, and failures it charges."""
        if self.err is None:
            return True
        return isinstance(self.err, dict) and bool(self.err.keys() & _LANDING_ERRORS)


def outcome_of(
    result: TransactionMetadata | FailedTransactionMetadata | SimulatedTransactionInfo,
) -> Outcome:
    """Read the runtime's own result."""
    if isinstance(result, FailedTransactionMetadata):
        return _read(result.meta(), json.loads(result.to_json())["err"], {})
    if isinstance(result, SimulatedTransactionInfo):
        return _read(result.meta(), None, dict(result.post_accounts()))
    return _read(result, None, {})


def venue_refusal(code: int, *, instruction: int, fee: int) -> Outcome:
    """The failure a venue's own program would have raised."""
    log = f"Program log: Error: the venue refused with custom program error: {hex(code)}"
    err = {"InstructionError": [instruction, {"Custom": code}]}
    return Outcome(err, (log,), fee=fee)


def describe(err: Any) -> str:
    """The network's sentence for an error."""
    if isinstance(err, dict) and "InstructionError" in err:
        index, cause = err["InstructionError"]
        if isinstance(cause, dict) and "Custom" in cause:
            return (
                f"Error processing Instruction {index}: custom program error: {cause['Custom']:#x}"
            )
        return f"Error processing Instruction {index}: {cause}"
    if isinstance(err, dict) and "InsufficientFundsForRent" in err:
        index = err["InsufficientFundsForRent"]["account_index"]
        return f"Transaction results in an account ({index}) with insufficient funds for rent"
    return _SENTENCES.get(str(err), str(err))


_SENTENCES = {
    "AccountNotFound": "Attempt to debit an account but found no record of a prior credit.",
    "AlreadyProcessed": "This transaction has already been processed",
    "BlockhashNotFound": "Blockhash not found",
    "InsufficientFundsForFee": "Insufficient funds for fee",
    "InvalidProgramForExecution": "This program may not be used for executing instructions",
    "SignatureFailure": "Transaction did not pass signature verification",
}


def _read(meta: TransactionMetadata, err: Any, accounts: dict[Pubkey, Account]) -> Outcome:
    return Outcome(
        err=err,
        logs=tuple(meta.logs()),
        compute_units=meta.compute_units_consumed(),
        inner=tuple(
            {"index": index, "instructions": [_inner(item) for item in items]}
            for index, items in enumerate(meta.inner_instructions())
            if items
        ),
        fee=meta.fee(),
        accounts=accounts,
    )


def _inner(item: InnerInstruction) -> dict[str, Any]:
    instruction = item.instruction()
    return {
        "programIdIndex": instruction.program_id_index,
        "accounts": list(instruction.accounts),
        "data": encode_base58(bytes(instruction.data)),
        "stackHeight": item.stack_height(),
    }
