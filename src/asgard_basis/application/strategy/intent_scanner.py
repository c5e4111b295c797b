"""Looks at everybody's standing orders against one snapshot, and carries out those that hold."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.operations.pause import paused_people
from asgard_basis.application.strategy.intent_judge import IntentJudge, Judged
from asgard_basis.application.strategy.intent_news import intent_event
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.preflight import EntryOrder
from asgard_basis.domain.decision.card import Verdict, WhyCard
from asgard_basis.domain.errors import DomainError, ErrorCode, Superseded, code_named
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.strategy.intent import (
    OPEN,
    Intent,
    IntentStatus,
    executed,
    missed,
    taken_on,
)
from asgard_basis.domain.strategy.intent_rule import INTENT
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.decisions import CONFIRMED_EVERY
from asgard_basis.ports.repositories import Job, JobStatus
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

log = structlog.get_logger(__name__)

_CLAIMED_FOR = timedelta(minutes=2)
"""Longer than the checks before an opening take; whoever died is succeeded after that."""
_AT_ONCE = 8
"""Openings that are checked at the same time: each asks both venues."""
_CARDS_AT_ONCE = 2000


class IntentScanner:
    """One look at all intents every minute, and at the end of those under way more often."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        reader: MarketReader,
        judge: IntentJudge,
        opening: OpenPosition,
        kill_switch: KillSwitch,
        desk: JobDesk,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._reader = reader
        self._judge = judge
        self._opening = opening
        self._kill_switch = kill_switch
        self._desk = desk
        self._clock = clock
        self._told: dict[IntentId, tuple[tuple[object, ...], datetime]] = {}

    async def scan(self) -> int:
        """Expire, judge all that wait, carry out what holds; how many openings were begun.

        Without a market nothing is judged. One person's failure stops nobody else.
        """
        await self.settle()
        await self._expire()
        try:
            snapshot = await self._reader.latest()
        except DomainError as error:
            log.warning("intents_not_judged", code=error.code.code)
            return 0
        judged = await self._judged(snapshot)
        await self.note(judged)
        first: dict[UserId, Judged] = {}
        for one in judged:
            if one.ruling.verdict is Verdict.ENTER:
                first.setdefault(one.intent.user_id, one)
        turns = asyncio.Semaphore(_AT_ONCE)

        async def begun(one: Judged) -> bool:
            async with turns:
                return await self._carry_out(one)

        outcomes = await asyncio.gather(*map(begun, first.values()), return_exceptions=True)
        for user_id, outcome in zip(first, outcomes, strict=True):
            if isinstance(outcome, Superseded) or not isinstance(outcome, bool | Exception):
                raise outcome
            if isinstance(outcome, Exception):
                log.error("intent_broke", user=user_id, exc_info=outcome)
        return sum(outcome is True for outcome in outcomes)

    async def settle(self) -> int:
        """End, or let wait again, the intents whose opening has come to its end; how many."""
        async with self._transactions.for_system() as work:
            tried = await work.intents.tried()
        for intent, job in tried:
            try:
                await self._settle(intent, job)
            except Superseded:
                raise
            except DomainError as error:
                log.warning("intent_not_settled", intent=intent.id, code=error.code.code)
        return len(tried)

    async def is_asked(self) -> bool:
        """Whether somebody has written an intent that was not looked at yet."""
        async with self._transactions.for_system() as work:
            return bool(await work.intents.listed(statuses={IntentStatus.PENDING}, limit=1))

    async def note(self, judged: Sequence[Judged]) -> None:
        """Keep a card of each that changed, and let those that were new be watched."""
        now = self._clock.now()
        changed = [one for one in judged if self._is_news(one, now)]
        for first in range(0, len(changed), _CARDS_AT_ONCE):
            some = changed[first : first + _CARDS_AT_ONCE]
            cards = {self._desk.fresh_id(): one for one in some}
            async with self._transactions.for_system() as work:
                written = await work.decisions.note([_card(i, j, now) for i, j in cards.items()])
                await work.intents.looked_at(
                    [one.intent.id for one in some if one.intent.status is IntentStatus.PENDING]
                )
                await work.outbox.extend(
                    [intent_event(_watched(cards[card_id].intent)) for card_id in written]
                )
        known = {one.intent.id: self._told.get(one.intent.id) for one in judged}
        self._told = {intent_id: told for intent_id, told in known.items() if told is not None}
        self._told |= {one.intent.id: (_mark(one), now) for one in changed}

    def _is_news(self, one: Judged, now: datetime) -> bool:
        told = self._told.get(one.intent.id)
        return told is None or told[0] != _mark(one) or now - told[1] >= CONFIRMED_EVERY

    async def _expire(self) -> None:
        async with self._transactions.for_system() as work:
            ended = await work.intents.expire(self._clock.now())
            await work.outbox.extend([intent_event(intent) for intent in ended])

    async def _judged(self, snapshot: MarketSnapshot) -> list[Judged]:
        async with self._transactions.for_system() as work:
            waiting = [one for one in await work.intents.waiting() if not one.intent.is_under_way]
            in_force = await work.pauses.in_force()
        people = {one.intent.user_id for one in waiting}
        paused = paused_people(in_force, people, by_flag=self._kill_switch.told())
        return self._judge.judge(snapshot, waiting, paused=paused)

    async def _carry_out(self, one: Judged) -> bool:
        """Whether an opening was begun; a refusal is kept with the intent."""
        claim = self._desk.fresh_id()
        try:
            if not await self._claimed(one.intent, claim):
                return False
            await self._open(one, claim)
        except Superseded:
            raise
        except DomainError as error:
            log.info("intent_not_carried_out", intent=one.intent.id, code=error.code.code)
            await self._missed(one.intent, claim, error)
            return False
        return True

    async def _claimed(self, intent: Intent, claim: str) -> bool:
        host = self._clock.host()
        async with self._transactions.for_user(intent.user_id) as work:
            claimed = await work.intents.claim(
                intent.id,
                by=claim,
                until=host + _CLAIMED_FOR,
                host=host,
                now=self._clock.now(),
            )
        return claimed is not None

    async def _open(self, one: Judged, claim: str) -> None:
        """The opening and its link to the intent are one transaction.

        So it can be called off until then, and no crash leaves an opening that nobody knows.
        """
        intent = one.intent

        async def link(work: UnitOfWork, job: Job) -> None:
            present = await work.intents.get(intent.id)
            if present is None or job.position_id is None:
                raise DomainError(ErrorCode.INTENT_NOT_FOUND)
            taken = taken_on(
                present,
                claimed_by=claim,
                job_id=job.id,
                position_id=job.position_id,
                snapshot=one.snapshot(self._clock.now()),
            )
            await work.outbox.append(intent_event(await work.intents.save(taken)))

        order = EntryOrder(
            intent.asset, intent.size_usd, Leverage(intent.leverage), intent.protocol
        )
        await self._opening.request(intent.user_id, order, None, also=link)

    async def _missed(self, intent: Intent, claim: str, error: DomainError) -> None:
        try:
            async with self._transactions.for_user(intent.user_id) as work:
                present = await work.intents.get(intent.id)
                if present is None or present.claimed_by != claim or present.status not in OPEN:
                    return
                again = missed(present, error, at=self._clock.now(), state=None)
                await work.outbox.append(intent_event(await work.intents.save(again)))
        except Superseded:
            raise
        except DomainError as failure:
            # Its claim runs out, and then it is tried again.
            log.warning("intent_miss_not_kept", intent=intent.id, code=failure.code.code)

    async def _settle(self, intent: Intent, job: Job) -> None:
        async with self._transactions.for_user(intent.user_id) as work:
            present = await work.intents.get(intent.id)
            if present is None or present.job_id != job.id or not present.is_under_way:
                return
            position = await work.positions.get(job.position_id) if job.position_id else None
            now = self._clock.now()
            if job.status is JobStatus.COMPLETED:
                hedged_at = None if position is None else position.hedged_at
                settled = executed(present, at=hedged_at or now)
            else:
                failure = DomainError(code_named(job.error_code or ""), job.error)
                state = None if position is None else position.state
                settled = missed(present, failure, at=now, state=state)
            await work.outbox.append(intent_event(await work.intents.save(settled)))


def _mark(one: Judged) -> tuple[object, ...]:
    return (one.ruling.verdict, *one.ruling.failing)


def _watched(intent: Intent) -> Intent:
    return replace(intent, status=IntentStatus.ACTIVE)


def _card(card_id: str, one: Judged, now: datetime) -> WhyCard:
    """As `Rule.card` makes it, with the ruling that was made from the shared evaluation."""
    return WhyCard(
        id=card_id,
        user_id=one.intent.user_id,
        subject=f"intent:{one.intent.id}",
        rule=INTENT.name,
        version=INTENT.version,
        facts=one.facts,
        thresholds=one.thresholds,
        ruling=one.ruling,
        decided_at=now,
    )
