"""Playbooks in force: noticed every few seconds, told to whom they concern, over by themselves.

What is in force is in the database, as alarms: the operators' one of each playbook, and one for
each position it concerns. A restart goes on from there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.oversight.playbook_signs import Sign, Signs
from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.position.exposure import known_price, net_sol
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.risk.playbook_rule import (
    RULES,
    Phase,
    PlaybookFacts,
    PlaybookThresholds,
    Standing,
    advanced,
)
from asgard_basis.domain.risk.playbooks import PLAYS, Play, Playbook
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import EVERYBODY, Alarm, AlarmKind
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

log = structlog.get_logger(__name__)

PLAYBOOKS = "playbooks"
"""In a pause's details: which playbooks it is for. Only such a pause is lifted here."""
_AT_ONCE = 50
"""Positions told of in one transaction."""


def subject_of(playbook: Playbook, position: Position | None = None) -> str:
    """Of the operators' alarm, or of one position's."""
    return playbook.value if position is None else f"{playbook.value}:{position.id}"


def playbook_of(alarm: Alarm) -> Playbook | None:
    """Which playbook an alarm is about; None for another kind of alarm."""
    name = alarm.subject.partition(":")[0]
    if alarm.kind is not AlarmKind.PLAYBOOK or name not in set(Playbook):
        return None
    return Playbook(name)


@dataclass(frozen=True, slots=True)
class _Told:
    """A position's alarm that is open, or wanted."""

    playbook: Playbook
    position: Position


class PlaybookWatch:
    """Evaluates every condition and keeps alarms, pauses and cards as they should be."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        signs: Signs,
        pauses: PauseControl,
        clock: Clock,
        ids: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._signs = signs
        self._pauses = pauses
        self._clock = clock
        self._ids = ids
        self._standing: dict[Playbook, Standing] = {}
        self._facts: dict[Playbook, PlaybookFacts] = {}
        self._seen: dict[Playbook, Sign] = {}
        """The last sign of each condition that told anything while it stood."""
        self._written: dict[Playbook, datetime] | None = None
        """What the database says is in force, and since when; None while it was never read."""
        self._has_told = True
        """Whether positions' alarms may be open."""

    async def round(self) -> frozenset[Playbook]:
        """Look once, and write what has changed; the playbooks in force.

        While nothing can be written it is only remembered, and written by a later round.
        """
        try:
            await self._load()
        except DomainError as error:
            log.warning("playbooks_not_read", code=error.code.code, why=error.message)
        signs = await self._signs.look()
        now = self._clock.host()
        for playbook, sign in signs.items():
            present = self._standing.get(playbook, Standing(Phase.QUIET, now))
            found, facts = advanced(
                present, playbook, is_seen=sign.is_seen, figure=sign.figure, now=now
            )
            self._standing[playbook], self._facts[playbook] = found, facts
            if sign.is_seen:
                self._seen[playbook] = sign
        in_force = {p: s for p, s in self._standing.items() if s.active_since is not None}
        try:
            await self._write(in_force)
        except DomainError as error:
            log.warning("playbooks_not_written", code=error.code.code, why=error.message)
        return frozenset(in_force)

    async def _load(self) -> None:
        """What the database says, each time: another process may have watched in between."""
        async with self._transactions.for_system() as work:
            alarms = await work.alarms.unresolved()
        told = [(playbook, alarm) for alarm in alarms if (playbook := playbook_of(alarm))]
        kept = {playbook: alarm for playbook, alarm in told if alarm.user_id is None}
        for playbook in self._written or ():
            if playbook not in kept:  # somebody else has seen the end of it
                self._standing.pop(playbook, None)
        self._written = {playbook: alarm.raised_at for playbook, alarm in kept.items()}
        self._has_told = self._has_told or any(alarm.user_id is not None for _, alarm in told)
        for playbook, alarm in kept.items():
            standing = self._standing.get(playbook)
            if standing is None or standing.active_since is None:
                self._standing[playbook] = Standing(
                    Phase.ACTIVE, alarm.raised_at, alarm.raised_at, alarm.message
                )

    async def _write(self, in_force: Mapping[Playbook, Standing]) -> None:
        if self._written is None:
            return
        begun = [p for p in PLAYS if p in in_force and p not in self._written]
        over = [p for p in PLAYS if p in self._written and p not in in_force]
        if begun or over:
            await self._turn(begun, over, in_force)
            self._has_told = True
        if in_force or self._has_told:
            self._has_told = await self._tell(in_force)

    async def _turn(
        self,
        begun: Sequence[Playbook],
        over: Sequence[Playbook],
        in_force: Mapping[Playbook, Standing],
    ) -> None:
        """The operators' alarms and the pause for everybody, in one transaction."""
        now = self._clock.host()
        async with self._transactions.for_system() as work:
            for playbook in begun:
                standing = in_force[playbook]
                await work.alarms.put(self._alarm(playbook, standing.figure, standing.active_since))
            for playbook in over:
                await work.alarms.resolve(AlarmKind.PLAYBOOK, subject_of(playbook), at=now)
            await self._pause(work, [PLAYS[p] for p in PLAYS if p in in_force and PLAYS[p].pauses])
        for playbook in begun:
            log.error("playbook_begins", playbook=playbook.value, seen=in_force[playbook].figure)
        for playbook in over:
            log.warning("playbook_over", playbook=playbook.value)
        self._written = {p: s.active_since or now for p, s in in_force.items()}

    async def _pause(self, work: UnitOfWork, pausing: Sequence[Play]) -> None:
        wanted = ",".join(play.playbook.value for play in pausing)
        present = next(
            (
                pause.details[PLAYBOOKS]
                for pause in await work.pauses.in_force()
                if pause.scope == EVERYBODY and PLAYBOOKS in pause.details
            ),
            "",
        )
        if wanted == present:
            return
        by = PauseSetter.SYSTEM
        if pausing:
            reason = "; ".join(play.title for play in pausing) + "."
            await self._pauses.put(work, None, by=by, reason=reason, details={PLAYBOOKS: wanted})
        elif await work.pauses.lift(EVERYBODY, by=by.value):
            event = Event("control_update", {"is_paused": False, "by": by.value})
            await work.outbox.append(event)

    # ---- positions ------------------------------------------------------------------------

    async def _tell(self, in_force: Mapping[Playbook, Standing]) -> bool:
        """Bring the positions' alarms up to date; whether any is open now."""
        async with self._transactions.for_system() as work:
            held = await work.positions.held()
            alarms = await work.alarms.unresolved()
        opened = {a.subject for a in alarms if playbook_of(a) and a.user_id is not None}
        wanted = {
            subject_of(playbook, position): _Told(playbook, position)
            for playbook in in_force
            for position in held
            if self._concerns(playbook, position, opened)
        }
        known = {
            subject_of(playbook, position): _Told(playbook, position)
            for playbook in Playbook
            for position in held
        }
        raised = [told for subject, told in wanted.items() if subject not in opened]
        ended = sorted(opened - set(wanted))
        for begin in range(0, max(len(raised), len(ended)), _AT_ONCE):
            part, gone = raised[begin : begin + _AT_ONCE], ended[begin : begin + _AT_ONCE]
            async with self._transactions.for_system() as work:
                for told in part:
                    await work.alarms.put(self._own_alarm(told, in_force))
                for subject in gone:
                    await work.alarms.resolve(AlarmKind.PLAYBOOK, subject, at=self._clock.host())
                cards = [self._card(told) for told in part]
                cards += [self._card(known[subject]) for subject in gone if subject in known]
                await work.decisions.note([card for card in cards if card is not None])
        return bool(wanted)

    def _concerns(self, playbook: Playbook, position: Position, opened: set[str]) -> bool:
        if net_sol(position) is None:
            return False
        sign = self._seen.get(playbook)
        if sign is None:  # nothing was seen since a restart: who was told stays told
            return subject_of(playbook, position) in opened
        return sign.concerns(position)

    def _own_alarm(self, told: _Told, in_force: Mapping[Playbook, Standing]) -> Alarm:
        standing, position = in_force[told.playbook], told.position
        return self._alarm(told.playbook, standing.figure, self._clock.host(), position)

    def _alarm(
        self,
        playbook: Playbook,
        figure: str,
        at: datetime | None,
        position: Position | None = None,
    ) -> Alarm:
        play = PLAYS[playbook]
        exposed = None if position is None else net_sol(position)
        price = None if position is None else known_price(position)
        return Alarm(
            id=self._ids(),
            kind=AlarmKind.PLAYBOOK,
            subject=subject_of(playbook, position),
            raised_at=at or self._clock.host(),
            message=figure if position is None else f"{play.title}. {play.done[0]}",
            user_id=None if position is None else position.user_id,
            position_id=None if position is None else position.id,
            exposure_sol=exposed,
            exposure_usd=None if exposed is None or price is None else exposed * price,
        )

    def _card(self, told: _Told) -> WhyCard | None:
        """The decision that began it, or ended it, about one position."""
        facts = self._facts.get(told.playbook)
        if facts is None:
            return None
        return RULES[told.playbook].card(
            facts,
            PlaybookThresholds.of(PLAYS[told.playbook]),
            card_id=self._ids(),
            user_id=told.position.user_id,
            subject=f"position:{told.position.id}",
            at=self._clock.now(),
            position_id=told.position.id,
        )
