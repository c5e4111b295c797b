"""Reading transactions off the wire, and the instructions the simulator itself sends."""

import hashlib
import struct
from collections.abc import Callable, Sequence

from solders.account import Account
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message, MessageV0, MessageV1, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.token.associated import get_associated_token_address
from solders.transaction import VersionedTransaction

from asgard_paper.solana.addresses import (
    ATA_PROGRAM,
    LOOKUP_TABLE_PROGRAM,
    MEMO_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
)

AnyMessage = Message | MessageV0 | MessageV1

PACKET_BYTES = 1232
LOOKUP_TABLE_META_BYTES = 56


class InvalidTransactionError(ValueError):
    """The bytes are not a transaction the network would take in."""


def parse_transaction(raw: bytes) -> VersionedTransaction:
    """The transaction in `raw`; raises InvalidTransactionError with the network's words."""
    if len(raw) > PACKET_BYTES:
        raise InvalidTransactionError(
            "base64 encoded solana_transaction::versioned::VersionedTransaction too large: "
            f"{len(raw)} bytes (max: encoded/raw 1644/{PACKET_BYTES})"
        )
    try:
        transaction = VersionedTransaction.from_bytes(raw)
        transaction.sanitize()
    except (ValueError, OverflowError) as error:
        raise InvalidTransactionError(f"invalid transaction: {error}") from error
    if isinstance(transaction.message, MessageV1):
        raise InvalidTransactionError("invalid transaction: unsupported version 1")
    if bytes(transaction) != raw:
        raise InvalidTransactionError("failed to deserialize: trailing bytes")
    return transaction


def writable_keys(message: AnyMessage) -> list[Pubkey]:
    """The static keys a message asks to write."""
    signed = message.header.num_required_signatures
    readonly_from = signed - message.header.num_readonly_signed_accounts
    unsigned_to = len(message.account_keys) - message.header.num_readonly_unsigned_accounts
    return [
        key
        for index, key in enumerate(message.account_keys)
        if index < readonly_from or signed <= index < unsigned_to
    ]


def message_key(transaction: VersionedTransaction) -> str:
    """A key that is the same before and after signing: the hash of the message."""
    return hashlib.sha256(to_bytes_versioned(transaction.message)).hexdigest()


def loaded_addresses(
    transaction: VersionedTransaction, account_of: Callable[[Pubkey], Account | None]
) -> tuple[list[Pubkey], list[Pubkey]]:
    """Addresses from lookup tables in runtime order: writable ones, read-only ones."""
    message = transaction.message
    writable: list[Pubkey] = []
    readonly: list[Pubkey] = []
    if not isinstance(message, MessageV0):
        return writable, readonly
    for lookup in message.address_table_lookups:
        table = account_of(lookup.account_key)
        if table is None or table.owner != LOOKUP_TABLE_PROGRAM:
            continue
        body = table.data[LOOKUP_TABLE_META_BYTES:]
        keys = [Pubkey(body[at : at + 32]) for at in range(0, len(body) - 31, 32)]
        writable += [keys[index] for index in lookup.writable_indexes if index < len(keys)]
        readonly += [keys[index] for index in lookup.readonly_indexes if index < len(keys)]
    return writable, readonly


def token_account_of(owner: Pubkey, mint: Pubkey) -> Pubkey:
    """The associated token account of an owner."""
    return get_associated_token_address(owner, mint)


def create_token_account(payer: Pubkey, owner: Pubkey, mint: Pubkey) -> Instruction:
    """Create the associated token account unless it exists."""
    return Instruction(
        ATA_PROGRAM,
        b"\x01",
        [
            AccountMeta(payer, is_signer=True, is_writable=True),
            AccountMeta(token_account_of(owner, mint), is_signer=False, is_writable=True),
            AccountMeta(owner, is_signer=False, is_writable=False),
            AccountMeta(mint, is_signer=False, is_writable=False),
            AccountMeta(SYSTEM_PROGRAM, is_signer=False, is_writable=False),
            AccountMeta(TOKEN_PROGRAM, is_signer=False, is_writable=False),
        ],
    )


def mint_to(
    authority: Pubkey, owner: Pubkey, mint: Pubkey, amount: int, decimals: int
) -> Instruction:
    """MintToChecked into the owner's associated token account."""
    return Instruction(
        TOKEN_PROGRAM,
        struct.pack("<BQB", 14, amount, decimals),
        [
            AccountMeta(mint, is_signer=False, is_writable=True),
            AccountMeta(token_account_of(owner, mint), is_signer=False, is_writable=True),
            AccountMeta(authority, is_signer=True, is_writable=False),
        ],
    )


def transfer_checked(
    source: Pubkey,
    target: Pubkey,
    mint: Pubkey,
    amount: int,
    decimals: int,
    references: Sequence[Pubkey] = (),
) -> Instruction:
    """TransferChecked between two owners' associated accounts.

    `references` ride along read-only, as payment requests do it, so that an indexer (or a
    careful signer) sees what the payment is for.
    """
    return Instruction(
        TOKEN_PROGRAM,
        struct.pack("<BQB", 12, amount, decimals),
        [
            AccountMeta(token_account_of(source, mint), is_signer=False, is_writable=True),
            AccountMeta(mint, is_signer=False, is_writable=False),
            AccountMeta(token_account_of(target, mint), is_signer=False, is_writable=True),
            AccountMeta(source, is_signer=True, is_writable=False),
            *(AccountMeta(key, is_signer=False, is_writable=False) for key in references),
        ],
    )


def sync_native(owner: Pubkey, mint: Pubkey) -> Instruction:
    """Count lamports sent to a wrapped SOL account as its tokens."""
    account = token_account_of(owner, mint)
    return Instruction(TOKEN_PROGRAM, b"\x11", [AccountMeta(account, False, True)])


def close_token_account(owner: Pubkey, mint: Pubkey) -> Instruction:
    """Close the owner's associated account; its lamports go to the owner."""
    return Instruction(
        TOKEN_PROGRAM,
        b"\x09",
        [
            AccountMeta(token_account_of(owner, mint), is_signer=False, is_writable=True),
            AccountMeta(owner, is_signer=False, is_writable=True),
            AccountMeta(owner, is_signer=True, is_writable=False),
        ],
    )


def memo(text: str) -> Instruction:
    """A memo without signers."""
    return Instruction(MEMO_PROGRAM, text.encode(), [])


def keypair_from(seed: int, name: str) -> Keypair:
    """A keypair that belongs to a seed and a role."""
    return Keypair.from_seed(hashlib.sha256(f"{seed}:{name}".encode()).digest())
