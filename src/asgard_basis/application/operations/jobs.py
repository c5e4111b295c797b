"""Durable work: taken on once under a key, visible step by step."""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.application.operations.waiting import (
    WAITING_FOR,
    WAITING_SINCE,
    still_held,
    waiting,
)
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.saga.step import (
    Journal,
    LongObserved,
    OrderDone,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Event, Job, JobKind, JobStatus
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

TITLES: dict[StepName, str] = {
    StepName.APPROVE_AGENT: "Let the trading key trade",
    StepName.SET_LEVERAGE: "Set margin on Hyperliquid",
    StepName.OPEN_LONG: "Long being bought on Solana",
    StepName.READ_LONG: "Read what the long really holds",
    StepName.OPEN_SHORT: "Short being placed, sized from what the long really filled",
    StepName.ADD_MARGIN: "Bring the margin to the plan",
    StepName.VALIDATE: "Check both legs",
    StepName.CLOSE_SHORT: "Short being bought back",
    StepName.OBSERVE_LONG: "Look at the long",
    StepName.CLOSE_LONG: "Long being sold on Solana",
    StepName.OBSERVE_SHORT: "Look at the short",
    StepName.REDUCE_LONG: "Part of the long being sold on Solana",
    StepName.REPAY_LONG: "Debt of the long being repaid",
    StepName.TURN_BACK: "Turn back: restore what was held",
    StepName.LEAVE: "Give up: close what is held",
    StepName.SETTLE: "Settle the books",
    StepName.TRANSFER_TO_BRIDGE: "USDC leaving Arbitrum",
    StepName.AWAIT_CREDIT: "Waiting for Hyperliquid to credit it",
    StepName.WITHDRAW: "USDC leaving Hyperliquid",
    StepName.AWAIT_ARRIVAL: "Waiting for it on Arbitrum",
    StepName.ALLOW_BURN: "Let Circle take it",
    StepName.BURN: "USDC leaving for the other chain",
    StepName.AWAIT_ATTESTATION: "Waiting for Circle's attestation",
    StepName.MINT: "USDC arriving on the other chain",
}

PLANNED: dict[JobKind, tuple[StepName, ...]] = {
    JobKind.OPEN: (
        StepName.APPROVE_AGENT,
        StepName.SET_LEVERAGE,
        StepName.OPEN_LONG,
        StepName.READ_LONG,
        StepName.OPEN_SHORT,
        StepName.ADD_MARGIN,
        StepName.VALIDATE,
    ),
    JobKind.CLOSE: (
        StepName.OBSERVE_SHORT,
        StepName.CLOSE_SHORT,
        StepName.OBSERVE_LONG,
        StepName.CLOSE_LONG,
        StepName.SETTLE,
    ),
    JobKind.DEPOSIT: (StepName.TRANSFER_TO_BRIDGE, StepName.AWAIT_CREDIT),
    JobKind.REDUCE: (
        StepName.OBSERVE_LONG,
        StepName.CLOSE_SHORT,
        StepName.REDUCE_LONG,
        StepName.VALIDATE,
    ),
    JobKind.REPAIR: (StepName.OBSERVE_LONG, StepName.OBSERVE_SHORT, StepName.VALIDATE),
    JobKind.MOVE: (StepName.BURN, StepName.AWAIT_ATTESTATION, StepName.MINT),
    JobKind.SWEEP: (),
    JobKind.PROVISION: (),
}


@dataclass(frozen=True, slots=True)
class FailureView:
    """Why something ended."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as a person sees it."""

    name: str
    title: str
    status: str
    attempt: int
    seconds: Decimal | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a person sees it."""

    job_id: str
    kind: str
    status: str
    position_id: str | None
    amount_usdc: Decimal | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: FailureView | None
    steps: list[StepView]
    waiting_for: str | None = None
    waiting_since: datetime | None = None
    remains: tuple[str, ...] = ()


REASON = "reason"
"""In a job's details: why the product itself asked for it."""
ENDED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED})
"""Nothing more will be done for a job."""
_TURNING = frozenset({JobKind.REDUCE, JobKind.REPAIR})
"""What may come to close its position."""


def request_hash(request: dict[str, str]) -> str:
    """A digest of what was asked, to notice a key used for something else."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def random_id() -> str:
    """An id nobody else has drawn."""
    return str(uuid.uuid4())


class JobDesk:
    """Takes work on and tells how far it is; `ids` gives every record its own."""

    def __init__(
        self, transactions: Transactions, clock: Clock, *, ids: Callable[[], str] = random_id
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self.fresh_id = ids

    async def earlier(
        self, work: UnitOfWork, user_id: UserId, key: str | None, digest: str
    ) -> Job | None:
        """The job already taken on under the key.

        Raises DomainError VAL-0010 when the key came with another request.
        """
        if key is None:
            return None
        job = await work.jobs.by_key(user_id, key)
        if job is not None and job.request_hash != digest:
            raise DomainError(ErrorCode.IDEMPOTENCY_MISMATCH)
        return job

    def new(
        self,
        user_id: UserId,
        kind: JobKind,
        *,
        position_id: PositionId | None = None,
        amount_usdc: Decimal | None = None,
        fraction: Decimal | None = None,
        key: str | None = None,
        digest: str | None = None,
        reason: str | None = None,
    ) -> Job:
        """A pending job with a fresh id."""
        return Job(
            id=JobId(self.fresh_id()),
            user_id=user_id,
            kind=kind,
            status=JobStatus.PENDING,
            created_at=self._clock.host(),
            position_id=position_id,
            amount_usdc=amount_usdc,
            fraction=fraction,
            idempotency_key=key,
            request_hash=digest,
            details={} if reason is None else {REASON: reason},
        )

    async def started(self, job: Job) -> Job:
        """Mark it running (again, after a restart)."""
        running = replace(
            job, status=JobStatus.RUNNING, started_at=job.started_at or self._clock.host()
        )
        await self._save(running)
        return running

    def ended(self, job: Job, failure: DomainError | None = None) -> Job:
        """The job completed, or failed with its reason; for whoever saves it with its effect."""
        return replace(
            job,
            status=JobStatus.FAILED if failure else JobStatus.COMPLETED,
            started_at=job.started_at or self._clock.host(),
            finished_at=self._clock.host(),
            error_code=failure.code.code if failure else None,
            error=failure.message if failure else None,
        )

    async def finished(self, job: Job, failure: DomainError | None = None) -> None:
        """Mark it ended, unless that was done together with its effect."""
        async with self._transactions.for_user(job.user_id) as work:
            present = await work.jobs.get(job.id)
            if present is None or present.status in ENDED:
                return
            ended = self.ended(present, failure)
            await work.jobs.save(ended)
            await work.outbox.append(job_event(ended))

    async def view(self, user_id: UserId, job_id: JobId) -> JobView:
        """How far a job is; raises DomainError POS-0007 when it is not this user's."""
        async with self._transactions.for_user(user_id) as work:
            job = await work.jobs.get(job_id)
            if job is None:
                raise DomainError(ErrorCode.JOB_NOT_FOUND)
            journal = await work.journals.of_job(job_id)
            position = await work.positions.get(job.position_id) if job.position_id else None
        view = job_view(job, journal)
        is_leaving = job.kind is JobKind.CLOSE or (job.kind in _TURNING and _has_left(journal))
        if is_leaving and position is not None:
            left = still_held(position, None if job.status in ENDED else journal)
            view = replace(view, remains=tuple(left))
        waits = None if job.status in ENDED else waiting(job.details, journal, self._clock.now())
        if waits is not None:
            view = replace(view, waiting_for=waits.for_whom, waiting_since=waits.since)
        return view

    async def waits(self, job: Job, *, for_whom: str | None) -> None:
        """Tell for whom a job waits that has not begun, or that it waits for nobody any more."""
        async with self._transactions.for_user(job.user_id) as work:
            present = await work.jobs.get(job.id)
            told = present.details.get(WAITING_FOR, "") if present else ""
            if told == (for_whom or ""):
                return
            since = self._clock.now().isoformat() if for_whom else ""
            await work.jobs.note(job.id, {WAITING_FOR: for_whom or "", WAITING_SINCE: since})
            await work.outbox.append(job_event(job))

    async def _save(self, job: Job) -> None:
        async with self._transactions.for_user(job.user_id) as work:
            await work.jobs.save(job)
            await work.outbox.append(job_event(job))


def job_event(job: Job) -> Event:
    """The announcement of a job's progress."""
    return Event(
        "job_update",
        {"job_id": job.id, "kind": job.kind.value, "status": job.status.value},
        job.user_id,
    )


def job_view(job: Job, journal: Journal) -> JobView:
    """A job with the steps that happened and those still to come."""
    steps = [step_view(step) for step in journal.steps]
    is_active = job.status in {JobStatus.PENDING, JobStatus.RUNNING}
    if is_active and not _has_left(journal):
        seen = {step.name for step in journal.steps}
        steps += [
            StepView(name.value, TITLES[name], "waiting", 0, None, None)
            for name in PLANNED[job.kind]
            if name not in seen
        ]
    return JobView(
        job_id=job.id,
        kind=job.kind.value,
        status=job.status.value,
        position_id=job.position_id,
        amount_usdc=job.amount_usdc,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        error=FailureView(job.error_code, job.error or "") if job.error_code else None,
        steps=steps,
    )


def step_view(step: Step) -> StepView:
    """One journal line in words."""
    status = {
        StepStatus.INTENDED: "running",
        StepStatus.DONE: "done",
        StepStatus.REFUSED: "failed",
        StepStatus.UNAVAILABLE: "failed",
    }[step.status]
    seconds = None
    if step.finished_at is not None:
        elapsed = (step.finished_at - step.intended_at).total_seconds()
        seconds = Decimal(f"{max(0.0, elapsed):.1f}")
    return StepView(
        name=step.name.value,
        title=TITLES[step.name],
        status=status,
        attempt=step.attempt,
        seconds=seconds,
        detail=step.error or _detail(step),
    )


def _detail(step: Step) -> str | None:
    if isinstance(step.outcome, OrderDone) and step.outcome.result.average_price is not None:
        result = step.outcome.result
        return f"{result.filled_size} SOL at ${result.average_price:,.2f}"
    if isinstance(step.outcome, LongObserved) and step.outcome.state is None:
        return "Not there any more: liquidated, or closed by somebody else."
    return None


def _has_left(journal: Journal) -> bool:
    return any(s.name is StepName.LEAVE for s in journal.steps)
