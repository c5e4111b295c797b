"""The entry checklist: gather the facts once, let the domain judge every line."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, TypeVar

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.domain.assets import Asset, LendingProtocol, asset_named
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.quality import parts_of_entry
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.risk.defence_facts import defence_trigger
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.carry import Carry, break_even_days
from asgard_basis.domain.strategy.checks import evaluate
from asgard_basis.domain.strategy.entry_facts import EntryFacts
from asgard_basis.domain.strategy.fees import FeeSchedule, round_trip
from asgard_basis.domain.strategy.opportunity import Priced
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import Priority, asking_as
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpVenue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EntryOrder:
    """What a person wants to open."""

    asset: Asset
    size_usd: Decimal
    leverage: Leverage
    protocol: LendingProtocol | None
    """None takes the best enabled lender."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the capital becomes."""

    asset: str
    protocol: int
    protocol_name: str
    collateral_usdc: Decimal
    margin_usdc: Decimal
    collateral_share: Decimal
    collateral_tokens: Decimal
    borrow_usdc: Decimal
    short_sol: Decimal
    short_leverage: Decimal
    mark_price: Decimal
    opening_health: Decimal
    safe_leverage: Decimal
    long_liquidation_price: Decimal
    short_liquidation_price: Decimal
    long_defence_price: Decimal
    short_defence_price: Decimal
    cost_open_usd: Decimal
    cost_close_usd: Decimal
    net_apr: Decimal
    earns_daily_usd: Decimal
    break_even_days: Decimal | None
    break_even_days_half_funding: Decimal | None
    break_even_days_no_funding: Decimal | None


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """Every check, and the entry as it would be sent."""

    passed: bool
    is_known: bool
    """Both venues could be asked; an unknown never passes, but may pass when asked again."""
    checks: tuple[Check, ...]
    quote: Quote
    lender: LenderMarket
    priced: Priced
    snapshot: MarketSnapshot
    fees: FeeSchedule
    """Of this account, as the venue says; the usual ones when it could not be asked."""
    facts: EntryFacts
    """What the checks looked at."""

    def first_failure(self) -> DomainError:
        """The first failing check as an error with its code and remedy."""
        check = next(c for c in self.checks if not c.passed)
        code = next((e for e in ErrorCode if e.code == check.code), ErrorCode.PREFLIGHT_FAILED)
        message = f"{check.label}: {check.figure}, {check.limit}."
        if check.remedy:
            message += f" {check.remedy}"
        return DomainError(code, message, {"check": check.key})


def entry_order(
    *, asset: str, size_usd: Decimal, leverage: Decimal, protocol: int | None, limits: RiskLimits
) -> EntryOrder:
    """A well-formed order; raises DomainError VAL-0003, -0005, -0006, -0007 or -0008."""
    if size_usd < limits.size_min_usd:
        raise DomainError(
            ErrorCode.SIZE_TOO_SMALL,
            f"size must be at least ${limits.size_min_usd:,}, was ${size_usd:,}",
        )
    if size_usd > limits.size_max_usd:
        raise DomainError(
            ErrorCode.SIZE_TOO_LARGE,
            f"size must be at most ${limits.size_max_usd:,}, was ${size_usd:,}",
        )
    try:
        lender = None if protocol is None else LendingProtocol(protocol)
    except ValueError as error:
        raise DomainError(ErrorCode.INVALID_PROTOCOL, f"no lender {protocol}") from error
    return EntryOrder(asset_named(asset), size_usd, Leverage(leverage), lender)


class Gatekeeper(Protocol):
    """Whoever must agree before anything more is opened for a user."""

    async def before_opening(self, user_id: UserId) -> None:
        """Raises the DomainError that stands against it; Unavailable while that is not known."""
        ...


class Preflight:
    """Asks both venues what is there and evaluates every check against one snapshot."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        gate: OpeningGate,
        reader: MarketReader,
        board: RateBoard,
        perp: PerpVenue,
        solana: SolanaChain,
        clock: Clock,
        limits: RiskLimits,
        fees: FeeSchedule,
        existence: Gatekeeper,
    ) -> None:
        self._transactions = transactions
        self._gate = gate
        self._reader = reader
        self._board = board
        self._perp = perp
        self._solana = solana
        self._clock = clock
        self._limits = limits
        self._fees = fees
        self._existence = existence

    async def check(
        self, context: UserTradingContext, order: EntryOrder, *, is_counted: bool = False
    ) -> PreflightReport:
        """The whole list; an unreachable venue makes its lines fail, not the call.

        `is_counted` says that the position itself is already among those held: it is about to
        be opened, and the gate is asked. Raises DomainError VAL-0008 when no lender takes the
        asset, RSK-0004 without a market, POS-0008 while something is held that is nobody's.
        """
        # Nothing is held by it yet: whoever leaves goes first.
        with asking_as(Priority.RECONCILE if is_counted else Priority.SCREENS):
            if is_counted:
                await self._existence.before_opening(context.user_id)
            snapshot = await self._reader.latest()
            balances, account, taker, book = await asyncio.gather(
                known(self._solana.balances(context.solana_address)),
                known(self._perp.account(context.evm_address)),
                known(self._perp.fees(context.evm_address)),
                known(self._perp.depth(is_buy=False, limit_price=self._worst_price(snapshot))),
            )
        fees = replace(self._fees, perp_taker=taker.taker) if taker else self._fees
        lender = self._choose(snapshot, order)
        priced = self._board.price(snapshot, lender, order.leverage, order.size_usd, fees)
        if priced is None:
            raise DomainError(
                ErrorCode.STALE_MARKET, f"the staking yield of {order.asset} is not known"
            )
        async with self._transactions.for_user(context.user_id) as work:
            held = len(await work.positions.held())
        facts = EntryFacts(
            now=self._clock.host(),
            asset=order.asset,
            protocol=lender.protocol,
            leverage=order.leverage.value,
            safe_leverage=priced.safe_leverage,
            snapshot=snapshot,
            lender=lender,
            split=priced.split,
            carry=priced.carry,
            solana_usdc=balances.usdc if balances else None,
            solana_sol=balances.sol if balances else None,
            free_margin_usdc=account.withdrawable_usdc if account else None,
            book_sol=book,
            positions_held=held - (1 if is_counted else 0),
            paused=await self._gate.paused(context.user_id),
            held_back=await self._gate.held_back(context.user_id, order.asset, lender.protocol),
        )
        checks = evaluate(facts, self._limits)
        return PreflightReport(
            passed=all(check.passed for check in checks),
            is_known=balances is not None and account is not None and book is not None,
            checks=checks,
            quote=self._quote(order, facts, priced, fees),
            lender=lender,
            priced=priced,
            snapshot=snapshot,
            fees=fees,
            facts=facts,
        )

    def _worst_price(self, snapshot: MarketSnapshot) -> Decimal:
        """The lowest price the short may be sold at."""
        price = snapshot.perp.mid_price or snapshot.perp.mark_price
        return price * (1 - Decimal(self._limits.slippage_entry_bps_max) / 10_000)

    def _choose(self, snapshot: MarketSnapshot, order: EntryOrder) -> LenderMarket:
        if order.protocol is not None:
            lender = snapshot.lender(order.protocol, order.asset)
            if lender is None or order.protocol not in self._board.enabled:
                raise DomainError(
                    ErrorCode.INVALID_PROTOCOL,
                    f"{order.protocol.name.title()} is not available for {order.asset}",
                )
            return lender
        offered = [
            m
            for m in snapshot.lenders
            if m.asset is order.asset and m.protocol in self._board.enabled
        ]
        if not offered:
            raise DomainError(ErrorCode.INVALID_PROTOCOL, f"no lender takes {order.asset} now")
        quality = snapshot.quality(self._clock.host())

        def rank(lender: LenderMarket) -> tuple[bool, bool, Decimal]:
            is_disputed = quality.is_disputed(parts_of_entry(lender.protocol, lender.asset))
            return not lender.is_active, is_disputed, lender.usdc_borrow.value

        return min(offered, key=rank)

    def _quote(
        self, order: EntryOrder, facts: EntryFacts, priced: Priced, fees: FeeSchedule
    ) -> Quote:
        split, carry = priced.split, priced.carry
        cost = round_trip(notional_usd=split.notional_usd, fees=fees)
        price = facts.snapshot.perp.mark_price
        redemption = facts.snapshot.redemption_rate(order.asset) or Decimal(1)
        buffer = defence_trigger(split.opening_health.value, self._limits)
        return Quote(
            asset=order.asset.value,
            protocol=int(facts.protocol),
            protocol_name=facts.protocol.name.title(),
            collateral_usdc=split.collateral_usdc,
            margin_usdc=split.margin_usdc,
            collateral_share=split.collateral_usdc / order.size_usd,
            collateral_tokens=split.notional_usd / (price * redemption),
            borrow_usdc=split.borrow_usdc,
            short_sol=split.short_sol,
            short_leverage=split.short_leverage,
            mark_price=price,
            opening_health=split.opening_health.value,
            safe_leverage=priced.safe_leverage,
            long_liquidation_price=split.long_liquidation_price,
            short_liquidation_price=split.short_liquidation_price,
            long_defence_price=split.long_liquidation_price / (1 - buffer),
            short_defence_price=split.short_liquidation_price / (1 + buffer),
            cost_open_usd=cost.opening_usd,
            cost_close_usd=cost.closing_usd,
            net_apr=carry.net.value,
            earns_daily_usd=carry.daily_usd(order.size_usd),
            break_even_days=_days(carry, order.size_usd, cost.total_usd, Decimal(1)),
            break_even_days_half_funding=_days(
                carry, order.size_usd, cost.total_usd, Decimal("0.5")
            ),
            break_even_days_no_funding=_days(carry, order.size_usd, cost.total_usd, Decimal(0)),
        )


def known(asking: Awaitable[T]) -> Awaitable[T | None]:
    """The answer, or None when the other side cannot be asked now.

    It is asked at once: who is cancelled before waiting for it leaves nothing that never began.
    """
    return _settled(asyncio.ensure_future(asking))


async def _settled(asking: Awaitable[T]) -> T | None:
    try:
        return await asking
    except DomainError:
        return None


def _days(carry: Carry, size_usd: Decimal, cost_usd: Decimal, share: Decimal) -> Decimal | None:
    funding = replace(carry.funding, value=carry.funding.value * share)
    daily = replace(carry, funding=funding).daily_usd(size_usd)
    return break_even_days(cost_usd=cost_usd, daily_usd=daily)
