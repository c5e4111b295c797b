"""Units of work in which nothing goes unnoticed.

Whatever changes through them is written to the audit log in the same transaction, and a position
that is stuck has an alarm from that moment on: no use case can forget either.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import cast

from asgard_basis.application.operations.alarms import (
    OVER_WHEN_ENDED,
    OVER_WHEN_HEDGED,
    alarm_event,
    stuck_alarm,
)
from asgard_basis.application.operations.audit import (
    alarm_entry,
    command_entry,
    intent_entry,
    job_entry,
    order_entry,
    orphan_entry,
    outcome_entry,
    pause_entry,
    state_entry,
    with_market_time,
)
from asgard_basis.application.operations.duty import Duty, present_duty
from asgard_basis.application.operations.jobs import ENDED as ENDED_JOBS
from asgard_basis.domain.identifiers import IntentId, JobId, PositionId, UserId
from asgard_basis.domain.position.lifecycle import ENDED, PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.step import Step
from asgard_basis.domain.strategy.intent import Intent
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.intents import Intents
from asgard_basis.ports.orphans import Orphan, Orphans
from asgard_basis.ports.oversight import Alarm, AlarmKind, Alarms, AuditEntry, Pause, Pauses
from asgard_basis.ports.repositories import Job, Jobs, Journals, Positions
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork


class OverseenTransactions:
    """Implements Transactions over others; no unit of work begins except through them."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    def for_user(self, user_id: UserId) -> AbstractAsyncContextManager[UnitOfWork]:
        """Sees and changes this user's rows only."""
        return self._overseen(self._transactions.for_user(user_id), user_id)

    def for_visitor(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Sees what is the same for everybody; there is nothing to oversee."""
        return self._transactions.for_visitor()

    def for_system(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Sees everybody's rows."""
        return self._overseen(self._transactions.for_system(), None)

    @contextlib.asynccontextmanager
    async def _overseen(
        self, inner: AbstractAsyncContextManager[UnitOfWork], user_id: UserId | None
    ) -> AsyncIterator[UnitOfWork]:
        async with inner as work:
            yield cast(UnitOfWork, _OverseenWork(work, _Notebook(work, self._clock, user_id)))


class _Notebook:
    """What the overseen repositories of one unit of work write with."""

    def __init__(self, work: UnitOfWork, clock: Clock, user_id: UserId | None) -> None:
        self.work = work
        self._clock = clock
        self._user_id = user_id

    def now(self) -> datetime:
        return self._clock.host()

    async def write(self, entry: AuditEntry) -> None:
        """Append it, with the market's time beside the host's."""
        await self.work.audit.append(with_market_time(entry, self._clock.now()))

    async def duty_of(self, job_id: JobId) -> Duty:
        """The job's own, without asking when the present task is at it."""
        present = present_duty()
        if present is not None and present.job_id == job_id:
            return present
        job = await self.work.jobs.get(job_id)
        if job is None:
            return Duty(self._user_id or UserId(""), job_id)
        return Duty(job.user_id, job_id, job.position_id)


class _Passing:
    """What is not overseen is passed on as it is."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class _OverseenWork(_Passing):
    def __init__(self, work: UnitOfWork, notes: _Notebook) -> None:
        super().__init__(work)
        self.alarms: Alarms = cast(Alarms, _OverseenAlarms(work.alarms, notes))
        self.pauses: Pauses = cast(Pauses, _OverseenPauses(work.pauses, notes))
        self.orphans: Orphans = cast(Orphans, _OverseenOrphans(work.orphans, notes))
        self.intents: Intents = cast(Intents, _OverseenIntents(work.intents, notes))
        self.jobs: Jobs = cast(Jobs, _OverseenJobs(work.jobs, notes))
        self.journals: Journals = cast(Journals, _OverseenJournals(work.journals, notes))
        self.positions: Positions = cast(
            Positions, _OverseenPositions(work.positions, notes, self.alarms)
        )


class _OverseenJobs(_Passing):
    def __init__(self, jobs: Jobs, notes: _Notebook) -> None:
        super().__init__(jobs)
        self._jobs, self._notes = jobs, notes

    async def add(self, job: Job) -> None:
        await self._jobs.add(job)
        entry = command_entry(self._notes.now(), job)
        await self._notes.write(entry)

    async def save(self, job: Job) -> None:
        await self._jobs.save(job)
        if job.status in ENDED_JOBS:
            await self._notes.write(job_entry(self._notes.now(), job))


class _OverseenIntents(_Passing):
    def __init__(self, intents: Intents, notes: _Notebook) -> None:
        super().__init__(intents)
        self._intents, self._notes = intents, notes
        self._known: dict[IntentId, Intent] = {}

    async def get(self, intent_id: IntentId) -> Intent | None:
        intent = await self._intents.get(intent_id)
        if intent is not None:
            self._known[intent.id] = intent
        return intent

    async def add(self, intent: Intent) -> None:
        await self._intents.add(intent)
        await self._notes.write(order_entry(self._notes.now(), intent, ""))

    async def save(self, intent: Intent) -> Intent:
        before = self._known.get(intent.id) or await self._intents.get(intent.id)
        saved = await self._intents.save(intent)
        if before is None or (before.status, before.job_id) != (saved.status, saved.job_id):
            was = before.status.value if before else ""
            await self._notes.write(order_entry(self._notes.now(), saved, was))
        self._known[saved.id] = saved
        return saved

    async def expire(self, now: datetime) -> Sequence[Intent]:
        ended = await self._intents.expire(now)
        for intent in ended:
            await self._notes.write(order_entry(self._notes.now(), intent, "active"))
        return ended


class _OverseenJournals(_Passing):
    def __init__(self, journals: Journals, notes: _Notebook) -> None:
        super().__init__(journals)
        self._journals, self._notes = journals, notes

    async def intend(self, job_id: JobId, user_id: UserId, step: Step) -> None:
        await self._journals.intend(job_id, user_id, step)
        entry = intent_entry(self._notes.now(), await self._notes.duty_of(job_id), step)
        await self._notes.write(entry)

    async def conclude(self, job_id: JobId, step: Step) -> None:
        await self._journals.conclude(job_id, step)
        entry = outcome_entry(self._notes.now(), await self._notes.duty_of(job_id), step)
        await self._notes.write(entry)


class _OverseenPositions(_Passing):
    def __init__(self, positions: Positions, notes: _Notebook, alarms: Alarms) -> None:
        super().__init__(positions)
        self._positions, self._notes, self._alarms = positions, notes, alarms
        self._states: dict[PositionId, PositionState] = {}

    async def get(self, position_id: PositionId) -> Position | None:
        position = await self._positions.get(position_id)
        if position is not None:
            self._states[position.id] = position.state
        return position

    async def held(self) -> Sequence[Position]:
        positions = await self._positions.held()
        self._states |= {position.id: position.state for position in positions}
        return positions

    async def add(self, position: Position) -> None:
        await self._positions.add(position)
        await self._note(position, "")

    async def save(self, position: Position) -> Position:
        if position.id not in self._states:
            await self.get(position.id)
        before = self._states.get(position.id)
        saved = await self._positions.save(position)
        if before is not saved.state:
            await self._note(saved, before.value if before else "")
            await self._alarm(saved)
        return saved

    async def _note(self, position: Position, before: str) -> None:
        self._states[position.id] = position.state
        entry = state_entry(self._notes.now(), position, before)
        await self._notes.write(entry)

    async def _alarm(self, position: Position) -> None:
        if position.state is PositionState.STUCK_UNWIND:
            steps = await self._notes.work.journals.of_position(position.id)
            await self._alarms.put(stuck_alarm(position, steps, self._notes.now()))
            return
        over = OVER_WHEN_HEDGED if position.state is PositionState.HEDGED else frozenset()
        over = OVER_WHEN_ENDED if position.state in ENDED else over
        if not over:
            return
        for alarm in await self._alarms.unresolved(position_id=position.id):
            if alarm.kind in over:
                await self._alarms.resolve(alarm.kind, alarm.subject, at=self._notes.now())


class _OverseenOrphans(_Passing):
    def __init__(self, orphans: Orphans, notes: _Notebook) -> None:
        super().__init__(orphans)
        self._orphans, self._notes = orphans, notes

    async def put(self, orphan: Orphan) -> Orphan:
        known = await self._orphans.get(orphan.id)
        stored = await self._orphans.put(orphan)
        if known is None and stored.id == orphan.id:
            await self._notes.write(orphan_entry(self._notes.now(), stored, "found"))
        return stored

    async def end(self, orphan: Orphan) -> None:
        known = await self._orphans.get(orphan.id)
        await self._orphans.end(orphan)
        if known is not None and known.ended_at is None:
            ending = orphan.ending.value if orphan.ending else "ended"
            await self._notes.write(orphan_entry(self._notes.now(), orphan, ending))


class _OverseenAlarms(_Passing):
    def __init__(self, alarms: Alarms, notes: _Notebook) -> None:
        super().__init__(alarms)
        self._alarms, self._notes = alarms, notes

    async def put(self, alarm: Alarm) -> Alarm:
        stored = await self._alarms.put(alarm)
        if stored.id == alarm.id:
            await self._note(stored, "raised")
        else:
            await self._announce(stored, "updated")
        return stored

    async def acknowledge(self, alarm_id: str, *, by: UserId, at: datetime) -> Alarm | None:
        before = await self._alarms.get(alarm_id)
        alarm = await self._alarms.acknowledge(alarm_id, by=by, at=at)
        if alarm is not None and before is not None and before.acknowledged_at is None:
            await self._note(alarm, "acknowledged", by)
        return alarm

    async def resolve(self, kind: AlarmKind, subject: str, *, at: datetime) -> bool:
        named = [
            alarm
            for alarm in await self._alarms.unresolved()
            if alarm.kind is kind and alarm.subject == subject
        ]
        is_resolved = await self._alarms.resolve(kind, subject, at=at)
        for alarm in named if is_resolved else ():
            await self._note(alarm, "resolved")
        return is_resolved

    async def _note(self, alarm: Alarm, what: str, by: str | None = None) -> None:
        await self._notes.write(alarm_entry(self._notes.now(), alarm, what, by))
        await self._announce(alarm, what)

    async def _announce(self, alarm: Alarm, what: str) -> None:
        # An event without a user is heard by everybody: the operators' alarms are not.
        if alarm.user_id is not None:
            await self._notes.work.outbox.append(alarm_event(alarm, what))


class _OverseenPauses(_Passing):
    def __init__(self, pauses: Pauses, notes: _Notebook) -> None:
        super().__init__(pauses)
        self._pauses, self._notes = pauses, notes

    async def put(self, pause: Pause) -> None:
        await self._pauses.put(pause)
        await self._note(pause.scope, pause.by, pause)

    async def lift(self, scope: str, *, by: str) -> bool:
        is_lifted = await self._pauses.lift(scope, by=by)
        if is_lifted:
            await self._note(scope, by, None)
        return is_lifted

    async def _note(self, scope: str, by: str, pause: Pause | None) -> None:
        await self._notes.write(pause_entry(self._notes.now(), scope, by, pause))
