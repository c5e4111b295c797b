"""The Arbitrum chain in memory, as far away as a node behind a network."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from asgard_basis.adapters.memory.arbitrum import MemoryArbitrumChain
from asgard_basis.domain.identifiers import EvmAddress, TransactionHash
from asgard_basis.ports.chains import ArbitrumBalances, Landing, SignedTransfer
from asgard_basis.ports.wallets import Wallet

Errand = Callable[[str, str, Callable[[], Awaitable[Any]]], Awaitable[Any]]
"""Goes to the node for an operation, about something."""


class GuardedArbitrum:
    """Implements ArbitrumChain; every call goes over the network."""

    def __init__(self, chain: MemoryArbitrumChain, errand: Errand) -> None:
        self._chain = chain
        self._errand = errand

    async def balances(self, address: EvmAddress) -> ArbitrumBalances:
        """See ArbitrumChain."""
        found: ArbitrumBalances = await self._errand(
            "eth_getBalance", address, lambda: self._chain.balances(address)
        )
        return found

    async def transfer_fee_eth(self) -> Decimal:
        """See ArbitrumChain."""
        fee: Decimal = await self._errand("eth_estimateGas", "", self._chain.transfer_fee_eth)
        return fee

    async def prepare_usdc_transfer(
        self, wallet: Wallet, *, to: EvmAddress, amount_usdc: Decimal
    ) -> SignedTransfer:
        """See ArbitrumChain; what is signed is signed at the wallet service, over its own line."""
        await self._errand("eth_getTransactionCount", wallet.address, self._chain.transfer_fee_eth)
        return await self._chain.prepare_usdc_transfer(wallet, to=to, amount_usdc=amount_usdc)

    async def send(self, transfer: SignedTransfer) -> None:
        """See ArbitrumChain."""
        await self._errand(
            "eth_sendRawTransaction", transfer.hash, lambda: self._chain.send(transfer)
        )

    async def landing(self, transfer: SignedTransfer, *, sender: EvmAddress) -> Landing:
        """See ArbitrumChain."""
        landing: Landing = await self._errand(
            "eth_getTransactionReceipt",
            transfer.hash,
            lambda: self._chain.landing(transfer, sender=sender),
        )
        return landing

    async def fee_paid_eth(self, transaction: TransactionHash) -> Decimal | None:
        """See ArbitrumChain."""
        paid: Decimal | None = await self._errand(
            "eth_getTransactionReceipt",
            f"fee of {transaction}",
            lambda: self._chain.fee_paid_eth(transaction),
        )
        return paid
