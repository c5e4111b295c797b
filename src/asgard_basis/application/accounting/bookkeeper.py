"""Keeping a position's books: from its journals, its settlements and what the venues last said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import ENDED as JOB_ENDED
from asgard_basis.application.trading.preflight import known
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.ledger.attribution import LongValuation
from asgard_basis.domain.ledger.growth import is_due, unexplained
from asgard_basis.domain.ledger.postings import Entry
from asgard_basis.domain.ledger.stand import Pair, Record, Stand, entry_of
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.alone import parts
from asgard_basis.domain.saga.venue_records import (
    NO_FILL,
    Episode,
    Refresh,
    Settled,
    has_opening,
    has_unpriced,
    records,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.ledger import Book
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

_PAYMENTS_MAX = 100_000
_PRICE_AGE_MAX = timedelta(seconds=60)
"""Host time: an older price values nothing."""
NO_OPENING = "the record of its opening"
_LASTING = frozenset({NO_OPENING, NO_FILL})


@dataclass(frozen=True, slots=True)
class _Read:
    """What was there when a position was last booked whole: the same needs no reading again."""

    jobs: tuple[tuple[str, str], ...]
    funding_usdc: Decimal
    fee_usdc: Decimal | None


class Bookkeeper:
    """Writes what is not in a position's book yet; asks no venue."""

    def __init__(self, *, transactions: Transactions, reader: MarketReader, clock: Clock) -> None:
        self._transactions = transactions
        self._reader = reader
        self._clock = clock
        self._read: dict[PositionId, _Read] = {}

    async def book(self, position: Position) -> int:
        """How many entries were new; raises DomainError POS-0006 when another is at it."""
        snapshot = await known(self._reader.latest())
        async with self._transactions.for_user(position.user_id) as work:
            present = await work.positions.get(position.id)
            if present is None:
                return 0
            return await self._book(work, present, snapshot)

    def forget(self, kept: Sequence[PositionId]) -> None:
        """Positions other than these are not looked at any more."""
        self._read = {name: self._read[name] for name in kept if name in self._read}

    async def _book(
        self, work: UnitOfWork, position: Position, snapshot: MarketSnapshot | None
    ) -> int:
        jobs = await work.jobs.of_position(position.id)
        now = _Read(
            tuple((job.id, job.status.value) for job in jobs),
            position.funding_usdc,
            position.long.fee_usdc if position.long else None,
        )
        is_read = self._read.get(position.id) == now
        found = await work.ledger.book(position.id)
        book = found or Book(position.user_id, position.id, 0, Stand())
        stand = book.stand
        assert isinstance(stand, Stand)
        made: list[Record] = []
        missing = book.missing
        if not is_read:
            episodes = [await _episode(work, job) for job in jobs]
            missing = _missing(position, episodes)
            if has_opening(episodes):
                settled = await self._settled(work, position, stand)
                made = records(position, episodes, stand, settled=settled)
        after = made[-1].after if made else stand
        refresh, odd = self._refresh(position, jobs, after, snapshot)
        if refresh is not None:
            made += records(position, [], after, refreshes=[refresh])
        if refresh is not None or odd is not None:
            missing = tuple(m for m in missing if m in _LASTING) + ((odd,) if odd else ())
        entries, after = _entries(_pair(position), stand, [*made, *_fee(position, stand, made)])
        count = 0
        if entries or after != stand or missing != book.missing:
            await self._use(work, position, stand, after, made)
            turned = replace(book, stand=after, missing=missing)
            count = await work.ledger.write(turned, entries)
        if all(job.status in JOB_ENDED for job in jobs):
            self._read[position.id] = now
        return count

    def _refresh(
        self,
        position: Position,
        jobs: Sequence[Job],
        stand: Stand,
        snapshot: MarketSnapshot | None,
    ) -> tuple[Refresh | None, str | None]:
        """What the venues last said, when it can be nothing but interest; else what is odd."""
        seen = position.observation
        if snapshot is None or seen is None or position.state is not PositionState.HEDGED:
            return None, None
        if any(job.finished_at is None or job.finished_at >= seen.observed_at for job in jobs):
            return None, None
        rate = snapshot.redemption_rate(position.asset)
        if rate is None or self._clock.host() - snapshot.perp.observed_at > _PRICE_AGE_MAX:
            return None, None
        at = self._market_time(seen.observed_at)
        if not is_due(stand, at):
            return None, None
        valuation = LongValuation(seen.collateral, seen.debt_usdc, rate, snapshot.perp.oracle_price)
        since = stand.refreshed_at or position.requested_at
        odd = unexplained(stand, valuation, since=since, at=at)
        if odd is not None:
            return None, f"what the long has become since it was last booked ({odd})"
        return Refresh(at, valuation, snapshot.perp.mark_price), None

    def _market_time(self, host: datetime) -> datetime:
        return self._clock.now() - (self._clock.host() - host) * self._clock.speed

    async def _settled(self, work: UnitOfWork, position: Position, stand: Stand) -> list[Settled]:
        total = await work.payments.total(position.id)
        if total == stand.funding_usdc:
            return []
        payments = await work.payments.of_position(position.id, limit=_PAYMENTS_MAX)
        names = {f"hyperliquid:funding:{_hour(at):%Y-%m-%dT%H}Z": (at, s) for at, s in payments}
        booked = await work.ledger.known(position.id, names)
        return [Settled(at, share) for name, (at, share) in names.items() if name not in booked]

    async def _use(
        self,
        work: UnitOfWork,
        position: Position,
        before: Stand,
        after: Stand,
        made: Sequence[Record],
    ) -> None:
        """Hours x notional since interest was last booked, until now or until the closing."""
        until = after.refreshed_at
        if made and after.is_long_closed and not before.is_long_closed:
            until = made[-1].at
        if before.refreshed_at is None or until is None:
            return
        seconds = int((until - before.refreshed_at).total_seconds())
        if seconds > 0:
            amount = (before.notional_usd * seconds / 3600).quantize(Decimal("0.01"))
            day = self._clock.host().date()
            await work.ledger.use(position.user_id, day, "hedged_usd_hours", amount)


def _entries(pair: Pair, stand: Stand, made: Sequence[Record]) -> tuple[list[Entry], Stand]:
    entries = []
    for record in made:
        entry = entry_of(pair, stand, record)
        stand = record.after
        if entry is not None:
            entries.append(entry)
    return entries, stand


def _fee(position: Position, stand: Stand, made: Sequence[Record]) -> list[Record]:
    """The venue's own fee within what opening cost, once it has published its record."""
    after = made[-1].after if made else stand
    long = position.long
    if long is None or long.fee_usdc is None or after.long is None:
        return []
    if after.asgard_fee_usdc is not None:
        return []
    at = made[-1].at if made else (stand.refreshed_at or position.requested_at)
    return [
        Record(
            venue="asgard",
            kind="fill",
            record=long.position_key,
            at=at,
            memo="Asgard's fee, told apart from the swap's cost",
            after=replace(after, asgard_fee_usdc=long.fee_usdc),
        )
    ]


def _missing(position: Position, episodes: Sequence[Episode]) -> tuple[str, ...]:
    missing = []
    if position.long is not None and not has_opening(episodes):
        missing.append(NO_OPENING)
    if has_unpriced(episodes):
        missing.append(NO_FILL)
    return tuple(missing)


async def _episode(work: UnitOfWork, job: Job) -> Episode:
    journal = await work.journals.of_job(job.id)
    alone, _ = parts(job.details, journal)
    return Episode(
        job.id,
        job.kind.value,
        journal.steps,
        job.status in JOB_ENDED,
        job.plan,
        job.fraction,
        alone=len(alone.steps),
    )


def _pair(position: Position) -> Pair:
    return Pair(position.id, position.asset, position.protocol)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
