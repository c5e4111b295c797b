"""Jobs at work that leave one leg alone for too long, or cannot sign."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.waiting import WAITING_FOR, waiting
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.wishes import is_emergency
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.money import ONE, cents, plain
from asgard_basis.domain.position.delta import Exposure
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.playbooks import PLAYS, away_of
from asgard_basis.domain.saga.alone import PRICE, has_begun, leg_of
from asgard_basis.domain.saga.booked import leg_exposure
from asgard_basis.domain.saga.step import LOOKS, Journal, Step, StepStatus
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions

PATIENCE = timedelta(seconds=120)
"""Host time one leg may stand alone, or nothing be signed, before somebody is told."""
_LEGS = frozenset({JobKind.OPEN, JobKind.CLOSE, JobKind.REDUCE, JobKind.REPAIR})
_OURS = frozenset({AlarmKind.LEG_EXPOSED, AlarmKind.SIGNING_DOWN})
_BAND = Decimal("0.02")
"""A leg that differs by less is trimmed, not exposed."""


@dataclass(frozen=True, slots=True)
class _Running:
    job: Job
    position: Position
    steps: tuple[Step, ...]


class ExposureWatch:
    """Raises LEG_EXPOSED and SIGNING_DOWN from the journals of running jobs, and ends them."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        market: MarketReader,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._market = market
        self._clock = clock

    async def check(
        self, jobs: Sequence[Job], held: Sequence[Position], alarms: Sequence[Alarm]
    ) -> None:
        """Hold every unfinished job's journal against the clock; `alarms` are the open ones."""
        present = [alarm for alarm in alarms if alarm.kind in _OURS]
        watched = [job for job in jobs if job.kind in _LEGS]
        if not watched and not present:
            return
        positions = {position.id: position for position in held}
        async with self._transactions.for_system() as work:
            running = [
                _Running(
                    job, positions[job.position_id], (await work.journals.of_job(job.id)).steps
                )
                for job in watched
                if job.position_id in positions
            ]
        snapshot = await known(self._market.latest())
        price = snapshot.perp.mark_price if snapshot else None
        wanted: list[Alarm] = []
        for each in running:
            rate = snapshot.redemption_rate(each.position.asset) if snapshot else None
            wanted += self._exposed(each, redemption=rate or ONE, price=price)
            wanted += self._unsigned(each)
        await self._write(wanted, present)

    async def _write(self, wanted: Sequence[Alarm], present: Sequence[Alarm]) -> None:
        named = {(alarm.kind, alarm.subject) for alarm in wanted}
        known_already = {_told(alarm) for alarm in present}
        async with self._transactions.for_system() as work:
            for alarm in wanted:
                if _told(alarm) not in known_already:
                    await work.alarms.put(alarm)
            for alarm in present:
                if (alarm.kind, alarm.subject) not in named:
                    await work.alarms.resolve(alarm.kind, alarm.subject, at=self._clock.host())

    def _exposed(
        self, running: _Running, *, redemption: Decimal, price: Decimal | None
    ) -> Iterable[Alarm]:
        found = leg_exposure(
            running.position,
            running.steps,
            redemption=redemption,
            band=_BAND,
            plan=running.job.plan,
        )
        if found is None:
            return
        side = "long" if found.net_sol > 0 else "short"
        size = abs(found.net_sol).quantize(Decimal("0.01"))
        told = (
            f"{plain(size)} SOL {'have' if found.is_certain else 'may have'} been {side} without"
            " the other leg for more than two minutes,"
            f" while the position is being {_DOING[running.job.kind]}."
        )
        alone = _told_of_alone(running, found)
        if alone is not None:
            told = alone
        elif not self._is_long_ago(found.since):
            silent = waiting(running.job.details, Journal(running.steps), self._clock.now())
            if silent is None or not is_emergency(running.job):
                return
            told = (
                f"{plain(size)} SOL {'are' if found.is_certain else 'may be'} {side} without the"
                " other leg since everything was stopped;"
                f" they are closed as soon as {silent.for_whom} answers again."
            )
        yield self._alarm(
            running,
            AlarmKind.LEG_EXPOSED,
            told,
            position_id=running.position.id,
            exposure=found.net_sol,
            price=price,
        )

    def _unsigned(self, running: _Running) -> Iterable[Alarm]:
        since: datetime | None = None
        # A look needs no signature, and one more attempt is no answer yet.
        tried = [s for s in running.steps if s.name not in LOOKS]
        for step in reversed([s for s in tried if s.status is not StepStatus.INTENDED]):
            if step.error_code != ErrorCode.SIGNING_UNAVAILABLE.code:
                break
            since = step.intended_at
        if since is not None and self._is_long_ago(since):
            yield self._alarm(
                running,
                AlarmKind.SIGNING_DOWN,
                "Nothing could be signed for more than two minutes: the signing service does not"
                f" answer, so the position cannot be {_DOING[running.job.kind]}.",
                position_id=running.position.id,
            )

    def _is_long_ago(self, since: datetime) -> bool:
        """Journals tell market time; patience is of people."""
        elapsed = self._clock.now() - since
        speed = self._clock.speed
        return elapsed > PATIENCE * (speed if speed > 1 else 1)

    def _alarm(
        self,
        running: _Running,
        kind: AlarmKind,
        message: str,
        *,
        position_id: PositionId,
        exposure: Decimal | None = None,
        price: Decimal | None = None,
    ) -> Alarm:
        now = self._clock.host()
        name = f"{kind.value}:{running.job.id}:{now.isoformat()}"
        exposure = None if exposure is None else cents(exposure)  # rates move it by less, always
        worth = None if exposure is None or price is None else cents(exposure * price)
        return Alarm(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
            kind=kind,
            subject=position_id,
            raised_at=now,
            message=message,
            user_id=running.job.user_id,
            position_id=position_id,
            exposure_sol=exposure,
            exposure_usd=worth,
            tried=_last_error(running.steps),
        )


def _told_of_alone(running: _Running, found: Exposure) -> str | None:
    """That one leg was cut on purpose, why, and what that may cost; None when none was."""
    details, journal = running.job.details, Journal(running.steps)
    leg, whom = leg_of(details), details.get(WAITING_FOR)
    if leg is None or has_begun(details, journal) or not whom:
        return None
    play = PLAYS[away_of(whom)]
    size = abs(found.net_sol)
    side, move = ("long", "falls") if found.net_sol > 0 else ("short", "rises")
    worst = cents(size * Decimal(details[PRICE]) * play.move)
    return (
        f"{plain(cents(size))} SOL are {side} without the other leg: a part of the {leg} was"
        f" closed so that the rest of it is not liquidated while {whom} does not answer."
        f" If SOL {move} by {play.move:.0%} meanwhile, that costs {worst:,} USD."
        f" Both legs are brought together, or closed, as soon as {whom} answers."
    )


_DOING = {
    JobKind.OPEN: "opened",
    JobKind.CLOSE: "closed",
    JobKind.REDUCE: "reduced",
    JobKind.REPAIR: "repaired",
}


def _told(alarm: Alarm) -> tuple[object, ...]:
    """What must differ for a person to be told again."""
    return (alarm.kind, alarm.subject, alarm.message, alarm.exposure_sol, alarm.tried)


def _last_error(steps: Sequence[Step]) -> str | None:
    return next((step.error for step in reversed(steps) if step.error), None)
