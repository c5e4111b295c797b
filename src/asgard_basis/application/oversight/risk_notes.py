"""Writing down what risk has judged: cards, dangers that stand, alarms."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from asgard_basis.domain.decision.card import Ruling, Verdict, WhyCard
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.engine import PEG, RISK, UNKNOWN_FIGURES
from asgard_basis.domain.risk.facts import Near, RiskFacts, RiskThresholds
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.decisions import CONFIRMED_EVERY
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.risk import PositionMemory
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

KINDS = (AlarmKind.LIQUIDATION_NEAR, AlarmKind.RISK_UNKNOWN, AlarmKind.PEG_OFF)
"""Alarms of a single position that risk raises and ends."""
_ACTIONS = {
    Verdict.EXIT: "close the position, the short first",
    Verdict.REDUCE: "make both legs smaller by the same part",
}
_Name = tuple[AlarmKind, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """One position at one mark."""

    position: Position
    facts: RiskFacts
    ruling: Ruling
    near: tuple[Near, ...]


class RiskNotes:
    """Writes only what differs from what was written last."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        clock: Clock,
        thresholds: RiskThresholds,
        ids: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._thresholds = thresholds
        self._ids = ids
        self._near: dict[PositionId, tuple[Near, ...]] = {}
        self._told: dict[PositionId, tuple[str, datetime]] = {}
        """The last card's fingerprint, and its market time."""
        self._open: dict[_Name, str] = {}
        """Messages of the alarms that are open."""

    async def load(self) -> dict[PositionId, tuple[Near, ...]]:
        """What stood before this process began to write, from the database."""
        async with self._transactions.for_system() as work:
            self._near = {m.position_id: m.near for m in await work.risk.near()}
            alarms = await work.alarms.unresolved()
        self._open = {(a.kind, a.subject): a.message for a in alarms if a.kind in KINDS}
        self._told = {}
        return dict(self._near)

    async def write(self, judged: Sequence[Judged]) -> None:
        """All of it in one transaction; raises DomainError, and then none of it is written."""
        cards = [card for each in judged if (card := self._card(each)) is not None]
        moved = [each for each in judged if each.near != self._near.get(each.position.id, ())]
        alarms = [alarm for each in judged for alarm in self._alarms(each)]
        over = [name for each in judged for name in self._over(each)]
        if not cards and not moved and not alarms and not over:
            return
        async with self._transactions.for_system() as work:
            await work.decisions.note(cards)
            for each in moved:
                memory = PositionMemory(each.position.id, each.position.user_id, each.near)
                await work.risk.remember(memory)
            await self._ring(work, alarms, over)
        for card in cards:
            if card.position_id is not None:
                self._told[card.position_id] = (card.fingerprint, card.decided_at)
        self._near |= {each.position.id: each.near for each in moved}
        self._open |= {(alarm.kind, alarm.subject): alarm.message for alarm in alarms}
        for name in over:
            self._open.pop(name, None)

    async def keep_only(self, held: Iterable[PositionId]) -> None:
        """Forget dangers and alarms of positions that have ended."""
        kept = set(held)
        ended = {i for i, near in self._near.items() if near and i not in kept}
        over = [name for name in self._open if name[1] not in kept]
        if ended or over:
            async with self._transactions.for_system() as work:
                for memory in await work.risk.near():
                    if memory.position_id in ended:
                        gone = PositionMemory(memory.position_id, memory.user_id, ())
                        await work.risk.remember(gone)
                await self._ring(work, [], over)
        self._near = {i: near for i, near in self._near.items() if i in kept}
        self._told = {i: told for i, told in self._told.items() if i in kept}
        for name in over:
            self._open.pop(name, None)

    async def _ring(self, work: UnitOfWork, alarms: Sequence[Alarm], over: Sequence[_Name]) -> None:
        for alarm in alarms:
            await work.alarms.put(alarm)
        for kind, subject in over:
            await work.alarms.resolve(kind, subject, at=self._clock.host())

    def _card(self, judged: Judged) -> WhyCard | None:
        """The decision, where it differs from the last one or that was confirmed long ago."""
        position = judged.position
        card = WhyCard(
            id="",
            user_id=position.user_id,
            subject=f"position:{position.id}",
            rule=RISK.name,
            version=RISK.version,
            facts=judged.facts,
            thresholds=self._thresholds,
            ruling=judged.ruling,
            decided_at=judged.facts.price.at,
            position_id=position.id,
        )
        fingerprint, at = self._told.get(position.id, ("", None))
        is_young = at is not None and card.decided_at - at < CONFIRMED_EVERY
        if fingerprint == card.fingerprint and is_young:
            return None
        return replace(card, id=self._ids())

    def _alarms(self, judged: Judged) -> list[Alarm]:
        found = []
        for kind, message in _wanted(judged).items():
            if self._open.get((kind, judged.position.id)) == message:
                continue
            is_danger = kind is AlarmKind.LIQUIDATION_NEAR
            acts_at = self._acts_at(judged) if is_danger else None
            action = _ACTIONS.get(judged.ruling.verdict) if is_danger else None
            if acts_at is not None and action is None:
                action = _ACTIONS[Verdict.EXIT]
            found.append(
                Alarm(
                    id=self._ids(),
                    kind=kind,
                    subject=judged.position.id,
                    raised_at=self._clock.host(),
                    message=message,
                    user_id=judged.position.user_id,
                    position_id=judged.position.id,
                    acts_at=acts_at,
                    action=action,
                )
            )
        return found

    def _acts_at(self, judged: Judged) -> datetime | None:
        """Host time at which a danger that stands has stood too long; at once where one has."""
        since = min((near.since for near in judged.near), default=None)
        if since is None or self._clock.speed <= 0:
            return None
        left = since + self._thresholds.patience - judged.facts.price.at
        seconds = max(0.0, left.total_seconds()) / self._clock.speed
        return self._clock.host() + timedelta(seconds=seconds)

    def _over(self, judged: Judged) -> list[_Name]:
        wanted = _wanted(judged)
        names = [(kind, str(judged.position.id)) for kind in KINDS if kind not in wanted]
        return [name for name in names if name in self._open]


def _wanted(judged: Judged) -> dict[AlarmKind, str]:
    """Alarms that must be open, with what they say; the figures are those of the beginning."""
    ruling, wanted = judged.ruling, dict[AlarmKind, str]()
    failing = set(ruling.failing)
    if ruling.verdict is Verdict.EXIT:
        wanted[AlarmKind.LIQUIDATION_NEAR] = "A leg is too near to liquidation: both are closed."
    elif ruling.verdict is Verdict.REDUCE:
        wanted[AlarmKind.LIQUIDATION_NEAR] = (
            "A leg is near its liquidation price: both are made smaller."
        )
    elif judged.near:
        wanted[AlarmKind.LIQUIDATION_NEAR] = (
            "A leg is near its liquidation price: both are closed if that lasts."
        )
    unknown = failing & (UNKNOWN_FIGURES - {"price"})
    if unknown:
        labels = [check.label for check in ruling.criteria if check.key in unknown]
        wanted[AlarmKind.RISK_UNKNOWN] = (
            f"Not known: {', '.join(labels).lower()}. The position stays as it is."
        )
    if failing & PEG:
        wanted[AlarmKind.PEG_OFF] = "The staking token trades away from what it redeems for."
    return wanted
