"""A Solana transaction as plain values, and what it would do to a wallet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from asgard_basis.domain.identifiers import SolanaAddress

TRANSACTION_BYTES_MAX = 1232


@dataclass(frozen=True, slots=True)
class AccountUse:
    """One account as an instruction uses it."""

    address: SolanaAddress
    is_signer: bool
    is_writable: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One top-level instruction, with accounts from lookup tables resolved."""

    program: SolanaAddress
    accounts: tuple[AccountUse, ...]
    data: bytes

    def account(self, index: int) -> SolanaAddress | None:
        """The address at an index, or None when the instruction has fewer accounts."""
        return self.accounts[index].address if index < len(self.accounts) else None


@dataclass(frozen=True, slots=True)
class DecodedTransaction:
    """A transaction whose bytes have been read strictly and whose tables have been resolved."""

    signers: tuple[SolanaAddress, ...]
    """Required signers; the first pays the fees."""
    signed: frozenset[SolanaAddress]
    """Signers whose slot holds a valid signature over this very message."""
    blank: frozenset[SolanaAddress]
    """Signers whose slot is all zeros."""
    accounts: tuple[SolanaAddress, ...]
    """Every account in the runtime's order: static, then writable and read-only from tables."""
    instructions: tuple[Instruction, ...]
    is_blockhash_valid: bool
    uses_durable_nonce: bool
    message_hash: str
    """SHA-256 of the message, hex."""


class Malformed(StrEnum):
    """Why bytes are not a transaction we look at any further."""

    BASE64 = "not_base64"
    OVERSIZED = "oversized"
    UNREADABLE = "unreadable"
    NOT_CANONICAL = "not_canonical"
    VERSION = "unknown_version"
    UNSOUND = "unsound"
    TABLE_MISSING = "lookup_table_missing"
    TABLE_OWNER = "lookup_table_foreign_owner"
    TABLE_DEACTIVATED = "lookup_table_deactivated"
    TABLE_INDEX = "lookup_table_index_out_of_range"


@dataclass(frozen=True, slots=True)
class TokenAccount:
    """One token account of the wallet."""

    address: SolanaAddress
    mint: SolanaAddress
    owner: SolanaAddress
    amount: int
    """Native units."""
    delegate: SolanaAddress | None = None
    close_authority: SolanaAddress | None = None
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class WalletView:
    """A wallet and its token accounts at one moment."""

    lamports: int
    program: SolanaAddress
    """The program that owns the wallet account itself."""
    has_data: bool
    tokens: Mapping[SolanaAddress, TokenAccount] = field(default_factory=dict)
    """By address."""

    def total(self, mint: SolanaAddress, owner: SolanaAddress) -> int:
        """Native units of a mint over all token accounts of the owner."""
        return sum(t.amount for t in self.tokens.values() if t.mint == mint and t.owner == owner)


@dataclass(frozen=True, slots=True)
class SimulatedEffect:
    """What our own node says a transaction would do to the wallet now."""

    error: str | None
    before: WalletView
    after: WalletView
