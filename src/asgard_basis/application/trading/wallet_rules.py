"""Wallets' policies, brought to what the operator allows now."""

from asgard_basis.application.context import UserTradingContext
from asgard_basis.domain.assets import PROTOCOLS_ON_BY_DEFAULT, LendingProtocol
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.ports.wallets import PolicyContext, WalletCustody, WalletRole


class WalletRules:
    """Every wallet was made with rules; what was switched on since must be added to them."""

    def __init__(self, custody: WalletCustody) -> None:
        self._custody = custody

    async def allow(self, context: UserTradingContext, protocol: LendingProtocol) -> None:
        """Before a pair is opened with that lender; what any wallet may call asks nobody.

        Raises DomainError when custody cannot be asked or refuses.
        """
        if protocol not in PROTOCOLS_ON_BY_DEFAULT:
            await self.renew(context, WalletRole.SOLANA)

    async def renew(self, context: UserTradingContext, *roles: WalletRole) -> None:
        """Bring these wallets' policies to the present rules; raises as `allow`."""
        known = PolicyContext(
            user_id=context.user_id,
            solana_address=context.solana_address,
            evm_address=context.evm_address,
            agent_address=EvmAddress(context.trader.agent.address),
        )
        for role in roles:
            await self._custody.ensure_wallet(known, role)
