"""A transaction as a margin venue might offer it, and the judgement on any variation of it."""

import struct
from collections.abc import Mapping, Sequence

from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.solana.accounts import associated_account
from asgard_basis.adapters.solana.transactions import TableAccount, read_strictly, resolve
from asgard_basis.domain.assets import (
    ADDRESS_LOOKUP_TABLE_PROGRAM,
    ASSOCIATED_TOKEN_PROGRAM,
    JITO_TIP_ACCOUNTS,
    LENDING_PROGRAMS,
    MEMO_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
    TOKENS,
    USDC_SOLANA,
    Asset,
    LendingProtocol,
)
from asgard_basis.domain.errors import Refused
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.treasury.allowlist import TransactionValidator
from asgard_basis.domain.treasury.mandate import Mandate


def keypair(number: int) -> Keypair:
    """A key that is the same in every run."""
    return Keypair.from_seed(bytes([number]) * 32)


def key(text: str) -> Pubkey:
    """A public key from base58."""
    return Pubkey.from_string(text)


def name(address: Pubkey) -> SolanaAddress:
    """The domain's name of a public key."""
    return SolanaAddress(str(address))


OWNER = keypair(1)
STRANGER = keypair(2)
COSIGNER = keypair(3)
SIBLING = keypair(4)
VAULT_OWNER = keypair(5).pubkey()
BANK_A, BANK_B, TABLE = (keypair(n).pubkey() for n in (6, 7, 8))
LENDER = key(LENDING_PROGRAMS[LendingProtocol.KAMINO])
SYSTEM, TOKEN, ASSOCIATED, MEMO = map(
    key, (SYSTEM_PROGRAM, TOKEN_PROGRAM, ASSOCIATED_TOKEN_PROGRAM, MEMO_PROGRAM)
)
USDC, WSOL, JITOSOL = map(
    key, (USDC_SOLANA.mint, TOKENS[Asset.SOL].mint, TOKENS[Asset.JITOSOL].mint)
)
TIP = key(sorted(JITO_TIP_ACCOUNTS)[0])
COLLATERAL = 250_000_000


def account_of(owner: Pubkey, mint: Pubkey) -> Pubkey:
    """The associated token account."""
    return key(associated_account(str(owner), str(mint)))


OWN_USDC = account_of(OWNER.pubkey(), USDC)
OWN_WSOL = account_of(OWNER.pubkey(), WSOL)
VAULT = account_of(VAULT_OWNER, USDC)
STRANGER_USDC = account_of(STRANGER.pubkey(), USDC)

MANDATE = Mandate(
    owner=name(OWNER.pubkey()),
    programs=frozenset({name(LENDER)}),
    mints=frozenset({name(USDC), name(JITOSOL)}),
    own_token_accounts={name(USDC): name(OWN_USDC), name(WSOL): name(OWN_WSOL)},
    venue_token_accounts=frozenset({name(VAULT)}),
    venue_authorities=frozenset({name(VAULT_OWNER)}),
    required_accounts=frozenset({name(BANK_A), name(BANK_B)}),
    spend={name(USDC): COLLATERAL},
    other_wallets=frozenset({name(SIBLING.pubkey())}),
)


def uses(*accounts: Pubkey, signer: Pubkey | None = None) -> list[AccountMeta]:
    """Writable accounts, of which one may sign."""
    return [AccountMeta(a, is_signer=a == signer, is_writable=True) for a in accounts]


def token(data: bytes, *accounts: Pubkey) -> Instruction:
    """A Token program instruction signed by the owner."""
    return Instruction(TOKEN, data, uses(*accounts, signer=OWNER.pubkey()))


def pay(
    amount: int = COLLATERAL,
    *,
    destination: Pubkey = VAULT,
    mint: Pubkey = USDC,
    source: Pubkey = OWN_USDC,
) -> Instruction:
    """TransferChecked by the owner."""
    data = bytes([12]) + amount.to_bytes(8, "little") + bytes([6])
    return token(data, source, mint, destination, OWNER.pubkey())


def sol(to: Pubkey, lamports: int) -> Instruction:
    """A System transfer from the owner."""
    return transfer(TransferParams(from_pubkey=OWNER.pubkey(), to_pubkey=to, lamports=lamports))


def system(tag: int, body: bytes = b"", *accounts: Pubkey) -> Instruction:
    """Any System instruction."""
    return Instruction(SYSTEM, tag.to_bytes(4, "little") + body, uses(*accounts))


def create_account(
    owner: Pubkey, account: Pubkey, mint: Pubkey, *, data: bytes = b"\x01"
) -> Instruction:
    """An associated token account at the owner's expense."""
    accounts = uses(OWNER.pubkey(), account, owner, mint, SYSTEM, TOKEN, signer=OWNER.pubkey())
    return Instruction(ASSOCIATED, data, accounts)


def borrow(
    *, authority: Pubkey | None = None, banks: Sequence[Pubkey] = (BANK_A, BANK_B)
) -> Instruction:
    """The lender's instruction for a position of the authority."""
    authority = authority or OWNER.pubkey()
    return Instruction(LENDER, b"open", uses(authority, *banks, signer=authority))


def memo(text: bytes) -> Instruction:
    """A memo."""
    return Instruction(MEMO, text, [])


def honest() -> list[Instruction]:
    """What opening a position is made of."""
    return [
        set_compute_unit_limit(400_000),
        set_compute_unit_price(10_000),
        create_account(OWNER.pubkey(), OWN_USDC, USDC),
        pay(),
        borrow(),
        sol(TIP, 100_000),
        memo(b"open 7f3a"),
    ]


def offer(
    instructions: Sequence[Instruction],
    *,
    payer: Pubkey | None = None,
    signed_by: Sequence[Keypair] = (),
    tables: Sequence[AddressLookupTableAccount] = (),
) -> bytes:
    """The transaction, with only the given signatures filled in."""
    message = MessageV0.try_compile(
        payer or OWNER.pubkey(), list(instructions), list(tables), Hash.default()
    )
    covered = b"\x80" + bytes(message)
    by_key = {pair.pubkey(): pair.sign_message(covered) for pair in signed_by}
    needed = message.account_keys[: message.header.num_required_signatures]
    signatures = [by_key.get(signer, Signature.default()) for signer in needed]
    return bytes(VersionedTransaction.populate(message, signatures))


def table(
    addresses: Sequence[Pubkey],
    *,
    deactivation_slot: int = 2**64 - 1,
    last_extended_slot: int = 10,
    last_extended_slot_start_index: int = 0,
) -> TableAccount:
    """A lookup table as the chain stores it: 56 bytes of meta, then the keys."""
    meta = struct.pack(
        "<IQQBB32sH",
        1,
        deactivation_slot,
        last_extended_slot,
        last_extended_slot_start_index,
        1,
        bytes(32),
        0,
    )
    return TableAccount(ADDRESS_LOOKUP_TABLE_PROGRAM, meta + b"".join(map(bytes, addresses)))


def judge(
    *offers: bytes,
    mandate: Mandate = MANDATE,
    tables: Mapping[SolanaAddress, TableAccount | None] | None = None,
    slot: int = 100,
    is_blockhash_valid: bool = True,
) -> set[str]:
    """The names of everything wrong with offers that belong together."""
    try:
        decoded = [
            resolve(
                read_strictly(raw),
                tables=tables or {},
                slot=slot,
                is_blockhash_valid=is_blockhash_valid,
            )
            for raw in offers
        ]
    except Refused as refusal:
        return {refusal.details["violation"]}
    return {each.breach.value for each in TransactionValidator(mandate).check(decoded)}
