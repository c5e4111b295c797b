"""One user's hands: the wallets that sign for this user and no other."""

from dataclasses import dataclass

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress, UserId
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpTrader
from asgard_basis.ports.wallets import Wallet, WalletRole


@dataclass(frozen=True, slots=True)
class UserTradingContext:
    """Who trades and with which wallets."""

    user_id: UserId
    solana: Wallet
    trader: PerpTrader

    @property
    def solana_address(self) -> SolanaAddress:
        """Where collateral lives."""
        return SolanaAddress(self.solana.address)

    @property
    def evm_address(self) -> EvmAddress:
        """The Hyperliquid account and the Arbitrum wallet."""
        return EvmAddress(self.trader.account.address)


async def trading_context(transactions: Transactions, user_id: UserId) -> UserTradingContext:
    """The user's context; raises DomainError WAL-0004 while wallets are being set up."""
    async with transactions.for_user(user_id) as work:
        wallets = await work.wallets.of_user(user_id)
    if set(wallets) != set(WalletRole):
        raise DomainError(ErrorCode.WALLETS_NOT_READY)
    return UserTradingContext(
        user_id=user_id,
        solana=wallets[WalletRole.SOLANA],
        trader=PerpTrader(account=wallets[WalletRole.EVM], agent=wallets[WalletRole.AGENT]),
    )
