"""USDC and ETH on Arbitrum: balances, plain transfers, and what became of them."""

import re
from decimal import Decimal
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from asgard_basis.adapters.arbitrum.bridge import refuse_lost_deposit
from asgard_basis.adapters.arbitrum.rpc import INTERNAL_ERROR, JsonRpc, RpcError, number_of
from asgard_basis.adapters.http import HttpClient, together
from asgard_basis.domain.assets import ARBITRUM_CHAIN_ID, USDC_ARBITRUM, USDC_ARBITRUM_DECIMALS
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import EvmAddress, TransactionHash
from asgard_basis.domain.money import from_native, plain, to_native
from asgard_basis.ports.chains import ArbitrumBalances, Landing, SignedTransfer
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.wallets import EvmSigner, EvmTransaction, Wallet

GAS_CAP = 1_000_000
"""More gas than any USDC transfer takes: something else is going on."""

_ETH_DECIMALS = 18
_GAS_MARGIN_PERCENT = 130
_NEW_HOLDER_GAS = 20_000
_TRANSFER_SELECTOR = "a9059cbb"
_BALANCE_SELECTOR = "70a08231"
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_SOMEONE = EvmAddress("0x000000000000000000000000000000000000dead")
BLOCKS_AT_ONCE = 9_000
"""Common nodes take ten thousand; on Arbitrum that is three quarters of an hour."""
_DEAD_LOOKS = 3
_DEAD_PAUSE_SECONDS = 0.7


class _Fees(NamedTuple):
    max_fee: int
    tip: int


class RpcArbitrumChain:
    """Implements `ArbitrumChain` over JSON-RPC; signs through the wallet service only."""

    def __init__(
        self,
        *,
        http: HttpClient,
        signer: EvmSigner,
        clock: Clock,
        blocks_at_once: int = BLOCKS_AT_ONCE,
    ) -> None:
        self._rpc = JsonRpc(http)
        self._blocks_at_once = blocks_at_once
        self._signer = signer
        self._clock = clock
        self._is_arbitrum = False

    async def balances(self, address: EvmAddress) -> ArbitrumBalances:
        """Latest balances."""
        owner = _checked(address)
        wei, usdc = await together(
            self._rpc.quantity("eth_getBalance", owner, "latest"), self._usdc_native(owner)
        )
        return ArbitrumBalances(
            eth=from_native(wei, _ETH_DECIMALS), usdc=from_native(usdc, USDC_ARBITRUM_DECIMALS)
        )

    async def transfer_fee_eth(self) -> Decimal:
        """ETH that a USDC transfer to a new holder may cost at most now."""
        # A transfer of nothing can be estimated from any address, with or without USDC.
        gas, fees = await together(
            self._estimate(_SOMEONE, _transfer_data(_SOMEONE, 0)), self._fees()
        )
        return from_native((gas + _NEW_HOLDER_GAS) * fees.max_fee, _ETH_DECIMALS)

    async def prepare_usdc_transfer(
        self, wallet: Wallet, *, to: EvmAddress, amount_usdc: Decimal
    ) -> SignedTransfer:
        """Sign a plain USDC transfer at the wallet's next nonce; nothing is sent.

        Raises Refused VAL-0004, VAL-0009 (under the bridge's minimum), WAL-0002 or WAL-0003
        before anything is signed, and the signer's errors.
        """
        sender, recipient = _checked(wallet.address), _checked(to)
        amount = to_native(amount_usdc, USDC_ARBITRUM_DECIMALS)
        if amount <= 0:
            raise Refused(ErrorCode.INVALID_SIZE, f"amount must be above 0, was {amount_usdc}")
        amount_usdc = from_native(amount, USDC_ARBITRUM_DECIMALS)
        refuse_lost_deposit(to=recipient, amount_usdc=amount_usdc)
        await self._require_arbitrum()
        held = await self.balances(sender)
        if held.usdc < amount_usdc:
            raise Refused(
                ErrorCode.INSUFFICIENT_USDC,
                f"{plain(amount_usdc)} USDC needed on Arbitrum, {plain(held.usdc)} there",
                {"needed_usdc": plain(amount_usdc), "held_usdc": plain(held.usdc)},
            )
        data = _transfer_data(recipient, amount)
        return await self._signed(wallet, USDC_ARBITRUM, data, held.eth)

    async def prepare_call(self, wallet: Wallet, *, to: EvmAddress, data: str) -> SignedTransfer:
        """Sign a call that carries no ether, at the wallet's next nonce; nothing is sent.

        Raises Refused NET-0005 when it would fail, WAL-0003 without ETH for it, and the signer's
        errors.
        """
        await self._require_arbitrum()
        wei = await self._rpc.quantity("eth_getBalance", _checked(wallet.address), "latest")
        return await self._signed(wallet, _checked(to), data, from_native(wei, _ETH_DECIMALS))

    async def read_call(self, to: EvmAddress, data: str) -> int:
        """The one word that a view function answers with."""
        return await self._rpc.quantity("eth_call", {"to": to, "data": data}, "latest")

    async def block_number(self) -> int:
        """The newest block."""
        return await self._rpc.quantity("eth_blockNumber")

    async def logs(
        self, contract: EvmAddress, topics: list[str | None], *, from_block: int
    ) -> list[dict[str, Any]]:
        """What a contract has logged under these topics, in chain order.

        Nodes answer for so many blocks at once only: a long absence is read page by page.
        """
        newest = await self.block_number()
        found: list[Any] = []
        for first in range(from_block, newest + 1, self._blocks_at_once):
            last = min(newest, first + self._blocks_at_once - 1)
            asked = {"address": contract, "fromBlock": hex(first), "toBlock": hex(last)}
            found += await self._rpc.read("eth_getLogs", {**asked, "topics": topics}) or []
        return [entry for entry in found if isinstance(entry, dict)]

    async def _signed(
        self, wallet: Wallet, to: EvmAddress, data: str, held_eth: Decimal
    ) -> SignedTransfer:
        sender = _checked(wallet.address)
        gas, fees = await together(self._estimate(sender, data, to), self._fees())
        nonce = await self._rpc.quantity("eth_getTransactionCount", sender, "pending")
        fee = from_native(gas * fees.max_fee, _ETH_DECIMALS)
        if held_eth < fee:
            raise Refused(
                ErrorCode.INSUFFICIENT_ETH,
                f"{plain(fee)} ETH needed for the network fee, {plain(held_eth)} there",
                {"needed_eth": plain(fee), "held_eth": plain(held_eth)},
            )
        raw = await self._signer.sign_transaction(
            wallet,
            EvmTransaction(
                to=to,
                value=0,
                data=data,
                nonce=nonce,
                gas_limit=gas,
                max_fee_per_gas=fees.max_fee,
                max_priority_fee_per_gas=fees.tip,
                chain_id=ARBITRUM_CHAIN_ID,
            ),
        )
        return SignedTransfer(
            hash=TransactionHash("0x" + keccak(raw).hex()), raw="0x" + raw.hex(), nonce=nonce
        )

    async def send(self, transfer: SignedTransfer) -> None:
        """Broadcast; sending the same bytes twice is harmless.

        Raises Refused WAL-0003 without ETH for the fee, Refused NET-0005 when the node declines
        it for good, Unavailable or OutcomeUnknown NET-0002.
        """
        try:
            answer = await self._rpc.send("eth_sendRawTransaction", transfer.raw)
        except RpcError as error:
            if await self._is_known(transfer.hash):
                return
            if error.code == INTERNAL_ERROR:
                raise OutcomeUnknown(ErrorCode.ARBITRUM_RPC, str(error)) from error
            raise _declined(error) from error
        if answer != transfer.hash:
            raise OutcomeUnknown(
                ErrorCode.ARBITRUM_RPC, f"Arbitrum answered {answer!r} to {transfer.hash}"
            )

    async def landing(self, transfer: SignedTransfer, *, sender: EvmAddress) -> Landing:
        """What became of it; DEAD when its nonce was used by another transaction.

        Nodes behind one address may differ by moments, so a used nonce without a receipt is
        looked at again before the transaction is called dead.
        """
        for look in range(_DEAD_LOOKS):
            if look:
                await self._clock.sleep(_DEAD_PAUSE_SECONDS)
            receipt = await self._receipt(transfer.hash)
            if receipt is not None:
                landed = number_of(receipt.get("status")) == 1
                return Landing.CONFIRMED if landed else Landing.FAILED
            used = await self._rpc.quantity("eth_getTransactionCount", _checked(sender), "latest")
            if used <= transfer.nonce:
                return Landing.PENDING
        return Landing.DEAD

    async def fee_paid_eth(self, transaction: TransactionHash) -> Decimal | None:
        """What a landed transaction cost; None while it has not landed."""
        receipt = await self._receipt(transaction)
        if receipt is None:
            return None
        gas = number_of(receipt.get("gasUsed"))
        price = number_of(receipt.get("effectiveGasPrice"))
        return from_native(gas * price, _ETH_DECIMALS)

    async def _usdc_native(self, owner: EvmAddress) -> int:
        data = "0x" + _BALANCE_SELECTOR + _word(int(owner, 16))
        return await self._rpc.quantity("eth_call", {"to": USDC_ARBITRUM, "data": data}, "latest")

    async def _estimate(self, sender: EvmAddress, data: str, to: EvmAddress = USDC_ARBITRUM) -> int:
        """Gas with a margin; raises Refused when the call would fail or takes too much."""
        call = {"from": sender, "to": to, "data": data}
        try:
            estimate = number_of(await self._rpc.ask("eth_estimateGas", call))
        except RpcError as error:
            raise Refused(
                ErrorCode.TRANSACTION_FAILED, f"the transfer would fail: {error.message}"
            ) from error
        gas = estimate * _GAS_MARGIN_PERCENT // 100
        if gas > GAS_CAP:
            raise Refused(
                ErrorCode.TRANSACTION_FAILED, f"the transfer would take {gas} gas, cap {GAS_CAP}"
            )
        return gas

    async def _fees(self) -> _Fees:
        """Twice the base fee, so that it holds through several rises, plus the node's tip."""
        block, tip = await together(
            self._rpc.read("eth_getBlockByNumber", "latest", False),
            self._rpc.quantity("eth_maxPriorityFeePerGas"),
        )
        if not isinstance(block, dict):
            raise Unavailable(ErrorCode.ARBITRUM_RPC, "Arbitrum has no latest block")
        return _Fees(max_fee=2 * number_of(block.get("baseFeePerGas")) + tip, tip=tip)

    async def _receipt(self, transaction: TransactionHash) -> dict[str, Any] | None:
        receipt = await self._rpc.read("eth_getTransactionReceipt", transaction)
        return receipt if isinstance(receipt, dict) else None

    async def _is_known(self, transaction: TransactionHash) -> bool:
        """Whether the node has it, waiting or landed: then sending it again changed nothing."""
        try:
            found = await self._rpc.read("eth_getTransactionByHash", transaction)
        except Unavailable as error:
            raise OutcomeUnknown(error.code, error.message) from error
        return isinstance(found, dict)

    async def _require_arbitrum(self) -> None:
        """Once: the node is on the chain that the wallets' policies name."""
        if not self._is_arbitrum:
            chain_id = await self._rpc.quantity("eth_chainId")
            if chain_id != ARBITRUM_CHAIN_ID:
                raise Refused(
                    ErrorCode.ARBITRUM_RPC,
                    f"the node is on chain {chain_id}, expected {ARBITRUM_CHAIN_ID}",
                )
            self._is_arbitrum = True


def _declined(error: RpcError) -> Refused:
    text = error.message.lower()
    broke = "insufficient funds" in text
    code = ErrorCode.INSUFFICIENT_ETH if broke else ErrorCode.TRANSACTION_FAILED
    return Refused(code, f"Arbitrum declined the transaction: {error.message}")


def _checked(address: str) -> EvmAddress:
    lower = address.lower()
    if not _ADDRESS.fullmatch(lower):
        raise Refused(ErrorCode.INVALID_INPUT, f"expected an EVM address, was {address!r}")
    return EvmAddress(lower)


def _word(value: int) -> str:
    return f"{value:064x}"


def _transfer_data(to: EvmAddress, amount: int) -> str:
    """Call data of ERC-20 `transfer(to, amount)`."""
    return "0x" + _TRANSFER_SELECTOR + _word(int(to, 16)) + _word(amount)
