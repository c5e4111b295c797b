"""Repairing: a leg changed without our doing, and the pair is brought together or closed."""

from dataclasses import replace

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import JobDesk, job_event
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.planned_terms import PlannedTerms
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.position_record import PositionRecord
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.application.trading.turns import Turns
from asgard_basis.application.trading.wishes import Turning
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import ENDED, PositionState, arrived, moved
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga import repair
from asgard_basis.domain.saga.repaired import repaired
from asgard_basis.domain.saga.step import Finished, Journal, StepName
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions

_REASON = "reason"
"""Name in a job's details: why it was asked for."""
_REPAIRABLE = frozenset({PositionState.HEDGED, PositionState.QUARANTINED})


class RepairPosition:
    """From a pair that lost a part of a leg to a pair again, or to money in the wallets."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        desk: JobDesk,
        runner: SagaRunner,
        pairs: PairFactory,
        book: PositionBook,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._runner = runner
        self._pairs = pairs
        self._book = book
        self._clock = clock
        self._terms = PlannedTerms(transactions, pairs, limits)
        self._record = PositionRecord(transactions)

    async def request(self, user_id: UserId, position_id: PositionId, reason: str) -> Job:
        """Take the repair on; asked again while it waits or runs, it gives the same job.

        Raises DomainError POS-0001 for a position that is not this user's, POS-0002 when it has
        ended, POS-0006 while something else is being done with it.
        """
        async with self._transactions.for_user(user_id) as work:
            position = await work.positions.get(position_id)
            if position is None:
                raise DomainError(ErrorCode.POSITION_NOT_FOUND)
            if position.state in ENDED:
                raise DomainError(ErrorCode.POSITION_CLOSED)
            running = await work.jobs.unfinished(position_id=position_id)
            present = next((job for job in running if job.kind is JobKind.REPAIR), None)
            if present is not None:
                return present
            if running or position.state not in _REPAIRABLE:
                raise DomainError(ErrorCode.POSITION_BUSY)
            job = self._desk.new(user_id, JobKind.REPAIR, position_id=position_id)
            job = replace(job, details={_REASON: reason})
            await work.jobs.add(job)
            await work.outbox.append(job_event(job))
        return job

    async def run(self, job: Job) -> DomainError | None:
        """Carry it out, or continue it; the reason when the pair could not be brought together."""
        context = await trading_context(self._transactions, job.user_id)
        position = await self._record.of(job)
        if position.state in ENDED:
            return None
        turning = Turning(self._transactions, self._desk, self._pairs, context, job)
        await turning.heed()
        job = await self._terms.decided(job, otherwise=turning.price_of(position))
        plan = repair.RepairPlan(
            short_size=position.short.size if position.short else ZERO,
            terms=self._terms.of(job),
        )
        steps = self._pairs.steps(
            context,
            position,
            job=job,
            plan=None,
            held_short=await self._record.others_short(position, is_emergency=turning.is_emergency),
        )
        turns = Turns(self._transactions, job)

        async def progress(journal: Journal) -> None:
            position = await self._progress(job, journal)
            await turns.taken(journal)
            await turning.look(journal, position)

        finished = await self._runner.run(
            job,
            decide=lambda journal: repair.next_step(plan, journal, manner=turning.manner),
            performer=steps,
            on_progress=progress,
            beside=lambda journal: (
                repair.beside(plan, journal) if turning.may_go_on(journal, self._clock) else None
            ),
        )
        return await self._finish(context, job, finished, turning)

    async def _progress(self, job: Job, journal: Journal) -> Position:
        position = await self._record.of(job)
        return await self._record.change(
            job.user_id,
            position.id,
            lambda p: replace(p, state=moved(p.state, repair.state_of(journal))),
            "position_update",
        )

    async def _finish(
        self, context: UserTradingContext, job: Job, finished: Finished, turning: Turning
    ) -> DomainError | None:
        position = await self._record.of(job)
        async with self._transactions.for_user(job.user_id) as work:
            journal = await work.journals.of_job(job.id)
        has_left = journal.is_done(StepName.LEAVE)
        if has_left:
            await known(self._book.book_funding(context, position, is_last=True))
        failure = None
        if finished.failure is not None:
            failure = DomainError(finished.failure, finished.reason)
        told = failure
        if has_left and failure is None and not turning.is_asked:
            told = DomainError(
                ErrorCode.POSITION_ASYMMETRIC,
                "a leg was lost and the pair could not be restored: what was left was closed",
            )

        def ended(present: Position) -> Position:
            made = repaired(present, journal)
            if finished.is_stuck:
                state = PositionState.STUCK_UNWIND
            elif has_left:
                state = PositionState.CLOSED
            else:
                state = PositionState.HEDGED
            return replace(
                made,
                state=arrived(present.state, state),
                closed_at=self._clock.now() if state is PositionState.CLOSED else None,
                failure_code=told.code.code if told else None,
                failure=told.message if told else None,
            )

        event = "position_closed" if has_left and not finished.is_stuck else "position_update"
        await self._record.change(
            job.user_id,
            position.id,
            ended,
            event,
            ended=self._desk.ended(job, failure),
            check=lambda present: turning.check(present, journal),
        )
        return failure
