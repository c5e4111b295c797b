"""A Solana transaction request, one instruction at a time, as policies see it.

Accounts that come from address lookup tables are unknown here, as they are to the service: a
condition that needs one is false. Instructions are decoded as the runtime does, so bytes after the
last field do not hide what an instruction does.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from asgard_paper.privy.facts.values import EXACT, NUMBER, Fact

SYSTEM_PROGRAM = "11111111111111111111111111111111"
TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"

SYSTEM_NAMES = (
    "Create",
    "Assign",
    "Transfer",
    "CreateWithSeed",
    "AdvanceNonceAccount",
    "WithdrawNonceAccount",
    "InitializeNonceAccount",
    "AuthorizeNonceAccount",
    "Allocate",
    "AllocateWithSeed",
    "AssignWithSeed",
    "TransferWithSeed",
    "UpgradeNonceAccount",
)
TOKEN_NAMES = (
    "InitializeMint",
    "InitializeAccount",
    "InitializeMultisig",
    "Transfer",
    "Approve",
    "Revoke",
    "SetAuthority",
    "MintTo",
    "Burn",
    "CloseAccount",
    "FreezeAccount",
    "ThawAccount",
    "TransferChecked",
    "ApproveChecked",
    "MintToChecked",
    "BurnChecked",
    "InitializeAccount2",
    "SyncNative",
    "InitializeAccount3",
    "InitializeMultisig2",
    "InitializeMint2",
    "GetAccountDataSize",
    "InitializeImmutableOwner",
    "AmountToUiAmount",
    "UiAmountToAmount",
)
ACCOUNT_ROLES: Mapping[str, tuple[str, ...]] = {
    "Transfer": ("source", "destination", "authority"),
    "TransferChecked": ("source", "mint", "destination", "authority"),
    "Burn": ("account", "mint", "authority"),
    "MintTo": ("mint", "account", "authority"),
    "CloseAccount": ("account", "destination", "authority"),
    "InitializeAccount3": ("account", "mint"),
}
WITH_AMOUNT = ("Transfer", "TransferChecked", "Burn", "MintTo")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One top-level instruction; None stands for an address from a lookup table."""

    program_id: str | None
    accounts: tuple[str | None, ...]
    data: bytes

    def fact(self, source: str, name: str) -> Fact | None:
        """The field of a Solana field source, None if this instruction has no such field."""
        if source == "solana_program_instruction":
            return _exact(self.program_id) if name == "programId" else None
        if source == "solana_system_program_instruction":
            return self._system(name) if self.program_id == SYSTEM_PROGRAM else None
        if source == "solana_token_program_instruction":
            return self._token(name) if self.program_id == TOKEN_PROGRAM else None
        return None

    def _system(self, field: str) -> Fact | None:
        if len(self.data) < 4:
            return None
        tag = int.from_bytes(self.data[:4], "little")
        if tag >= len(SYSTEM_NAMES):
            return None
        name = SYSTEM_NAMES[tag]
        if field == "instructionName":
            return Fact(EXACT, name)
        wanted, _, role = field.partition(".")
        if wanted != name or name != "Transfer" or len(self.data) < 12:
            return None
        if role == "lamports":
            return Fact(NUMBER, struct.unpack_from("<Q", self.data, 4)[0])
        return self._account({"from": 0, "to": 1}.get(role))

    def _token(self, field: str) -> Fact | None:
        if not self.data or self.data[0] >= len(TOKEN_NAMES):
            return None
        name = TOKEN_NAMES[self.data[0]]
        if field == "instructionName":
            return Fact(EXACT, name)
        wanted, _, role = field.partition(".")
        if wanted != name:
            return None
        if role == "amount" and name in WITH_AMOUNT and len(self.data) >= 9:
            return Fact(NUMBER, struct.unpack_from("<Q", self.data, 1)[0])
        if role == "owner" and name == "InitializeAccount3" and len(self.data) >= 33:
            return _exact(str(Pubkey.from_bytes(self.data[1:33])))
        roles = ACCOUNT_ROLES.get(name, ())
        return self._account(roles.index(role) if role in roles else None)

    def _account(self, index: int | None) -> Fact | None:
        if index is None or index >= len(self.accounts):
            return None
        return _exact(self.accounts[index])


@dataclass(frozen=True, slots=True)
class SolanaTransaction:
    """A transaction to be signed: its instructions, its required signers, and itself."""

    instructions: tuple[Instruction, ...]
    signers: tuple[str, ...]
    """Required signers in the order of the signature slots."""
    parsed: VersionedTransaction


def parse_transaction(raw: bytes) -> SolanaTransaction | None:
    """The legacy or v0 transaction in these bytes; None if they are not exactly one."""
    try:
        parsed = VersionedTransaction.from_bytes(raw)
    except ValueError:
        return None
    message = parsed.message
    if not isinstance(message, Message | MessageV0) or bytes(parsed) != raw:
        return None
    keys = [str(key) for key in message.account_keys]
    signers = message.header.num_required_signatures
    if signers > len(keys) or len(parsed.signatures) != signers:
        return None

    def key(index: int) -> str | None:
        return keys[index] if index < len(keys) else None

    return SolanaTransaction(
        instructions=tuple(
            Instruction(
                program_id=key(instruction.program_id_index),
                accounts=tuple(key(index) for index in instruction.accounts),
                data=bytes(instruction.data),
            )
            for instruction in message.instructions
        ),
        signers=tuple(keys[:signers]),
        parsed=parsed,
    )


def _exact(value: str | None) -> Fact | None:
    return None if value is None else Fact(EXACT, value)
