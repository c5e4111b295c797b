"""Closing what no position claims: a job with a journal, and its money on the orphan's row."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import ENDED, JobDesk, job_event
from asgard_basis.application.oversight.existence_reader import ExistenceReader
from asgard_basis.application.oversight.orphan_book import key_of
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.saga_runner import Performer, SagaRunner
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.existence import SweepLong, SweepPerp
from asgard_basis.domain.saga import sweep
from asgard_basis.domain.saga.step import (
    Finished,
    Intent,
    Journal,
    OrderIntent,
    Outcome,
    Perform,
    Step,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.orphans import Orphan, OrphanEnding, OrphanKind
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions

_ORPHAN, _SIZE = "orphan", "size"
"""Names in a job's details: what is swept, and how much of the perpetual."""
_AGAIN_AFTER = timedelta(seconds=60)
"""Between a sweep that failed and the next."""


class SweepExposure:
    """From an orphan to money in the wallets."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        desk: JobDesk,
        runner: SagaRunner,
        pairs: PairFactory,
        reader: ExistenceReader,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._runner = runner
        self._pairs = pairs
        self._reader = reader
        self._clock = clock

    async def request(self, orphan: Orphan) -> None:
        """Take it on, unless it is under way, has failed a moment ago, or is over."""
        user_id = orphan.user_id
        async with self._transactions.for_user(user_id) as work:
            present = await work.orphans.get(orphan.id)
            if present is None or present.ended_at is not None:
                return
            before = await work.jobs.get(present.job_id) if present.job_id else None
            if before is not None and not self._is_over(before):
                return
            # Two that ask at once name the same job before theirs, and meet at the key.
            key = f"sweep:{present.id}:{present.job_id or 'first'}"
            if await work.jobs.by_key(user_id, key) is not None:
                return
            job = self._desk.new(user_id, JobKind.SWEEP, key=key)
            job = replace(job, details={_ORPHAN: present.id})
            await work.jobs.add(job)
            await work.orphans.put(replace(present, job_id=job.id))
            await work.outbox.append(job_event(job))

    def _is_over(self, job: Job) -> bool:
        ended = job.status in ENDED and job.finished_at is not None
        return ended and self._clock.host() - (job.finished_at or job.created_at) >= _AGAIN_AFTER

    async def run(self, job: Job) -> DomainError | None:
        """Carry it out, or continue it; the reason when something of it is still held."""
        context = await trading_context(self._transactions, job.user_id)
        orphan = await self._orphan(job)
        if orphan is None or orphan.ended_at is not None:
            return None
        job, held_short = await self._planned(context, job, orphan)
        if _SIZE not in job.details:
            await self._ended(job, orphan, OrphanEnding.GONE, sweep.Swept())
            return None
        size = Decimal(job.details[_SIZE])
        plan = sweep.SweepPlan(
            perp_size=size,
            holds_long=orphan.kind is OrphanKind.LONG,
            size_step=await self._pairs.lot(),
        )
        steps: Performer = self._pairs.sweeping(
            context, orphan, job=job, since=self._clock.now(), held_short=held_short
        )
        finished = await self._runner.run(
            job,
            decide=lambda journal: sweep.next_step(plan, journal),
            performer=_Selling(steps) if size < 0 else steps,
            on_progress=_nothing,
        )
        return await self._finish(job, orphan, plan, finished)

    async def _planned(
        self, context: UserTradingContext, job: Job, orphan: Orphan
    ) -> tuple[Job, Decimal]:
        """How much is swept, decided once: by a look of this very moment, under the user's lock.

        Raises Unavailable NET-0003 while a venue cannot be asked: nothing is closed on hearsay.
        """
        look = await self._reader.look(context)
        held = sum((pair.short for pair in look.facts.pairs), ZERO)
        if _SIZE in job.details:
            return job, held
        if not look.is_complete:
            raise Unavailable(ErrorCode.VENUE_DOWN, "a venue cannot be asked what it holds")
        kind = SweepLong if orphan.kind is OrphanKind.LONG else SweepPerp
        found = next(
            (v for v in look.verdicts if isinstance(v, kind) and key_of(v) == orphan.key), None
        )
        if found is None:
            return job, held
        planned = replace(job, details={**job.details, _SIZE: str(found.short)})
        async with self._transactions.for_user(job.user_id) as work:
            await work.jobs.save(planned)
        return planned, held

    async def _finish(
        self, job: Job, orphan: Orphan, plan: sweep.SweepPlan, finished: Finished
    ) -> DomainError | None:
        async with self._transactions.for_user(job.user_id) as work:
            journal = await work.journals.of_job(job.id)
        result = sweep.swept(plan, journal)
        if finished.failure is not None:
            # What was closed of it shows in the job; the rest is found again by the next look.
            return DomainError(finished.failure, finished.reason)
        is_gone = result.size == 0
        ending = OrphanEnding.GONE if is_gone else OrphanEnding.SWEPT
        await self._ended(job, orphan, ending, result)
        return None

    async def _ended(
        self, job: Job, orphan: Orphan, ending: OrphanEnding, result: sweep.Swept
    ) -> None:
        """The row, its alarm and the job in one transaction."""
        now = self._clock.host()
        ended = self._desk.ended(job)
        async with self._transactions.for_user(job.user_id) as work:
            await work.orphans.end(
                replace(
                    orphan,
                    ended_at=now,
                    ending=ending,
                    swept=result.size,
                    swept_usd=result.usd,
                    fee_usdc=result.fee_usdc,
                    network_fee_sol=result.network_fee_sol,
                )
            )
            await work.alarms.resolve(AlarmKind.ORPHAN_EXPOSURE, orphan.id, at=now)
            await work.jobs.save(ended)
            await work.outbox.append(job_event(ended))

    async def _orphan(self, job: Job) -> Orphan | None:
        async with self._transactions.for_user(job.user_id) as work:
            return await work.orphans.get(job.details[_ORPHAN])


class _Selling:
    """The same hands for a perpetual held long: what would buy back sells, reduce-only still."""

    def __init__(self, steps: Performer) -> None:
        self._steps = steps

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        """The order turned around, with the band on the other side of the price."""
        intent = await self._steps.prepare(command, journal, attempt)
        if not isinstance(intent, OrderIntent):
            return intent
        limit = 2 * intent.mid_price - intent.limit_price
        return replace(intent, is_buy=False, limit_price=limit)

    async def execute(self, step: Step) -> Outcome:
        """See Performer."""
        return await self._steps.execute(step)

    async def resolve(self, step: Step) -> Outcome:
        """See Performer."""
        return await self._steps.resolve(step)


async def _nothing(_journal: Journal) -> None:
    """There is no position to bring up to date."""
