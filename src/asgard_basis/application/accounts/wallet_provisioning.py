"""A user's three server wallets, each with its policy, created exactly once."""

from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress, UserId
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.wallets import PolicyContext, Wallet, WalletCustody, WalletRole

_ORDER = (WalletRole.SOLANA, WalletRole.AGENT, WalletRole.EVM)
"""The EVM wallet's policy pins the agent's address, so the agent comes first."""


class WalletProvisioning:
    """Safe to run twice, and by two workers at once: custody finds what was made before."""

    def __init__(self, *, transactions: Transactions, custody: WalletCustody) -> None:
        self._transactions = transactions
        self._custody = custody

    async def run(self, user_id: UserId) -> dict[WalletRole, Wallet]:
        """All wallets of the user; each is remembered as soon as it exists."""
        async with self._transactions.for_user(user_id) as work:
            wallets = await work.wallets.of_user(user_id)
        for role in _ORDER:
            if role in wallets:
                continue
            created = await self._custody.ensure_wallet(_context(user_id, wallets), role)
            async with self._transactions.for_user(user_id) as work:
                wallets[role] = await work.wallets.add(user_id, created)
        async with self._transactions.for_user(user_id) as work:
            await work.outbox.append(Event("wallets_ready", {"ready": True}, user_id))
        return wallets


def _context(user_id: UserId, wallets: dict[WalletRole, Wallet]) -> PolicyContext:
    solana = wallets.get(WalletRole.SOLANA)
    evm = wallets.get(WalletRole.EVM)
    agent = wallets.get(WalletRole.AGENT)
    return PolicyContext(
        user_id=user_id,
        solana_address=SolanaAddress(solana.address) if solana else None,
        evm_address=EvmAddress(evm.address) if evm else None,
        agent_address=EvmAddress(agent.address) if agent else None,
    )
