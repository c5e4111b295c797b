"""Defending positions: each is judged at a mark, and what is to be done becomes one job.

It works for whoever is paused and with the kill switch latched: all it does makes positions
smaller, or their legs equal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import ENDED, JobDesk
from asgard_basis.application.oversight.existence_gate import Closings, Repairs
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.reduce_position import DEFENDS, MOVED, POSITION
from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.quality import FreshFor
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence import ACTING, Act, Defence, judge
from asgard_basis.domain.risk.defence_facts import DefenceFacts, Rails
from asgard_basis.domain.risk.defence_reading import facts_of, thresholds_of
from asgard_basis.domain.risk.defence_rule import DEFENCE
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.move import LEAST_USDC, WITHDRAWAL_FEE_USDC
from asgard_basis.domain.strategy.fees import FeeSchedule, cut_costs
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.consents import MoveConsent
from asgard_basis.ports.decisions import CONFIRMED_EVERY
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.ports.venues import PerpVenue

log = structlog.get_logger(__name__)

_HEALTH_FRESH = timedelta(seconds=60)
_DAY = timedelta(days=1)
_RECENT = 50
_AT_ONCE = 8
"""Of many that are judged together, so many are acted on at a time."""
_AFTER_REPAIR = timedelta(minutes=1)
_HOURS, _DAYS = 24, 365
_UNFIT = frozenset({ErrorCode.SIZE_TOO_SMALL, ErrorCode.REDUCE_UNSUPPORTED})
_MOVE_LEAST_USD = Decimal(5)


class Reductions(Protocol):
    """Making a pair smaller and safer, as a job."""

    async def defend(
        self, user_id: UserId, position_id: PositionId, defence: Defence, reason: str
    ) -> Job:
        """Take it on; raises DomainError POS-0006 while something else is being done."""
        ...


Crossing = Callable[[UserTradingContext], Awaitable[bool]]
"""Whether money could be carried between this person's wallets on both chains now."""


class DefendPosition:
    """Judges one position at a time; asked again, it does nothing twice."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        reader: MarketReader,
        perp: PerpVenue,
        solana: SolanaChain,
        desk: JobDesk,
        reductions: Reductions,
        repairs: Repairs,
        closings: Closings,
        clock: Clock,
        limits: RiskLimits,
        fees: FeeSchedule,
        crossing: Crossing | None = None,
    ) -> None:
        self._crossing = crossing
        self._transactions = transactions
        self._reader = reader
        self._perp = perp
        self._solana = solana
        self._desk = desk
        self._reductions = reductions
        self._repairs = repairs
        self._closings = closings
        self._clock = clock
        self._limits = limits
        self._fees = fees
        self._costs = cut_costs(fees)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._noted: dict[PositionId, tuple[str, datetime]] = {}
        self._by_owner: WeakValueDictionary[UserId, asyncio.Lock] = WeakValueDictionary()

    async def defend(self, position_id: PositionId, market: MarketSnapshot | None = None) -> Act:
        """Judge it by that market, or by the shared one, and have done what is to be done.

        Who has asked the venue itself gives what it said: the shared one may be away. Nothing
        for a position that has ended or that nobody knows.
        """
        async with self._transactions.for_system() as work:
            position = await work.positions.get(position_id)
        return Act.NOTHING if position is None else await self.consider(position, market)

    async def consider(self, position: Position, market: MarketSnapshot | None = None) -> Act:
        """As `defend`, for a position that was just read; asks nobody while it has room."""
        snapshot = market or await known(self._reader.latest())
        if snapshot is None or not self._is_believed(snapshot):
            return Act.UNKNOWN
        facts = self._facts(position, snapshot)
        if facts is None or not facts.is_idle:
            return Act.NOTHING
        thresholds = thresholds_of(position, snapshot, self._limits, self._costs)
        if judge(facts, thresholds).act not in ACTING:
            card = self._card(position, facts, snapshot)
            if self._is_news(card):
                async with self._transactions.for_user(position.user_id) as work:
                    await self._note(work, card)
            return judge(facts, thresholds).act
        return await self._act(position, snapshot)

    async def consider_all(self, positions: Sequence[Position]) -> None:
        """As `consider` for many: one reading of the market, one writing of what is news.

        One's failure is nobody else's: it is told, and the next mark judges it again.
        """
        snapshot = await known(self._reader.latest())
        if snapshot is None or not self._is_believed(snapshot):
            return
        acting: list[Position] = []
        news: list[WhyCard] = []
        for position in positions:
            facts = self._facts(position, snapshot)
            if facts is None or not facts.is_idle:
                continue
            thresholds = thresholds_of(position, snapshot, self._limits, self._costs)
            if judge(facts, thresholds).act in ACTING:
                acting.append(position)
            elif self._is_news(card := self._card(position, facts, snapshot)):
                news.append(card)
        if news:
            async with self._transactions.for_system() as work:
                await self._note(work, *news)

        async def act(position: Position) -> Act:
            async with self._turns:
                return await self._act(position, snapshot)

        outcomes = await asyncio.gather(*map(act, acting), return_exceptions=True)
        for position, outcome in zip(acting, outcomes, strict=True):
            if isinstance(outcome, DomainError):
                log.warning("not_defended", position=position.id, code=outcome.code.code)
            elif isinstance(outcome, BaseException):
                log.error("defence_broke", position=position.id, exc_info=outcome)

    async def _act(self, position: Position, snapshot: MarketSnapshot) -> Act:
        """One pair of a person after the other: they share free money and its caps."""
        async with self._by_owner.setdefault(position.user_id, asyncio.Lock()):
            return await self._act_alone(position, snapshot)

    async def _act_alone(self, position: Position, snapshot: MarketSnapshot) -> Act:
        async with self._transactions.for_user(position.user_id) as work:
            present = await work.positions.get(position.id)
            running = await work.jobs.unfinished(position_id=position.id)
            reductions = await work.jobs.recent(kind=JobKind.REDUCE, limit=_RECENT)
            repairs = await work.jobs.recent(kind=JobKind.REPAIR, limit=_RECENT)
            consent = await work.move_consents.get(position.user_id)
            moves = await work.jobs.recent(kind=JobKind.MOVE, limit=_RECENT)
        facts = self._facts(present, snapshot, is_busy=bool(running)) if present else None
        if present is None or facts is None or not facts.is_idle:
            return Act.NOTHING
        thresholds = thresholds_of(present, snapshot, self._limits, self._costs)
        facts = self._remembering(facts, present, reductions)
        facts = replace(facts, is_moving=any(_carries(job, present) for job in moves))
        if judge(facts, thresholds).act is Act.CUT and consent is not None and consent.is_given:
            rails = await self._rails(present, snapshot, consent, reductions, moves)
            facts = replace(facts, rails=rails)
        defence = judge(facts, thresholds)
        if defence.act is Act.TRIM and self._is_just_repaired(present, repairs):
            return Act.WAIT
        card = self._card(present, facts, snapshot)
        if self._is_news(card) or defence.act in ACTING:
            async with self._transactions.for_user(present.user_id) as work:
                await self._note(work, card)
        await self._ask(present, defence, card.ruling.reason)
        return defence.act

    async def _ask(self, position: Position, defence: Defence, reason: str) -> None:
        user_id, position_id = position.user_id, position.id
        try:
            match defence.act:
                case Act.CUT | Act.HALVE | Act.EQUALISE:
                    await self._reduced(position, defence, reason)
                case Act.TRIM:
                    await self._repairs.request(user_id, position_id, defence.why)
                case Act.CLOSE:
                    await self._closings.request(user_id, position_id, None)
        except DomainError as error:
            if error.code is not ErrorCode.POSITION_BUSY:
                raise
            log.info("defence_not_needed_twice", position=position_id)

    async def _reduced(self, position: Position, defence: Defence, reason: str) -> None:
        try:
            await self._reductions.defend(position.user_id, position.id, defence, reason)
        except DomainError as error:
            if error.code not in _UNFIT:
                raise
            await self._closings.request(position.user_id, position.id, None)

    def _facts(
        self, position: Position, snapshot: MarketSnapshot, *, is_busy: bool = False
    ) -> DefenceFacts | None:
        seen = position.observation
        age = timedelta.max if seen is None else self._clock.host() - seen.observed_at
        return facts_of(
            position,
            snapshot,
            is_health_fresh=age <= _HEALTH_FRESH / max(1.0, self._clock.speed),
            is_busy=is_busy,
        )

    def _remembering(
        self, facts: DefenceFacts, position: Position, reductions: Sequence[Job]
    ) -> DefenceFacts:
        """With what was done of late; times of the market, which is what calms down."""
        defences = [j for j in reductions if j.position_id == position.id and DEFENDS in j.details]
        ages = [self._age(job) for job in defences]
        last = min(ages, default=None)
        minute = timedelta(minutes=1)
        return replace(
            facts,
            minutes_since=None if last is None else Decimal(str(round(last / minute, 3))),
            defended_today=sum(1 for age in ages if age < _DAY),
        )

    async def _rails(
        self,
        position: Position,
        snapshot: MarketSnapshot,
        consent: MoveConsent,
        reductions: Sequence[Job],
        moves: Sequence[Job],
    ) -> Rails:
        """What is free where, and whether it can cross; nothing where it cannot be asked.

        For a day after a move of the position has failed none is begun: its cut was made for
        money that did not come.
        """
        context = await trading_context(self._transactions, position.user_id)
        wallet = await known(self._solana.balances(context.solana_address))
        account = await known(self._perp.account(context.evm_address))
        moved = sum(
            (Decimal(j.details.get(MOVED, "0")) for j in reductions if self._age(j) < _DAY), ZERO
        )
        has_failed = any(_failed(job, position) and self._age(job) < _DAY for job in moves)
        crosses = False
        if self._crossing is not None and consent.may_cross and not has_failed:
            crosses = await self._crossing(context)
        return Rails(
            free_for_long_usd=wallet.usdc if wallet else ZERO,
            free_for_short_usd=account.withdrawable_usdc if account else ZERO,
            has_bridge=crosses,
            is_bridge_barred=self._crossing is not None and not consent.may_cross,
            is_freed_only=True,
            allowed_usd=max(ZERO, min(consent.per_move_usd, consent.per_day_usd - moved)),
            least_usd=LEAST_USDC if crosses else _MOVE_LEAST_USD,
            move_usd=self._fees.network_usd + (WITHDRAWAL_FEE_USDC if crosses else ZERO),
            income_daily=_income_daily(position, snapshot),
        )

    def _is_just_repaired(self, position: Position, repairs: Sequence[Job]) -> bool:
        of_it = [job for job in repairs if job.position_id == position.id]
        return any(self._age(job) < _AFTER_REPAIR for job in of_it)

    def _age(self, job: Job) -> timedelta:
        """Market time since it was asked for."""
        return (self._clock.host() - job.created_at) * max(1.0, self._clock.speed)

    def _is_believed(self, snapshot: MarketSnapshot) -> bool:
        """Whether anything may be done by its price: it is fresh and nothing contradicts it."""
        fresh_for = FreshFor(self._limits.market_age_seconds_max)
        return snapshot.quality(self._clock.host(), fresh_for).price.is_fresh

    def _card(self, position: Position, facts: DefenceFacts, snapshot: MarketSnapshot) -> WhyCard:
        return DEFENCE.card(
            facts,
            thresholds_of(position, snapshot, self._limits, self._costs),
            card_id=self._desk.fresh_id(),
            user_id=position.user_id,
            subject=f"position:{position.id}",
            at=self._clock.now(),
            position_id=position.id,
        )

    def _is_news(self, card: WhyCard) -> bool:
        """Whether this process has not noted the same a while ago."""
        if card.position_id is None:
            return True
        noted = self._noted.get(card.position_id)
        is_old = noted is None or self._clock.host() - noted[1] >= CONFIRMED_EVERY
        return is_old or noted is None or noted[0] != card.fingerprint

    async def _note(self, work: UnitOfWork, *cards: WhyCard) -> None:
        await work.decisions.note(cards)
        for card in cards:
            if card.position_id is not None:
                self._noted[card.position_id] = (card.fingerprint, self._clock.host())


def _carries(job: Job, position: Position) -> bool:
    """Whether a move for this position is not at its end."""
    return job.status not in ENDED and job.details.get(POSITION) == position.id


def _failed(job: Job, position: Position) -> bool:
    return job.status is JobStatus.FAILED and job.details.get(POSITION) == position.id


def _income_daily(position: Position, snapshot: MarketSnapshot) -> Decimal:
    """Of a dollar of size: funding and lending less borrowing, at the rates of the moment."""
    income = snapshot.perp.funding_now.income_to_short.value * _HOURS
    lender = snapshot.lender(position.protocol, position.asset)
    if lender is None:
        return income
    borrowed = (position.leverage - ONE) / position.leverage
    lending = lender.collateral_supply.continuous().value
    return income + (lending - borrowed * lender.usdc_borrow.continuous().value) / _DAYS
