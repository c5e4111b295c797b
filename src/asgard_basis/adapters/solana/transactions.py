"""Reading a stranger's transaction strictly: what cannot be understood whole is refused."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from solders.address_lookup_table_account import AddressLookupTable
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import Legacy, SanitizeError, VersionedTransaction

from asgard_basis.domain.assets import ADDRESS_LOOKUP_TABLE_PROGRAM
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.treasury.transaction import (
    TRANSACTION_BYTES_MAX,
    AccountUse,
    DecodedTransaction,
    Instruction,
    Malformed,
)

_NEVER = 2**64 - 1
_V0_PREFIX = b"\x80"


@dataclass(frozen=True, slots=True)
class TableAccount:
    """A lookup table account as the chain has it."""

    owner: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StrictTransaction:
    """Bytes that are exactly one legacy or version-0 transaction."""

    transaction: VersionedTransaction
    message: Message | MessageV0
    raw: bytes

    @property
    def message_bytes(self) -> bytes:
        """What is signed: the version prefix included."""
        prefix = _V0_PREFIX if isinstance(self.message, MessageV0) else b""
        return prefix + bytes(self.message)

    @property
    def tables(self) -> tuple[SolanaAddress, ...]:
        """The lookup tables it refers to."""
        if isinstance(self.message, Message):
            return ()
        return tuple(
            SolanaAddress(str(each.account_key)) for each in self.message.address_table_lookups
        )

    @property
    def blockhash(self) -> str:
        """The recent blockhash, base58."""
        return str(self.message.recent_blockhash)


def read_strictly(raw: bytes) -> StrictTransaction:
    """The transaction; raises Refused ASG-0010 for other versions, trailing bytes and the like.

    The runtime's own size limit applies, and the bytes must be the canonical serialisation:
    parsers otherwise skip what a validator would read differently.
    """
    if len(raw) > TRANSACTION_BYTES_MAX:
        raise malformed(Malformed.OVERSIZED, f"{len(raw)} bytes")
    try:
        transaction = VersionedTransaction.from_bytes(raw)
    except ValueError as error:
        raise malformed(Malformed.UNREADABLE, str(error)) from error
    message = transaction.message
    version = transaction.version()
    if not isinstance(message, Message | MessageV0) or version not in (Legacy.Legacy, 0):
        raise malformed(Malformed.VERSION, str(version))
    if bytes(transaction) != raw:
        raise malformed(Malformed.NOT_CANONICAL, "bytes that would be ignored or read otherwise")
    try:
        transaction.sanitize()
    except SanitizeError as error:
        raise malformed(Malformed.UNSOUND, str(error)) from error
    return StrictTransaction(transaction, message, raw)


def resolve(
    strict: StrictTransaction,
    *,
    tables: Mapping[SolanaAddress, TableAccount | None],
    slot: int,
    is_blockhash_valid: bool,
) -> DecodedTransaction:
    """The transaction in plain values; table contents are the chain's, never the sender's.

    Raises Refused ASG-0010 when a table is missing, foreign, being deactivated, or too short
    for an index (addresses appended in the present slot cannot be used yet).
    """
    message = strict.message
    static = list(message.account_keys)
    writable, readonly = _looked_up(message, tables, slot)
    keys = static + writable + readonly
    header = message.header
    signer_count = header.num_required_signatures
    signers = static[:signer_count]
    uses = [
        AccountUse(
            address=SolanaAddress(str(key)),
            is_signer=index < signer_count,
            is_writable=_is_writable(index, len(static), len(writable), strict),
        )
        for index, key in enumerate(keys)
    ]
    instructions = tuple(
        Instruction(
            program=uses[each.program_id_index].address,
            accounts=tuple(uses[index] for index in each.accounts),
            data=bytes(each.data),
        )
        for each in message.instructions
    )
    covered = strict.message_bytes
    slots = list(zip(signers, strict.transaction.signatures, strict=True))
    return DecodedTransaction(
        signers=tuple(SolanaAddress(str(key)) for key in signers),
        signed=_named(key for key, mark in slots if mark.verify(key, covered)),
        blank=_named(key for key, mark in slots if mark == Signature.default()),
        accounts=tuple(use.address for use in uses),
        instructions=instructions,
        is_blockhash_valid=is_blockhash_valid,
        uses_durable_nonce=strict.transaction.uses_durable_nonce(),
        message_hash=hashlib.sha256(covered).hexdigest(),
    )


def _looked_up(
    message: Message | MessageV0,
    tables: Mapping[SolanaAddress, TableAccount | None],
    slot: int,
) -> tuple[list[Pubkey], list[Pubkey]]:
    writable: list[Pubkey] = []
    readonly: list[Pubkey] = []
    if isinstance(message, Message):
        return writable, readonly
    for lookup in message.address_table_lookups:
        name = SolanaAddress(str(lookup.account_key))
        addresses = _table_addresses(name, tables.get(name), slot)
        for found, indexes in (
            (writable, lookup.writable_indexes),
            (readonly, lookup.readonly_indexes),
        ):
            if any(index >= len(addresses) for index in indexes):
                raise malformed(Malformed.TABLE_INDEX, name)
            found += [addresses[index] for index in indexes]
    return writable, readonly


def _table_addresses(
    name: SolanaAddress, account: TableAccount | None, slot: int
) -> Sequence[Pubkey]:
    if account is None:
        raise malformed(Malformed.TABLE_MISSING, name)
    if account.owner != ADDRESS_LOOKUP_TABLE_PROGRAM:
        raise malformed(Malformed.TABLE_OWNER, f"{name} belongs to {account.owner}")
    try:
        table = AddressLookupTable.deserialize(account.data)
    except ValueError as error:
        raise malformed(Malformed.TABLE_MISSING, f"{name} cannot be read") from error
    meta = table.meta
    if meta.deactivation_slot != _NEVER:
        raise malformed(Malformed.TABLE_DEACTIVATED, name)
    addresses = list(table.addresses)
    if slot > meta.last_extended_slot:
        return addresses
    return addresses[: meta.last_extended_slot_start_index]


def _is_writable(index: int, static: int, writable: int, strict: StrictTransaction) -> bool:
    header = strict.message.header
    signers = header.num_required_signatures
    if index >= static:
        return index < static + writable
    if index < signers:
        return index < signers - header.num_readonly_signed_accounts
    return index < static - header.num_readonly_unsigned_accounts


def _named(keys: Iterable[Pubkey]) -> frozenset[SolanaAddress]:
    return frozenset(SolanaAddress(str(key)) for key in keys)


def malformed(reason: Malformed, detail: str) -> Refused:
    """The error for bytes that are not looked at any further."""
    return Refused(
        ErrorCode.TRANSACTION_REFUSED,
        f"the transaction offered for signing is not acceptable: {reason.value} ({detail})",
        {"violation": reason.value},
    )
