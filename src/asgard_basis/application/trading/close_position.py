"""Closing: taken on as a job at once; the short first, then the long, then the books.

An ordinary closing takes a pair apart only when both venues answer; until then it waits, hedged,
and says for whom. An emergency does what can be reached at once and the rest when it comes back.
"""

from collections.abc import Sequence
from dataclasses import replace

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import ENDED as JOB_ENDED
from asgard_basis.application.operations.jobs import JobDesk, job_event, request_hash
from asgard_basis.application.trading.lone_legs import LoneLegs, begins
from asgard_basis.application.trading.overdue import is_overdue
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.position_record import PositionRecord, unchallenged
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.application.trading.turns import Turns
from asgard_basis.application.trading.wishes import (
    ASKED,
    CLOSING,
    EMERGENCY,
    MANNER,
    TURNING,
    is_emergency,
    is_leaving,
)
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.lifecycle import CLOSEABLE, ENDED, PositionState, moved
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga import emergency
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.alone import after as after_alone
from asgard_basis.domain.saga.alone import has_begun, parts
from asgard_basis.domain.saga.progress import closed_long, is_long_gone
from asgard_basis.domain.saga.short_record import changed_short
from asgard_basis.domain.saga.step import Decision, Finished, Journal, Perform, StepName
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Event, Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork


class ClosePosition:
    """From a hedged pair to money in the wallets."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        desk: JobDesk,
        runner: SagaRunner,
        pairs: PairFactory,
        alone: LoneLegs,
        book: PositionBook,
        clock: Clock,
    ) -> None:
        self._alone = alone
        self._transactions = transactions
        self._desk = desk
        self._runner = runner
        self._pairs = pairs
        self._book = book
        self._clock = clock
        self._record = PositionRecord(transactions)

    async def request(
        self,
        user_id: UserId,
        position_id: PositionId,
        key: str | None,
        *,
        is_emergency: bool = False,
        reason: str | None = None,
    ) -> Job:
        """Take the closing on; asked again while it runs, it gives the same job.

        `reason` is what the audit log and the timeline tell of why.

        A repair or a reduction that is under way becomes the closing. An emergency also hurries
        one that is under way. Raises DomainError POS-0001 for a
        position that is not this user's, POS-0002 when it has ended, POS-0006 while it is still
        being opened.
        """

        async def taken_on() -> Job:
            async with self._transactions.for_user(user_id) as work:
                return await self.take_on(
                    work, position_id, user_id, key, is_emergency, reason=reason
                )

        # Two browsers may ask at the same moment: who comes second finds the other's job.
        return await unchallenged(taken_on, tries=2)

    async def take_on(
        self,
        work: UnitOfWork,
        position_id: PositionId,
        user_id: UserId,
        key: str | None,
        in_a_hurry: bool,
        *,
        reason: str | None = None,
    ) -> Job:
        """As `request`, within somebody's transaction."""
        digest = request_hash({"close": position_id})
        job = await self._desk.earlier(work, user_id, key, digest)
        if job is None:
            position = await work.positions.get(position_id)
            if position is None:
                raise DomainError(ErrorCode.POSITION_NOT_FOUND)
            if position.state in ENDED:
                raise DomainError(ErrorCode.POSITION_CLOSED)
            running = await work.jobs.unfinished(position_id=position_id)
            job = next((j for j in running if j.kind is JobKind.CLOSE), None)
            if job is None:
                job = await self._turned(work, running, position)
            if job is None and (running or position.state not in CLOSEABLE):
                raise DomainError(ErrorCode.POSITION_BUSY)
        if job is None:
            job = self._desk.new(
                user_id,
                JobKind.CLOSE,
                position_id=position_id,
                key=key,
                digest=digest,
                reason=reason,
            )
            await work.jobs.add(job)
            await work.outbox.append(job_event(job))
        if in_a_hurry and not is_emergency(job):
            await work.jobs.note(job.id, {MANNER: EMERGENCY})
        return job

    async def _turned(
        self, work: UnitOfWork, running: Sequence[Job], position: Position
    ) -> Job | None:
        """The repair or reduction under way, which becomes a closing; None without one."""
        job = next((j for j in running if j.kind in TURNING), None)
        if job is None or is_leaving(job):
            return job
        if not (await work.journals.of_job(job.id)).attempts(StepName.LEAVE):
            await work.jobs.note(job.id, {CLOSING: ASKED})
            # Saved as it is: who ends the job at this moment is told that something has changed.
            await work.positions.save(position)
        return job

    async def run(self, job: Job) -> DomainError | None:
        """Carry the closing out, or continue it; the reason when something is still held."""
        context = await trading_context(self._transactions, job.user_id)
        position = await self._record.of(job)
        if position.state in ENDED:
            return None
        leaving = _Leaving(self._transactions, job)
        if not await leaving.has_begun() and not await self._begun(context, job, position, leaving):
            return None
        position = await leaving.left_of(position)
        short_size = position.short.size if position.short else ZERO
        plan = exit_saga.ExitPlan(
            short_size=short_size,
            size_step=await self._pairs.lot() if short_size else ONE,
            holds_long=position.long is not None and position.long.redemption_closed is None,
        )
        steps = self._pairs.steps(
            context,
            position,
            job=job,
            plan=None,
            held_short=await self._record.others_short(position, is_emergency=leaving.is_emergency),
        )

        async def progress(journal: Journal) -> None:
            await self._progress(job, leaving.own(journal))
            await leaving.look(journal)

        finished = await self._runner.run(
            job,
            decide=lambda journal: leaving.next_step(plan, leaving.own(journal)),
            performer=steps,
            on_progress=progress,
            beside=lambda journal: leaving.beside(plan, journal, self._clock),
        )
        return await self._finish(context, job, finished, leaving)

    async def cancel(self, user_id: UserId, job_id: JobId) -> Job:
        """Call off a closing that still waits for a venue; the position stays as it is.

        Raises DomainError POS-0007 for a closing that is not this user's, POS-0006 when it has
        begun: it cannot be left half done.
        """

        async def once() -> Job:
            async with self._transactions.for_user(user_id) as work:
                job = await work.jobs.get(job_id)
                if job is None or job.kind is not JobKind.CLOSE or job.position_id is None:
                    raise DomainError(ErrorCode.JOB_NOT_FOUND)
                if job.status in JOB_ENDED:
                    return job
                position = await work.positions.get(job.position_id)
                journal = await work.journals.of_job(job.id)
                if position is None or position.state not in CLOSEABLE or journal.steps:
                    raise DomainError(
                        ErrorCode.POSITION_BUSY, "The closing has begun and goes on to its end."
                    )
                # Saved as it is: whoever sets out at this moment is told that it has changed.
                await work.positions.save(position)
                ended = self._desk.ended(job, DomainError(ErrorCode.CALLED_OFF))
                await work.jobs.save(ended)
                await work.outbox.append(job_event(ended))
                return ended

        return await unchallenged(once)

    async def _begun(
        self, context: UserTradingContext, job: Job, position: Position, leaving: "_Leaving"
    ) -> bool:
        """Past the point where nothing has been done yet; False when it was called off.

        Raises Unavailable NET-0003, for the queue to deliver the job again, while an ordinary
        closing would leave one leg alone.
        """
        silent = None
        if not leaving.is_emergency:
            silent = await self._pairs.silent(context, position)
        await self._desk.waits(job, for_whom=silent)
        if not leaving.is_emergency:
            await self._alone.hold(context, job, position, silent)
        if silent is not None:
            raise Unavailable(
                ErrorCode.VENUE_DOWN, f"{silent} does not answer; both legs stay as they are"
            )
        return await unchallenged(lambda: self._set_out(job, position.id))

    async def _set_out(self, job: Job, position_id: PositionId) -> bool:
        """From here on the closing cannot be called off; False when it was."""
        async with self._transactions.for_user(job.user_id) as work:
            present = await work.jobs.get(job.id)
            position = await work.positions.get(position_id)
            if present is None or position is None or present.status in JOB_ENDED:
                return False
            await begins(work, present)
            if position.state in CLOSEABLE:
                state = moved(position.state, PositionState.CLOSING_SHORT)
                await work.positions.save(replace(position, state=state))
                payload: dict[str, object] = {"position_id": position_id}
                await work.outbox.append(Event("position_update", payload, job.user_id))
        return True

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
        self, context: UserTradingContext, job: Job, finished: Finished, leaving: "_Leaving"
    ) -> DomainError | None:
        position = await self._record.of(job)
        # What cannot be asked now is booked later by the monitor.
        await known(self._book.book_funding(context, position, is_last=True))
        async with self._transactions.for_user(job.user_id) as work:
            alone, journal = leaving.parts(await work.journals.of_job(job.id))
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
            position = after_alone(position, alone)
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


class _Leaving:
    """How one delivery of a closing is to be carried out: it may be hurried at any time."""

    def __init__(self, transactions: Transactions, job: Job) -> None:
        self._transactions = transactions
        self._job = job
        self._turns = Turns(transactions, job)
        self.is_emergency = is_emergency(job)

    async def has_begun(self) -> bool:
        """Whether anything was attempted already."""
        await self._heed()
        return has_begun(self._job.details, await self._journal())

    async def left_of(self, position: Position) -> Position:
        """What is left of it after one leg was defended alone."""
        await self._heed()
        return after_alone(position, self.parts(await self._journal())[0])

    def parts(self, journal: Journal) -> tuple[Journal, Journal]:
        """What was done before the leaving began, and the leaving."""
        return parts(self._job.details, journal)

    def own(self, journal: Journal) -> Journal:
        """The leaving."""
        return self.parts(journal)[1]

    async def _journal(self) -> Journal:
        async with self._transactions.for_user(self._job.user_id) as work:
            return await work.journals.of_job(self._job.id)

    async def look(self, journal: Journal) -> None:
        """After every step: whether to hurry, and whether to let another go first."""
        await self._heed()
        await self._turns.taken(journal)

    async def _heed(self) -> None:
        async with self._transactions.for_user(self._job.user_id) as work:
            self._job = await work.jobs.get(self._job.id) or self._job
        self.is_emergency = self.is_emergency or is_emergency(self._job)

    def next_step(self, plan: exit_saga.ExitPlan, journal: Journal) -> Decision:
        """In the present manner."""
        decide = emergency.next_step if self.is_emergency else exit_saga.next_step
        return decide(plan, journal)

    def beside(self, plan: exit_saga.ExitPlan, journal: Journal, clock: Clock) -> Perform | None:
        """While an answer is overdue: in an emergency the other leg goes on without it."""
        if not self.is_emergency or not is_overdue(journal, clock):
            return None
        return emergency.beside(plan, self.own(journal), journal.open_legs())


def _at_long(state: PositionState) -> PositionState:
    """A position without a long leg goes from its short straight to the end."""
    if state in {PositionState.HEDGED, PositionState.CLOSING_SHORT}:
        return PositionState.CLOSING_LONG
    return state
