"""Balances and movements."""

from datetime import datetime
from decimal import Decimal

from asgard_basis.api.schemas.shapes import DecimalText, Failure, Request, Shape


class TokenAmount(Shape):
    """A staking token's balance."""

    asset: str
    amount: DecimalText


class SolanaBalance(Shape):
    """On Solana."""

    address: str
    sol: DecimalText
    usdc: DecimalText
    tokens: list[TokenAmount]


class ArbitrumBalance(Shape):
    """On Arbitrum."""

    address: str
    eth: DecimalText
    usdc: DecimalText


class HyperliquidBalance(Shape):
    """On Hyperliquid."""

    address: str
    account_value_usd: DecimalText
    withdrawable_usdc: DecimalText
    margin_used_usdc: DecimalText
    exists: bool


class VenueFailure(Shape):
    """A venue that could not be asked."""

    venue: str
    code: str
    message: str


class BalancesResponse(Shape):
    """Each part is null when its venue could not be asked; the reason is in `failures`."""

    solana: SolanaBalance | None
    arbitrum: ArbitrumBalance | None
    hyperliquid: HyperliquidBalance | None
    positions_equity_usd: DecimalText | None
    under_way_usd: DecimalText
    """Between two venues: in no wallet, and owed by a bridge or by Circle."""
    total_usd: DecimalText | None
    """Everything together; null while a part is unknown."""
    failures: list[VenueFailure]
    observed_at: datetime


class BalanceCheckResponse(Shape):
    """Whether there is enough in the right places for a smallest position."""

    can_trade: bool
    missing: list[str]
    solana_usdc: DecimalText | None
    hyperliquid_usdc: DecimalText | None
    sol: DecimalText | None


class DepositRequest(Request):
    """Move USDC from Arbitrum to Hyperliquid."""

    amount_usdc: Decimal


class DepositEntry(Shape):
    """One movement."""

    job_id: str
    amount_usdc: DecimalText
    status: str
    stage: str
    """requested, sent, credited or failed."""
    transaction_hash: str | None
    created_at: datetime
    finished_at: datetime | None
    error: Failure | None


class MoveEntry(Shape):
    """USDC from one leg's venue to the other's, on its way or there."""

    job_id: str
    position_id: str
    to: str
    """The leg it is for: long or short."""
    amount_usdc: DecimalText
    """What is where `place` says; with `fees_usdc` it is what was taken."""
    fees_usdc: DecimalText
    status: str
    place: str
    """at_source, leaving, on_arbitrum, burned, on_solana, sent or at_hyperliquid."""
    is_certain: bool
    """False while the outcome of a step that moves it is not known."""
    created_at: datetime
    finished_at: datetime | None
    error: Failure | None


class DepositsResponse(Shape):
    """Newest first."""

    moves: list[MoveEntry]
    """Between the chains, for a leg near liquidation."""
    deposits: list[DepositEntry]
