"""Alarms: raised with what is at risk and what was tried, seen by people, over by themselves."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.application.operations.jobs import TITLES
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.position.exposure import known_price, net_sol
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.step import Step, StepName, StepStatus
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions

OVER_WHEN_HEDGED = frozenset({AlarmKind.STUCK_UNWIND, AlarmKind.LEG_EXPOSED})
"""A pair that has both legs again is not exposed."""
OVER_WHEN_ENDED = frozenset(
    {
        AlarmKind.STUCK_UNWIND,
        AlarmKind.LEG_EXPOSED,
        AlarmKind.LEG_LOST,
        AlarmKind.BOOK_MISMATCH,
        AlarmKind.LIQUIDATION_NEAR,
        AlarmKind.RISK_UNKNOWN,
        AlarmKind.PEG_OFF,
        AlarmKind.PLAYBOOK,
    }
)
"""A position that holds nothing any more has none of these."""

_TRIED = (
    StepName.OPEN_SHORT,
    StepName.CLOSE_SHORT,
    StepName.OBSERVE_LONG,
    StepName.CLOSE_LONG,
)
_NOT_DONE = {StepStatus.REFUSED, StepStatus.UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm as a person sees it."""

    id: str
    kind: str
    message: str
    position_id: str | None
    raised_at: datetime
    age_seconds: int
    """Until it was over, or until now."""
    exposure_sol: Decimal | None
    exposure_usd: Decimal | None
    tried: str | None
    acts_at: datetime | None
    action: str | None
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    is_open: bool
    can_retry: bool
    """Whether closing the position again is what a person can do now."""


class AlarmDesk:
    """Raises alarms, and lets people see and acknowledge them."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Clock,
        *,
        ids: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._ids = ids

    async def raise_(
        self,
        kind: AlarmKind,
        subject: str,
        message: str,
        *,
        user_id: UserId | None = None,
        position_id: PositionId | None = None,
        exposure_sol: Decimal | None = None,
        exposure_usd: Decimal | None = None,
        tried: str | None = None,
        acts_at: datetime | None = None,
        action: str | None = None,
    ) -> Alarm:
        """Raise it in a transaction of its own, or bring the open one up to date."""
        alarm = Alarm(
            id=self._ids(),
            kind=kind,
            subject=subject,
            raised_at=self._clock.host(),
            message=message,
            user_id=user_id,
            position_id=position_id,
            exposure_sol=exposure_sol,
            exposure_usd=exposure_usd,
            tried=tried,
            acts_at=acts_at,
            action=action,
        )
        async with self._transactions.for_system() as work:
            return await work.alarms.put(alarm)

    async def resolve(self, kind: AlarmKind, subject: str) -> bool:
        """End the open one of this kind and subject; False when there is none."""
        async with self._transactions.for_system() as work:
            return await work.alarms.resolve(kind, subject, at=self._clock.host())

    async def acknowledge(self, user_id: UserId, alarm_id: str) -> AlarmView:
        """Note that the user has seen it; raises DomainError GEN-0005 for none of theirs."""
        now = self._clock.host()
        async with self._transactions.for_user(user_id) as work:
            alarm = await work.alarms.acknowledge(alarm_id, by=user_id, at=now)
        if alarm is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such alarm.")
        return alarm_view(alarm, now)

    async def of_user(self, user_id: UserId, *, limit: int = 100) -> list[AlarmView]:
        """Open ones first, oldest first; then those that are over, newest first."""
        async with self._transactions.for_user(user_id) as work:
            still = await work.alarms.unresolved()
            past = [a for a in await work.alarms.recent(limit=limit) if a.resolved_at is not None]
        return [alarm_view(alarm, self._clock.host()) for alarm in (*still, *past)]


def alarm_view(alarm: Alarm, now: datetime) -> AlarmView:
    """An alarm with its age."""
    elapsed = (alarm.resolved_at or now) - alarm.raised_at
    is_open = alarm.resolved_at is None
    return AlarmView(
        id=alarm.id,
        kind=alarm.kind.value,
        message=alarm.message,
        position_id=alarm.position_id,
        raised_at=alarm.raised_at,
        age_seconds=max(0, int(elapsed.total_seconds())),
        exposure_sol=alarm.exposure_sol,
        exposure_usd=alarm.exposure_usd,
        tried=alarm.tried,
        acts_at=alarm.acts_at,
        action=alarm.action,
        acknowledged_at=alarm.acknowledged_at,
        resolved_at=alarm.resolved_at,
        is_open=is_open,
        can_retry=is_open and alarm.kind is AlarmKind.STUCK_UNWIND,
    )


def alarm_event(alarm: Alarm, what: str) -> Event:
    """The announcement of an alarm's change."""
    payload: dict[str, object] = {
        "alarm_id": alarm.id,
        "kind": alarm.kind.value,
        "what": what,
        "position_id": alarm.position_id,
        "message": alarm.message,
    }
    return Event("alarm_update", payload, alarm.user_id)


def stuck_alarm(position: Position, steps: Sequence[Step], now: datetime) -> Alarm:
    """What a person must know of a position that could not be closed."""
    exposure = net_sol(position)
    price = known_price(position)
    why = position.failure or "what is still held could not be closed"
    return Alarm(
        id=f"stuck:{position.id}:{position.version}",
        kind=AlarmKind.STUCK_UNWIND,
        subject=position.id,
        raised_at=now,
        message=f"This position is not closed: {why}. Close it again to retry.",
        user_id=position.user_id,
        position_id=position.id,
        exposure_sol=exposure,
        exposure_usd=None if exposure is None or price is None else exposure * price,
        tried=what_was_tried(steps),
    )


def what_was_tried(steps: Sequence[Step]) -> str | None:
    """Every step that moves a leg with how often it was begun and what it last came to."""
    told = []
    for name in _TRIED:
        begun = [step for step in steps if step.name is name]
        if not begun:
            continue
        times = "once" if len(begun) == 1 else f"{len(begun)} times"
        last = begun[-1]
        said = f", last: {last.error}" if last.status in _NOT_DONE and last.error else ""
        told.append(f"{TITLES[name]} {times}{said}")
    return "; ".join(told) or None
