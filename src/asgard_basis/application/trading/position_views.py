"""Positions as a person sees them: both legs, distances, and the result with its parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.alarms import AlarmView, alarm_view
from asgard_basis.application.operations.jobs import FailureView
from asgard_basis.application.trading.defence_views import (
    DefenceView,
    Guarded,
    defence_view,
    guarded,
)
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.timeline import TimelineView, timeline_of
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.attribution import (
    NO_SHORT,
    Attribution,
    LongValuation,
    added,
    attribute,
    closing_valuation,
)
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ZERO, Leverage
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.position.position import LegObservation, Position, ShortRecord
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.venue_records import NO_FILL
from asgard_basis.domain.strategy.fees import FeeSchedule, cut_costs, round_trip
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import Alarm
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork


@dataclass(frozen=True, slots=True)
class LongView:
    """The long, valued at the oracle price."""

    collateral: Decimal
    redemption_rate: Decimal
    sol_equivalent: Decimal
    value_usd: Decimal
    debt_usdc: Decimal
    equity_usd: Decimal
    leverage: Decimal | None
    health: Decimal | None
    liquidation_price: Decimal | None
    liquidation_distance: Decimal | None
    defence_price: Decimal | None


@dataclass(frozen=True, slots=True)
class ShortView:
    """The short, valued at the mark price."""

    size_sol: Decimal
    entry_price: Decimal
    value_usd: Decimal
    margin_usdc: Decimal
    leverage: Decimal | None
    margin_fraction: Decimal | None
    liquidation_price: Decimal | None
    liquidation_distance: Decimal | None
    defence_price: Decimal | None


@dataclass(frozen=True, slots=True)
class PositionView:
    """One hedged pair."""

    id: str
    asset: str
    protocol: int
    protocol_name: str
    state: str
    size_usd: Decimal
    leverage: Decimal
    requested_at: datetime
    hedged_at: datetime | None
    closed_at: datetime | None
    failure: FailureView | None
    job_id: str | None
    mark_price: Decimal | None
    long: LongView | None
    short: ShortView | None
    delta_sol: Decimal | None
    delta_fraction: Decimal | None
    equity_usd: Decimal | None
    result: Attribution | None
    """None while a part of it is not known."""
    estimate: Attribution | None
    """The same with parts at the market's price that the venue has not listed: for limits, which
    must count a loss before its last cent is known."""
    costs_earned_back: Decimal | None
    net_apr: Decimal | None
    age_seconds: int | None
    alarms: list[AlarmView]
    defence: DefenceView | None = None


@dataclass(frozen=True, slots=True)
class HistoryView:
    """Ended positions and their results together."""

    positions: list[PositionView]
    totals: Attribution | None
    """None while the result of one that held something is not known."""


class PositionViews:
    """Reads positions of one user and values them at the latest snapshot."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        reader: MarketReader,
        board: RateBoard,
        clock: Clock,
        limits: RiskLimits,
        fees: FeeSchedule,
    ) -> None:
        self._transactions = transactions
        self._reader = reader
        self._board = board
        self._clock = clock
        self._limits = limits
        self._fees = fees
        self._costs = cut_costs(fees)

    async def held(self, user_id: UserId) -> list[PositionView]:
        """All that are not ended, oldest first."""
        async with self._transactions.for_user(user_id) as work:
            positions = await work.positions.held()
            jobs = await work.jobs.unfinished() if positions else []
            alarms = await work.alarms.unresolved() if positions else []
            unlisted = await _unlisted(work, positions)
        snapshot = await known(self._reader.latest())
        return [self._view(p, snapshot, jobs, alarms, unlisted) for p in positions]

    async def one(self, user_id: UserId, position_id: PositionId) -> PositionView:
        """One position; raises DomainError POS-0001 when it is not this user's."""
        async with self._transactions.for_user(user_id) as work:
            position = await self._found(await work.positions.get(position_id))
            jobs = await work.jobs.unfinished(position_id=position_id)
            alarms = await work.alarms.unresolved(position_id=position_id)
            unlisted = await _unlisted(work, [position])
        return self._view(position, await known(self._reader.latest()), jobs, alarms, unlisted)

    async def history(self, user_id: UserId, *, limit: int = 200) -> HistoryView:
        """Ended positions, newest first; those that never held anything count for nothing."""
        async with self._transactions.for_user(user_id) as work:
            positions = await work.positions.ended(limit=limit)
            unlisted = await _unlisted(work, positions)
        views = [self._view(p, None, [], [], unlisted) for p in positions]
        results = [v.result for v, p in zip(views, positions, strict=True) if p.long is not None]
        told = [result for result in results if result is not None]
        return HistoryView(views, added(told) if len(told) == len(results) else None)

    async def timeline(self, user_id: UserId, position_id: PositionId) -> list[TimelineView]:
        """Its whole life from the audit log, oldest first."""
        async with self._transactions.for_user(user_id) as work:
            await self._found(await work.positions.get(position_id))
            records = await work.audit.of_position(position_id)
            steps = await work.journals.of_position(position_id)
        return timeline_of(records, steps)

    async def payments(
        self, user_id: UserId, position_id: PositionId, *, limit: int
    ) -> Sequence[tuple[datetime, Decimal]]:
        """Funding payments booked to it, newest first."""
        async with self._transactions.for_user(user_id) as work:
            await self._found(await work.positions.get(position_id))
            return await work.payments.of_position(position_id, limit=limit)

    async def _found(self, position: Position | None) -> Position:
        if position is None:
            raise DomainError(ErrorCode.POSITION_NOT_FOUND)
        return position

    def _view(
        self,
        position: Position,
        snapshot: MarketSnapshot | None,
        jobs: Sequence[Job],
        alarms: Sequence[Alarm],
        unlisted: frozenset[PositionId],
    ) -> PositionView:
        job = next((j for j in jobs if j.position_id == position.id), None)
        valuation = valued(position, snapshot)
        mark = snapshot.perp.mark_price if snapshot else None
        is_held = position.state not in ENDED
        seen = guarded(position, snapshot, self._limits, self._costs) if is_held else None
        long = _long(position, valuation, seen) if is_held else None
        short = _short(position, mark, seen) if is_held else None
        estimate = result_now(position, valuation, mark)
        result = None if position.id in unlisted else estimate
        delta = None
        if long is not None and position.short is not None:
            delta = long.sol_equivalent - (short.size_sol if short else ZERO)
        equity = None
        if estimate is not None and position.state not in ENDED:
            equity = _put_in(position) + estimate.total
        observation = position.observation
        age = None
        if observation is not None and position.state not in ENDED:
            elapsed = self._clock.host() - observation.observed_at
            age = max(0, int(elapsed.total_seconds()))
        return PositionView(
            id=position.id,
            asset=position.asset.value,
            protocol=int(position.protocol),
            protocol_name=position.protocol.name.title(),
            state=position.state.value,
            size_usd=position.size_usd,
            leverage=position.leverage,
            requested_at=position.requested_at,
            hedged_at=position.hedged_at,
            closed_at=position.closed_at,
            failure=FailureView(position.failure_code, position.failure or "")
            if position.failure_code
            else None,
            job_id=job.id if job else None,
            mark_price=mark,
            long=long,
            short=short,
            delta_sol=delta,
            delta_fraction=delta / long.sol_equivalent if delta is not None and long else None,
            equity_usd=equity,
            result=result,
            estimate=estimate,
            costs_earned_back=earned_back(position, result, mark, self._fees),
            net_apr=self._net_apr(position, snapshot),
            age_seconds=age,
            alarms=[
                alarm_view(alarm, self._clock.host())
                for alarm in alarms
                if alarm.position_id == position.id
            ],
            defence=defence_view(seen, is_busy=job is not None) if seen else None,
        )

    def _net_apr(self, position: Position, snapshot: MarketSnapshot | None) -> Decimal | None:
        if snapshot is None or position.state in ENDED:
            return None
        lender = snapshot.lender(position.protocol, position.asset)
        if lender is None:
            return None
        leverage = Leverage(position.leverage)
        priced = self._board.price(snapshot, lender, leverage, position.size_usd)
        return priced.carry.net.value if priced else None


async def _unlisted(work: UnitOfWork, positions: Sequence[Position]) -> frozenset[PositionId]:
    """Those of which the venue took a part at a price it does not list: no result is known."""
    if all(p.short is None or p.short.exit_price is None for p in positions):
        return frozenset()
    books = await work.ledger.books()
    return frozenset(PositionId(book.name) for book in books if NO_FILL in book.missing)


def valued(position: Position, snapshot: MarketSnapshot | None) -> LongValuation | None:
    """The long at its closing, or at the latest snapshot; None while a part is unknown."""
    long = position.long
    if long is None:
        return None
    closed = closing_valuation(long)
    if closed is not None:
        return closed
    if snapshot is None:
        return None
    redemption = snapshot.redemption_rate(position.asset)
    if redemption is None:
        return None
    seen = position.observation
    return LongValuation(
        seen.collateral if seen else long.collateral_bought,
        seen.debt_usdc if seen else long.debt_opened,
        redemption,
        snapshot.perp.oracle_price,
    )


def _long(
    position: Position, valuation: LongValuation | None, seen: Guarded | None
) -> LongView | None:
    if position.long is None or valuation is None:
        return None
    sol = valuation.collateral * valuation.redemption_rate
    value = sol * valuation.oracle_price
    equity = value - valuation.debt_usdc
    health = position.observation.health if position.observation else None
    wall = seen.long_wall if seen else None
    return LongView(
        collateral=valuation.collateral,
        redemption_rate=valuation.redemption_rate,
        sol_equivalent=sol,
        value_usd=value,
        debt_usdc=valuation.debt_usdc,
        equity_usd=equity,
        leverage=value / equity if equity > 0 else None,
        health=health.value if health else None,
        liquidation_price=wall,
        liquidation_distance=wall / seen.facts.price - 1 if wall and seen else None,
        defence_price=wall / (1 - seen.thresholds.trigger) if wall and seen else None,
    )


def _short(position: Position, mark: Decimal | None, seen: Guarded | None) -> ShortView | None:
    short, observation = position.short, position.observation
    if short is None or mark is None:
        return None
    size = _size_left(short, observation)
    if size == 0:
        return None
    value = size * mark
    wall = seen.short_wall if seen else None
    margin = short.margin_usdc if seen is None else seen.facts.legs.margin_usd
    return ShortView(
        size_sol=size,
        entry_price=short.entry_price,
        value_usd=value,
        margin_usdc=margin,
        leverage=value / margin if margin > 0 else None,
        margin_fraction=margin / value,
        liquidation_price=wall,
        liquidation_distance=wall / mark - 1 if wall else None,
        defence_price=wall / (1 + seen.thresholds.trigger) if wall and seen else None,
    )


def earned_back(
    position: Position, result: Attribution | None, mark: Decimal | None, fees: FeeSchedule
) -> Decimal | None:
    """Income so far over what getting in has cost and getting out will cost; None if unknown."""
    if result is None or position.short is None or mark is None:
        return None
    closing = round_trip(notional_usd=position.short.size * mark, fees=fees).closing_usd
    cost = closing - result.fees
    income = result.funding + result.lending + result.staking + result.borrowing
    return income / cost if cost > 0 else None


def _size_left(short: ShortRecord, observation: LegObservation | None) -> Decimal:
    """What was sold short, or less where the venue has less: liquidated or cut without us."""
    if observation is None:
        return short.size
    return min(short.size, max(ZERO, -observation.account_signed_size))


def result_now(
    position: Position, valuation: LongValuation | None, mark: Decimal | None
) -> Attribution | None:
    """None while a part is not known, as after the venue closed some of the short itself."""
    if position.long is None or valuation is None:
        return None
    if position.short is None and position.state not in ENDED:
        return None
    short = position.short or NO_SHORT
    if position.state not in ENDED and _size_left(short, position.observation) < short.size:
        return None
    if mark is None:
        if short.size != 0:
            return None
        mark = ZERO
    return attribute(
        long=position.long,
        short=short,
        funding_usdc=position.funding_usdc,
        valuation=valuation,
        mark_price=mark,
    )


def _put_in(position: Position) -> Decimal:
    spent = position.long.usdc_spent - position.long.usdc_returned if position.long else ZERO
    return spent + (position.short.margin_usdc if position.short else ZERO)
