"""One leg defended alone, while a job of both legs waits for the venue of the other.

A pair near liquidation always has such a job: the cut or the closing that cannot be made now. As
long as it waits, each delivery of it looks how near the leg is that can be reached.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.lone_looks import LoneLooks
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_record import PositionRecord
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.reachability import HYPERLIQUID
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.domain.market.quality import FreshFor
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import PositionState, moved
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence_reading import facts_of, thresholds_of
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.lone_leg import (
    LONE_LEG,
    LoneAct,
    LoneDefence,
    LoneFacts,
    LoneThresholds,
    judge,
)
from asgard_basis.domain.saga import alone
from asgard_basis.domain.saga.hedge import HedgeTerms
from asgard_basis.domain.saga.step import Finished, Journal
from asgard_basis.domain.saga.step import Leg as StepLeg
from asgard_basis.domain.strategy.fees import FeeSchedule, cut_costs
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.ports.venues import MarginVenue, PerpVenue

log = structlog.get_logger(__name__)

_NOT_BEFORE = "alone_not_before"
"""In a job's details: until then (market time) nothing new is decided."""
_PAUSE = timedelta(seconds=10)
"""Host time after one: the venue may still show what was before."""
_PAUSE_FAILED = timedelta(seconds=60)
_LOOKS_MAX = 5
_DEFENDED = frozenset({PositionState.HEDGED, PositionState.REDUCING})


class LoneLegs:
    """Judges the leg that answers, and carries out what is decided under the waiting job."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        runner: SagaRunner,
        pairs: PairFactory,
        perp: PerpVenue,
        margin: MarginVenue,
        solana: SolanaChain,
        reader: MarketReader,
        clock: Clock,
        limits: RiskLimits,
        fees: FeeSchedule,
        ids: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._runner = runner
        self._pairs = pairs
        self._looks = LoneLooks(perp=perp, margin=margin, solana=solana, pairs=pairs, clock=clock)
        self._reader = reader
        self._clock = clock
        self._limits = limits
        self._costs = cut_costs(fees)
        self._ids = ids
        self._record = PositionRecord(transactions)

    async def hold(
        self, context: UserTradingContext, job: Job, position: Position, silent: str | None
    ) -> None:
        """Conclude what was begun with one leg; while somebody is `silent`, judge the other.

        Raises OutcomeUnknown while nobody tells what became of a step.
        """
        job, journal = await self._now(job)
        plan = alone.plan_of(job.details)
        if plan is not None and silent is None and len(journal.steps) == int(job.details[alone.AT]):
            # Decided, not begun, and now both venues answer: nothing is cut alone any more.
            async with self._transactions.for_user(job.user_id) as work:
                await work.jobs.note(job.id, {alone.DONE: job.details[alone.AT]})
            return
        if plan is None and silent is not None and self._is_due(job, position):
            plan = await self._decided(context, job, journal, position, silent)
        if plan is not None:
            await self._carried_out(context, job, position, plan)

    async def _now(self, job: Job) -> tuple[Job, Journal]:
        async with self._transactions.for_user(job.user_id) as work:
            return await work.jobs.get(job.id) or job, await work.journals.of_job(job.id)

    def _is_due(self, job: Job, position: Position) -> bool:
        long, short = position.long, position.short
        if long is None or long.redemption_closed is not None or short is None or short.size <= 0:
            return False
        before = job.details.get(_NOT_BEFORE)
        is_early = before is not None and self._clock.now() < datetime.fromisoformat(before)
        return position.state in _DEFENDED and not is_early

    # ---- deciding -------------------------------------------------------------------------

    async def _decided(
        self,
        context: UserTradingContext,
        job: Job,
        journal: Journal,
        position: Position,
        silent: str,
    ) -> alone.AlonePlan | None:
        """What is to be done now, with its card; None when nothing is."""
        snapshot = await known(self._reader.latest())
        if snapshot is None:
            return None
        done, _ = alone.parts(job.details, journal)
        left = alone.after(position, done)
        pair = thresholds_of(position, snapshot, self._limits, self._costs)
        if self._has_room(left, silent, snapshot, pair.trigger):
            return None
        facts = await self._looks.facts(context, job, left, silent, snapshot)
        if facts is None or (facts.distance is not None and facts.distance > pair.trigger):
            return None
        thresholds = LoneThresholds.of(pair)
        card = LONE_LEG.card(
            facts,
            thresholds,
            card_id=self._ids(),
            user_id=position.user_id,
            subject=f"position:{position.id}",
            at=self._clock.now(),
            position_id=position.id,
        )
        defence = judge(facts, thresholds)
        plan = _planned(facts, defence, left)
        async with self._transactions.for_user(position.user_id) as work:
            await work.decisions.note([card])
            if plan is not None:
                at = len(journal.steps)
                await work.jobs.note(job.id, alone.details_of(plan, at=at))
        if plan is not None:
            log.error("leg_defended_alone", position=position.id, why=card.ruling.reason)
        return plan

    def _has_room(
        self, left: Position, silent: str, snapshot: MarketSnapshot, trigger: Decimal
    ) -> bool:
        """Whether the venue need not be asked: a price to be believed leaves the leg much room."""
        fresh_for = FreshFor(self._limits.market_age_seconds_max)
        facts = facts_of(left, snapshot)
        if facts is None or not snapshot.quality(self._clock.host(), fresh_for).price.is_fresh:
            return False
        legs = facts.legs
        distance = legs.long_distance if silent == HYPERLIQUID else legs.short_distance
        return distance is not None and distance > trigger

    # ---- doing ----------------------------------------------------------------------------

    async def _carried_out(
        self, context: UserTradingContext, job: Job, position: Position, plan: alone.AlonePlan
    ) -> None:
        job, _ = await self._now(job)
        begins = int(job.details[alone.AT])
        terms = HedgeTerms(
            size_step=await self._pairs.lot(),
            min_order_usd=self._limits.short_order_usd_min,
            reference_price=(await self._pairs.leaving.short_terms()).mark_price,
        )
        await self._record.change(
            job.user_id,
            position.id,
            lambda p: replace(p, state=moved(p.state, PositionState.REDUCING)),
            "position_update",
        )
        steps = self._pairs.steps(
            context,
            position,
            job=job,
            plan=None,
            held_short=await self._record.others_short(position),
        )
        finished = await self._runner.run(
            job,
            decide=lambda journal: alone.next_step(plan, terms, Journal(journal.steps[begins:])),
            performer=steps,
            on_progress=_nothing,
            looks_max=_LOOKS_MAX,
        )
        await self._concluded(context, job, position, plan, finished)

    async def _concluded(
        self,
        context: UserTradingContext,
        job: Job,
        position: Position,
        plan: alone.AlonePlan,
        finished: Finished,
    ) -> None:
        if finished.failure is not None:
            log.error("leg_not_defended", position=position.id, why=finished.reason)
        pause = (_PAUSE if finished.failure is None else _PAUSE_FAILED) * max(
            1.0, self._clock.speed
        )
        until = (self._clock.now() + pause).isoformat()
        async with self._transactions.for_user(job.user_id) as work:
            told = {alone.DONE: job.details[alone.AT], _NOT_BEFORE: until}
            await work.jobs.note(job.id, told)
        seen = await self._looks.seen(context, position, plan.leg)
        if seen is not None:
            await self._record.change(job.user_id, position.id, seen, "position_update")


async def begins(work: UnitOfWork, job: Job) -> None:
    """Note that what was asked for begins now, where one leg was defended alone before."""
    if alone.LEG in job.details and alone.SET_OUT not in job.details:
        count = len((await work.journals.of_job(job.id)).steps)
        await work.jobs.note(job.id, {alone.SET_OUT: str(count)})


def _planned(facts: LoneFacts, defence: LoneDefence, left: Position) -> alone.AlonePlan | None:
    if defence.act not in {LoneAct.ADD, LoneAct.CUT}:
        return None
    return alone.AlonePlan(
        leg=StepLeg(facts.leg.value),
        add_usdc=defence.add_usd,
        margin_usdc=facts.legs.margin_usd + defence.add_usd,
        fraction=defence.fraction,
        held=left.short.size if left.short else ZERO,
        price=facts.price,
    )


async def _nothing(_journal: Journal) -> None:
    """The position's record follows when both venues answer again."""
