"""Closing: taken on as a job at once; the short first, then the long, then the books."""

from dataclasses import replace

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import JobDesk, job_event, request_hash
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.position_record import PositionRecord, unchallenged
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.lifecycle import CLOSEABLE, ENDED, PositionState, moved
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.progress import closed_long, is_long_gone
from asgard_basis.domain.saga.short_record import changed_short
from asgard_basis.domain.saga.step import Finished, Journal
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions


class ClosePosition:
    """From a hedged pair to money in the wallets."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        desk: JobDesk,
        runner: SagaRunner,
        pairs: PairFactory,
        book: PositionBook,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._runner = runner
        self._pairs = pairs
        self._book = book
        self._clock = clock
        self._record = PositionRecord(transactions)

    async def request(self, user_id: UserId, position_id: PositionId, key: str | None) -> Job:
        """Take the closing on; asked again while it runs, it gives the same job.

        Raises DomainError POS-0001 for a position that is not this user's, POS-0002 when it has
        ended, POS-0006 while it is still being opened.
        """
        digest = request_hash({"close": position_id})
        # Two browsers may ask at the same moment: who comes second finds the other's job.
        return await unchallenged(
            lambda: self._taken_on(user_id, position_id, key, digest), tries=2
        )

    async def _taken_on(
        self, user_id: UserId, position_id: PositionId, key: str | None, digest: str
    ) -> Job:
        async with self._transactions.for_user(user_id) as work:
            earlier = await self._desk.earlier(work, user_id, key, digest)
            if earlier is not None:
                return earlier
            position = await work.positions.get(position_id)
            if position is None:
                raise DomainError(ErrorCode.POSITION_NOT_FOUND)
            if position.state in ENDED:
                raise DomainError(ErrorCode.POSITION_CLOSED)
            running = await work.jobs.unfinished(position_id=position_id)
            closing = next((j for j in running if j.kind is JobKind.CLOSE), None)
            if closing is not None:
                return closing
            if running or position.state not in CLOSEABLE:
                raise DomainError(ErrorCode.POSITION_BUSY)
            job = self._desk.new(
                user_id, JobKind.CLOSE, position_id=position_id, key=key, digest=digest
            )
            await work.jobs.add(job)
            await work.outbox.append(job_event(job))
        return job

    async def run(self, job: Job) -> DomainError | None:
        """Carry the closing out, or continue it; the reason when something is still held."""
        context = await trading_context(self._transactions, job.user_id)
        position = await self._record.of(job)
        if position.state in ENDED:
            return None
        short_size = position.short.size if position.short else ZERO
        plan = exit_saga.ExitPlan(
            short_size=short_size,
            size_step=await self._pairs.lot() if short_size else ONE,
            holds_long=position.long is not None,
        )
        steps = self._pairs.steps(
            context,
            position,
            job=job,
            plan=None,
            held_short=await self._record.others_short(position),
        )
        finished = await self._runner.run(
            job,
            decide=lambda journal: exit_saga.next_step(plan, journal),
            performer=steps,
            on_progress=lambda journal: self._progress(job, journal),
        )
        return await self._finish(context, job, finished)

    async def _progress(self, job: Job, journal: Journal) -> None:
        if not journal.steps:
            return
        position = await self._record.of(job)
        await self._record.change(
            job.user_id,
            position.id,
            lambda p: replace(p, state=moved(p.state, exit_saga.state_of(journal))),
            "position_update",
        )

    async def _finish(
        self, context: UserTradingContext, job: Job, finished: Finished
    ) -> DomainError | None:
        position = await self._record.of(job)
        # What cannot be asked now is booked later by the monitor.
        await known(self._book.book_funding(context, position, is_last=True))
        async with self._transactions.for_user(job.user_id) as work:
            journal = await work.journals.of_job(job.id)
        failure = gone = None
        if is_long_gone(journal):
            gone = DomainError(
                ErrorCode.ASGARD_POSITION,
                "the long was not there any more when it was to be closed",
            )
        if finished.failure is not None:
            failure = DomainError(finished.failure, finished.reason)

        def left(position: Position) -> Position:
            """With what was bought back and sold, also when the rest is stuck."""
            long, short, told = position.long, position.short, failure or gone
            return replace(
                position,
                long=closed_long(long, journal, position.observation) if long else None,
                short=changed_short(short, journal) if short else None,
                failure_code=told.code.code if told else None,
                failure=told.message if told else None,
            )

        if failure is not None:
            await self._record.change(
                job.user_id,
                position.id,
                lambda p: replace(left(p), state=moved(p.state, PositionState.STUCK_UNWIND)),
                "position_update",
                ended=self._desk.ended(job, failure),
            )
            return failure
        await self._record.change(
            job.user_id,
            position.id,
            lambda p: replace(
                left(p),
                state=moved(_at_long(p.state), PositionState.CLOSED),
                closed_at=self._clock.now(),
            ),
            "position_closed",
            ended=self._desk.ended(job),
        )
        return None


def _at_long(state: PositionState) -> PositionState:
    """A position without a long leg goes from its short straight to the end."""
    if state in {PositionState.HEDGED, PositionState.CLOSING_SHORT}:
        return PositionState.CLOSING_LONG
    return state
