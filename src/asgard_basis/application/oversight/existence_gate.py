"""Venues and books held against each other, both ways, and what is done about it.

A mismatch is repaired, swept reduce-only, or quarantined; each is an alarm the user sees. Nothing
but looking happens on one observation: two in a row must agree.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import structlog

from asgard_basis.application.context import trading_context
from asgard_basis.application.oversight.existence_alarms import Bell, lost_card
from asgard_basis.application.oversight.existence_reader import ExistenceReader, Look
from asgard_basis.application.oversight.ledger_check import LedgerCheck
from asgard_basis.application.oversight.orphan_book import OrphanBook
from asgard_basis.application.trading.position_record import PositionRecord
from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.position.existence import (
    InFlight,
    LedgerOff,
    LegLost,
    Matched,
    Quarantine,
    SweepLong,
    SweepPerp,
    Unknown,
    Verdict,
)
from asgard_basis.domain.position.lifecycle import PositionState, moved
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.orphans import Orphan
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

log = structlog.get_logger(__name__)

_BETWEEN_LOOKS_SECONDS = 2.0
_AT_ONCE = 4
_REPAIRABLE = frozenset({PositionState.HEDGED, PositionState.QUARANTINED})
_OF_POSITIONS = frozenset({AlarmKind.LEG_LOST, AlarmKind.BOOK_MISMATCH})


class Repairs(Protocol):
    """Bringing the legs of a position together again, as a job."""

    async def request(self, user_id: UserId, position_id: PositionId, reason: str) -> Job:
        """Take it on; raises DomainError POS-0006 while something else is being done."""
        ...


class Closings(Protocol):
    """Closing a position, as a job."""

    async def request(self, user_id: UserId, position_id: PositionId, key: str | None) -> Job:
        """Take it on; raises DomainError POS-0006 while something else is being done."""
        ...


class Sweeps(Protocol):
    """Closing what no position claims, as a job."""

    async def request(self, orphan: Orphan) -> None:
        """Take it on, unless it is under way or has failed a moment ago."""
        ...


@dataclass(frozen=True, slots=True)
class _Agreed:
    """The newest look, and which of its verdicts two looks agree on."""

    look: Look
    verdicts: tuple[Verdict, ...]


class ExistenceGate:
    """Looks, tells, and acts for one user at a time."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        reader: ExistenceReader,
        repairs: Repairs,
        closings: Closings,
        sweeps: Sweeps,
        ledger: LedgerCheck,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._reader = reader
        self._repairs = repairs
        self._closings = closings
        self._sweeps = sweeps
        self._ledger = ledger
        self._clock = clock
        self._record = PositionRecord(transactions)
        self._countdown = timedelta(seconds=limits.unclaimed_seconds)
        self._orphans = OrphanBook(countdown=self._countdown)
        self._passed: set[UserId] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def settle(self, user_id: UserId) -> Look:
        """Look, tell what is wrong, and act on what two looks agree about.

        Raises DomainError WAL-0004 for a user without wallets, RSK-0004 without a market. A
        venue that cannot be asked is no error: its side is judged unknown.
        """
        context = await trading_context(self._transactions, user_id)
        look = await self._reader.look(context)
        agreed: tuple[Verdict, ...] = ()
        if _to_act_on(look):
            first = {verdict.subject for verdict in _to_act_on(look)}
            await self._clock.sleep(_BETWEEN_LOOKS_SECONDS)
            look = await self._reader.look(context)
            agreed = tuple(v for v in _to_act_on(look) if v.subject in first)
        found = _Agreed(look, agreed)
        orphans, alarms = await self._written(user_id, found)
        for verdict in agreed:
            await self._act(user_id, look, verdict, alarms)
        for orphan in orphans:
            if orphan.acts_at <= self._clock.host():
                await self._sweeps.request(orphan)
        if look.is_complete:
            self._passed.add(user_id)
        return look

    async def everybody(self) -> list[tuple[UserId, Look | None]]:
        """Settle every user with wallets, and add up what is booked for them.

        None is one who could not be looked at.
        """
        async with self._transactions.for_system() as work:
            owners = await work.wallets.owners()
        looks = await asyncio.gather(*(self.one(owner) for owner in owners))
        return list(zip(owners, looks, strict=True))

    async def one(self, user_id: UserId) -> Look | None:
        """As `everybody`, for one."""
        async with self._turns:
            try:
                look = await self.settle(user_id)
                off = await self._ledger.check(user_id, look)
                return replace(look, verdicts=(*look.verdicts, *off))
            except DomainError as error:
                log.warning("existence_not_settled", user=user_id, code=error.code.code)
                return None

    async def before_opening(self, user_id: UserId) -> None:
        """Let nothing be opened before this process has looked once, and while anything is odd.

        Raises Unavailable NET-0003 while a venue cannot be asked, DomainError POS-0008 while
        something is held that no position claims.
        """
        if user_id not in self._passed:
            await self.settle(user_id)
        if user_id not in self._passed:
            raise Unavailable(ErrorCode.VENUE_DOWN, "a venue cannot be asked what it holds")
        async with self._transactions.for_user(user_id) as work:
            orphans = await work.orphans.unended()
        if orphans:
            raise DomainError(ErrorCode.UNCLAIMED_EXPOSURE)

    async def _written(
        self, user_id: UserId, found: _Agreed
    ) -> tuple[Sequence[Orphan], Sequence[Alarm]]:
        """Orphans and alarms as they are now, in one transaction; what is known is not repeated."""
        look = found.look
        bell = Bell(user_id, look.at, look.price)
        async with self._transactions.for_user(user_id) as work:
            present = list(await work.alarms.unresolved())
            orphans = await self._orphans.write(work, user_id, look, found.verdicts)
            wanted = [
                bell.orphan(o, long_sol=look.sol(o.asset, o.size), tried=await _tried(work, o))
                for o in orphans
            ]
            for verdict in found.verdicts:
                wanted += self._alarms(bell, verdict, look, present)
            for alarm in wanted:
                if not any(_says_the_same(alarm, other) for other in present):
                    await work.alarms.put(alarm)
            over = list(_over(look, present, wanted))
            for alarm in over:
                await work.alarms.resolve(alarm.kind, alarm.subject, at=look.at)
            await work.decisions.note(list(self._cards(found, over)))
        return orphans, [*wanted, *present]

    def _cards(self, found: _Agreed, over: Sequence[Alarm]) -> Iterable[WhyCard]:
        """What was decided of legs that lost something, and of those that have it again."""
        again = {alarm.position_id for alarm in over if alarm.kind is AlarmKind.LEG_LOST}
        lost = [verdict for verdict in found.verdicts if isinstance(verdict, LegLost)]
        well = [
            verdict
            for verdict in found.look.verdicts
            if isinstance(verdict, Matched) and verdict.position_id in again
        ]
        told: list[LegLost | Matched] = [*lost, *well]
        for verdict in told:
            position = found.look.position(verdict.position_id)
            if position is not None:
                card = lost_card(found.look.facts, position, verdict, at=self._clock.now())
                if card is not None:
                    yield card

    def _alarms(
        self, bell: Bell, verdict: Verdict, look: Look, present: Sequence[Alarm]
    ) -> list[Alarm]:
        match verdict:
            case LegLost():
                position = look.position(verdict.position_id)
                lost = look.sol(position.asset if position else None, verdict.long_lost)
                return [bell.leg_lost(verdict, long_sol=lost)]
            case Quarantine():
                before = _of(present, AlarmKind.BOOK_MISMATCH, verdict.position_id)
                acts_at = before.acts_at if before else look.at + self._countdown
                return [bell.quarantine(verdict, acts_at=acts_at if verdict.is_closable else None)]
            case LedgerOff():
                return [bell.ledger(verdict)]
        return []

    async def _act(
        self, user_id: UserId, look: Look, verdict: Verdict, alarms: Sequence[Alarm]
    ) -> None:
        position = look.position(verdict.position_id)
        if position is None:
            return
        try:
            match verdict:
                case LegLost() if position.state in _REPAIRABLE:
                    await self._repairs.request(user_id, position.id, _reason(verdict))
                case Quarantine():
                    await self._quarantine(position, verdict)
                    alarm = _of(alarms, AlarmKind.BOOK_MISMATCH, position.id)
                    if alarm and alarm.acts_at and alarm.acts_at <= self._clock.host():
                        await self._closings.request(user_id, position.id, None)
                case Matched() if position.state is PositionState.QUARANTINED:
                    await self._release(position)
        except DomainError as error:
            # Somebody else has begun something with it: the next look sees what came of that.
            log.info("mismatch_left", position=position.id, code=error.code.code)

    async def _quarantine(self, position: Position, verdict: Quarantine) -> None:
        def quarantined(present: Position) -> Position:
            if present.state is not PositionState.HEDGED:
                return present
            return replace(
                present,
                state=moved(present.state, PositionState.QUARANTINED),
                failure_code=ErrorCode.POSITION_ASYMMETRIC.code,
                failure=verdict.why,
            )

        await self._record.change(position.user_id, position.id, quarantined, "position_update")

    async def _release(self, position: Position) -> None:
        def released(present: Position) -> Position:
            if present.state is not PositionState.QUARANTINED:
                return present
            state = moved(present.state, PositionState.HEDGED)
            return replace(present, state=state, failure_code=None, failure=None)

        await self._record.change(position.user_id, position.id, released, "position_update")


def _to_act_on(look: Look) -> list[Verdict]:
    """Verdicts that want something done; what is in flight or unknown wants nothing."""
    return [v for v in look.verdicts if not _is_well(v, look)]


def _is_well(verdict: Verdict, look: Look) -> bool:
    if isinstance(verdict, Matched):
        position = look.position(verdict.position_id)
        return position is None or position.state is not PositionState.QUARANTINED
    if isinstance(verdict, SweepLong | SweepPerp):
        return look.books.sweeping is not None
    return isinstance(verdict, InFlight | Unknown)


def _over(look: Look, present: Sequence[Alarm], wanted: Sequence[Alarm]) -> Iterable[Alarm]:
    """Open alarms of ours whose reason is gone, as far as this look can tell."""
    kept = {(alarm.kind, alarm.subject) for alarm in wanted}
    verdicts = {v.position_id: v for v in look.verdicts if not isinstance(v, SweepPerp | SweepLong)}
    for alarm in present:
        if (alarm.kind, alarm.subject) in kept:
            continue
        if alarm.kind in _OF_POSITIONS:
            verdict = verdicts.get(alarm.position_id)
            if verdict is None or isinstance(verdict, Matched | LedgerOff):
                yield alarm
        elif not look.is_complete or look.is_moving:
            continue
        elif alarm.kind is AlarmKind.ORPHAN_EXPOSURE or alarm.subject.endswith(":short"):
            yield alarm


async def _tried(work: UnitOfWork, orphan: Orphan) -> str | None:
    job = await work.jobs.get(orphan.job_id) if orphan.job_id else None
    return None if job is None or job.error is None else f"Closing it: {job.error}"


def _of(alarms: Sequence[Alarm], kind: AlarmKind, position_id: PositionId | None) -> Alarm | None:
    return next((a for a in alarms if (a.kind, a.position_id) == (kind, position_id)), None)


def _says_the_same(alarm: Alarm, other: Alarm) -> bool:
    told = (alarm.kind, alarm.subject, alarm.message, alarm.exposure_sol, alarm.tried)
    return told == (other.kind, other.subject, other.message, other.exposure_sol, other.tried)


def _reason(lost: LegLost) -> str:
    legs = [name for name, gone in (("short", lost.short_lost), ("long", lost.long_lost)) if gone]
    return f"lost a part of its {' and its '.join(legs)}"
