"""Arbitrum's half of the rail: Circle's TokenMessengerV2 and MessageTransmitterV2.

Functions after `TokenMessengerV2.sol`, `MessageTransmitterV2.sol` (circlefin/evm-cctp-contracts);
payouts after the events of Hyperliquid's `Bridge2.sol`.
"""

from decimal import Decimal

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from asgard_basis.adapters.arbitrum.chain import RpcArbitrumChain
from asgard_basis.domain.assets import (
    CCTP_MESSAGE_TRANSMITTER,
    CCTP_TOKEN_MESSENGER,
    HYPERLIQUID_BRIDGE,
    USDC_ARBITRUM,
    USDC_ARBITRUM_DECIMALS,
)
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import EvmAddress, TransactionHash
from asgard_basis.domain.money import from_native, plain
from asgard_basis.domain.treasury.cctp import (
    FINALIZED,
    NOBODY,
    Chain,
    Domain,
    evm_word,
    read_message,
)
from asgard_basis.ports.chains import Landing, SignedTransfer
from asgard_basis.ports.rail import Payout, SignedCall
from asgard_basis.ports.wallets import Wallet

_BURN_KINDS = ["uint256", "uint32", "bytes32", "address", "bytes32", "uint256", "uint32"]
_PAID = "0x" + keccak(b"FinalizedWithdrawal(address,address,uint64,uint64,bytes32)").hex()


class CctpOnArbitrum:
    """Implements `ArbitrumEnd` and `Payouts`."""

    def __init__(self, chain: RpcArbitrumChain) -> None:
        self._chain = chain

    @property
    def token(self) -> bytes:
        """See RailEnd."""
        return evm_word(USDC_ARBITRUM)

    def sender(self, wallet: Wallet) -> bytes:
        """See RailEnd: the wallet itself."""
        return evm_word(wallet.address)

    def recipient(self, wallet: Wallet) -> bytes:
        """See RailEnd: the wallet itself."""
        return evm_word(wallet.address)

    async def can_receive(self, wallet: Wallet) -> bool:
        """See RailEnd: there is ETH for bringing the message and sending the money on."""
        held = await self._chain.balances(EvmAddress(wallet.address))
        return held.eth >= 5 * await self._chain.transfer_fee_eth()

    async def prepare_allowance(self, wallet: Wallet, amount: int) -> SignedCall:
        """See ArbitrumEnd."""
        data = _call("approve", ["address", "uint256"], [CCTP_TOKEN_MESSENGER, amount])
        return _named(await self._chain.prepare_call(wallet, to=USDC_ARBITRUM, data=data))

    async def prepare_burn(
        self, wallet: Wallet, *, amount: int, fee_max: int, recipient: bytes
    ) -> SignedCall:
        """See RailEnd."""
        wanted = from_native(amount, USDC_ARBITRUM_DECIMALS)
        held = await self._chain.balances(EvmAddress(wallet.address))
        if held.usdc < wanted:
            raise Refused(
                ErrorCode.INSUFFICIENT_USDC,
                f"{plain(wanted)} USDC needed on Arbitrum, {plain(held.usdc)} there",
            )
        said = [amount, Domain.SOLANA, recipient, USDC_ARBITRUM, NOBODY, fee_max, FINALIZED]
        data = _call("depositForBurn", _BURN_KINDS, said)
        return _named(await self._chain.prepare_call(wallet, to=CCTP_TOKEN_MESSENGER, data=data))

    async def prepare_mint(self, wallet: Wallet, message: bytes, signatures: bytes) -> SignedCall:
        """See RailEnd."""
        data = _call("receiveMessage", ["bytes", "bytes"], [message, signatures])
        signed = await self._chain.prepare_call(wallet, to=CCTP_MESSAGE_TRANSMITTER, data=data)
        return _named(signed)

    async def is_minted(self, message: bytes) -> bool:
        """See RailEnd: the nonce is used."""
        data = _call("usedNonces", ["bytes32"], [read_message(message).nonce])
        return await self._chain.read_call(CCTP_MESSAGE_TRANSMITTER, data) != 0

    async def send(self, call: SignedCall) -> None:
        """See RailEnd."""
        await self._chain.send(_transfer(call))

    async def landing(self, wallet: Wallet, call: SignedCall) -> Landing:
        """See RailEnd."""
        return await self._chain.landing(_transfer(call), sender=EvmAddress(wallet.address))

    async def network_fee(self, wallet: Wallet, call: SignedCall) -> Decimal:
        """See RailEnd: ETH."""
        return await self._chain.fee_paid_eth(TransactionHash(call.id)) or Decimal(0)

    async def block_number(self) -> int:
        """See Payouts."""
        return await self._chain.block_number()

    async def payout(self, wallet: Wallet, nonce: int, *, from_block: int) -> Payout | None:
        """See Payouts; data: destination, USDC, nonce, hash of the message."""
        topics: list[str | None] = [_PAID, "0x" + evm_word(wallet.address).hex()]
        for log in await self._chain.logs(HYPERLIQUID_BRIDGE, topics, from_block=from_block):
            words = bytes.fromhex(str(log["data"]).removeprefix("0x"))
            if int.from_bytes(words[64:96], "big") == nonce:
                paid = int.from_bytes(words[32:64], "big")
                amount = from_native(paid, USDC_ARBITRUM_DECIMALS)
                return Payout(str(log["transactionHash"]), amount)
        return None


def _call(name: str, kinds: list[str], values: list[object]) -> str:
    selector = keccak(f"{name}({','.join(kinds)})".encode())[:4]
    return "0x" + (selector + encode(kinds, values)).hex()


def _named(signed: SignedTransfer) -> SignedCall:
    return SignedCall(Chain.ARBITRUM, signed.hash, signed.raw, signed.nonce)


def _transfer(call: SignedCall) -> SignedTransfer:
    return SignedTransfer(TransactionHash(call.id), call.raw, call.valid_until)
