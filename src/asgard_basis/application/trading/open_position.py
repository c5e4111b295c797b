"""Opening: taken on as a job at once, carried out by a worker."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import JobDesk, job_event, request_hash
from asgard_basis.application.operations.pause import refuse_when_paused
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.position_record import PositionRecord
from asgard_basis.application.trading.preflight import EntryOrder, Preflight, PreflightReport, known
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.application.trading.turns import Turns
from asgard_basis.application.trading.wallet_rules import WalletRules
from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ZERO, Leverage
from asgard_basis.domain.position.lifecycle import PositionState, moved
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga import entry
from asgard_basis.domain.saga.progress import closed_long, opened_long
from asgard_basis.domain.saga.short_record import opened_short
from asgard_basis.domain.saga.step import SETTINGS, Finished, Journal, Step, StepName
from asgard_basis.domain.strategy.checks import PREFLIGHT
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

_PATIENCE = timedelta(minutes=2)
"""How long an opening waits for a venue that cannot be asked; nothing has been sent by then."""


class OpenPosition:
    """From a request to a hedged pair, or to nothing with a reason."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        preflight: Preflight,
        gate: OpeningGate,
        rules: WalletRules,
        desk: JobDesk,
        runner: SagaRunner,
        pairs: PairFactory,
        book: PositionBook,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._preflight = preflight
        self._gate = gate
        self._rules = rules
        self._desk = desk
        self._runner = runner
        self._pairs = pairs
        self._book = book
        self._clock = clock
        self._limits = limits
        self._record = PositionRecord(transactions)

    async def request(
        self,
        user_id: UserId,
        order: EntryOrder,
        key: str | None,
        *,
        also: Callable[[UnitOfWork, Job], Awaitable[None]] | None = None,
        reason: str | None = None,
    ) -> Job:
        """Check, then take the opening on; the same key gives the same job again.

        `also` is done in the transaction that takes it on: both happen, or neither. `reason` is
        what the audit log tells of why.
        Raises the first failing check as its error; nothing is moved then.
        """
        digest = request_hash(
            {
                "asset": order.asset,
                "size_usd": str(order.size_usd),
                "leverage": str(order.leverage.value),
                "protocol": str(order.protocol),
            }
        )
        async with self._transactions.for_user(user_id) as work:
            earlier = await self._desk.earlier(work, user_id, key, digest)
        if earlier is not None:
            return earlier
        await self._gate.admit(user_id, order.asset, order.protocol)
        context = await trading_context(self._transactions, user_id)
        report = await self._preflight.check(context, order)
        if not report.passed and not report.is_known:
            raise Unavailable(
                ErrorCode.VENUE_DOWN, "A venue cannot be asked just now; nothing was sent."
            )
        if not report.passed:
            raise report.first_failure()
        position = Position(
            id=PositionId(self._desk.fresh_id()),
            user_id=user_id,
            asset=order.asset,
            protocol=report.lender.protocol,
            state=PositionState.REQUESTED,
            size_usd=order.size_usd,
            leverage=order.leverage.value,
            requested_at=self._clock.now(),
        )
        job = self._desk.new(
            user_id,
            JobKind.OPEN,
            position_id=position.id,
            key=key,
            digest=digest,
            reason=reason,
        )
        async with self._transactions.for_user(user_id) as work:
            await refuse_when_paused(work, user_id)
            await work.positions.add(position)
            await work.strategies.opening(user_id, at=position.requested_at)
            await work.jobs.add(job)
            await work.outbox.append(job_event(job))
            if also is not None:
                await also(work, job)
        return job

    async def run(self, job: Job) -> DomainError | None:
        """Carry the opening out, or continue it; the reason when it ended without a pair."""
        context = await trading_context(self._transactions, job.user_id)
        position = await self._record.of(job)
        job, failure = await self._planned(job, context, position)
        if failure is not None:
            await self._give_up(context, job, position)
            await self._fail(job, position, failure)
            return failure
        held_elsewhere = await self._record.others_short(position)
        steps = self._pairs.steps(
            context,
            position,
            job=job,
            plan=job.plan,
            held_short=held_elsewhere,
            admit=lambda: self._gate.admit(job.user_id, position.asset, position.protocol),
        )
        turns = Turns(self._transactions, job)
        finished = await self._runner.run(
            job,
            decide=lambda journal: entry.next_step(_plan(job), journal),
            performer=steps,
            on_progress=lambda journal: self._progress(job, journal, turns),
        )
        return await self._finish(context, job, finished)

    async def _planned(
        self, job: Job, context: UserTradingContext, position: Position
    ) -> tuple[Job, DomainError | None]:
        """The job with its plan; checked once more, because time has passed since the request.

        Also one that has a plan, but has not bought anything yet: its worker may have been gone
        for hours, and the plan is of another market.
        """
        if job.plan is not None and await self._has_begun(job):
            return job, None
        order = EntryOrder(
            position.asset, position.size_usd, Leverage(position.leverage), position.protocol
        )
        try:
            await self._gate.admit(job.user_id, position.asset, position.protocol)
            report = await self._preflight.check(context, order, is_counted=True)
            if report.passed:
                await self._rules.allow(context, position.protocol)
        except DomainError as error:
            if isinstance(error, Unavailable) and self._is_patient(job):
                raise
            return job, error
        if not report.passed and not report.is_known and self._is_patient(job):
            raise Unavailable(ErrorCode.VENUE_DOWN, "a venue cannot be asked just now")
        planned = replace(job, plan=self._plan_of(report, position)) if report.passed else job
        async with self._transactions.for_user(job.user_id) as work:
            await work.decisions.note([self._card(report, position)])
            if report.passed:
                await work.jobs.save(planned)
        return planned, None if report.passed else report.first_failure()

    def _card(self, report: PreflightReport, position: Position) -> WhyCard:
        """Why it was entered or refused; the hours behind the rates are not kept with it."""
        facts = replace(report.facts, snapshot=replace(report.snapshot, recent_funding=()))
        return PREFLIGHT.card(
            facts,
            self._limits,
            card_id=self._desk.fresh_id(),
            user_id=position.user_id,
            subject=f"position:{position.id}",
            at=self._clock.now(),
            position_id=position.id,
        )

    async def _has_begun(self, job: Job) -> bool:
        async with self._transactions.for_user(job.user_id) as work:
            journal = await work.journals.of_job(job.id)
        return journal.attempts(StepName.OPEN_LONG) > 0

    def _is_patient(self, job: Job) -> bool:
        return self._clock.host() - job.created_at < _PATIENCE

    def _plan_of(self, report: PreflightReport, position: Position) -> entry.EntryPlan:
        split = report.priced.split
        fee = split.short_sol * report.snapshot.perp.mark_price * report.fees.perp_taker
        return entry.EntryPlan(
            collateral_usdc=split.collateral_usdc,
            long_leverage=position.leverage,
            short_margin_usdc=split.margin_usdc - fee,
            short_leverage=split.venue_leverage,
            size_step=report.snapshot.perp.size_step,
            min_order_usd=self._limits.short_order_usd_min,
            reference_price=report.snapshot.perp.mark_price,
        )

    async def _give_up(self, context: UserTradingContext, job: Job, position: Position) -> None:
        """Leave no step open behind an opening that ends before it bought anything."""
        # What other positions hold in the account is no matter for looking at its settings.
        steps = self._pairs.steps(context, position, job=job, plan=job.plan, held_short=ZERO)
        await self._runner.give_up(job, look=steps.look)

    async def _progress(self, job: Job, journal: Journal, turns: Turns) -> None:
        plan = _plan(job)

        def progressed(position: Position) -> Position:
            updated = recorded(position, journal, plan)
            return replace(updated, state=_state(position.state, journal))

        position = await self._record.of(job)
        await self._record.change(job.user_id, position.id, progressed, "position_update")
        if entry.state_of(journal) is PositionState.UNWINDING or _can_only_wait(journal):
            await turns.taken(journal)
        if turns.is_waiting and _is_setting(journal.open_step()) and not self._is_patient(job):
            # Delivered again, it is checked as before its first step, and ended or planned anew.
            raise Unavailable(
                ErrorCode.VENUE_DOWN, "Hyperliquid does not answer; nothing was bought"
            )

    async def _finish(
        self, context: UserTradingContext, job: Job, finished: Finished
    ) -> DomainError | None:
        position = await self._record.of(job)
        if finished.failure is None:
            hedged = await self._record.change(
                job.user_id,
                position.id,
                lambda p: replace(
                    p,
                    state=moved(p.state, PositionState.HEDGED),
                    hedged_at=self._clock.now(),
                ),
                "position_opened",
                ended=self._desk.ended(job),
            )
            # Only for showing: the monitor looks again in a few seconds.
            await known(self._book.observe(context, hedged))
            return None
        failure = DomainError(finished.failure, finished.reason)
        await known(self._book.book_funding(context, position, is_last=True))
        if finished.is_stuck:
            await self._record.change(
                job.user_id,
                position.id,
                lambda p: replace(
                    p,
                    state=moved(p.state, PositionState.STUCK_UNWIND),
                    failure_code=failure.code.code,
                    failure=failure.message,
                ),
                "position_update",
                ended=self._desk.ended(job, failure),
            )
            return failure
        await self._fail(job, position, failure)
        return failure

    async def _fail(self, job: Job, position: Position, failure: DomainError) -> None:
        async with self._transactions.for_user(job.user_id) as work:
            journal = await work.journals.of_job(job.id)
        is_unwound = journal.is_done(StepName.OPEN_LONG)

        def ended(position: Position) -> Position:
            state = PositionState.UNWOUND if is_unwound else PositionState.FAILED
            return replace(
                position,
                state=moved(position.state, state),
                closed_at=self._clock.now(),
                failure_code=failure.code.code,
                failure=failure.message,
            )

        await self._record.change(
            job.user_id,
            position.id,
            ended,
            "position_closed",
            ended=self._desk.ended(job, failure),
        )


def recorded(position: Position, journal: Journal, plan: entry.EntryPlan) -> Position:
    """The position with the legs' records an entry journal stands for, unwinding included."""
    long = opened_long(journal)
    return replace(
        position,
        long=closed_long(long, journal) if long else None,
        short=opened_short(journal, plan),
    )


def _state(present: PositionState, journal: Journal) -> PositionState:
    return moved(present, entry.state_of(journal))


def _can_only_wait(journal: Journal) -> bool:
    """A venue has been asked for something and says nothing, and no leg stands alone meanwhile.

    A purchase the chain is silent about cannot be hedged yet either.
    """
    sent = journal.open_step()
    return _is_setting(sent) or (sent is not None and sent.name is StepName.OPEN_LONG)


def _is_setting(step: Step | None) -> bool:
    return step is not None and step.name in SETTINGS


def _plan(job: Job) -> entry.EntryPlan:
    if job.plan is None:
        raise DomainError(ErrorCode.INTERNAL, "an opening was run without its plan")
    return job.plan
