"""The chart of accounts: where a user's money stands, and what made it more or less."""

from enum import StrEnum

from asgard_basis.domain.assets import LendingProtocol

USD = "USD"
"""Value without units of its own: what holdings have gained and not been sold for yet."""
USDC = "USDC"
SOL = "SOL"
ETH = "ETH"

ARBITRUM_WALLET = "assets:arbitrum:wallet"
BRIDGE_TRANSIT = "assets:bridge:transit"
"""Sent on one side and not credited on the other yet."""
SOLANA_WALLET = "assets:solana:wallet"
SOLANA_REVALUATION = "assets:solana:revaluation"
"""What SOL kept for network fees is worth more or less than when it came."""
PERP_MARGIN = "assets:hyperliquid:margin"
PERP_UNREALISED = "assets:hyperliquid:unrealised"
FEE_OWED = "liabilities:operator:performance-fee"

FUNDING = "income:funding"
STAKING = "income:staking"
LENDING = "income:lending"
PRICE = "income:price"
"""What the two legs' prices leave between them; not an income, but it must stand somewhere."""
BORROWING = "expenses:borrowing"
FEES_PERP = "expenses:fees:hyperliquid"
FEES_ASGARD = "expenses:fees:asgard"
FEES_BRIDGE = "expenses:fees:bridge"
FEES_NETWORK = "expenses:fees:network"
SLIPPAGE = "expenses:slippage"
PERFORMANCE_FEE = "expenses:performance-fee"

DEPOSITS = "equity:deposits"
WITHDRAWALS = "equity:withdrawals"


class Source(StrEnum):
    """What a result is split into."""

    FUNDING = "funding"
    LENDING = "lending"
    BORROWING = "borrowing"
    STAKING = "staking"
    FEES = "fees"
    PRICE_RESIDUAL = "price_residual"


_SOURCES: dict[str, Source] = {
    FUNDING: Source.FUNDING,
    LENDING: Source.LENDING,
    BORROWING: Source.BORROWING,
    STAKING: Source.STAKING,
    FEES_PERP: Source.FEES,
    FEES_ASGARD: Source.FEES,
    FEES_BRIDGE: Source.FEES,
    FEES_NETWORK: Source.FEES,
    SLIPPAGE: Source.FEES,
    PRICE: Source.PRICE_RESIDUAL,
}

RESULTS = frozenset(_SOURCES)
"""Accounts that make up a result."""


def source_of(account: str) -> Source | None:
    """Which of the six an account belongs to; None for all that is no result."""
    return _SOURCES.get(account)


def is_held(account: str) -> bool:
    """Whether it is a part of the balance: what one has, less what one owes."""
    return account.startswith(("assets:", "liabilities:"))


def collateral(lender: LendingProtocol) -> str:
    """Tokens at the lender."""
    return f"assets:{lender.name.lower()}:collateral"


def revaluation(lender: LendingProtocol) -> str:
    """What the tokens at the lender are worth beyond what they were booked at."""
    return f"assets:{lender.name.lower()}:revaluation"


def debt(lender: LendingProtocol) -> str:
    """USDC owed to the lender."""
    return f"liabilities:{lender.name.lower()}:debt"
