"""Custody: wallets that sign only what their policy allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress, UserId, WalletId


class WalletRole(StrEnum):
    """What a user's server wallet is for."""

    SOLANA = "solana"
    """Holds collateral and opens and closes longs."""
    EVM = "evm"
    """Holds USDC on Arbitrum and owns the Hyperliquid account; never signs for chain 1337."""
    AGENT = "agent"
    """Trades on Hyperliquid; may sign for chain 1337 only and cannot move money out."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """One server wallet."""

    wallet_id: WalletId
    role: WalletRole
    address: str
    policy_id: str


@dataclass(frozen=True, slots=True)
class PolicyContext:
    """What a user's policies must pin: their own addresses."""

    user_id: UserId
    solana_address: SolanaAddress | None = None
    evm_address: EvmAddress | None = None
    agent_address: EvmAddress | None = None


@dataclass(frozen=True, slots=True)
class TypedData:
    """EIP-712 data to sign; `types` includes EIP712Domain."""

    domain: Mapping[str, object]
    types: Mapping[str, list[dict[str, str]]]
    primary_type: str
    message: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EvmTransaction:
    """A type-2 Arbitrum transaction; amounts in wei."""

    to: EvmAddress
    value: int
    data: str
    """0x-hex call data."""
    nonce: int
    gas_limit: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    chain_id: int


class WalletCustody(Protocol):
    """Creating wallets. Errors: Refused WAL-0007, Unavailable WAL-0006."""

    async def ensure_wallet(self, context: PolicyContext, role: WalletRole) -> Wallet:
        """The user's wallet of that role with its policy attached, created at most once.

        Found again by its external id when an earlier creation was not recorded. The trading
        agent must exist before the EVM wallet, whose policy pins the agent's address.
        """
        ...

    async def answers(self) -> None:
        """Pass when the service is there; raises Unavailable WAL-0006. Nothing is signed."""
        ...


class EvmSigner(Protocol):
    """Signing on EVM chains.

    Errors: Refused WAL-0005 when the policy denies (final), Unavailable WAL-0006 otherwise.
    A signature is checked to belong to the wallet and to exactly what was sent.
    """

    async def sign_transaction(self, wallet: Wallet, transaction: EvmTransaction) -> bytes:
        """The signed raw transaction."""
        ...

    async def sign_typed_data(self, wallet: Wallet, data: TypedData) -> bytes:
        """The 65-byte signature (r, s, v)."""
        ...


class SolanaSigner(Protocol):
    """Signing on Solana. Errors as `EvmSigner`."""

    async def sign_transaction(self, wallet: Wallet, transaction: bytes) -> bytes:
        """The same transaction with this wallet's signature filled in, message unchanged."""
        ...
