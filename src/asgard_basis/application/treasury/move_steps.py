"""The hands of a move between the chains: every stage signed, stored, sent, and looked up."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from asgard_basis.application.trading.lookups import looked_up
from asgard_basis.application.trading.saga_runner import Performer
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.saga.intent import CallIntent, PlainIntent, WithdrawIntent
from asgard_basis.domain.saga.move import MovePlan
from asgard_basis.domain.saga.outcome import (
    Allowed,
    Arrived,
    Attested,
    Burned,
    Minted,
    Withdrawn,
)
from asgard_basis.domain.saga.step import Intent, Journal, Outcome, Perform, Step, StepName
from asgard_basis.domain.treasury.cctp import Chain
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.rail import (
    Attestation,
    BurnOrder,
    Payouts,
    RailAccount,
    SignedCall,
    SignedWithdrawal,
    UsdcRail,
    Withdrawals,
)

_LEDGER_LAG = timedelta(minutes=2)
"""Market time. A withdrawal refused when it was sent again, which no ledger shows for so long."""
_DEPOSIT = frozenset({StepName.TRANSFER_TO_BRIDGE, StepName.AWAIT_CREDIT})
_NODES = {Chain.ARBITRUM: ErrorCode.ARBITRUM_RPC, Chain.SOLANA: ErrorCode.SOLANA_RPC}


class MoveSteps:
    """The Performer of a move; `deposit` makes that of its last stages, which are a deposit's."""

    def __init__(
        self,
        plan: MovePlan,
        account: RailAccount,
        *,
        rail: UsdcRail,
        withdrawals: Withdrawals,
        payouts: Payouts,
        clock: Clock,
        deposit: Callable[[Minted], Performer],
    ) -> None:
        self._plan = plan
        self._account = account
        self._rail = rail
        self._withdrawals = withdrawals
        self._payouts = payouts
        self._clock = clock
        self._deposit = deposit
        self._journal = Journal()

    def know(self, journal: Journal) -> None:
        """What has happened, for the steps that are found by what was done before them."""
        self._journal = journal

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        """The signed transaction of the stage, or what to look for."""
        self.know(journal)
        source, size = self._plan.source, command.size
        match command.name:
            case StepName.WITHDRAW:
                block = await self._payouts.block_number()
                signed = await self._withdrawals.prepare(self._account.arbitrum, size)
                return WithdrawIntent(size, signed.nonce, signed.signature, block)
            case StepName.ALLOW_BURN:
                call = await self._rail.prepare_allowance(self._account, size)
                return _intent(call, command)
            case StepName.BURN:
                fee = await self._rail.fee_max(source, size)
                order = BurnOrder(source, size, fee)
                call = await self._rail.prepare_burn(self._account, order)
                return CallIntent(call.chain, call.id, call.raw, call.valid_until, size, fee)
            case StepName.MINT:
                said = self._attestation()
                if await self._rail.is_minted(source, said):
                    # A chain would refuse it: somebody else was faster, and it is here.
                    return CallIntent(source.other, _message_id(said), "", 0, size)
                call = await self._rail.prepare_mint(self._account, source, said)
                return _intent(call, command)
            case _ if command.name in _DEPOSIT:
                return await self._depositing().prepare(command, journal, attempt)
            case _:
                return PlainIntent()

    async def execute(self, step: Step) -> Outcome:
        """Send what was signed, then as `resolve`."""
        if step.name in _DEPOSIT:
            return await self._depositing().execute(step)
        if isinstance(step.intent, WithdrawIntent):
            await self._withdrawals.send(self._account.arbitrum, _withdrawal(step.intent))
        if isinstance(step.intent, CallIntent) and step.intent.raw:
            await self._rail.send(_call(step.intent))
        return await self.resolve(step)

    async def resolve(self, step: Step) -> Outcome:
        """What became of it: by nonce and ledger, by hash or signature, by Circle's word."""
        if step.name in _DEPOSIT:
            return await self._depositing().resolve(step)
        if isinstance(step.intent, WithdrawIntent):
            return await self._withdrawn(step, step.intent)
        if isinstance(step.intent, CallIntent):
            return await self._landed(step, step.intent)
        if step.name is StepName.AWAIT_ARRIVAL:
            return await self._arrived()
        return await self._attested()

    async def _withdrawn(self, step: Step, intent: WithdrawIntent) -> Withdrawn:
        wallet, signed = self._account.arbitrum, _withdrawal(intent)
        fee = await self._fee_paid(signed)
        if fee is None:
            try:
                # The same bytes under the same number: they happen once, now or then.
                await self._withdrawals.send(wallet, signed)
            except Unavailable as error:
                raise OutcomeUnknown(error.code, error.message, error.details) from error
            except Refused as error:
                # The first may have been taken, and the money it needed with it.
                if self._clock.now() - step.intended_at >= _LEDGER_LAG:
                    raise
                raise OutcomeUnknown(error.code, error.message, error.details) from error
            fee = await self._fee_paid(signed)
        if fee is None:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the withdrawal is not listed yet")
        return Withdrawn(intent.amount_usdc, fee)

    async def _fee_paid(self, signed: SignedWithdrawal) -> Decimal | None:
        wallet = self._account.arbitrum
        return await looked_up(
            self._withdrawals.fee_paid(wallet, signed), ErrorCode.HYPERLIQUID_UNKNOWN
        )

    async def _arrived(self) -> Arrived:
        intent = self._done(StepName.WITHDRAW).intent
        if not isinstance(intent, WithdrawIntent):
            raise OutcomeUnknown(ErrorCode.INTERNAL, "nothing was withdrawn")
        paid = await looked_up(
            self._payouts.payout(
                self._account.arbitrum, intent.nonce, from_block=intent.from_block
            ),
            ErrorCode.ARBITRUM_RPC,
        )
        if paid is None:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the bridge has not paid yet")
        return Arrived(paid.hash, paid.amount_usdc)

    async def _landed(self, step: Step, intent: CallIntent) -> Outcome:
        call, node = _call(intent), _NODES[intent.chain]
        if not intent.raw:
            return Minted("", intent.amount_usdc, self._kept())
        landing = await looked_up(self._rail.landing(self._account, call), node)
        if landing is Landing.PENDING:
            await looked_up(self._rail.send(call), node)
            raise OutcomeUnknown(node, "it has not landed yet")
        is_mint = step.name is StepName.MINT
        if landing is Landing.CONFIRMED:
            fee = await looked_up(self._rail.network_fee(self._account, call), node)
            if is_mint:
                return Minted(intent.id, intent.amount_usdc, self._kept(), fee)
            if step.name is StepName.BURN:
                return Burned(intent.id, intent.amount_usdc, intent.fee_max_usdc, fee)
            return Allowed(intent.id, fee)
        if is_mint and await looked_up(
            self._rail.is_minted(self._plan.source, self._attestation()), node
        ):
            return Minted("", intent.amount_usdc, self._kept())
        why = "failed" if landing is Landing.FAILED else "can no longer land"
        raise Refused(
            ErrorCode.TRANSACTION_FAILED, f"the transaction on {intent.chain.value} {why}"
        )

    async def _attested(self) -> Attested:
        burn = self._done(StepName.BURN).intent
        if not isinstance(burn, CallIntent):
            raise OutcomeUnknown(ErrorCode.INTERNAL, "nothing was burned")
        order = BurnOrder(self._plan.source, burn.amount_usdc, burn.fee_max_usdc)
        try:
            found = await self._rail.attestation(self._account, order, burn.id)
        except Unavailable as error:
            raise OutcomeUnknown(error.code, error.message, error.details) from error
        if found is None:
            raise OutcomeUnknown(ErrorCode.CIRCLE_API, "Circle has not attested the burn yet")
        return Attested(found.message.hex(), found.signatures.hex(), found.minted_usdc)

    def _kept(self) -> Decimal:
        """Circle's fee: what was burned less what is minted."""
        burned = self._done(StepName.BURN).outcome
        whole = burned.amount_usdc if isinstance(burned, Burned) else Decimal(0)
        return max(Decimal(0), whole - self._attestation().minted_usdc)

    def _attestation(self) -> Attestation:
        said = self._done(StepName.AWAIT_ATTESTATION).outcome
        if not isinstance(said, Attested):
            raise OutcomeUnknown(ErrorCode.INTERNAL, "nothing was attested")
        return Attestation(
            bytes.fromhex(said.message), bytes.fromhex(said.signatures), said.amount_usdc
        )

    def _depositing(self) -> Performer:
        minted = self._done(StepName.MINT).outcome
        if not isinstance(minted, Minted):
            raise OutcomeUnknown(ErrorCode.INTERNAL, "nothing was minted")
        return self._deposit(minted)

    def _done(self, name: StepName) -> Step:
        """The attempt of the step that was done; raises OutcomeUnknown without one."""
        for step in self._journal.steps:
            if step.name is name and step.outcome is not None:
                return step
        raise OutcomeUnknown(ErrorCode.INTERNAL, f"{name} was not done")


def _intent(call: SignedCall, command: Perform) -> CallIntent:
    return CallIntent(call.chain, call.id, call.raw, call.valid_until, command.size)


def _message_id(attestation: Attestation) -> str:
    """A name for what nobody of ours has signed."""
    return "message:" + sha256(attestation.message).hexdigest()


def _call(intent: CallIntent) -> SignedCall:
    return SignedCall(intent.chain, intent.id, intent.raw, intent.valid_until)


def _withdrawal(intent: WithdrawIntent) -> SignedWithdrawal:
    return SignedWithdrawal(intent.amount_usdc, intent.nonce, intent.signature)
