"""Carrying what a cut has set free from one leg's venue to the other's, and into that leg.

A move is written down together with the cut it follows and waits for it; it holds no lock that a
position needs, so whatever it waits for, its pair can be defended and closed meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import ENDED, FailureView
from asgard_basis.application.trading.reduce_position import AFTER, LEG, POSITION
from asgard_basis.application.trading.saga_runner import Performer, SagaRunner
from asgard_basis.application.trading.wallet_rules import WalletRules
from asgard_basis.application.trading.wishes import is_leaving
from asgard_basis.application.treasury.move_steps import MoveSteps
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.money import CENT, ZERO, floor_to, plain
from asgard_basis.domain.position.lifecycle import ENDED as ENDED_POSITION
from asgard_basis.domain.saga.alone import leg_of
from asgard_basis.domain.saga.move import LEAST_USDC, MovePlan, Place, next_step, whereabouts
from asgard_basis.domain.saga.outcome import Minted
from asgard_basis.domain.saga.step import Finished, Journal, Leg, StepStatus
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.rail import MoneyRoute, RailAccount
from asgard_basis.ports.repositories import Event, Job, JobKind, JobStatus
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.ports.venues import PerpVenue
from asgard_basis.ports.wallets import WalletRole

_DAY = timedelta(days=1)
_RECENT = 50
_DECIDED = "decided"
"""In a move's details: its amount is what was really set free."""
_LOOKS_MAX = 6
"""About twenty seconds; then the queue delivers it again, and others have its place."""
_SILENCES_MAX = 3
"""The same, for stages that nobody could be asked for."""
_AGAIN = timedelta(minutes=10)
"""Market time between two tries of what a person was told of."""


@dataclass(frozen=True, slots=True)
class MoveView:
    """One move and where its money is."""

    job_id: str
    position_id: str
    to: str
    amount_usdc: Decimal
    fees_usdc: Decimal
    status: str
    place: str
    is_certain: bool
    created_at: datetime
    finished_at: datetime | None
    error: FailureView | None


class Feeding(Protocol):
    """Putting money into a leg, as a job."""

    async def feed(
        self, user_id: UserId, position_id: PositionId, leg: str, amount_usdc: Decimal, key: str
    ) -> Job | None:
        """Take it on once; raises DomainError POS-0006 while something else is being done."""
        ...


class Depositing(Protocol):
    """The stages of a deposit, which end a move to the short."""

    async def hands(self, context: UserTradingContext) -> Callable[[Decimal], Performer]:
        """For each amount the Performer of its deposit."""
        ...


class Moves:
    """Carrying moves out; without a route they wait."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        runner: SagaRunner,
        route: MoneyRoute | None,
        rules: WalletRules,
        perp: PerpVenue,
        solana: SolanaChain,
        clock: Clock,
        feeding: Feeding,
        depositing: Depositing,
    ) -> None:
        self._transactions = transactions
        self._runner = runner
        self._route = route
        self._rules = rules
        self._perp = perp
        self._solana = solana
        self._clock = clock
        self._feeding = feeding
        self._depositing = depositing

    async def run(self, job: Job) -> DomainError | None:
        """Carry it out, or continue it; the reason when it did not arrive, and where it is.

        Raises Unavailable, for the queue to deliver it again, while somebody owes the money.
        """
        route = self._route
        if route is None:
            raise Unavailable(ErrorCode.RAIL_REFUSED, "the way between the chains is switched off")
        context = await trading_context(self._transactions, job.user_id)
        if _DECIDED not in job.details:
            await self._after_the_cut(job)
            decided = await self._decided(job, context)
            if isinstance(decided, DomainError):
                return decided
            job = decided
        plan = MovePlan(Leg(job.details[LEG]), job.amount_usdc or ZERO)
        hands = await self._depositing.hands(context)
        steps = self._steps(route, context, plan, hands)

        async with self._transactions.for_user(job.user_id) as work:
            before = len((await work.journals.of_job(job.id)).steps)

        async def progress(journal: Journal) -> None:
            steps.know(journal)
            silent = [s for s in journal.steps[before:] if s.status is StepStatus.UNAVAILABLE]
            if len(silent) >= _SILENCES_MAX:
                raise Unavailable(ErrorCode.NOT_READY, silent[-1].error or "nobody answers")

        finished = await self._runner.run(
            job,
            decide=lambda journal: next_step(plan, journal, tries_again=self._is_later(journal)),
            performer=steps,
            on_progress=progress,
            looks_max=_LOOKS_MAX,
        )
        return await self._concluded(job, plan, finished)

    def _is_later(self, journal: Journal) -> bool:
        last = journal.steps[-1] if journal.steps else None
        if last is None or last.finished_at is None:
            return False
        return self._clock.now() - last.finished_at >= _AGAIN

    async def _concluded(self, job: Job, plan: MovePlan, finished: Finished) -> DomainError | None:
        async with self._transactions.for_user(job.user_id) as work:
            journal = await work.journals.of_job(job.id)
            if finished.failure is None:
                # It may have been told of as stranded: it has arrived after all.
                now = self._clock.host()
                await work.alarms.resolve(AlarmKind.MONEY_STRANDED, job.id, at=now)
            if not finished.is_stuck:
                await work.outbox.append(Event("balance_update", {}, job.user_id))
        if finished.failure is None:
            await self._feed(job, plan, journal)
            return None
        failure = DomainError(finished.failure, finished.reason)
        if whereabouts(plan, journal).place is not Place.AT_SOURCE:
            await self._alarm(job, failure.message)
        if finished.is_stuck:
            raise Unavailable(ErrorCode.NOT_READY, failure.message)
        return failure

    async def list(self, user_id: UserId, *, limit: int = 50) -> list[MoveView]:
        """The user's moves, newest first."""
        async with self._transactions.for_user(user_id) as work:
            jobs = await work.jobs.recent(kind=JobKind.MOVE, limit=limit)
            return [_view(job, await work.journals.of_job(job.id)) for job in jobs]

    async def _after_the_cut(self, job: Job) -> None:
        """Return once the cut is made; raises Unavailable until then."""
        async with self._transactions.for_user(job.user_id) as work:
            cut = await work.jobs.get(JobId(job.details[AFTER]))
        if cut is not None and cut.status not in ENDED:
            raise Unavailable(ErrorCode.NOT_READY, "the cut that sets the money free comes first")

    async def _decided(self, job: Job, context: UserTradingContext) -> Job | DomainError:
        """The job with what is really free where it is taken, or why nothing is carried.

        A cut that failed, or came after a leg was cut alone, has set nothing free for this; what
        lies there belongs to its owner. So does what was a pair's that is closed or being closed.
        """
        async with self._transactions.for_user(job.user_id) as work:
            cut = await work.jobs.get(JobId(job.details[AFTER]))
            position_id = PositionId(job.details[POSITION])
            position = await work.positions.get(position_id)
            running = await work.jobs.unfinished(position_id=position_id)
            allowed = await _allowed(work, job, self._clock)
        if cut is None or cut.status is not JobStatus.COMPLETED or leg_of(cut.details) is not None:
            return _called_off(f"the cut has set less than {plain(LEAST_USDC)} USDC free")
        is_left = position is None or position.state in ENDED_POSITION
        if is_left or any(is_leaving(each) for each in running):
            return _called_off("the pair is closed, or being closed")
        if allowed < LEAST_USDC:
            return _called_off(f"its owner allows less than {plain(LEAST_USDC)} USDC now")
        if job.details[LEG] == Leg.LONG.value:
            free = (await self._perp.account(context.evm_address)).withdrawable_usdc
        else:
            free = (await self._solana.balances(context.solana_address)).usdc
        amount = floor_to(min(job.amount_usdc or ZERO, free, allowed), CENT)
        if amount < LEAST_USDC:
            return _called_off(f"the cut has set less than {plain(LEAST_USDC)} USDC free")
        await self._rules.renew(context, WalletRole.SOLANA, WalletRole.EVM)
        details = {**job.details, _DECIDED: "yes"}
        decided = replace(job, amount_usdc=amount, details=details)
        async with self._transactions.for_user(job.user_id) as work:
            await work.jobs.save(decided)
        return decided

    def _steps(
        self,
        route: MoneyRoute,
        context: UserTradingContext,
        plan: MovePlan,
        hands: Callable[[Decimal], Performer],
    ) -> MoveSteps:
        def deposit(minted: Minted) -> Performer:
            return hands(minted.amount_usdc)

        return MoveSteps(
            plan,
            RailAccount(context.trader.account, context.solana),
            rail=route.rail,
            withdrawals=route.withdrawals,
            payouts=route.payouts,
            clock=self._clock,
            deposit=deposit,
        )

    async def _alarm(self, job: Job, why: str) -> None:
        alarm = Alarm(
            id=f"stranded-{job.id}",
            kind=AlarmKind.MONEY_STRANDED,
            subject=job.id,
            raised_at=self._clock.host(),
            message=f"Money that was carried to the {job.details[LEG]} did not arrive: {why}.",
            user_id=job.user_id,
            position_id=PositionId(job.details[POSITION]),
            exposure_usd=job.amount_usdc,
        )
        async with self._transactions.for_user(job.user_id) as work:
            told = [(a.kind, a.subject, a.message) for a in await work.alarms.unresolved()]
            if (alarm.kind, alarm.subject, alarm.message) not in told:
                await work.alarms.put(alarm)

    async def _feed(self, job: Job, plan: MovePlan, journal: Journal) -> None:
        amount = floor_to(whereabouts(plan, journal).amount_usdc, CENT)
        position_id = PositionId(job.details[POSITION])
        try:
            await self._feeding.feed(
                job.user_id, position_id, plan.to.value, amount, f"feed:{job.id}"
            )
        except DomainError as error:
            if error.code is not ErrorCode.POSITION_BUSY:
                raise
            raise Unavailable(
                ErrorCode.NOT_READY, "it has arrived; something else is done with its pair first"
            ) from error


async def _allowed(work: UnitOfWork, job: Job, clock: Clock) -> Decimal:
    """What the owner's leave still has room for, beside what other moves of the day carry.

    Moves begin one after another, so two that were decided at once cannot both take the rest.
    """
    consent = await work.move_consents.get(job.user_id)
    if consent is None or not consent.is_given or not consent.may_cross:
        return ZERO
    since = clock.host() - _DAY / max(1.0, clock.speed)
    others = [
        other.amount_usdc or ZERO
        for other in await work.jobs.recent(kind=JobKind.MOVE, limit=_RECENT)
        if other.id != job.id and _DECIDED in other.details and other.created_at > since
    ]
    return max(ZERO, min(consent.per_move_usd, consent.per_day_usd - sum(others, ZERO)))


def _called_off(reason: str) -> DomainError:
    return DomainError(ErrorCode.CALLED_OFF, reason)


def _view(job: Job, journal: Journal) -> MoveView:
    found = whereabouts(MovePlan(Leg(job.details[LEG]), job.amount_usdc or ZERO), journal)
    return MoveView(
        job_id=job.id,
        position_id=job.details[POSITION],
        to=job.details[LEG],
        amount_usdc=found.amount_usdc,
        fees_usdc=found.fees_usdc,
        status=job.status.value,
        place=found.place.value,
        is_certain=found.is_certain,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=FailureView(job.error_code, job.error or "") if job.error_code else None,
    )
