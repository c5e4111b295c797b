"""One user's books and both venues, read so that they can be held against each other."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.leaving import LeavingMarket
from asgard_basis.application.trading.preflight import known
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.money import ONE, ZERO, ceil_to
from asgard_basis.domain.position.existence import (
    BookedPair,
    Facts,
    LateFill,
    ListedLong,
    Verdict,
    judge,
)
from asgard_basis.domain.position.legs import LongState, PerpAccount
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.booked import booked_pair, late_fills
from asgard_basis.domain.saga.step import Step
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import LongPosition, MarginVenue, PerpVenue

_TRIES = 3
"""So often books and venues are read again when a job has gone on in between."""
_ENDED_MAX = 20
"""The newest ended positions: an order of theirs may have been executed late."""
_LATE = timedelta(days=2)
"""Older executions are not asked for."""
_SETTLING_SECONDS = 5
"""Host time for which a venue may go on showing what was before an order."""


@dataclass(frozen=True, slots=True)
class Books:
    """What is written about a user's positions."""

    positions: tuple[Position, ...]
    """Held ones, and ended ones whose orders may come late."""
    steps: Mapping[PositionId, tuple[Step, ...]]
    running: Mapping[PositionId, tuple[Step, ...]]
    """Steps of the job at work on a position; a position without one is not in it."""
    sweeping: JobId | None
    """The sweep that is at work on what belongs to nobody."""
    settling: frozenset[PositionId] = frozenset()
    """Something was done so shortly ago that a venue may not show it yet."""

    def same_as(self, other: "Books") -> bool:
        """Whether nothing was done between the two; observations are nothing."""
        return (
            [(p.id, p.state, p.long, p.short) for p in self.positions]
            == [(p.id, p.state, p.long, p.short) for p in other.positions]
            and self.steps == other.steps
            and set(self.running) == set(other.running)
            and self.sweeping == other.sweeping
        )


@dataclass(frozen=True, slots=True)
class Look:
    """Books and venues at one moment, and what to think of them."""

    at: datetime
    """Host time."""
    books: Books
    facts: Facts
    verdicts: tuple[Verdict, ...]
    account: PerpAccount | None
    states: Mapping[str, LongState]
    """Live states of open longs by their keys, where they could be asked."""
    price: Decimal
    redemptions: Mapping[Asset, Decimal]
    """SOL per token, where it is known."""

    def sol(self, asset: Asset | None, tokens: Decimal) -> Decimal:
        """Tokens in SOL-equivalents; one for one while the rate is not known."""
        return tokens * self.redemptions.get(asset, ONE) if asset else tokens

    @property
    def is_complete(self) -> bool:
        """Both venues could be asked: what was not found is not there."""
        return self.facts.account_size is not None and self.facts.longs is not None

    @property
    def is_moving(self) -> bool:
        """Some job of this user is at work."""
        return bool(self.books.running) or self.books.sweeping is not None

    def position(self, position_id: PositionId | None) -> Position | None:
        """The position a verdict is about."""
        return next((p for p in self.books.positions if p.id == position_id), None)


class ExistenceReader:
    """Reads; changes nothing and needs no lock."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        perp: PerpVenue,
        margin: MarginVenue,
        market: LeavingMarket,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._perp = perp
        self._margin = margin
        self._market = market
        self._clock = clock
        self._limits = limits

    async def look(self, context: UserTradingContext) -> Look:
        """Books, venues, and books again: only what nobody was writing meanwhile is judged.

        Raises Unavailable RSK-0004 when nobody at all knows a price.
        """
        perp = await self._market.short_terms()
        books = await self.books(context.user_id)
        account: PerpAccount | None = None
        listed: Sequence[LongPosition] | None = None
        states: Mapping[str, LongState] = {}
        for _ in range(_TRIES):
            account, listed = await asyncio.gather(
                known(self._perp.account(context.evm_address)),
                known(self._margin.positions(context.solana_address)),
            )
            states = await self._states(listed or ())
            after = await self.books(context.user_id)
            if after.same_as(books):
                break
            books, account, listed = after, None, None
        facts = Facts(
            pairs=tuple(self._pair(books, position) for position in books.positions),
            account_size=_signed_size(account),
            longs=None if listed is None else tuple(_listed(each, states) for each in listed),
            lot=perp.size_step,
            least_order=ceil_to(self._limits.short_order_usd_min / perp.mark_price, perp.size_step),
        )
        facts = replace(facts, late=await self._late(context, books, facts))
        return Look(
            at=self._clock.host(),
            books=books,
            facts=facts,
            verdicts=judge(facts),
            account=account,
            states=states,
            price=perp.mark_price,
            redemptions=await self._market.redemptions(_assets(books, listed)),
        )

    async def books(self, user_id: UserId) -> Books:
        """What is written now."""
        async with self._transactions.for_user(user_id) as work:
            held = await work.positions.held()
            ended = await work.positions.ended(limit=_ENDED_MAX)
            jobs = await work.jobs.unfinished()
            late = self._clock.now() - _LATE
            recent = [p for p in ended if (p.closed_at or p.requested_at) >= late]
            positions = (*held, *recent)
            steps = {p.id: tuple(await work.journals.of_position(p.id)) for p in positions}
            running = {
                job.position_id: (await work.journals.of_job(job.id)).steps
                for job in jobs
                if job.position_id is not None
            }
        sweeping = next((job.id for job in jobs if job.kind is JobKind.SWEEP), None)
        fresh = self._clock.now() - timedelta(seconds=_SETTLING_SECONDS * self._clock.speed)
        settling = frozenset(
            position_id
            for position_id, done in steps.items()
            if any(step.finished_at and step.finished_at > fresh for step in done)
        )
        return Books(positions, steps, running, sweeping, settling)

    def _pair(self, books: Books, position: Position) -> BookedPair:
        running = books.running.get(position.id)
        if running is None and position.id in books.settling:
            running = ()
        return booked_pair(position, books.steps[position.id], running)

    async def _states(self, listed: Sequence[LongPosition]) -> dict[str, LongState]:
        states: dict[str, LongState] = {}
        for each in listed:
            if not each.is_open:
                continue
            asking = self._margin.state(each.position_key, protocol=each.protocol, asset=each.asset)
            state = await known(asking)
            if state is not None:
                states[each.position_key] = state
        return states

    async def _late(
        self, context: UserTradingContext, books: Books, facts: Facts
    ) -> tuple[LateFill, ...]:
        """More is held short than booked: perhaps an order of ours that came late."""
        most = sum((pair.short_most for pair in facts.pairs), ZERO)
        if facts.account_size is None or -facts.account_size < most + facts.lot:
            return ()
        since = self._clock.now() - _LATE
        fills = await known(self._perp.fills(context.evm_address, since=since))
        return late_fills(books.steps, fills or ())


def _assets(books: Books, listed: Sequence[LongPosition] | None) -> set[Asset]:
    """What may be held: anything, while the venue does not say."""
    if listed is None:
        return set(Asset)
    return {p.asset for p in books.positions} | {each.asset for each in listed}


def _signed_size(account: PerpAccount | None) -> Decimal | None:
    if account is None:
        return None
    return account.position.signed_size if account.position else ZERO


def _listed(each: LongPosition, states: Mapping[str, LongState]) -> ListedLong:
    state = states.get(each.position_key)
    return ListedLong(
        key=each.position_key,
        asset=each.asset,
        protocol=each.protocol,
        is_open=each.is_open,
        opened_by=each.opened_by,
        closed_by=each.closed_by,
        collateral=state.collateral if state else None,
    )
