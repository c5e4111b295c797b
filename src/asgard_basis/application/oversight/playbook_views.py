"""Playbooks as people see them: what is in force, what is done, what it may cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.application.oversight.playbook_watch import playbook_of
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import MEANING, PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.playbooks import PLAYS, Play, Playbook, loss_formula, loss_max_usd
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.unit_of_work import Transactions

_TOLD_MAX = 20


@dataclass(frozen=True, slots=True)
class PlaybookView:
    """One playbook for one person."""

    name: str
    title: str
    condition: str
    is_active: bool
    since: datetime | None
    """Host time; None while it is not in force."""
    age_seconds: int | None
    seen: str | None
    """What was seen when it began."""
    concerns: list[str]
    """Ids of the person's positions that it concerns now."""
    done: list[str]
    """By the playbook; then what was done to one leg alone of the person's positions."""
    forbidden: list[str]
    allowed: list[str]
    remains: list[str]
    """The person's positions that are between two states, in words."""
    ends: str
    loss_max: str
    """The stated maximum, as a formula."""
    loss_max_usd: Decimal | None
    """For the person's positions that it concerns; without any, for all they hold.

    None while it cannot be known.
    """


class PlaybookViews:
    """Reads what is in force; nothing outside is asked."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def of_user(self, user_id: UserId) -> list[PlaybookView]:
        """All playbooks for a user, those in force first."""
        async with self._transactions.for_user(user_id) as work:
            held = await work.positions.held()
            own = await work.alarms.unresolved()
        return _views(await self._in_force(), own, held, self._clock.host())

    async def of_everybody(self) -> list[PlaybookView]:
        """For operators: all positions of all users."""
        async with self._transactions.for_system() as work:
            held = await work.positions.held()
            alarms = await work.alarms.unresolved()
        own = [alarm for alarm in alarms if alarm.user_id is not None]
        return _views(_operators(alarms), own, held, self._clock.host())

    async def _in_force(self) -> dict[Playbook, Alarm]:
        async with self._transactions.for_system() as work:
            return _operators(await work.alarms.unresolved())


def _operators(alarms: Sequence[Alarm]) -> dict[Playbook, Alarm]:
    found = {playbook_of(a): a for a in alarms if a.user_id is None}
    return {playbook: alarm for playbook, alarm in found.items() if playbook is not None}


def _views(
    in_force: Mapping[Playbook, Alarm],
    own: Sequence[Alarm],
    held: Sequence[Position],
    now: datetime,
) -> list[PlaybookView]:
    views = []
    for playbook, play in PLAYS.items():
        ids = {a.position_id for a in own if playbook_of(a) is playbook}
        concerned = [position for position in held if position.id in ids]
        exposed = {a.position_id: a for a in own if a.kind is AlarmKind.LEG_EXPOSED}
        views.append(_view(play, in_force.get(playbook), concerned, held, exposed, now))
    return sorted(views, key=lambda view: not view.is_active)


def _view(
    play: Play,
    alarm: Alarm | None,
    concerned: Sequence[Position],
    held: Sequence[Position],
    exposed: Mapping[PositionId | None, Alarm],
    now: datetime,
) -> PlaybookView:
    losses = [
        loss_max_usd(play, p, exposed[p.id].exposure_sol if p.id in exposed else None)
        for p in (concerned or held)
    ]
    told = [f"{p.id}: {exposed[p.id].message}" for p in concerned if p.id in exposed]
    known = [loss for loss in losses if loss is not None]
    since = None if alarm is None else alarm.raised_at
    return PlaybookView(
        name=play.playbook.value,
        title=play.title,
        condition=play.condition,
        is_active=alarm is not None,
        since=since,
        age_seconds=None if since is None else max(0, int((now - since).total_seconds())),
        seen=None if alarm is None else alarm.message,
        concerns=[position.id for position in concerned],
        done=[*play.done, *told[:_TOLD_MAX]],
        forbidden=list(play.forbidden),
        allowed=list(play.allowed),
        remains=_remains(concerned or held) if alarm is not None else [],
        ends=play.ends,
        loss_max=loss_formula(play),
        loss_max_usd=sum(known, ZERO) if len(known) == len(losses) else None,
    )


def _remains(positions: Sequence[Position]) -> list[str]:
    moving = [p for p in positions if p.state is not PositionState.HEDGED]
    return [f"{p.id}: {MEANING[p.state]}" for p in moving[:_TOLD_MAX]]
