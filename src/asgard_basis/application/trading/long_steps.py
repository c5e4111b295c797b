"""The outside effects on Solana: opening, reading, reducing, repaying, closing the long."""

from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.leaving import LeavingMarket
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.long_looks import LongLooks
from asgard_basis.application.trading.lookups import looked_up
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import TransactionSignature
from asgard_basis.domain.money import CENT, floor_to
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import (
    Intent,
    Journal,
    LongClosed,
    LongOpened,
    LongReduced,
    LongRepaid,
    Outcome,
    Perform,
    Reduction,
    SolanaIntent,
    Step,
    StepName,
)
from asgard_basis.ports.chains import Landing, SolanaChain, WalletChange, joint_landing
from asgard_basis.ports.venues import Admit, MarginVenue, OpenLong, SignedSubmission

_OF_DEBT = Decimal("0.99")
"""At most so much of a debt is repaid: all of it would be a closing."""


class LongSteps:
    """One position's dealings with Asgard; the chain has the last word on what happened."""

    def __init__(
        self,
        *,
        context: UserTradingContext,
        plan: EntryPlan | None,
        margin: MarginVenue,
        chain: SolanaChain,
        reader: MarketReader,
        leaving: LeavingMarket,
        looks: LongLooks,
        limits: RiskLimits,
        admit: Admit | None = None,
    ) -> None:
        self._context = context
        self._admit = admit
        self._plan = plan
        self._margin = margin
        self._chain = chain
        self._reader = reader
        self._leaving = leaving
        self._looks = looks
        self._limits = limits

    async def prepare(self, command: Perform, journal: Journal) -> Intent:
        """Built, checked and signed where something will be sent; a plain mark otherwise."""
        match command.name:
            case StepName.OPEN_LONG:
                return await self._prepare_open(journal)
            case StepName.CLOSE_LONG:
                return await self._prepare_close(journal)
            case StepName.REDUCE_LONG:
                return await self._prepare_reduce(journal, command.size)
            case StepName.REPAY_LONG:
                return await self._prepare_repay(journal, command.size)
        return await self._looks.prepare(command, journal)

    async def execute(self, step: Step) -> Outcome:
        """Send it, or read what the venue says."""
        if not isinstance(step.intent, SolanaIntent):
            return await self._looks.look(step)
        signed = _submission(step.intent)
        match step.name:
            case StepName.OPEN_LONG:
                await self._margin.submit_open(self._context.solana, signed)
            case StepName.REDUCE_LONG | StepName.REPAY_LONG:
                await self._margin.submit_reduce(self._context.solana, signed)
            case _:
                await self._margin.submit_close(self._context.solana, signed)
        return await self.resolve(step)

    async def resolve(self, step: Step) -> Outcome:
        """What the chain says of the submission; reading steps are simply read again."""
        intent = step.intent
        if not isinstance(intent, SolanaIntent):
            return await self._looks.look(step)
        landing = await looked_up(self._landing(intent), ErrorCode.ASGARD_UNKNOWN)
        match landing:
            case Landing.FAILED:
                raise Refused(ErrorCode.TRANSACTION_FAILED, "the transaction failed on Solana")
            case Landing.DEAD:
                raise Refused(ErrorCode.ASGARD_SUBMIT, "the transaction expired without landing")
            case Landing.PARTIAL:
                raise Refused(
                    ErrorCode.ASGARD_PARTIAL,
                    f"only a part of the transactions landed: {', '.join(intent.all_signatures)}",
                )
            case Landing.PENDING:
                raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN)
        return await looked_up(self._landed(step, intent), ErrorCode.ASGARD_UNKNOWN)

    async def _landing(self, intent: SolanaIntent) -> Landing:
        return joint_landing(
            [
                await self._chain.landing(
                    TransactionSignature(each), expires_at_height=intent.expires_at_height
                )
                for each in intent.all_signatures
            ]
        )

    async def _landed(
        self, step: Step, intent: SolanaIntent
    ) -> LongOpened | LongReduced | LongRepaid | LongClosed:
        changes = [await self._change(TransactionSignature(s)) for s in intent.all_signatures]
        usdc = sum((change.usdc for change in changes), Decimal(0))
        sol = sum((change.sol for change in changes), Decimal(0))
        match step.name:
            case StepName.CLOSE_LONG:
                return LongClosed(intent.signature, usdc, -sol)
            case StepName.REPAY_LONG:
                return LongRepaid(intent.signature, -usdc, -sol)
            case StepName.REDUCE_LONG:
                part = intent.reduction or Reduction(0, Decimal(0), Decimal(0))
                return LongReduced(
                    intent.signature,
                    usdc,
                    -sol,
                    percentage=part.percentage,
                    collateral_sold=part.collateral_sold,
                    debt_repaid=part.debt_repaid,
                )
        key = await self._looks.opened_key(step, intent)
        return LongOpened(key, intent.signature, -usdc, -sol)

    async def _change(self, signature: TransactionSignature) -> WalletChange:
        change = await self._chain.wallet_change(signature, self._context.solana_address)
        if change is None:
            raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN, "the transaction is not readable yet")
        return change

    async def _prepare_open(self, journal: Journal) -> SolanaIntent:
        earlier = journal.last_refusal(StepName.OPEN_LONG)
        if earlier is not None and earlier.error_code == ErrorCode.ASGARD_PARTIAL.code:
            # What landed may hold money: another opening would come on top of it.
            raise Refused(ErrorCode.ASGARD_PARTIAL, earlier.error)
        if self._admit is not None:
            await self._admit()
        snapshot = await self._reader.latest()
        asset, protocol = self._looks.asset, self._looks.protocol
        lender = snapshot.lender(protocol, asset)
        if self._plan is None or lender is None:
            raise Refused(ErrorCode.INVALID_PROTOCOL, "the lender is not listed any more")
        signed = await self._margin.prepare_open(
            self._context.solana,
            OpenLong(
                protocol=protocol,
                asset=asset,
                collateral_bank=lender.collateral_bank,
                debt_bank=lender.debt_bank,
                collateral_usdc=self._plan.collateral_usdc,
                leverage=self._plan.long_leverage,
                slippage_bps=self._limits.slippage_entry_bps_max,
            ),
            self._admit,
        )
        return _intent(signed, snapshot.perp.oracle_price)

    async def _prepare_close(self, journal: Journal) -> SolanaIntent:
        state = await self._held(journal)
        oracle, reference = await self._prices()
        signed = await self._margin.prepare_close(
            self._context.solana,
            state,
            slippage_bps=self._limits.slippage_exit_bps_max,
            reference_price=reference,
        )
        return _intent(signed, oracle)

    async def _prepare_reduce(self, journal: Journal, fraction: Decimal) -> SolanaIntent:
        percentage = int(fraction * 100)
        if percentage != fraction * 100:
            raise Refused(ErrorCode.INVALID_SIZE, f"only whole percent are sold, was {fraction}")
        state = await self._held(journal)
        oracle, reference = await self._prices()
        signed = await self._margin.prepare_reduce(
            self._context.solana,
            state,
            percentage=percentage,
            slippage_bps=self._limits.slippage_exit_bps_max,
            reference_price=reference,
        )
        part = Reduction(percentage, state.collateral * fraction, state.debt_usdc * fraction)
        return _intent(signed, oracle, part)

    async def _prepare_repay(self, journal: Journal, amount_usdc: Decimal) -> SolanaIntent:
        state = await self._held(journal)
        oracle, _ = await self._prices()
        amount = floor_to(min(amount_usdc, state.debt_usdc * _OF_DEBT), CENT)
        if amount <= 0:
            raise Refused(ErrorCode.ASGARD_POSITION, "there is no debt to repay")
        signed = await self._margin.prepare_repay(self._context.solana, state, amount_usdc=amount)
        return _intent(signed, oracle)

    async def _held(self, journal: Journal) -> LongState:
        state = await self._looks.held(journal)
        if state is None:
            raise Refused(ErrorCode.ASGARD_POSITION, "Asgard does not list the position")
        return state

    async def _prices(self) -> tuple[Decimal, Decimal | None]:
        """The oracle, and the price of a token by somebody else than the venue that sells it."""
        prices = await self._leaving.prices(self._looks.asset)
        reference = prices.oracle_price * prices.redemption_rate
        return prices.oracle_price, reference if prices.is_second_opinion else None


def _intent(
    signed: SignedSubmission, oracle_price: Decimal, reduction: Reduction | None = None
) -> SolanaIntent:
    return SolanaIntent(
        signature=signed.signature,
        transactions=signed.transactions,
        echo=signed.echo,
        expires_at_height=signed.expires_at_height,
        position_key=signed.position_key,
        oracle_price=oracle_price,
        signatures=signed.signatures,
        reduction=reduction,
    )


def _submission(intent: SolanaIntent) -> SignedSubmission:
    return SignedSubmission(
        signature=TransactionSignature(intent.signature),
        transactions=intent.transactions,
        echo=intent.echo,
        expires_at_height=intent.expires_at_height,
        position_key=intent.position_key,
        signatures=tuple(TransactionSignature(each) for each in intent.signatures),
    )
