"""What a transaction was asked to do, and the names of everything it must not do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from asgard_basis.domain.identifiers import SolanaAddress

TIP_LAMPORTS_MAX = 1_000_000
FEE_LAMPORTS_MAX = 10_000_000
"""Network and priority fee of one transaction: 0.01 SOL."""
RENT_LAMPORTS_MAX = 60_000_000
"""Deposits for accounts that one transaction may create: 0.06 SOL."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """The bounds of one request; everything outside them is refused."""

    owner: SolanaAddress
    programs: frozenset[SolanaAddress]
    """Venue programs that may be called; each call must name the owner as a signer."""
    mints: frozenset[SolanaAddress]
    """Tokens that may be touched at all."""
    own_token_accounts: Mapping[SolanaAddress, SolanaAddress]
    """The owner's associated token account of each mint."""
    venue_token_accounts: frozenset[SolanaAddress] = frozenset()
    """Token accounts of the venue that may receive what is spent."""
    venue_authorities: frozenset[SolanaAddress] = frozenset()
    """Owners for whom a venue token account may be made."""
    required_accounts: frozenset[SolanaAddress] = frozenset()
    """Accounts that must appear: the lender's banks, the position."""
    spend: Mapping[SolanaAddress, int] = field(default_factory=dict)
    """Native units of each mint that may leave; nothing else may."""
    gain: Mapping[SolanaAddress, int] = field(default_factory=dict)
    """Native units of each mint that must at least arrive."""
    gain_max: Mapping[SolanaAddress, int] = field(default_factory=dict)
    """Native units of each mint that may arrive at most: more would mean that too much was sold."""
    other_wallets: frozenset[SolanaAddress] = frozenset()
    """Our other wallets: none of them may be made to sign."""
    tip_lamports_max: int = TIP_LAMPORTS_MAX
    fee_lamports_max: int = FEE_LAMPORTS_MAX
    rent_lamports_max: int = RENT_LAMPORTS_MAX


class Breach(StrEnum):
    """What a transaction may be refused for."""

    FEE_PAYER = "fee_payer_is_not_the_owner"
    OWNER_SLOT = "owner_slot_is_filled"
    FOREIGN_SIGNER = "signer_that_has_not_signed"
    OWN_COSIGNER = "another_of_our_wallets_signs"
    TOO_MANY_SIGNERS = "too_many_signers"
    BLOCKHASH = "blockhash_is_not_valid"
    DURABLE_NONCE = "durable_nonce"
    DUPLICATE_ACCOUNT = "duplicate_account"
    EMPTY = "no_instructions"
    UNKNOWN_PROGRAM = "unknown_program"
    WRONG_AUTHORITY = "owner_is_not_the_authority"
    MISSING_ACCOUNT = "expected_account_is_absent"
    COMPUTE_BUDGET = "compute_budget"
    FEE_CAP = "fees_above_cap"
    TIP_CAP = "tips_above_cap"
    SOL_TRANSFER = "sol_to_a_stranger"
    SYSTEM_INSTRUCTION = "system_instruction"
    RENT_CAP = "rent_above_cap"
    TOKEN_INSTRUCTION = "token_instruction"
    TOKEN_TRANSFER = "token_transfer_outside_the_request"
    FOREIGN_MINT = "token_that_was_not_asked_for"
    CLOSE_DESTINATION = "account_closed_to_a_stranger"
    TOKEN_ACCOUNT = "token_account_for_a_stranger"
    MEMO = "memo_is_not_plain_text"
    SIMULATION_FAILED = "simulation_failed"
    SOL_FALLS = "sol_falls_too_far"
    TOKEN_FALLS = "token_falls_too_far"
    TOKEN_GAIN = "too_little_arrives"
    TOKEN_GAIN_MAX = "too_much_arrives"
    TOKEN_CONTROL = "control_of_a_token_account_changes"
    WALLET_CONTROL = "wallet_account_changes"


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach, with its figures."""

    breach: Breach
    detail: str

    def __str__(self) -> str:
        return f"{self.breach.value}: {self.detail}"
