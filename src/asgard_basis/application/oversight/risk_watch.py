"""On every mark: the kernel over all open positions, exact rules on the few that it flags.

Nothing is read from a database on the way from a mark to an order that leaves a position but
that position itself, once more, right before it is closed. Pauses and the kill switch are never
asked: they forbid opening only.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from asgard_basis.application.oversight.risk_actions import Closings, Defender, wants_defence
from asgard_basis.application.oversight.risk_columns import Flagged, RiskColumns
from asgard_basis.application.oversight.risk_notes import Judged, RiskNotes
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.errors import DomainError, Unavailable
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.market.lst import Peg, PegTrail, watched
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.engine import judge
from asgard_basis.domain.risk.facts import Near, RiskThresholds
from asgard_basis.domain.risk.kernel import Flag
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.reading import JUDGED, risk_facts
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import SnapshotStore
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpVenue

log = structlog.get_logger(__name__)

_REFRESH_SECONDS = 1.0
_REFRESH_SHARE = 10
"""Reading all positions may take this part of the time at most."""
_NO_MARK_SECONDS = 1.0
_ASK_AFTER = timedelta(seconds=5)
"""When the shared market has been silent for so long, the venue is asked for its price."""
_CALM_AGAIN = timedelta(seconds=5)
"""Between two exact looks at a position that is in no danger and has not changed."""
_ACT_AGAIN = timedelta(seconds=3)
"""Between two requests for the same position, should the first have come to nothing."""
_LOOKS_AT_ONCE = 50
_CALM_AT_ONCE = 200
_REQUESTS_AT_ONCE = 8
_BLIND = "market"


class RiskWatch:
    """Judges all open positions, one process for the deployment."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        snapshots: SnapshotStore,
        perp: PerpVenue,
        closings: Closings,
        defender: Defender,
        clock: Clock,
        limits: RiskLimits,
        ids: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._snapshots = snapshots
        self._perp = perp
        self._closings = closings
        self._defender = defender
        self._clock = clock
        self._ids = ids
        self._thresholds = RiskThresholds.of(limits)
        self._notes = RiskNotes(
            transactions=transactions, clock=clock, thresholds=self._thresholds, ids=ids
        )
        self._columns = RiskColumns()
        self._kept: dict[PositionId, tuple[Near, ...]] = {}
        """Positions of which something is remembered: dangers that stand, or an odd ruling."""
        self._looked: dict[PositionId, tuple[Flag, datetime]] = {}
        self._asked: dict[PositionId, tuple[Verdict, datetime]] = {}
        """What was asked for last, and when."""
        self._known: set[PositionId] = set()
        self._pending: dict[PositionId, Judged] = {}
        self._trails: dict[Asset, PegTrail] = {}
        self._latest: MarketSnapshot | None = None
        self._is_blind: bool | None = None
        self._is_loaded = False
        self._marked = asyncio.Event()
        self._judged = asyncio.Event()
        self._turns = asyncio.Semaphore(_REQUESTS_AT_ONCE)

    async def run(self) -> None:
        """Watch until cancelled; what fails is told and tried again."""
        await self.begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._for_ever("marks", self._listen))
            group.create_task(self._for_ever("positions", self._refreshing))
            group.create_task(self._for_ever("judging", self._judging))
            group.create_task(self._for_ever("notes", self._noting))

    async def begin(self) -> None:
        """Go on from what was written down last, maybe by another process meanwhile.

        Raises DomainError when that cannot be read.
        """
        self._is_loaded = False
        await self._load()

    async def look(self) -> int:
        """One mark from end to end, for who cannot keep watching; how many were looked at.

        Raises DomainError when neither the market nor the positions can be read.
        """
        await self._load()
        latest = await self._snapshots.latest()
        if latest is None:
            return 0
        self._latest = latest
        await self._refresh()
        count = await self.mark(latest)
        await self._write_all()
        await self._see(latest)
        return count

    async def mark(self, snapshot: MarketSnapshot) -> int:
        """Judge what the kernel flags, and act; how many were judged exactly."""
        now = self._clock.host()
        pegs = self._look_at_pegs(snapshot, now)
        flagged = self._columns.flagged(
            snapshot,
            thresholds=self._thresholds,
            pegs=pegs,
            kept=self._kept,
            host_now=now,
        )
        due = [each for each in flagged if self._is_due(each, now)]
        urgent = [each for each in due if each.flags & Flag.urgent()]
        calm = [each for each in due if not each.flags & Flag.urgent()][:_CALM_AT_ONCE]
        chosen = [*urgent, *calm]
        for begin in range(0, len(chosen), _LOOKS_AT_ONCE):
            part = chosen[begin : begin + _LOOKS_AT_ONCE]
            judged = [self._judge(each, snapshot, pegs, now) for each in part]
            await self._act(judged, snapshot, pegs)
        if self._pending:
            self._judged.set()
        return len(chosen)

    # ---- marks and positions --------------------------------------------------------------

    async def _listen(self) -> None:
        async for snapshot in self._snapshots.watch():
            self._latest = snapshot
            self._marked.set()

    async def _judging(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_NO_MARK_SECONDS):
                    await self._marked.wait()
            except TimeoutError:
                await self.without_mark()
                continue
            self._marked.clear()
            await self._seen()

    async def without_mark(self) -> None:
        """The shared market is silent: judge it read again, or else by the venue's own price."""
        is_first = self._latest is None
        await self._ask()
        if is_first:
            await self._refresh()
        await self._seen()

    async def _seen(self) -> None:
        if self._latest is not None:
            await self.mark(self._latest)
            await self._see(self._latest)

    async def _ask(self) -> None:
        now = self._clock.host()
        (found,) = await asyncio.gather(self._snapshots.latest(), return_exceptions=True)
        if isinstance(found, MarketSnapshot):
            self._latest = found
        if self._latest is not None and now - self._latest.perp.observed_at < _ASK_AFTER:
            return
        (asked,) = await asyncio.gather(self._perp.market(), return_exceptions=True)
        if isinstance(asked, BaseException):
            log.warning("risk_market_silent", error=repr(asked))
            return
        # Who began without the shared market knows the price alone: enough to judge the short by.
        base = self._latest or MarketSnapshot(self._clock.now(), asked, lenders=())
        self._latest = replace(base, taken_at=self._clock.now(), perp=asked)

    async def _refreshing(self) -> None:
        while True:
            begun = self._clock.host()
            await self._refresh()
            took = (self._clock.host() - begun).total_seconds()
            await self._clock.sleep(max(_REFRESH_SECONDS, _REFRESH_SHARE * took))

    async def _refresh(self) -> None:
        if self._latest is None:
            with contextlib.suppress(Unavailable):
                self._latest = await self._snapshots.latest()
        if self._latest is None:
            return
        async with self._transactions.for_system() as work:
            held = await work.positions.held()
        maintenance = self._latest.perp.maintenance_fraction
        self._columns.refresh(held, maintenance, self._clock.host())
        judged = {position.id for position in held if position.state in JUDGED}
        await self._notes.keep_only(position.id for position in held)
        for position_id in judged - self._known:
            self._kept.setdefault(position_id, ())
        self._known = judged
        self._kept = {i: near for i, near in self._kept.items() if i in judged}
        self._looked = {i: seen for i, seen in self._looked.items() if i in judged}
        self._asked = {i: asked for i, asked in self._asked.items() if i in judged}
        self._pending = {i: each for i, each in self._pending.items() if i in judged}

    async def _load(self) -> None:
        if not self._is_loaded:
            self._kept = await self._notes.load()
            self._looked, self._asked, self._pending = {}, {}, {}
            self._is_blind = None
            self._is_loaded = True

    # ---- judging --------------------------------------------------------------------------

    def _is_due(self, flagged: Flagged, now: datetime) -> bool:
        """Dangers always; the rest when it is new, has changed, or was looked at long ago."""
        position_id = flagged.position.id
        if flagged.flags & Flag.urgent() or self._kept.get(position_id):
            return True
        flags, at = self._looked.get(position_id, (None, now))
        return flags != flagged.flags or now - at >= _CALM_AGAIN

    def _judge(
        self, flagged: Flagged, snapshot: MarketSnapshot, pegs: dict[Asset, Peg], now: datetime
    ) -> Judged:
        position = flagged.position
        near = self._kept.get(position.id, ())
        facts = risk_facts(position, snapshot, host_now=now, pegs=pegs, near=near)
        found = judge(facts, self._thresholds)
        judged = Judged(position, facts, found.ruling, found.near)
        self._looked[position.id] = (flagged.flags, now)
        if found.near or found.ruling.failing:
            self._kept[position.id] = found.near
        else:
            self._kept.pop(position.id, None)
        self._pending[position.id] = judged
        return judged

    async def _act(
        self, judged: Sequence[Judged], snapshot: MarketSnapshot, pegs: dict[Asset, Peg]
    ) -> None:
        """At once for all of them, nearest first; one's failure is nobody else's."""
        work: list[Coroutine[Any, Any, None]] = []
        for each in judged:
            if self._was_asked(each):
                continue
            if each.ruling.verdict is Verdict.EXIT:
                work.append(self._leave(each, snapshot, pegs))
            elif wants_defence(each.ruling):
                work.append(self._defend(each, snapshot))
        if not work:
            return
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(outcome, DomainError):
                log.warning("risk_not_acted", code=outcome.code.code, why=outcome.message)
            elif isinstance(outcome, BaseException):
                log.error("risk_action_broke", error=repr(outcome), exc_info=outcome)

    def _was_asked(self, judged: Judged) -> bool:
        """The same, a moment ago."""
        verdict, at = self._asked.get(judged.position.id, (None, self._clock.host()))
        is_same = verdict is judged.ruling.verdict
        return is_same and self._clock.host() - at < _ACT_AGAIN

    async def _leave(
        self, judged: Judged, snapshot: MarketSnapshot, pegs: dict[Asset, Peg]
    ) -> None:
        """Close it, unless its record has changed since it was read and it has room again."""
        async with self._turns:
            position = judged.position
            self._asked[position.id] = (Verdict.EXIT, self._clock.host())
            present = await self._present(position)
            if present is None:
                return
            now = self._clock.host()
            facts = risk_facts(present, snapshot, host_now=now, pegs=pegs, near=judged.near)
            if judge(facts, self._thresholds).ruling.verdict is not Verdict.EXIT:
                return
            await self._closings.request(position.user_id, position.id, None)
            _tell(judged, snapshot)

    async def _defend(self, judged: Judged, snapshot: MarketSnapshot) -> None:
        async with self._turns:
            self._asked[judged.position.id] = (judged.ruling.verdict, self._clock.host())
            await self._defender.defend(judged.position.id, snapshot)
            _tell(judged, snapshot)

    async def _present(self, position: Position) -> Position | None:
        async with self._transactions.for_user(position.user_id) as work:
            present = await work.positions.get(position.id)
        return present if present is not None and present.state in JUDGED else None

    def _look_at_pegs(self, snapshot: MarketSnapshot, now: datetime) -> dict[Asset, Peg]:
        pegs = {}
        for asset, market in snapshot.lsts.items():
            peg, self._trails[asset] = watched(self._trails, snapshot.taken_at, market)
            if peg is not None:
                pegs[asset] = peg
        return pegs

    # ---- writing down ---------------------------------------------------------------------

    async def _noting(self) -> None:
        while True:
            await self._judged.wait()
            self._judged.clear()
            await self._write_all()

    async def _write_all(self) -> None:
        """What was judged since, the newest of each; again at the next mark when it fails."""
        while self._pending:
            names = list(self._pending)[:_LOOKS_AT_ONCE]
            batch = [self._pending.pop(name) for name in names]
            try:
                await self._notes.write(batch)
            except DomainError:
                for each in batch:
                    self._pending.setdefault(each.position.id, each)
                raise

    async def _see(self, snapshot: MarketSnapshot) -> None:
        """Tell the operators when nothing can be judged by the price, and when that is over."""
        price = snapshot.quality(self._clock.host()).price
        if self._is_blind is (not price.is_fresh):
            return
        async with self._transactions.for_system() as work:
            if price.is_fresh:
                now = self._clock.host()
                await work.alarms.resolve(AlarmKind.MARKET_BLIND, _BLIND, at=now)
            else:
                await work.alarms.put(
                    Alarm(
                        id=self._ids(),
                        kind=AlarmKind.MARKET_BLIND,
                        subject=_BLIND,
                        raised_at=self._clock.host(),
                        message=f"Nothing is judged by the price: {price.state}, {price.reason}.",
                    )
                )
        self._is_blind = not price.is_fresh

    async def _for_ever(
        self, name: str, duty: Callable[[], Coroutine[object, object, None]]
    ) -> None:
        """Do it again when it fails; one part's failure leaves the others alone."""
        outcome: BaseException | None
        while True:
            (outcome,) = await asyncio.gather(duty(), return_exceptions=True)
            if isinstance(outcome, DomainError):
                log.warning("risk_part_failed", part=name, code=outcome.code.code)
            elif isinstance(outcome, BaseException):
                log.error("risk_part_broke", part=name, error=repr(outcome), exc_info=outcome)
            await self._clock.sleep(0.5)


def _tell(judged: Judged, snapshot: MarketSnapshot) -> None:
    """What was asked for, and when the mark arrived that led to it."""
    log.warning(
        "risk_acted",
        position=judged.position.id,
        verdict=judged.ruling.verdict.value,
        why=judged.ruling.reason,
        marked_at=snapshot.perp.observed_at.isoformat(),
    )
