"""The two chains money moves on."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.identifiers import (
    EvmAddress,
    SolanaAddress,
    TransactionHash,
    TransactionSignature,
)
from asgard_basis.domain.market.snapshot import LstMarket
from asgard_basis.domain.treasury.transaction import DecodedTransaction, SimulatedEffect
from asgard_basis.ports.wallets import Wallet


class Landing(StrEnum):
    """What the chain says of a transaction."""

    CONFIRMED = "confirmed"
    FAILED = "failed"
    """Landed with an error: the fee is gone, nothing moved."""
    DEAD = "dead"
    """Can no longer land."""
    PENDING = "pending"
    """Not seen, and may still land."""
    PARTIAL = "partial"
    """Of transactions that belong together: some landed, and the rest can no longer."""


def joint_landing(landings: Sequence[Landing]) -> Landing:
    """What became of transactions that belong together: nothing is said while one may land."""
    found = set(landings)
    if Landing.PENDING in found:
        return Landing.PENDING
    if Landing.CONFIRMED in found:
        return Landing.CONFIRMED if len(found) == 1 else Landing.PARTIAL
    return Landing.FAILED if Landing.FAILED in found else Landing.DEAD


@dataclass(frozen=True, slots=True)
class SolanaBalances:
    """What one address holds."""

    sol: Decimal
    usdc: Decimal
    tokens: dict[Asset, Decimal]
    """Staking tokens (and wrapped SOL) by asset."""


@dataclass(frozen=True, slots=True)
class WalletChange:
    """How one confirmed transaction changed one owner's holdings (fees included)."""

    sol: Decimal
    usdc: Decimal
    fee_sol: Decimal


class SolanaChain(Protocol):
    """Errors: Unavailable NET-0001."""

    async def decode(self, transaction: bytes) -> DecodedTransaction:
        """A stranger's transaction, read strictly, its lookup tables taken from the chain.

        Raises Refused ASG-0010 with `violation` (see Malformed) in its details.
        """
        ...

    async def simulate(self, transaction: bytes, owner: SolanaAddress) -> SimulatedEffect:
        """What our own node says the transaction would do to the owner's holdings now."""
        ...

    def token_account(self, owner: SolanaAddress, mint: SolanaAddress) -> SolanaAddress:
        """The owner's associated token account of a mint, by derivation."""
        ...

    async def balances(self, owner: SolanaAddress) -> SolanaBalances:
        """Confirmed balances."""
        ...

    async def block_height(self) -> int:
        """Confirmed block height."""
        ...

    async def landing(self, signature: TransactionSignature, *, expires_at_height: int) -> Landing:
        """What became of a transaction; DEAD only when height has passed and none has seen it."""
        ...

    async def wallet_change(
        self, signature: TransactionSignature, owner: SolanaAddress
    ) -> WalletChange | None:
        """The confirmed effect on one owner, or None when the chain does not know it."""
        ...

    async def lst_markets(self) -> dict[Asset, LstMarket]:
        """Redemption rates read from the stake pools; assets that cannot be read are left out."""
        ...


@dataclass(frozen=True, slots=True)
class ArbitrumBalances:
    """What one address holds."""

    eth: Decimal
    usdc: Decimal


@dataclass(frozen=True, slots=True)
class SignedTransfer:
    """A signed Arbitrum transaction, stored before it is sent."""

    hash: TransactionHash
    raw: str
    nonce: int


class ArbitrumChain(Protocol):
    """Errors: Unavailable NET-0002, OutcomeUnknown NET-0002 on sending."""

    async def balances(self, address: EvmAddress) -> ArbitrumBalances:
        """Latest balances."""
        ...

    async def transfer_fee_eth(self) -> Decimal:
        """ETH that a USDC transfer may cost at most now."""
        ...

    async def prepare_usdc_transfer(
        self, wallet: Wallet, *, to: EvmAddress, amount_usdc: Decimal
    ) -> SignedTransfer:
        """Sign a plain USDC transfer at the wallet's next nonce; nothing is sent."""
        ...

    async def send(self, transfer: SignedTransfer) -> None:
        """Broadcast; sending the same bytes twice is harmless."""
        ...

    async def landing(self, transfer: SignedTransfer, *, sender: EvmAddress) -> Landing:
        """What became of it; DEAD when its nonce was used by another transaction."""
        ...

    async def fee_paid_eth(self, transaction: TransactionHash) -> Decimal | None:
        """What a landed transaction cost."""
        ...
