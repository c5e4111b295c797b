"""USDC from Arbitrum to Hyperliquid: asked for by the person, proven by the venue's ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.operations.jobs import (
    FailureView,
    JobDesk,
    job_event,
    request_hash,
)
from asgard_basis.application.trading.lookups import looked_up
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.domain.assets import HYPERLIQUID_BRIDGE
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import TransactionHash, UserId
from asgard_basis.domain.money import plain
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.step import (
    Credited,
    EvmIntent,
    Intent,
    Journal,
    Outcome,
    Perform,
    PlainIntent,
    Step,
    StepName,
    Transferred,
)
from asgard_basis.domain.saga.transfer import next_deposit_step
from asgard_basis.ports.chains import ArbitrumChain, Landing, SignedTransfer
from asgard_basis.ports.repositories import Event, Job, JobKind, JobStatus
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import DepositCredit, PerpVenue

Claim = tuple[datetime, str]
"""When the venue booked a credit, and its hash."""
_LEDGER_MARGIN = timedelta(seconds=5)
_EARLIER_MAX = 50
_LOOKS_MAX = 6
"""About twenty seconds: the bridge may take hours, and a worker has other things to do."""


@dataclass(frozen=True, slots=True)
class DepositView:
    """One movement."""

    job_id: str
    amount_usdc: Decimal
    status: str
    stage: str
    transaction_hash: str | None
    created_at: datetime
    finished_at: datetime | None
    error: FailureView | None


class Deposits:
    """Taking deposits on, carrying them out, listing them."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        desk: JobDesk,
        runner: SagaRunner,
        arbitrum: ArbitrumChain,
        perp: PerpVenue,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._runner = runner
        self._arbitrum = arbitrum
        self._perp = perp
        self._limits = limits

    async def request(self, user_id: UserId, amount_usdc: Decimal, key: str | None) -> Job:
        """Take a deposit on.

        Raises DomainError VAL-0009 under the venue's minimum, VAL-0006 above the cap, WAL-0002
        or WAL-0003 when the wallet has too little; nothing is moved then.
        """
        amount = self._amount(amount_usdc)
        digest = request_hash({"deposit": str(amount)})
        async with self._transactions.for_user(user_id) as work:
            earlier = await self._desk.earlier(work, user_id, key, digest)
        if earlier is not None:
            return earlier
        context = await trading_context(self._transactions, user_id)
        await self._check_wallet(context, amount)
        job = self._desk.new(user_id, JobKind.DEPOSIT, amount_usdc=amount, key=key, digest=digest)
        async with self._transactions.for_user(user_id) as work:
            await work.jobs.add(job)
            await work.outbox.append(job_event(job))
        return job

    async def run(self, job: Job) -> DomainError | None:
        """Carry it out, or continue it; the reason when nothing was moved."""
        if job.amount_usdc is None:
            return DomainError(ErrorCode.INTERNAL, "a deposit was run without its amount")
        context = await trading_context(self._transactions, job.user_id)
        steps = DepositSteps(
            context,
            job.amount_usdc,
            self._arbitrum,
            self._perp,
            claimed=await self._claimed(job.user_id),
        )
        finished = await self._runner.run(
            job,
            decide=next_deposit_step,
            performer=steps,
            on_progress=_nothing,
            looks_max=_LOOKS_MAX,
        )
        async with self._transactions.for_user(job.user_id) as work:
            await work.outbox.append(Event("balance_update", {}, job.user_id))
        if finished.failure is not None:
            return DomainError(finished.failure, finished.reason)
        return None

    async def hands(self, context: UserTradingContext) -> Callable[[Decimal], "DepositSteps"]:
        """For each amount the Performer of its deposit, where it is a part of something else."""
        claimed = await self._claimed(context.user_id)

        def steps(amount_usdc: Decimal) -> DepositSteps:
            return DepositSteps(context, amount_usdc, self._arbitrum, self._perp, claimed=claimed)

        return steps

    async def list(self, user_id: UserId, *, limit: int = 50) -> list[DepositView]:
        """The user's movements, newest first."""
        views: list[DepositView] = []
        async with self._transactions.for_user(user_id) as work:
            for job in await work.jobs.recent(kind=JobKind.DEPOSIT, limit=limit):
                views.append(_view(job, await work.journals.of_job(job.id)))
        return views

    async def _claimed(self, user_id: UserId) -> frozenset[Claim]:
        """The venue's records by which other deposits and moves were completed."""
        async with self._transactions.for_user(user_id) as work:
            jobs = [
                job
                for kind in (JobKind.DEPOSIT, JobKind.MOVE)
                for job in await work.jobs.recent(kind=kind, limit=_EARLIER_MAX)
            ]
            journals = [await work.journals.of_job(job.id) for job in jobs]
        credits = [o for journal in journals for o in journal.outcomes(StepName.AWAIT_CREDIT)]
        return frozenset((c.credited_at, c.record) for c in credits if isinstance(c, Credited))

    def _amount(self, amount_usdc: Decimal) -> Decimal:
        amount = amount_usdc.quantize(Decimal("0.000001"))
        if amount != amount_usdc:
            raise DomainError(ErrorCode.INVALID_INPUT, "USDC has at most 6 decimals")
        if amount < self._limits.deposit_usdc_min:
            raise DomainError(
                ErrorCode.DEPOSIT_TOO_SMALL,
                "Deposits under 5 USDC are lost on Hyperliquid, so we do not forward them.",
            )
        if amount > self._limits.deposit_usdc_max:
            raise DomainError(
                ErrorCode.SIZE_TOO_LARGE,
                f"at most {self._limits.deposit_usdc_max:,} USDC at once, was {amount:,}",
            )
        return amount

    async def _check_wallet(self, context: UserTradingContext, amount: Decimal) -> None:
        balances = await self._arbitrum.balances(context.evm_address)
        if balances.usdc < amount:
            raise DomainError(
                ErrorCode.INSUFFICIENT_USDC,
                f"{plain(amount)} USDC asked for, {plain(balances.usdc)} USDC on Arbitrum",
            )
        fee = await self._arbitrum.transfer_fee_eth()
        if balances.eth < fee:
            raise DomainError(
                ErrorCode.INSUFFICIENT_ETH,
                f"{fee:.6f} ETH is needed for the network fee, {balances.eth:.6f} ETH is there",
            )


class DepositSteps:
    """The Performer of a deposit."""

    def __init__(
        self,
        context: UserTradingContext,
        amount_usdc: Decimal,
        arbitrum: ArbitrumChain,
        perp: PerpVenue,
        *,
        claimed: frozenset[Claim] = frozenset(),
    ) -> None:
        self._context = context
        self._amount = amount_usdc
        self._arbitrum = arbitrum
        self._perp = perp
        self._claimed = claimed

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        """The signed transfer, or what to look for in the venue's ledger."""
        if command.name is StepName.TRANSFER_TO_BRIDGE:
            signed = await self._arbitrum.prepare_usdc_transfer(
                self._context.trader.account, to=HYPERLIQUID_BRIDGE, amount_usdc=self._amount
            )
            return EvmIntent(signed.hash, signed.raw, signed.nonce, self._amount)
        sent = next(s for s in journal.steps if s.name is StepName.TRANSFER_TO_BRIDGE)
        return PlainIntent(sent.intended_at.isoformat())

    async def execute(self, step: Step) -> Outcome:
        """Broadcast, or look for the credit."""
        if isinstance(step.intent, EvmIntent):
            await self._arbitrum.send(_transfer(step.intent))
            return await self.resolve(step)
        return await self._credited(step)

    async def resolve(self, step: Step) -> Outcome:
        """The chain's word on the transfer, the ledger's word on the credit."""
        if not isinstance(step.intent, EvmIntent):
            return await self._credited(step)
        transfer = _transfer(step.intent)
        landing = await looked_up(
            self._arbitrum.landing(transfer, sender=self._context.evm_address),
            ErrorCode.ARBITRUM_RPC,
        )
        if landing is Landing.FAILED:
            raise Refused(ErrorCode.TRANSACTION_FAILED, "the transfer failed on Arbitrum")
        if landing is Landing.DEAD:
            raise Refused(ErrorCode.TRANSACTION_FAILED, "another transaction took its place")
        if landing is Landing.PENDING:
            await looked_up(self._arbitrum.send(transfer), ErrorCode.ARBITRUM_RPC)
            raise OutcomeUnknown(ErrorCode.ARBITRUM_RPC, "the transfer has not landed yet")
        fee = await looked_up(self._arbitrum.fee_paid_eth(transfer.hash), ErrorCode.ARBITRUM_RPC)
        return Transferred(transfer.hash, fee or Decimal(0))

    async def _credited(self, step: Step) -> Credited:
        # The venue's ledger carries its own hash, not the transfer's: amount and time decide.
        # Another that was sent later may be credited, and done, before this one is looked at.
        sent_at = step.intended_at
        if isinstance(step.intent, PlainIntent) and step.intent.value:
            sent_at = datetime.fromisoformat(step.intent.value)
        listed = await self._perp.deposits(
            self._context.evm_address, since=sent_at - _LEDGER_MARGIN
        )
        for deposit in listed:
            if deposit.amount_usdc == self._amount and not self._is_claimed(deposit):
                return Credited(deposit.amount_usdc, deposit.time, deposit.transaction_hash)
        raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "not credited yet")

    def _is_claimed(self, deposit: DepositCredit) -> bool:
        """Journals from before the venue's hash was kept claim by time alone."""
        names = {(deposit.time, deposit.transaction_hash), (deposit.time, "")}
        return not names.isdisjoint(self._claimed)


def _transfer(intent: EvmIntent) -> SignedTransfer:
    return SignedTransfer(TransactionHash(intent.hash), intent.raw, intent.nonce)


def _view(job: Job, journal: Journal) -> DepositView:
    sent = next((o for o in journal.outcomes(StepName.TRANSFER_TO_BRIDGE)), None)
    stage = "requested"
    if job.status is JobStatus.FAILED:
        stage = "failed"
    elif journal.is_done(StepName.AWAIT_CREDIT):
        stage = "credited"
    elif sent is not None:
        stage = "sent"
    return DepositView(
        job_id=job.id,
        amount_usdc=job.amount_usdc or Decimal(0),
        status=job.status.value,
        stage=stage,
        transaction_hash=sent.hash if isinstance(sent, Transferred) else None,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=FailureView(job.error_code, job.error or "") if job.error_code else None,
    )


async def _nothing(_journal: Journal) -> None:
    """A deposit has no record besides its job."""
