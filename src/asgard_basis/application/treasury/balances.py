"""One user's money on every venue; a part that cannot be asked is unknown, never zero."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from asgard_basis.application.context import trading_context
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.application.trading.reduce_position import LEG
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.move import OWED, MovePlan, whereabouts
from asgard_basis.domain.saga.step import Leg, StepName
from asgard_basis.ports.chains import ArbitrumChain, SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpVenue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TokenView:
    """A staking token's balance."""

    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SolanaView:
    """On Solana."""

    address: str
    sol: Decimal
    usdc: Decimal
    tokens: list[TokenView]


@dataclass(frozen=True, slots=True)
class ArbitrumView:
    """On Arbitrum."""

    address: str
    eth: Decimal
    usdc: Decimal


@dataclass(frozen=True, slots=True)
class HyperliquidView:
    """On Hyperliquid."""

    address: str
    account_value_usd: Decimal
    withdrawable_usdc: Decimal
    margin_used_usdc: Decimal
    exists: bool


@dataclass(frozen=True, slots=True)
class VenueFailureView:
    """A venue that could not be asked."""

    venue: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class BalancesView:
    """Everything; null parts have their reason among the failures."""

    solana: SolanaView | None
    arbitrum: ArbitrumView | None
    hyperliquid: HyperliquidView | None
    positions_equity_usd: Decimal | None
    under_way_usd: Decimal
    """In nobody's wallet: between two venues, and owed by a bridge or by Circle."""
    total_usd: Decimal | None
    failures: list[VenueFailureView]
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class BalanceCheck:
    """Whether there is enough in the right places for a smallest position."""

    can_trade: bool
    missing: list[str]
    solana_usdc: Decimal | None
    hyperliquid_usdc: Decimal | None
    sol: Decimal | None


class Balances:
    """Asks the three venues at once."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        solana: SolanaChain,
        arbitrum: ArbitrumChain,
        perp: PerpVenue,
        reader: MarketReader,
        positions: PositionViews,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._solana = solana
        self._arbitrum = arbitrum
        self._perp = perp
        self._reader = reader
        self._positions = positions
        self._clock = clock
        self._limits = limits

    async def of(self, user_id: UserId) -> BalancesView:
        """Balances now; raises DomainError WAL-0004 while wallets are being set up."""
        context = await trading_context(self._transactions, user_id)
        failures: list[VenueFailureView] = []
        solana, arbitrum, account = await asyncio.gather(
            _part("Solana", self._solana.balances(context.solana_address), failures),
            _part("Arbitrum", self._arbitrum.balances(context.evm_address), failures),
            _part("Hyperliquid", self._perp.account(context.evm_address), failures),
        )
        held = await self._positions.held(user_id)
        longs = [p.long.equity_usd if p.long else None for p in held]
        is_valued = all(value is not None for value in longs)
        snapshot = await _part("Market data", self._reader.latest(), failures)
        view = BalancesView(
            solana=SolanaView(
                context.solana_address,
                solana.sol,
                solana.usdc,
                [TokenView(a.value, amount) for a, amount in solana.tokens.items() if amount],
            )
            if solana
            else None,
            arbitrum=ArbitrumView(context.evm_address, arbitrum.eth, arbitrum.usdc)
            if arbitrum
            else None,
            hyperliquid=HyperliquidView(
                context.evm_address,
                account.account_value_usd,
                account.withdrawable_usdc,
                account.position.margin_usdc if account.position else ZERO,
                account.exists,
            )
            if account
            else None,
            positions_equity_usd=sum((v for v in longs if v is not None), ZERO)
            if is_valued
            else None,
            under_way_usd=await self._under_way(user_id),
            total_usd=None,
            failures=failures,
            observed_at=self._clock.host(),
        )
        return _with_total(view, snapshot)

    async def _under_way(self, user_id: UserId) -> Decimal:
        async with self._transactions.for_user(user_id) as work:
            owed = ZERO
            for job in await work.jobs.unfinished():
                if job.kind is JobKind.MOVE:
                    plan = MovePlan(Leg(job.details[LEG]), job.amount_usdc or ZERO)
                    found = whereabouts(plan, await work.journals.of_job(job.id))
                    owed += found.amount_usdc if found.place in OWED else ZERO
                if job.kind is JobKind.DEPOSIT:
                    journal = await work.journals.of_job(job.id)
                    is_sent = journal.is_done(StepName.TRANSFER_TO_BRIDGE)
                    is_there = journal.is_done(StepName.AWAIT_CREDIT)
                    owed += (job.amount_usdc or ZERO) if is_sent and not is_there else ZERO
        return owed

    async def check(self, user_id: UserId) -> BalanceCheck:
        """Whether a position of the smallest size could be paid for, and what is missing."""
        view = await self.of(user_id)
        half = self._limits.size_min_usd / 2
        usdc = view.solana.usdc if view.solana else None
        sol = view.solana.sol if view.solana else None
        margin = view.hyperliquid.withdrawable_usdc if view.hyperliquid else None
        missing: list[str] = []
        if usdc is None or usdc < half:
            missing.append(f"{half} USDC on Solana")
        if sol is None or sol < self._limits.sol_reserve:
            missing.append(f"{self._limits.sol_reserve} SOL for network fees")
        if margin is None or margin < half:
            missing.append(f"{half} USDC on Hyperliquid")
        return BalanceCheck(not missing, missing, usdc, margin, sol)


def _with_total(view: BalancesView, snapshot: MarketSnapshot | None) -> BalancesView:
    if (
        view.solana is None
        or view.arbitrum is None
        or view.hyperliquid is None
        or view.positions_equity_usd is None
        or snapshot is None
    ):
        return view
    price = snapshot.perp.oracle_price
    tokens = ZERO
    for token in view.solana.tokens:
        rate = snapshot.redemption_rate(Asset(token.asset))
        if rate is None:
            return view
        tokens += token.amount * rate * price
    total = (
        view.solana.usdc
        + view.solana.sol * price
        + tokens
        + view.arbitrum.usdc
        + view.hyperliquid.account_value_usd
        + view.positions_equity_usd
        + view.under_way_usd
    )
    return replace(view, total_usd=total)


async def _part(venue: str, asking: Awaitable[T], failures: list[VenueFailureView]) -> T | None:
    try:
        return await asking
    except DomainError as error:
        failures.append(VenueFailureView(venue, error.code.code, error.message))
        return None
