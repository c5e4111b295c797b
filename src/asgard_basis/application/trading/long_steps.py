"""The outside effects on Solana: opening, reading and closing the long."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.leaving import LeavingMarket
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.lookups import looked_up
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import TransactionSignature
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import (
    Intent,
    Journal,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    Outcome,
    Perform,
    PlainIntent,
    SolanaIntent,
    Step,
    StepName,
)
from asgard_basis.ports.chains import Landing, SolanaChain, WalletChange
from asgard_basis.ports.venues import MarginVenue, OpenLong, SignedSubmission

Admit = Callable[[], Awaitable[None]]
"""Asked right before anything that increases risk is built and signed; raises Refused."""


class LongSteps:
    """One position's dealings with Asgard; the chain has the last word on what happened."""

    def __init__(
        self,
        *,
        context: UserTradingContext,
        asset: Asset,
        protocol: LendingProtocol,
        plan: EntryPlan | None,
        position_key: str | None,
        margin: MarginVenue,
        chain: SolanaChain,
        reader: MarketReader,
        leaving: LeavingMarket,
        limits: RiskLimits,
        admit: Admit | None = None,
    ) -> None:
        self._context = context
        self._admit = admit
        self._asset = asset
        self._protocol = protocol
        self._plan = plan
        self._position_key = position_key
        self._margin = margin
        self._chain = chain
        self._reader = reader
        self._leaving = leaving
        self._limits = limits

    async def prepare(self, command: Perform, journal: Journal) -> Intent:
        """Built, checked and signed where something will be sent; a plain mark otherwise."""
        if command.name is StepName.OPEN_LONG:
            return await self._prepare_open()
        if command.name is StepName.CLOSE_LONG:
            return await self._prepare_close(journal)
        return PlainIntent(self._key(journal))

    async def execute(self, step: Step) -> Outcome:
        """Send it, or read what the venue says."""
        if isinstance(step.intent, SolanaIntent):
            signed = _submission(step.intent)
            if step.name is StepName.OPEN_LONG:
                await self._margin.submit_open(self._context.solana, signed)
            else:
                await self._margin.submit_close(self._context.solana, signed)
            return await self.resolve(step)
        key = step.intent.value if isinstance(step.intent, PlainIntent) else ""
        if step.name is StepName.READ_LONG:
            return await self._read(key)
        return await self._observe(key)

    async def resolve(self, step: Step) -> Outcome:
        """What the chain says of the submission; reading steps are simply read again."""
        if not isinstance(step.intent, SolanaIntent):
            return await self.execute(step)
        signature = TransactionSignature(step.intent.signature)
        landing = await looked_up(
            self._chain.landing(signature, expires_at_height=step.intent.expires_at_height),
            ErrorCode.ASGARD_UNKNOWN,
        )
        if landing is Landing.FAILED:
            raise Refused(ErrorCode.TRANSACTION_FAILED, "the transaction failed on Solana")
        if landing is Landing.DEAD:
            raise Refused(ErrorCode.ASGARD_SUBMIT, "the transaction expired without landing")
        if landing is Landing.PENDING:
            raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN)
        return await looked_up(self._landed(step.name, signature), ErrorCode.ASGARD_UNKNOWN)

    async def _landed(
        self, name: StepName, signature: TransactionSignature
    ) -> LongOpened | LongClosed:
        change = await self._change(signature)
        if name is StepName.CLOSE_LONG:
            return LongClosed(signature, change.usdc, -change.sol)
        return LongOpened(await self._opened_key(signature), signature, -change.usdc, -change.sol)

    async def _prepare_open(self) -> SolanaIntent:
        plan = self._plan
        if self._admit is not None:
            await self._admit()
        snapshot = await self._reader.latest()
        lender = snapshot.lender(self._protocol, self._asset)
        if plan is None or lender is None:
            raise Refused(ErrorCode.INVALID_PROTOCOL, "the lender is not listed any more")
        signed = await self._margin.prepare_open(
            self._context.solana,
            OpenLong(
                protocol=self._protocol,
                asset=self._asset,
                collateral_bank=lender.collateral_bank,
                debt_bank=lender.debt_bank,
                collateral_usdc=plan.collateral_usdc,
                leverage=plan.long_leverage,
                slippage_bps=self._limits.slippage_entry_bps_max,
            ),
        )
        return _intent(signed, snapshot.perp.oracle_price)

    async def _prepare_close(self, journal: Journal) -> SolanaIntent:
        key = self._key(journal)
        state = await self._margin.state(key, protocol=self._protocol, asset=self._asset)
        if state is None:
            raise Refused(ErrorCode.ASGARD_POSITION, "Asgard does not list the position")
        prices = await self._leaving.prices(self._asset)
        reference = prices.oracle_price * prices.redemption_rate
        signed = await self._margin.prepare_close(
            self._context.solana,
            state,
            slippage_bps=self._limits.slippage_exit_bps_max,
            reference_price=reference if prices.is_second_opinion else None,
        )
        return _intent(signed, prices.oracle_price)

    async def _read(self, key: str) -> LongRead:
        state = await self._state(key)
        if state is None:
            raise Unavailable(ErrorCode.ASGARD_UNKNOWN, "the long is not listed yet")
        prices = await self._leaving.prices(self._asset)
        return LongRead(state, prices.redemption_rate, prices.oracle_price)

    async def _observe(self, key: str) -> LongObserved:
        state = await self._state(key)
        if state is None and not await self._is_listed_ended(key):
            raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN)
        prices = await self._leaving.prices(self._asset)
        return LongObserved(state, prices.redemption_rate, prices.oracle_price)

    async def _state(self, key: str) -> LongState | None:
        return await self._margin.state(key, protocol=self._protocol, asset=self._asset)

    async def _is_listed_ended(self, key: str) -> bool:
        """Only the venue's word ends a long: one it does not list at all may still be there."""
        positions = await self._margin.positions(self._context.solana_address)
        return any(p.position_key == key and not p.is_open for p in positions)

    async def _opened_key(self, signature: TransactionSignature) -> str:
        positions = await self._margin.positions(self._context.solana_address)
        found = next((p for p in positions if p.opened_by == signature), None)
        if found is None:
            raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN, "Asgard does not list it yet")
        return found.position_key

    async def _change(self, signature: TransactionSignature) -> WalletChange:
        change = await self._chain.wallet_change(signature, self._context.solana_address)
        if change is None:
            raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN, "the transaction is not readable yet")
        return change

    def _key(self, journal: Journal) -> str:
        if self._position_key is not None:
            return self._position_key
        opened = next(iter(journal.outcomes(StepName.OPEN_LONG)), None)
        if not isinstance(opened, LongOpened):
            raise Refused(ErrorCode.ASGARD_POSITION, "there is no long to look at")
        return opened.position_key


def _intent(signed: SignedSubmission, oracle_price: Decimal) -> SolanaIntent:
    return SolanaIntent(
        signature=signed.signature,
        transactions=signed.transactions,
        echo=signed.echo,
        expires_at_height=signed.expires_at_height,
        position_key=signed.position_key,
        oracle_price=oracle_price,
    )


def _submission(intent: SolanaIntent) -> SignedSubmission:
    return SignedSubmission(
        signature=TransactionSignature(intent.signature),
        transactions=intent.transactions,
        echo=intent.echo,
        expires_at_height=intent.expires_at_height,
        position_key=intent.position_key,
    )
