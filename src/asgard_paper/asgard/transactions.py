"""The transactions handed out for signature, made of programs the chain really has.

The venue has no program of its own here. It is visible as the vault that receives and pays,
as read-only references on the payment, and as the memo that carries the intent; the engine
refuses and executes as the missing program would. Custom error codes it fails with:

- 6000 the position is not open (any more), 6001 slippage, 6002 the position changed since.
"""

import base64
import hashlib
from collections.abc import Sequence

import msgspec
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_paper.asgard.lenders import LENDERS, bank_of
from asgard_paper.asgard.records import Order, Quote
from asgard_paper.solana.addresses import JITO_TIP_ACCOUNTS, TOKEN_BY_MINT, WSOL_MINT
from asgard_paper.solana.transactions import (
    close_token_account,
    create_token_account,
    memo,
    sync_native,
    token_account_of,
    transfer_checked,
)

POSITION_NOT_OPEN, SLIPPAGE_EXCEEDED, POSITION_CHANGED = 6000, 6001, 6002

PAPER_PROGRAM = Pubkey(hashlib.sha256(b"asgard-paper:program").digest())
"""Stands for the venue's own program, whose real address is not public. Paper only."""

COMPUTE_UNITS = 250_000
MICRO_LAMPORTS_PER_UNIT = 5_000


def position_address(owner: str, number: int) -> str:
    """The program-derived address of an owner's numbered position."""
    seeds = [b"position", bytes(Pubkey.from_string(owner)), number.to_bytes(8, "little")]
    return str(Pubkey.find_program_address(seeds, PAPER_PROGRAM)[0])


def build_transaction(
    order: Order, quote: Quote, *, vault: Keypair, blockhash: Hash
) -> VersionedTransaction:
    """The transaction for an order; the vault has signed where it pays, the owner has not."""
    owner = Pubkey.from_string(order.owner)
    references = _references(order)
    instructions = [
        set_compute_unit_limit(COMPUTE_UNITS),
        set_compute_unit_price(MICRO_LAMPORTS_PER_UNIT),
    ]
    if quote.deposit_mint is not None:
        mint = Pubkey.from_string(quote.deposit_mint)
        instructions += _deposit(owner, vault.pubkey(), mint, quote.deposit_native, references)
        references = []
    if quote.payout_mint is not None:
        mint = Pubkey.from_string(quote.payout_mint)
        instructions += _payout(owner, vault.pubkey(), mint, quote.payout_native, references)
        references = []
    if order.tip_lamports:
        instructions.append(_tip(order, owner, references))
    instructions.append(memo(_intent(order)))
    message = MessageV0.try_compile(owner, instructions, [], blockhash)
    signed = to_bytes_versioned(message)
    signers = message.account_keys[: message.header.num_required_signatures]
    signatures = [
        vault.sign_message(signed) if key == vault.pubkey() else Signature.default()
        for key in signers
    ]
    return VersionedTransaction.populate(message, signatures)


def encoded(transaction: VersionedTransaction) -> str:
    """Base64, as the wire carries it."""
    return base64.b64encode(bytes(transaction)).decode()


def _references(order: Order) -> list[Pubkey]:
    terms = LENDERS[order.protocol]
    texts = [
        order.pda,
        terms.program,
        terms.market,
        bank_of(order.protocol, order.symbol),
        bank_of(order.protocol, "USDC"),
    ]
    return [PAPER_PROGRAM, *(Pubkey.from_string(text) for text in texts)]


def _deposit(
    owner: Pubkey, vault: Pubkey, mint: Pubkey, amount: int, references: Sequence[Pubkey]
) -> list[Instruction]:
    pay = transfer_checked(owner, vault, mint, amount, TOKEN_BY_MINT[mint].decimals, references)
    create = create_token_account(owner, owner, mint)
    if mint != WSOL_MINT:
        return [create, pay]
    account = token_account_of(owner, mint)
    wrap = transfer(TransferParams(from_pubkey=owner, to_pubkey=account, lamports=amount))
    return [create, wrap, sync_native(owner, mint), pay, close_token_account(owner, mint)]


def _payout(
    owner: Pubkey, vault: Pubkey, mint: Pubkey, amount: int, references: Sequence[Pubkey]
) -> list[Instruction]:
    pay = transfer_checked(vault, owner, mint, amount, TOKEN_BY_MINT[mint].decimals, references)
    instructions = [create_token_account(owner, owner, mint), pay]
    if mint == WSOL_MINT:
        instructions.append(close_token_account(owner, mint))
    return instructions


def _tip(order: Order, owner: Pubkey, references: Sequence[Pubkey]) -> Instruction:
    chosen = hashlib.sha256(order.pda.encode()).digest()[0] % len(JITO_TIP_ACCOUNTS)
    target = JITO_TIP_ACCOUNTS[chosen]
    tip = transfer(TransferParams(from_pubkey=owner, to_pubkey=target, lamports=order.tip_lamports))
    extra = [AccountMeta(key, is_signer=False, is_writable=False) for key in references]
    return Instruction(tip.program_id, bytes(tip.data), [*tip.accounts, *extra])


def _intent(order: Order) -> str:
    intent = {"asgard": order.kind, "position": order.pda, "protocol": order.protocol}
    if order.update_type is not None:
        intent["updateType"] = order.update_type
    if order.leverage:
        intent["leverage"] = str(order.leverage)
    return msgspec.json.encode(intent).decode()
