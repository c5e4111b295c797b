"""Native USDC between Solana and Arbitrum: burned on one, attested, minted on the other.

Every call that changes something is signed first, handed over to be stored, and then sent, so that
whatever happens in between it is found again by its id and never signed twice while it may land.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from asgard_basis.domain.treasury.cctp import Chain
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.wallets import Wallet


@dataclass(frozen=True, slots=True)
class RailAccount:
    """Both ends of the rail: one person's own wallets and nobody else's."""

    arbitrum: Wallet
    solana: Wallet

    def on(self, chain: Chain) -> Wallet:
        """The wallet on that chain."""
        return self.arbitrum if chain is Chain.ARBITRUM else self.solana


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A signed transaction of either chain, to be stored before it is sent."""

    chain: Chain
    id: str
    """Hash on Arbitrum, signature on Solana."""
    raw: str
    """0x-hex on Arbitrum, base64 on Solana."""
    valid_until: int
    """The nonce on Arbitrum, the last block height on Solana."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """Circle's word that USDC was burned, which the other chain mints for."""

    message: bytes
    signatures: bytes
    minted_usdc: Decimal


@dataclass(frozen=True, slots=True)
class BurnOrder:
    """What is (to be) burned where; it is minted for the same person on the other chain."""

    source: Chain
    amount_usdc: Decimal
    fee_max_usdc: Decimal


class RailEnd(Protocol):
    """One chain's half of the rail; amounts in native units, addresses as 32 bytes.

    Errors: Unavailable NET-0001 or NET-0002, and the signers'.
    """

    @property
    def token(self) -> bytes:
        """USDC on this chain."""
        ...

    def sender(self, wallet: Wallet) -> bytes:
        """Who burns, when this wallet does."""
        ...

    def recipient(self, wallet: Wallet) -> bytes:
        """Who is minted to, for this wallet."""
        ...

    async def can_receive(self, wallet: Wallet) -> bool:
        """Whether what is burned for this wallet can be minted here, fees of the chain included."""
        ...

    async def prepare_burn(
        self, wallet: Wallet, *, amount: int, fee_max: int, recipient: bytes
    ) -> SignedCall:
        """Burn, to be minted for the recipient on the other chain; nothing is sent."""
        ...

    async def prepare_mint(self, wallet: Wallet, message: bytes, signatures: bytes) -> SignedCall:
        """Bring an attested message here; nothing is sent."""
        ...

    async def is_minted(self, message: bytes) -> bool:
        """Whether the message was brought here before, by whomever."""
        ...

    async def send(self, call: SignedCall) -> None:
        """See UsdcRail."""
        ...

    async def landing(self, wallet: Wallet, call: SignedCall) -> Landing:
        """See UsdcRail."""
        ...

    async def network_fee(self, wallet: Wallet, call: SignedCall) -> Decimal:
        """What a landed call cost in the chain's own coin, rent included; zero while unknown."""
        ...


class ArbitrumEnd(RailEnd, Protocol):
    """Arbitrum's half, where the protocol takes USDC by an allowance."""

    async def prepare_allowance(self, wallet: Wallet, amount: int) -> SignedCall:
        """Let the protocol take exactly so much; nothing is sent."""
        ...


@dataclass(frozen=True, slots=True)
class SignedWithdrawal:
    """A withdrawal from Hyperliquid as it was signed: under its number it happens once at most."""

    amount_usdc: Decimal
    nonce: int
    signature: str
    """0x-hex."""


@dataclass(frozen=True, slots=True)
class Payout:
    """A withdrawal that Hyperliquid's bridge has paid."""

    hash: str
    amount_usdc: Decimal


class Withdrawals(Protocol):
    """Out of Hyperliquid to the same person's wallet on Arbitrum. Errors: Unavailable HLQ-0001."""

    async def is_open(self) -> bool:
        """Whether the venue pays and credits over its bridge on Arbitrum; False when unknown."""
        ...

    async def prepare(self, wallet: Wallet, amount_usdc: Decimal) -> SignedWithdrawal:
        """Sign it under a number of its own; nothing is sent."""
        ...

    async def send(self, wallet: Wallet, withdrawal: SignedWithdrawal) -> None:
        """Ask for it; sending the same once more is harmless, its number is used by the first.

        Raises Refused HLQ-0003 without enough free margin, OutcomeUnknown HLQ-0008 when no clear
        answer came or the number was used before: the venue's ledger says whether it happened.
        """
        ...

    async def fee_paid(self, wallet: Wallet, withdrawal: SignedWithdrawal) -> Decimal | None:
        """What the venue kept of it, by its ledger; None while the ledger does not show it."""
        ...


class Payouts(Protocol):
    """Hyperliquid's bridge on Arbitrum. Errors: Unavailable NET-0002."""

    async def block_number(self) -> int:
        """The chain's newest block."""
        ...

    async def payout(self, wallet: Wallet, nonce: int, *, from_block: int) -> Payout | None:
        """What it paid for the wallet's withdrawal of that number; None while it did not."""
        ...


class UsdcRail(Protocol):
    """Errors: Unavailable NET-0001, NET-0002 or NET-0007 (Circle), and the signers'."""

    async def is_open(self, account: RailAccount) -> bool:
        """Whether a move could be made now: Circle answers, its fee is as agreed, and both wallets
        could receive. False where that cannot be told."""
        ...

    async def fee_max(self, source: Chain, amount_usdc: Decimal) -> Decimal:
        """USDC that Circle may keep of such a transfer.

        Raises Refused VAL-0005 when nothing would be left of it, Refused NET-0008 when the fee is
        beyond what the rail is taken for.
        """
        ...

    async def prepare_allowance(self, account: RailAccount, amount_usdc: Decimal) -> SignedCall:
        """On Arbitrum: let the protocol take exactly so much from the wallet for burning."""
        ...

    async def prepare_burn(self, account: RailAccount, order: BurnOrder) -> SignedCall:
        """Burn on the source, to be minted for the same person on the other chain.

        Raises Refused WAL-0001 to WAL-0003 without enough of USDC, SOL or ETH, Refused NET-0008
        when nobody could receive it there; nothing is signed then.
        """
        ...

    async def attestation(
        self, account: RailAccount, order: BurnOrder, burn_id: str
    ) -> Attestation | None:
        """Circle's word on a burn, None while there is none.

        Raises Refused NET-0008 for a word about anything else than this burn.
        """
        ...

    async def prepare_mint(
        self, account: RailAccount, source: Chain, attestation: Attestation
    ) -> SignedCall:
        """Mint on the other chain what was burned on the source."""
        ...

    async def is_minted(self, source: Chain, attestation: Attestation) -> bool:
        """Whether it was, by whomever: anybody may bring a message, it pays its recipient."""
        ...

    async def send(self, call: SignedCall) -> None:
        """Broadcast; sending the same bytes twice is harmless.

        Raises Refused NET-0005 when a node declines it for good, Unavailable or OutcomeUnknown.
        """
        ...

    async def landing(self, account: RailAccount, call: SignedCall) -> Landing:
        """What became of it; DEAD when it can no longer land."""
        ...

    async def network_fee(self, account: RailAccount, call: SignedCall) -> Decimal:
        """What a landed call cost in the chain's own coin, rent included; zero while unknown."""
        ...


@dataclass(frozen=True, slots=True)
class MoneyRoute:
    """All that a move between both venues takes."""

    rail: UsdcRail
    withdrawals: Withdrawals
    payouts: Payouts
