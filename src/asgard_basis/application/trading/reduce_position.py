"""Reducing: the same part of both legs goes, the short first, and the rest is a pair again."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import JobDesk, job_event, request_hash
from asgard_basis.application.trading.lone_legs import LoneLegs, begins
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.planned_terms import PlannedTerms
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.position_record import PositionRecord, unchallenged
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.application.trading.turns import Turns
from asgard_basis.application.trading.wishes import Turning
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ONE, ZERO, plain
from asgard_basis.domain.position.lifecycle import ENDED, PositionState, arrived, moved
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence import Defence, Leg
from asgard_basis.domain.risk.defence_reading import SELLS_PARTS, margin_at
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga import equalise, reduce
from asgard_basis.domain.saga.alone import after as after_alone
from asgard_basis.domain.saga.alone import has_begun, leg_of, matching, parts
from asgard_basis.domain.saga.progress import reduced_pair
from asgard_basis.domain.saga.step import Decision, Finished, Journal, StepName
from asgard_basis.domain.saga.step import Leg as StepLeg
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

DEFENDS, MOVED, LEG, REASON = "defends", "moved_usd", "moved_to", "reason"
"""In a job's details: that it is a defence and why, what is moved besides, and where to."""
FROM_OTHER, AFTER, POSITION, FEEDS = "from_other", "after", "position", "feeds"
"""In a job's details: that the other leg gives it; of a move, which cut it follows and for which
position; of what ends a move, the leg it is put into."""
_MATCHED = "matched"
"""The same: the part of the long that goes, where the short was cut alone before."""
_ALMOST_ALL = Decimal("0.99")
_PERCENT = 100


class ReducePosition:
    """From a hedged pair to a smaller one, and money in the wallets."""

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
        limits: RiskLimits,
    ) -> None:
        self._alone = alone
        self._transactions = transactions
        self._desk = desk
        self._runner = runner
        self._pairs = pairs
        self._book = book
        self._clock = clock
        self._limits = limits
        self._terms = PlannedTerms(transactions, pairs, limits)
        self._record = PositionRecord(transactions)

    async def request(
        self, user_id: UserId, position_id: PositionId, fraction: Decimal, key: str | None
    ) -> Job:
        """Take it on: so much of both legs goes, in whole percent of what is held.

        Raises DomainError VAL-0004 for a fraction that is not 0.01 to 0.99, VAL-0005 when what
        goes or what stays is too little for an order, POS-0001 for a position that is not this
        user's, POS-0002 when it has ended, POS-0006 while something else is being done with it,
        POS-0009 when its lender sells no parts.
        """
        if not ZERO < fraction < ONE or (fraction * _PERCENT) % 1:
            raise DomainError(
                ErrorCode.INVALID_SIZE, "the fraction must be whole percent, 0.01 to 0.99"
            )
        price = (await self._pairs.leaving.short_terms()).mark_price
        digest = request_hash({"reduce": position_id, "fraction": plain(fraction.normalize())})

        async def taken_on() -> Job:
            async with self._transactions.for_user(user_id) as work:
                earlier = await self._desk.earlier(work, user_id, key, digest)
                if earlier is not None:
                    return earlier
                await self._check(work, position_id, fraction, price)
                job = self._desk.new(
                    user_id,
                    JobKind.REDUCE,
                    position_id=position_id,
                    fraction=fraction,
                    key=key,
                    digest=digest,
                )
                await work.jobs.add(job)
                await work.outbox.append(job_event(job))
            return job

        return await unchallenged(taken_on, tries=2)

    async def defend(
        self, user_id: UserId, position_id: PositionId, defence: Defence, reason: str
    ) -> Job:
        """Take a defence on: what the cut sets free goes back into both legs.

        Raises as `request`; POS-0006 also while an earlier one is at work.
        """
        price = (await self._pairs.leaving.short_terms()).mark_price
        details = {DEFENDS: defence.act.value, REASON: reason}
        if defence.move_usd > 0 and defence.poorer is not None:
            details |= {MOVED: plain(defence.move_usd), LEG: defence.poorer.value}
        if defence.is_from_other:
            details[FROM_OTHER] = "yes"

        async def taken_on() -> Job:
            async with self._transactions.for_user(user_id) as work:
                await self._check(work, position_id, defence.fraction, price)
                job = self._desk.new(
                    user_id, JobKind.REDUCE, position_id=position_id, fraction=defence.fraction
                )
                job = replace(job, details=details)
                await work.jobs.add(job)
                await work.outbox.append(job_event(job))
                if defence.is_from_other:
                    move = self._move(job, defence)
                    await work.jobs.add(move)
                    await work.outbox.append(job_event(move))
            return job

        return await unchallenged(taken_on, tries=2)

    async def feed(
        self, user_id: UserId, position_id: PositionId, leg: str, amount_usdc: Decimal, key: str
    ) -> Job | None:
        """Put money that has arrived at a leg's venue into it; None when the pair has ended.

        Under the same key it is taken on once. Raises DomainError POS-0006 while something else
        is being done with the position.
        """
        digest = request_hash({"feed": position_id, "leg": leg, "amount": plain(amount_usdc)})

        async def taken_on() -> Job | None:
            async with self._transactions.for_user(user_id) as work:
                earlier = await self._desk.earlier(work, user_id, key, digest)
                position = await work.positions.get(position_id)
                if earlier is not None or position is None or position.state in ENDED:
                    return earlier
                running = await work.jobs.unfinished(position_id=position_id)
                if running or position.state is not PositionState.HEDGED:
                    raise DomainError(ErrorCode.POSITION_BUSY)
                job = self._desk.new(
                    user_id,
                    JobKind.REDUCE,
                    position_id=position_id,
                    amount_usdc=amount_usdc,
                    key=key,
                    digest=digest,
                )
                job = replace(job, details={FEEDS: leg})
                await work.jobs.add(job)
                await work.outbox.append(job_event(job))
            return job

        return await unchallenged(taken_on, tries=2)

    def _move(self, cut: Job, defence: Defence) -> Job:
        """What carries the money once the cut has set it free: written down together with it."""
        move = self._desk.new(cut.user_id, JobKind.MOVE, amount_usdc=defence.move_usd)
        details = {AFTER: cut.id, POSITION: cut.position_id or "", LEG: cut.details[LEG]}
        return replace(move, details=details)

    async def _check(
        self, work: UnitOfWork, position_id: PositionId, fraction: Decimal, price: Decimal
    ) -> None:
        position = await work.positions.get(position_id)
        if position is None:
            raise DomainError(ErrorCode.POSITION_NOT_FOUND)
        if position.state in ENDED:
            raise DomainError(ErrorCode.POSITION_CLOSED)
        running = await work.jobs.unfinished(position_id=position_id)
        if running or position.state is not PositionState.HEDGED or position.short is None:
            raise DomainError(ErrorCode.POSITION_BUSY)
        if position.protocol not in SELLS_PARTS:
            raise DomainError(ErrorCode.REDUCE_UNSUPPORTED)
        least = self._limits.short_order_usd_min
        smaller = min(fraction, ONE - fraction) * position.short.size * price
        if smaller < least:
            raise DomainError(
                ErrorCode.SIZE_TOO_SMALL,
                f"what goes and what stays must be ${least} of the short at least",
            )

    async def run(self, job: Job) -> DomainError | None:
        """Carry it out, or continue it; the reason when the pair is not what was asked for."""
        context = await trading_context(self._transactions, job.user_id)
        position = await self._record.of(job)
        if position.state in ENDED:
            return None
        turning = Turning(self._transactions, self._desk, self._pairs, context, job)
        await turning.heed()
        if not turning.is_emergency:
            await self._ready(context, job, position)
        job, journal = await self._set_out(job)
        position = after_alone(position, parts(job.details, journal)[0])
        job = await self._terms.decided(job, otherwise=turning.price_of(position))
        plan = await self._plan(job, position)
        if _is_overtaken(job, plan) and not turning.is_asked:
            return await self._finish(context, job, Finished(), turning, plan)
        decide = self._decider(plan, job, position, turning)

        def own(journal: Journal) -> Journal:
            return parts(job.details, journal)[1]

        steps = self._pairs.steps(
            context,
            position,
            job=job,
            plan=None,
            held_short=await self._record.others_short(position, is_emergency=turning.is_emergency),
        )
        turns = Turns(self._transactions, job)

        async def progress(journal: Journal) -> None:
            position = await self._progress(job, own(journal))
            await turns.taken(journal)
            await turning.look(journal, position)

        finished = await self._runner.run(
            job,
            decide=lambda journal: decide(own(journal)),
            performer=steps,
            on_progress=progress,
            beside=lambda journal: (
                reduce.beside(plan, own(journal))
                if turning.may_go_on(journal, self._clock) and FEEDS not in job.details
                else None
            ),
        )
        return await self._finish(context, job, finished, turning, plan)

    async def _plan(self, job: Job, position: Position) -> reduce.ReducePlan:
        """What goes; where the short was cut alone, of the long what is without it now.

        A defence was decided before that, and its part is not taken besides.
        """
        size = position.short.size if position.short else ZERO
        plan = reduce.ReducePlan(job.fraction or ZERO, size, self._terms.of(job))
        if leg_of(job.details) is None:
            return plan
        part = ZERO if DEFENDS in job.details else plan.fraction
        if leg_of(job.details) is StepLeg.LONG:
            return replace(plan, fraction=part)
        if _MATCHED not in job.details:
            prices = await self._pairs.leaving.prices(position.asset)
            found = min(matching(position, prices.redemption_rate, part), _ALMOST_ALL)
            async with self._transactions.for_user(job.user_id) as work:
                await work.jobs.note(job.id, {_MATCHED: plain(found)})
        else:
            found = Decimal(job.details[_MATCHED])
        return replace(plan, fraction=found, short_target=size * (ONE - part))

    async def _set_out(self, job: Job) -> tuple[Job, Journal]:
        """From here on it does what was asked for."""
        async with self._transactions.for_user(job.user_id) as work:
            await begins(work, job)
            job = await work.jobs.get(job.id) or job
            return job, await work.journals.of_job(job.id)

    def _decider(
        self, plan: reduce.ReducePlan, job: Job, position: Position, turning: Turning
    ) -> Callable[[Journal], Decision]:
        if FEEDS in job.details and leg_of(job.details) is None:
            fed, amount = StepLeg(job.details[FEEDS]), job.amount_usdc or ZERO
            behind = margin_at(position, plan.terms.reference_price) + amount
            return lambda journal: equalise.feed_step(
                fed, amount, behind, plan, journal, manner=turning.manner
            )
        if DEFENDS not in job.details:
            return lambda journal: reduce.next_step(plan, journal, manner=turning.manner)
        moved, leg = Decimal(job.details.get(MOVED, "0")), job.details.get(LEG)
        margin = margin_at(position, plan.terms.reference_price)
        is_given = FROM_OTHER in job.details  # by the other leg, which gets that much less back
        safer = equalise.EqualisePlan(
            cut=plan,
            margin_usdc=margin
            + (moved if leg == Leg.SHORT and not is_given else ZERO)
            - (moved if leg == Leg.LONG and is_given else ZERO),
            moved_usdc=(moved if leg == Leg.LONG and not is_given else ZERO)
            - (moved if leg == Leg.SHORT and is_given else ZERO),
        )
        return lambda journal: equalise.next_step(safer, journal, manner=turning.manner)

    async def _ready(self, context: UserTradingContext, job: Job, position: Position) -> None:
        """Return once a short that is cut can be followed by the long; at once when begun.

        Raises Unavailable NET-0003, for the queue to deliver the job again, until then.
        """
        async with self._transactions.for_user(job.user_id) as work:
            present = await work.jobs.get(job.id) or job
            if has_begun(present.details, await work.journals.of_job(job.id)):
                return
        silent = await self._pairs.silent(context, position)
        await self._desk.waits(job, for_whom=silent)
        await self._alone.hold(context, job, position, silent)
        if silent is not None:
            raise Unavailable(
                ErrorCode.VENUE_DOWN, f"{silent} does not answer; both legs stay as they are"
            )

    async def _progress(self, job: Job, journal: Journal) -> Position:
        position = await self._record.of(job)
        return await self._record.change(
            job.user_id,
            position.id,
            lambda p: replace(p, state=moved(p.state, reduce.state_of(journal))),
            "position_update",
        )

    async def _finish(
        self,
        context: UserTradingContext,
        job: Job,
        finished: Finished,
        turning: Turning,
        plan: reduce.ReducePlan,
    ) -> DomainError | None:
        position = await self._record.of(job)
        async with self._transactions.for_user(job.user_id) as work:
            alone, journal = parts(job.details, await work.journals.of_job(job.id))
        has_left = journal.is_done(StepName.LEAVE)
        if has_left:
            await known(self._book.book_funding(context, position, is_last=True))
        failure = None
        if finished.failure is not None:
            failure = DomainError(finished.failure, finished.reason)
        elif has_left and not turning.is_asked:
            failure = DomainError(
                ErrorCode.REDUCE_FAILED,
                "a part could not be sold and the pair not be restored: it was closed",
            )
        told = failure if has_left else None

        def ended(present: Position) -> Position:
            state = PositionState.HEDGED
            if has_left:
                state = PositionState.STUCK_UNWIND if finished.is_stuck else PositionState.CLOSED
            return replace(
                reduced_pair(after_alone(present, alone), journal, plan.fraction),
                state=arrived(present.state, state),
                # Seen before: the old long beside the new short would show a result of nowhere.
                observation=None,
                closed_at=self._clock.now() if state is PositionState.CLOSED else None,
                failure_code=told.code.code if told else None,
                failure=told.message if told else None,
            )

        event = "position_closed" if has_left and not finished.is_stuck else "position_update"
        smaller = await self._record.change(
            job.user_id,
            position.id,
            ended,
            event,
            ended=self._desk.ended(job, failure),
            check=lambda present: turning.check(present, journal),
        )
        if not has_left:
            await known(self._book.observe(context, smaller))
        return failure


def _is_overtaken(job: Job, plan: reduce.ReducePlan) -> bool:
    """Whether a defence has nothing left to do, because a leg was defended alone before."""
    is_defence = DEFENDS in job.details or FEEDS in job.details
    return is_defence and leg_of(job.details) is not None and plan.fraction == 0
