"""The strategy: everybody's wishes held against one look at the market, again and again.

Each person is judged apart: what fails for one is told and tried again at the next look, and
nobody else waits for it. Wishes are read once at the beginning of a look, so that one saved
meanwhile counts from the next look on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from asgard_basis.application.context import trading_context
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.duty import asked_by
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.operations.pause import pause_told
from asgard_basis.application.strategy.strategy_exits import capital_of, exit_facts
from asgard_basis.application.strategy.strategy_market import StrategyLook
from asgard_basis.application.trading.close_position import ClosePosition
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.application.trading.position_record import unchallenged
from asgard_basis.application.trading.preflight import EntryOrder, known
from asgard_basis.domain.decision.card import Verdict, WhyCard
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.churn import hold_told
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.autonomous import STRATEGY_ENTRY, needs_purse
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.entry_choice import (
    Purse,
    StrategyEntryFacts,
    best_offer,
    chosen,
    entry_thresholds,
)
from asgard_basis.domain.strategy.exit import STRATEGY_EXIT
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import EVERYBODY, Pause
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.strategies import STRATEGY_KEY, StrategyRecord
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.ports.venues import PerpVenue

log = structlog.get_logger(__name__)

_POOR_FOR = timedelta(minutes=5)
"""Host time until venues are asked again for money that was not there."""
_AT_ONCE = 16
"""People whose venues are asked at the same time."""
_TRADING = frozenset({JobKind.OPEN, JobKind.CLOSE, JobKind.REDUCE, JobKind.REPAIR, JobKind.SWEEP})


def subject_of(user_id: UserId) -> str:
    """What the entry decisions of a person's strategy are about."""
    return f"strategy:{user_id}"


@dataclass(frozen=True, slots=True)
class Holder:
    """One person's strategy with what the books say at the beginning of a look."""

    record: StrategyRecord
    held: list[Position] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    paused: str | None = None
    own: frozenset[PositionId] = frozenset()
    """Positions that the strategy opened."""

    @property
    def user_id(self) -> UserId:
        """Whose it is."""
        return self.record.user_id

    @property
    def is_busy(self) -> bool:
        """Whether something is being opened, closed or changed."""
        return any(job.kind in _TRADING for job in self.jobs) or any(
            position.state is not PositionState.HEDGED for position in self.held
        )

    def judged(self) -> list[Position]:
        """What it may leave now: all it opened; while it is switched on, everything held."""
        busy = {job.position_id for job in self.jobs}
        return [
            position
            for position in self.held
            if position.state is PositionState.HEDGED
            and position.id not in busy
            and (self.record.config.enabled or position.id in self.own)
        ]


class AutonomousStrategy:
    """Enters and leaves for everybody whose strategy is switched on."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        reader: MarketReader,
        board: RateBoard,
        kill_switch: KillSwitch,
        gate: OpeningGate,
        openings: OpenPosition,
        closings: ClosePosition,
        perp: PerpVenue,
        solana: SolanaChain,
        clock: Clock,
        limits: RiskLimits,
        fees: FeeSchedule,
        desk: JobDesk,
    ) -> None:
        self._transactions = transactions
        self._reader = reader
        self._board = board
        self._kill_switch = kill_switch
        self._gate = gate
        self._openings = openings
        self._closings = closings
        self._perp = perp
        self._solana = solana
        self._clock = clock
        self._limits = limits
        self._fees = fees
        self._poor: dict[UserId, datetime] = {}
        self._fresh_id = desk.fresh_id

    async def cycle(self) -> int:
        """One look at everybody; how many positions were opened or left.

        Without a market nothing is decided. Raises Unavailable while the books cannot be read.
        """
        asked_by("strategy")
        snapshot = await known(self._reader.latest())
        if snapshot is None:
            return 0
        look = self.look(snapshot)
        holders = await self._holders()
        room = asyncio.Semaphore(_AT_ONCE)
        quiet: list[WhyCard] = []
        acting: list[Coroutine[Any, Any, bool]] = []
        whose: list[UserId] = []
        for holder in holders:
            cards, steps = self._planned(holder, look)
            quiet += cards
            acting += [_within(room, step) for step in steps]
            whose += [holder.user_id] * len(steps)
        outcomes = await asyncio.gather(self._note(quiet), *acting, return_exceptions=True)
        for user_id, outcome in zip((None, *whose), outcomes, strict=True):
            if isinstance(outcome, DomainError):
                log.warning("strategy_failed", user=user_id, code=outcome.code.code)
            elif isinstance(outcome, Exception):
                log.error("strategy_broke", user=user_id, exc_info=outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
        return sum(1 for outcome in outcomes if outcome is True)

    def look(self, snapshot: MarketSnapshot) -> StrategyLook:
        """The market as strategies see it now."""
        return StrategyLook(
            snapshot, self._board, now=self._clock.host(), limits=self._limits, fees=self._fees
        )

    def facts(self, holder: Holder, look: StrategyLook) -> StrategyEntryFacts:
        """All the entry rule looks at, but what venues must be asked for."""
        record, now = holder.record, self._clock.now()
        return StrategyEntryFacts(
            now=now,
            market=look.market(record.config),
            positions_held=len(holder.held),
            in_positions_usd=capital_of(holder.held),
            trades_today=record.trades_on(now.date()),
            enabled_at=record.enabled_at,
            last_close=record.last_close,
            is_busy=holder.is_busy,
            paused=holder.paused,
        )

    async def holder(self, user_id: UserId) -> Holder:
        """One person's strategy now, for showing."""
        async with self._transactions.for_user(user_id) as work:
            held = list(await work.positions.held())
            return Holder(
                record=await work.strategies.of(user_id),
                held=held,
                jobs=list(await work.jobs.unfinished()),
                paused=self._kill_switch.told() or pause_told(await work.pauses.in_force(user_id)),
                own=await work.strategies.opened_by_strategy([p.id for p in held]),
            )

    async def _holders(self) -> list[Holder]:
        """Everybody who is switched on, and who holds what the strategy opened."""
        held: defaultdict[UserId, list[Position]] = defaultdict(list)
        jobs: defaultdict[UserId, list[Job]] = defaultdict(list)
        async with self._transactions.for_system() as work:
            for position in await work.positions.held():
                held[position.user_id].append(position)
            for job in await work.jobs.unfinished():
                jobs[job.user_id].append(job)
            own = await work.strategies.opened_by_strategy(
                [position.id for positions in held.values() for position in positions]
            )
            owners = [u for u, positions in held.items() if any(p.id in own for p in positions)]
            records = await work.strategies.enabled(besides=owners)
            pauses = await work.pauses.in_force()
        by_flag = self._kill_switch.told()
        return [
            Holder(
                record=record,
                held=held[record.user_id],
                jobs=jobs[record.user_id],
                paused=by_flag or pause_told(_concerning(pauses, record.user_id)),
                own=own,
            )
            for record in records
        ]

    def _planned(
        self, holder: Holder, look: StrategyLook
    ) -> tuple[list[WhyCard], list[Coroutine[Any, Any, bool]]]:
        """Decisions that change nothing, and what is to be done about the others."""
        config, cards = holder.record.config, list[WhyCard]()
        steps: list[Coroutine[Any, Any, bool]] = []
        for position in holder.judged():
            card = self._exit_card(position, config, look)
            if card is None:
                continue
            if card.ruling.verdict is Verdict.EXIT:
                steps.append(self._leave(position, card))
            else:
                cards.append(card)
        if config.enabled:
            # What is about to be left is under way: nothing is opened beside it.
            facts = self.facts(holder, look)
            facts = replace(facts, is_busy=facts.is_busy or bool(steps))
            card = self._entry_card(holder, facts)
            if needs_purse(card.ruling) and not self._is_poor(holder.user_id):
                steps.append(self._enter(holder, facts))
            else:
                cards.append(card)
        return cards, steps

    async def _leave(self, position: Position, card: WhyCard) -> bool:
        """Take the closing on together with the decision; asked again it finds the same job."""

        async def once() -> None:
            async with self._transactions.for_user(position.user_id) as work:
                await work.decisions.note([card])
                await self._closings.take_on(
                    work, position.id, position.user_id, None, False, reason=card.ruling.reason
                )

        await unchallenged(once)
        log.info("strategy_leaves", position=position.id, why=card.ruling.reason)
        return True

    async def _enter(self, holder: Holder, facts: StrategyEntryFacts) -> bool:
        """Ask what is there, decide, and open; the decision is kept with what came of it."""
        user_id, record = holder.user_id, holder.record
        facts = await self._with_purse(holder, facts)
        card = self._entry_card(holder, facts)
        choice = chosen(facts, entry_thresholds(record.config, self._limits))
        if choice is None and facts.purse is not None:
            self._poor[user_id] = self._clock.host() + _POOR_FOR
        if card.ruling.verdict is Verdict.ENTER and choice is not None:
            order = EntryOrder(
                choice.asset, choice.size_usd, Leverage(choice.leverage), choice.protocol
            )
            # Who decides from the same books asks under the same key, and opens but once.
            key = f"{STRATEGY_KEY}{user_id}:{record.openings}"

            async def also(work: UnitOfWork, _job: Job) -> None:
                present = await work.strategies.of(user_id)
                if (present.version, present.openings) != (record.version, record.openings + 1):
                    raise DomainError(
                        ErrorCode.CHANGED_MEANWHILE, "what is wished has changed in between"
                    )
                await work.decisions.note([card])

            try:
                await self._openings.request(
                    user_id, order, key, also=also, reason=card.ruling.reason
                )
            except DomainError as error:
                if error.code is ErrorCode.CHANGED_MEANWHILE:
                    return False  # The next look decides by what is wished now.
                facts = replace(facts, refused=f"{error.code.code} {error.message}")
                card = self._entry_card(holder, facts)
            else:
                log.info("strategy_enters", user=user_id, why=card.ruling.reason)
                return True
        await self._note([card], user_id)
        return False

    async def _with_purse(self, holder: Holder, facts: StrategyEntryFacts) -> StrategyEntryFacts:
        """The facts with what both venues have free, and what holds an opening there back."""
        user_id = holder.user_id
        offer = best_offer(facts, entry_thresholds(holder.record.config, self._limits))
        context = await trading_context(self._transactions, user_id)
        balances, account = await asyncio.gather(
            known(self._solana.balances(context.solana_address)),
            known(self._perp.account(context.evm_address)),
        )
        if balances is None or account is None or offer is None:
            return facts
        hold = await self._gate.held_back(user_id, offer.asset, offer.protocol)
        purse = Purse(balances.usdc, balances.sol, account.withdrawable_usdc)
        return replace(facts, purse=purse, held_back=None if hold is None else hold_told(hold))

    def _is_poor(self, user_id: UserId) -> bool:
        until = self._poor.get(user_id)
        if until is not None and self._clock.host() >= until:
            del self._poor[user_id]
            return False
        return until is not None

    def _entry_card(self, holder: Holder, facts: StrategyEntryFacts) -> WhyCard:
        return STRATEGY_ENTRY.card(
            facts,
            entry_thresholds(holder.record.config, self._limits),
            card_id=self._fresh_id(),
            user_id=holder.user_id,
            subject=subject_of(holder.user_id),
            at=facts.now,
        )

    def _exit_card(
        self, position: Position, config: StrategyConfig, look: StrategyLook
    ) -> WhyCard | None:
        facts = exit_facts(position, config, look, self._fees)
        if facts is None:
            return None
        return STRATEGY_EXIT.card(
            facts,
            config,
            card_id=self._fresh_id(),
            user_id=position.user_id,
            subject=f"position:{position.id}",
            at=facts.now,
            position_id=position.id,
        )

    async def _note(self, cards: Sequence[WhyCard], user_id: UserId | None = None) -> None:
        if not cards:
            return
        transaction = (
            self._transactions.for_system()
            if user_id is None
            else self._transactions.for_user(user_id)
        )
        async with transaction as work:
            await work.decisions.note(cards)


async def _within(room: asyncio.Semaphore, step: Coroutine[Any, Any, bool]) -> bool:
    async with room:
        return await step


def _concerning(pauses: Sequence[Pause], user_id: UserId) -> list[Pause]:
    return [pause for pause in pauses if pause.scope in {EVERYBODY, user_id}]
