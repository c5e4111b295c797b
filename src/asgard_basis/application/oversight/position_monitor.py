"""Holds everybody's positions against the venues, and keeps their records.

A round reads everything it needs with one statement, asks the venues about those whose turn it is
(see `monitor_rota`), all at once, and writes what was found with one more. Who answers slowly is
waited for beside the rounds that follow: nobody else is later for it. Risk does not depend on any
of this, it is judged on every mark by `risk_watch`.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.oversight.ended_payments import EndedPayments
from asgard_basis.application.oversight.existence_gate import ExistenceGate
from asgard_basis.application.oversight.exposure_watch import ExposureWatch
from asgard_basis.application.oversight.monitor_rota import Resident, Rota
from asgard_basis.application.oversight.position_looks import Found, PositionLooks, Wanted
from asgard_basis.application.trading.preflight import known
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.nearness import nearness
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.reconciling import WATCHED, Change, FundingWanted, Household
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

_PATIENCE = timedelta(seconds=30)
"""Before the venue is asked again for a settlement it had not listed; doubled each time."""
_DOUBLINGS_MAX = 4
_ROUND_SECONDS = 5.0
_WAIT_SECONDS = 2.0
"""A round waits so long for its looks; what comes later is written by a later one."""
_LOOK_SECONDS = 25.0
"""Then a look is given up: longer than a request waits for its turn in the budget."""


class Defender(Protocol):
    """Judges how near positions are to liquidation, and has done what is to be done."""

    async def consider_all(self, positions: Sequence[Position]) -> None:
        """Judge them as they were just read; one's failure is nobody else's."""
        ...


class PositionMonitor:
    """Reconciles positions with the venues."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        looks: PositionLooks,
        gate: ExistenceGate,
        exposures: ExposureWatch,
        market: MarketReader,
        limits: RiskLimits,
        clock: Clock,
        defender: Defender | None = None,
        rota: Rota | None = None,
        concurrency: int = 128,
        look_seconds: float = _LOOK_SECONDS,
        wait_seconds: float = _WAIT_SECONDS,
    ) -> None:
        self._transactions = transactions
        self._looks = looks
        self._gate = gate
        self._exposures = exposures
        self._market = market
        self._limits = limits
        self._clock = clock
        self._defender = defender
        self._rota = rota or Rota()
        self._look_seconds = look_seconds
        self._wait_seconds = wait_seconds
        self._turns = asyncio.Semaphore(concurrency)
        self._looking: dict[UserId, asyncio.Task[Found | None]] = {}
        self._beside: dict[str, asyncio.Task[None]] = {}
        """Closer looks and defences under way, by whom they are for."""
        self._in_vain: dict[UserId, tuple[datetime, int, datetime]] = {}
        """Whose payments were not listed yet: for which hour, how often, asked last when."""
        self._troubled: set[UserId] = set()
        self._ended = EndedPayments()

    async def alone(self) -> None:
        """Tell of legs that stand alone by our own journals; asks no venue, so none delays it."""
        async with self._transactions.for_system() as work:
            jobs = await work.jobs.unfinished()
            held = await work.positions.held()
            alarms = await work.alarms.unresolved()
        await self._exposures.check(jobs, held, alarms)

    async def run(self) -> None:
        """Round after round, until cancelled."""
        try:
            while True:
                await self.reconcile()
                await self._clock.sleep(_ROUND_SECONDS)
        finally:
            await self._stop()

    async def cycle(self) -> int:
        """One round after which nothing is under way; how many positions were looked at."""
        try:
            await self.alone()
            seen = await self.reconcile()
            while self._looking or self._beside:
                await asyncio.wait([*self._looking.values(), *self._beside.values()])
                seen += await self._take_in()
        finally:
            await self._stop()
        return seen

    async def reconcile(self) -> int:
        """One round: look at those whose turn it is; how many positions were looked at.

        Raises DomainError when the positions cannot be read, or what was found not be written.
        """
        now = self._clock.host()
        homes, funding = await self._overview(now)
        is_anything_held = any(home.held for home in homes)
        snapshot = await known(self._market.latest()) if is_anything_held else None
        turns = self._rota.turns(
            [self._resident(home, snapshot) for home in homes],
            asked_funding=len(funding),
            now=now,
        )
        due = set(turns.accounts)
        begun = []
        for home in homes:
            is_funding = home.user_id in funding
            if home.user_id not in due and not is_funding:
                continue
            if home.address is None:
                log.warning("positions_not_observed", code=ErrorCode.WALLETS_NOT_READY.code)
                continue
            wanted = Wanted(home, home.address, home.user_id in due, turns.longs)
            look = self._look(wanted, is_funding=is_funding)
            begun.append(asyncio.create_task(look))
            self._looking[home.user_id] = begun[-1]
        if begun:
            await asyncio.wait(begun, timeout=self._wait_seconds)
        seen = await self._take_in()
        for user_id in turns.closer:
            self._closer(user_id)
        return seen

    async def _overview(self, now: datetime) -> tuple[list[Household], set[UserId]]:
        """Everybody not being looked at still, and whose payments are to be read."""
        market_now = self._clock.now()
        hour = market_now.replace(minute=0, second=0, microsecond=0)
        wanted = FundingWanted(
            hour=hour,
            users_max=self._rota.begin(now),
            but_not=[*self._looking, *self._waiting(hour, now)],
            read=self._ended.read,
        )
        async with self._transactions.for_system() as work:
            found = await work.reconciling.overview(
                ended_since=self._ended.since(market_now), funding=wanted
            )
        ended = [kept.position for home in found for kept in home.ended]
        self._ended.missing(ended, market_now, timedelta(minutes=1) * self._clock.speed)
        self._troubled = {home.user_id for home in found if home.is_troubled}
        self._in_vain = {u: v for u, v in self._in_vain.items() if u in {h.user_id for h in found}}
        homes = [home for home in found if home.user_id not in self._looking]
        return homes, {home.user_id for home in homes if home.is_funding_due}

    def _waiting(self, hour: datetime, now: datetime) -> Iterable[UserId]:
        """Whose last settlement was not listed a moment ago."""
        for user_id, (asked_for, times, at) in self._in_vain.items():
            if asked_for == hour and now - at < _PATIENCE * 2 ** min(times - 1, _DOUBLINGS_MAX):
                yield user_id

    def _resident(self, home: Household, snapshot: MarketSnapshot | None) -> Resident:
        watched = [kept.position for kept in home.held if kept.position.state in WATCHED]
        distances = [
            None if snapshot is None else nearness(position, snapshot, self._limits)
            for position in watched
        ]
        told = [distance for distance in distances if distance is not None]
        return Resident(
            user_id=home.user_id,
            nearness=min(told) if told and len(told) == len(distances) else None,
            longs=tuple(position.id for position in watched if position.long is not None),
            has_positions=bool(watched),
            is_moving=home.is_moving,
            is_open=home.is_troubled,
        )

    # ---- looking --------------------------------------------------------------------------

    async def _look(self, wanted: Wanted, *, is_funding: bool) -> Found | None:
        user_id, hour = wanted.household.user_id, self._clock.now()
        try:
            async with self._turns, asyncio.timeout(self._look_seconds):
                found = await self._looks.look(wanted)
        except TimeoutError:
            log.warning("positions_not_observed", user=user_id, why="a venue does not answer")
            found = None
        if is_funding:
            self._funding_asked(user_id, hour, is_news=found is not None and found.is_funding_news)
        for position in () if found is None else found.all_booked:
            self._ended.nothing_new(position, hour)
        return found

    def _funding_asked(self, user_id: UserId, at: datetime, *, is_news: bool) -> None:
        hour = at.replace(minute=0, second=0, microsecond=0)
        if is_news:
            self._in_vain.pop(user_id, None)
            return
        before, times, _ = self._in_vain.get(user_id, (hour, 0, at))
        times = times + 1 if before == hour else 1
        self._in_vain[user_id] = (hour, times, self._clock.host())

    async def _take_in(self) -> int:
        """Write what has been found, and have done what follows from it."""
        done = {user_id: task for user_id, task in self._looking.items() if task.done()}
        found: list[Found] = []
        for user_id, task in done.items():
            del self._looking[user_id]
            problem = None if task.cancelled() else task.exception()
            if problem is not None:
                log.error("position_monitor_failed", error=repr(problem), exc_info=problem)
            elif not task.cancelled() and (result := task.result()) is not None:
                found.append(result)
        for name in [name for name, task in self._beside.items() if task.done()]:
            del self._beside[name]
        changes = [change for each in found for change in each.changes]
        written = await self._write(changes)
        left = {change.position_id for change in changes} - written
        self._consider([p for each in found for p in each.seen if p.id not in left])
        for each in found:
            if each.is_odd and each.user_id not in self._troubled:
                self._rota.looked_closer(each.user_id, self._clock.host())
                self._closer(each.user_id)
        return sum(each.looked_at for each in found)

    async def _write(self, changes: Sequence[Change]) -> frozenset[object]:
        if not changes:
            return frozenset()
        async with self._transactions.for_system() as work:
            return frozenset(await work.reconciling.write(changes))

    # ---- what follows ---------------------------------------------------------------------

    def _consider(self, positions: Sequence[Position]) -> None:
        hedged = [p for p in positions if p.state is PositionState.HEDGED]
        if self._defender is not None and hedged:
            self._do_beside("defence", self._defender.consider_all(hedged))

    def _closer(self, user_id: UserId) -> None:
        self._do_beside(f"closer:{user_id}", self._settled(user_id))

    async def _settled(self, user_id: UserId) -> None:
        try:
            await self._gate.settle(user_id)
        except DomainError as error:
            log.warning("existence_not_settled", code=error.code.code, why=error.message)

    def _do_beside(self, name: str, act: Coroutine[object, object, None]) -> None:
        """Unless the same is under way; its failure is nobody else's."""
        present = self._beside.get(name)
        if present is not None and not present.done():
            act.close()
            return
        self._beside[name] = asyncio.create_task(_alone(name, act))

    async def _stop(self) -> None:
        under_way = [*self._looking.values(), *self._beside.values()]
        self._looking, self._beside = {}, {}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _alone(name: str, act: Coroutine[object, object, None]) -> None:
    (outcome,) = await asyncio.gather(act, return_exceptions=True)
    if isinstance(outcome, DomainError):
        log.warning("monitor_not_followed", what=name, code=outcome.code.code, why=outcome.message)
    elif isinstance(outcome, BaseException):
        log.error("monitor_follow_up_failed", what=name, error=repr(outcome), exc_info=outcome)
