"""What a transaction costs: 5,000 lamports a signature and the priority it asked for."""

from collections.abc import Sequence

from solders.compute_budget import ID as COMPUTE_BUDGET
from solders.instruction import CompiledInstruction
from solders.pubkey import Pubkey

from asgard_paper.solana.addresses import LOOKUP_TABLE_PROGRAM, SYSTEM_PROGRAM

LAMPORTS_PER_SIGNATURE = 5_000
UNITS_MAX = 1_400_000
UNITS_PER_BUILTIN = 3_000
UNITS_PER_INSTRUCTION = 200_000
MICRO = 1_000_000

_BUILTINS = {COMPUTE_BUDGET, SYSTEM_PROGRAM, LOOKUP_TABLE_PROGRAM}


def fee_lamports(
    signatures: int, keys: Sequence[Pubkey], instructions: Sequence[CompiledInstruction]
) -> int:
    """The whole fee: charged on the limit asked for, also when the transaction fails."""
    limit: int | None = None
    price = 0
    default_units = 0
    for instruction in instructions:
        program = keys[instruction.program_id_index]
        default_units += UNITS_PER_BUILTIN if program in _BUILTINS else UNITS_PER_INSTRUCTION
        if program != COMPUTE_BUDGET or not instruction.data:
            continue
        body = bytes(instruction.data)
        if body[0] == 2 and len(body) >= 5:
            limit = int.from_bytes(body[1:5], "little")
        elif body[0] == 3 and len(body) >= 9:
            price = int.from_bytes(body[1:9], "little")
    units = min(default_units if limit is None else limit, UNITS_MAX)
    priority = -(-price * units // MICRO)
    return signatures * LAMPORTS_PER_SIGNATURE + priority
