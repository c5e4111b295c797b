"""Arbitrum in memory: USDC and ETH, nonces, a waiting room and blocks, without an EVM."""

import copy
from dataclasses import dataclass, field
from decimal import Decimal

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_utils.crypto import keccak

from asgard_basis.domain.assets import (
    ARBITRUM_CHAIN_ID,
    HYPERLIQUID_BRIDGE,
    USDC_ARBITRUM,
    USDC_ARBITRUM_DECIMALS,
)
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import EvmAddress, TransactionHash
from asgard_basis.domain.money import from_native, plain, to_native
from asgard_basis.ports.chains import ArbitrumBalances, Landing, SignedTransfer
from asgard_basis.ports.wallets import EvmSigner, EvmTransaction, Wallet

_DEPOSIT_MIN_USDC = Decimal(5)
_ETH_DECIMALS = 18
_GAS_LIMIT = 91_000
_GAS_USED = 62_000
_BASE_FEE = 10_000_000
_TIP = 1_000_000
_MAX_FEE = 2 * _BASE_FEE + _TIP
_SELECTOR = bytes.fromhex("a9059cbb")


@dataclass(frozen=True, slots=True)
class MinedTransfer:
    """A USDC transfer in a block."""

    hash: TransactionHash
    sender: EvmAddress
    recipient: EvmAddress
    amount: int
    """Native units."""
    succeeded: bool
    fee: int
    """Wei."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    hash: TransactionHash
    sender: EvmAddress
    nonce: int
    recipient: EvmAddress
    amount: int


@dataclass(slots=True)
class ArbitrumLedger:
    """The chain itself: what is sent waits until `mine` puts it into a block."""

    eth: dict[str, int] = field(default_factory=dict)
    usdc: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    """How many transactions of each sender are in blocks."""
    mined: dict[TransactionHash, MinedTransfer] = field(default_factory=dict)
    """Oldest first."""
    waiting: dict[tuple[str, int], _Waiting] = field(default_factory=dict)

    def clone(self) -> "ArbitrumLedger":
        """Another chain with the same past."""
        return copy.deepcopy(self)

    def fund_eth(self, address: str, wei: int) -> None:
        """Give ETH from nothing."""
        self.eth[address] = self.eth.get(address, 0) + wei

    def mint_usdc(self, address: str, native: int) -> None:
        """Give USDC from nothing."""
        self.usdc[address] = self.usdc.get(address, 0) + native

    def submit(self, raw: bytes) -> TransactionHash:
        """Take a signed USDC transfer in; one already known is as good as taken.

        Raises Refused NET-0005 for a nonce already used or anything but such a transfer,
        WAL-0003 when the sender cannot pay for the gas.
        """
        found = _read(raw)
        if found.hash in self.mined or self.waiting.get((found.sender, found.nonce)) == found:
            return found.hash
        if found.nonce < self.used.get(found.sender, 0):
            raise Refused(ErrorCode.TRANSACTION_FAILED, "nonce too low")
        if (found.sender, found.nonce) in self.waiting:
            raise Refused(ErrorCode.TRANSACTION_FAILED, "replacement transaction underpriced")
        if self.eth.get(found.sender, 0) < _GAS_LIMIT * _MAX_FEE:
            raise Refused(ErrorCode.INSUFFICIENT_ETH, "insufficient funds for gas")
        self.waiting[found.sender, found.nonce] = found
        return found.hash

    def next_nonce(self, address: str) -> int:
        """The nonce after all that is in blocks or waits."""
        nonce = self.used.get(address, 0)
        while (address, nonce) in self.waiting:
            nonce += 1
        return nonce

    def mine(self) -> list[MinedTransfer]:
        """Put everything whose turn it is into a block; returns what became of each."""
        block = []
        for place in sorted(self.waiting):
            sender, nonce = place
            if nonce == self.used.get(sender, 0):
                block.append(self._execute(self.waiting.pop(place)))
        return block

    def _execute(self, transfer: _Waiting) -> MinedTransfer:
        fee = _GAS_USED * (_BASE_FEE + _TIP)
        self.eth[transfer.sender] -= fee
        self.used[transfer.sender] = transfer.nonce + 1
        succeeded = self.usdc.get(transfer.sender, 0) >= transfer.amount
        if succeeded:
            self.usdc[transfer.sender] -= transfer.amount
            self.mint_usdc(transfer.recipient, transfer.amount)
        done = MinedTransfer(
            transfer.hash, transfer.sender, transfer.recipient, transfer.amount, succeeded, fee
        )
        self.mined[transfer.hash] = done
        return done


class MemoryArbitrumChain:
    """Implements `ArbitrumChain` over a ledger; signs through the wallet service only."""

    def __init__(self, ledger: ArbitrumLedger, *, signer: EvmSigner) -> None:
        self._ledger = ledger
        self._signer = signer

    async def balances(self, address: EvmAddress) -> ArbitrumBalances:
        """Latest balances."""
        owner = address.lower()
        return ArbitrumBalances(
            eth=from_native(self._ledger.eth.get(owner, 0), _ETH_DECIMALS),
            usdc=from_native(self._ledger.usdc.get(owner, 0), USDC_ARBITRUM_DECIMALS),
        )

    async def transfer_fee_eth(self) -> Decimal:
        """ETH that a USDC transfer may cost at most now."""
        return from_native(_GAS_LIMIT * _MAX_FEE, _ETH_DECIMALS)

    async def prepare_usdc_transfer(
        self, wallet: Wallet, *, to: EvmAddress, amount_usdc: Decimal
    ) -> SignedTransfer:
        """Sign a plain USDC transfer at the wallet's next nonce; nothing is sent.

        Raises Refused VAL-0004, VAL-0009 (under the bridge's minimum), WAL-0002 or WAL-0003
        before anything is signed, and the signer's errors.
        """
        sender = EvmAddress(wallet.address.lower())
        amount = to_native(amount_usdc, USDC_ARBITRUM_DECIMALS)
        if amount <= 0:
            raise Refused(ErrorCode.INVALID_SIZE, f"amount must be above 0, was {amount_usdc}")
        if to.lower() == HYPERLIQUID_BRIDGE and amount_usdc < _DEPOSIT_MIN_USDC:
            raise Refused(ErrorCode.DEPOSIT_TOO_SMALL)
        held = await self.balances(sender)
        if held.usdc < amount_usdc:
            raise Refused(ErrorCode.INSUFFICIENT_USDC, f"{plain(held.usdc)} USDC there")
        if held.eth < await self.transfer_fee_eth():
            raise Refused(ErrorCode.INSUFFICIENT_ETH, f"{plain(held.eth)} ETH there")
        nonce = self._ledger.next_nonce(sender)
        raw = await self._signer.sign_transaction(
            wallet,
            EvmTransaction(
                to=USDC_ARBITRUM,
                value=0,
                data="0x" + (_SELECTOR + _word(int(to, 16)) + _word(amount)).hex(),
                nonce=nonce,
                gas_limit=_GAS_LIMIT,
                max_fee_per_gas=_MAX_FEE,
                max_priority_fee_per_gas=_TIP,
                chain_id=ARBITRUM_CHAIN_ID,
            ),
        )
        return SignedTransfer(_hash(raw), "0x" + raw.hex(), nonce)

    async def send(self, transfer: SignedTransfer) -> None:
        """Broadcast; sending the same bytes twice is harmless.

        Raises as `ArbitrumLedger.submit`.
        """
        self._ledger.submit(bytes.fromhex(transfer.raw[2:]))

    async def landing(self, transfer: SignedTransfer, *, sender: EvmAddress) -> Landing:
        """What became of it; DEAD when its nonce was used by another transaction."""
        mined = self._ledger.mined.get(transfer.hash)
        if mined is not None:
            return Landing.CONFIRMED if mined.succeeded else Landing.FAILED
        used = self._ledger.used.get(sender.lower(), 0)
        return Landing.DEAD if used > transfer.nonce else Landing.PENDING

    async def fee_paid_eth(self, transaction: TransactionHash) -> Decimal | None:
        """What a landed transaction cost; None while it has not landed."""
        mined = self._ledger.mined.get(transaction)
        return None if mined is None else from_native(mined.fee, _ETH_DECIMALS)


def _read(raw: bytes) -> _Waiting:
    """A signed type-2 USDC transfer."""
    refusal = Refused(ErrorCode.TRANSACTION_FAILED, "not a USDC transfer on Arbitrum")
    if raw[:1] != b"\x02":
        raise refusal
    fields = rlp.decode(raw[1:])
    chain_id, nonce = (int.from_bytes(fields[at], "big") for at in (0, 1))
    data = fields[7]
    is_transfer = data[:4] == _SELECTOR and len(data) == 68
    if chain_id != ARBITRUM_CHAIN_ID or "0x" + fields[5].hex() != USDC_ARBITRUM or not is_transfer:
        raise refusal
    return _Waiting(
        hash=_hash(raw),
        sender=EvmAddress(str(Account.recover_transaction(raw)).lower()),
        nonce=nonce,
        recipient=EvmAddress("0x" + data[16:36].hex()),
        amount=int.from_bytes(data[36:], "big"),
    )


def _hash(raw: bytes) -> TransactionHash:
    return TransactionHash("0x" + keccak(raw).hex())


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
