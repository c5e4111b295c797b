"""Every outside effect of opening and closing a hedged pair."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.long_steps import LongSteps
from asgard_basis.application.trading.lookups import looked_up
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import ClientOrderId, JobId, PositionId, client_order_id
from asgard_basis.domain.money import CENT, ONE, floor_to
from asgard_basis.domain.position.legs import OrderResult, PerpFill, PerpPosition
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.exit import ALREADY_FLAT
from asgard_basis.domain.saga.measured import AccountMeasured
from asgard_basis.domain.saga.step import (
    Intent,
    Journal,
    MarginIntent,
    OrderDone,
    OrderIntent,
    Outcome,
    Perform,
    Plain,
    PlainIntent,
    SolanaIntent,
    Step,
    StepName,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import ORDER_LIFETIME, PerpOrder, PerpVenue

REDUCE_ONLY_REJECTED = "reduceOnlyRejected"
"""The venue's word for: there is nothing left to reduce."""
_CLOCKS_APART = timedelta(minutes=1)
_MARGIN_TOLERANCE = Decimal("0.01")
_MEASURING = {StepName.VALIDATE, StepName.OBSERVE_SHORT}
_LONG = {
    StepName.OPEN_LONG,
    StepName.READ_LONG,
    StepName.OBSERVE_LONG,
    StepName.CLOSE_LONG,
    StepName.REDUCE_LONG,
}


@dataclass(frozen=True, slots=True)
class PairTask:
    """Which pair is being worked on."""

    position_id: PositionId
    job_id: JobId
    asset: Asset
    protocol: LendingProtocol
    plan: EntryPlan | None
    """Of an opening."""
    since: datetime
    """When the position was asked for (market time)."""
    held_short: Decimal = Decimal(0)
    """Of other positions in the same account, which must stay untouched."""


class PairSteps:
    """The Performer of entry and exit sagas for one position."""

    def __init__(
        self,
        *,
        context: UserTradingContext,
        task: PairTask,
        perp: PerpVenue,
        long_steps: LongSteps,
        reader: MarketReader,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._context = context
        self._task = task
        self._perp = perp
        self._long = long_steps
        self._reader = reader
        self._clock = clock
        self._limits = limits
        self._asked_at: dict[str, datetime] = {}

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        """Everything needed to do the step and to find it again."""
        if command.name is StepName.OPEN_SHORT:
            return await self._order(command, attempt, is_buy=False)
        if command.name is StepName.CLOSE_SHORT:
            return await self._order(command, attempt, is_buy=True)
        if command.name is StepName.ADD_MARGIN:
            return await self._margin_intent(command.size)
        if command.name in _LONG:
            return await self._long.prepare(command, journal)
        if command.name in _MEASURING:
            return PlainIntent(str(command.size))
        return PlainIntent()

    async def execute(self, step: Step) -> Outcome:
        """Send it."""
        if step.name in _LONG:
            return await self._long.execute(step)
        trader = self._context.trader
        match step.name, step.intent:
            case ((StepName.OPEN_SHORT | StepName.CLOSE_SHORT), OrderIntent()):
                return await self._place(step, step.intent)
            case StepName.ADD_MARGIN, MarginIntent():
                if step.intent.amount_usdc > 0:
                    await self._perp.add_margin(trader, step.intent.amount_usdc)
                return Plain(f"{step.intent.amount_usdc} USDC")
            case StepName.APPROVE_AGENT, _:
                await self._perp.approve_agent(trader)
                return Plain()
            case StepName.SET_LEVERAGE, _:
                await self._set_leverage()
                return Plain()
            case ((StepName.VALIDATE | StepName.OBSERVE_SHORT), PlainIntent()):
                return await self._measured(Decimal(step.intent.value or 0))
            case _:
                return Plain()

    async def resolve(self, step: Step) -> Outcome:
        """Look it up by its key; a step that only sets a state is simply done again."""
        if step.name in _LONG:
            return await self._long.resolve(step)
        if isinstance(step.intent, OrderIntent):
            return await self._resolve_order(step, step.intent)
        if isinstance(step.intent, MarginIntent):
            account = await self._perp.account(self._context.evm_address)
            if _has_arrived(step.intent, account.position):
                return Plain(f"{step.intent.amount_usdc} USDC")
            raise Refused(ErrorCode.HYPERLIQUID_MARGIN, "the margin was not added")
        if isinstance(step.intent, SolanaIntent):
            raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN)
        return await self.execute(step)

    async def _order(self, command: Perform, attempt: int, *, is_buy: bool) -> OrderIntent:
        market = await self._perp.market()
        price = market.mid_price or market.mark_price
        bps = self._limits.slippage_exit_bps_max if is_buy else self._limits.slippage_entry_bps_max
        band = Decimal(bps) / 10_000
        return OrderIntent(
            client_order_id=client_order_id(
                saga=self._task.job_id, step=command.name.value, attempt=attempt
            ),
            is_buy=is_buy,
            size=command.size,
            limit_price=price * (1 + band if is_buy else 1 - band),
            reduce_only=is_buy,
            mid_price=price,
        )

    async def _place(self, step: Step, intent: OrderIntent) -> OrderDone:
        order = PerpOrder(
            client_order_id=ClientOrderId(intent.client_order_id),
            is_buy=intent.is_buy,
            size=intent.size,
            limit_price=intent.limit_price,
            reduce_only=intent.reduce_only,
        )
        result = await self._perp.place(self._context.trader, order)
        return await self._with_fee(result, step, intent)

    async def _resolve_order(self, step: Step, intent: OrderIntent) -> OrderDone:
        found = await looked_up(
            self._perp.find_order(self._context.evm_address, ClientOrderId(intent.client_order_id)),
            ErrorCode.HYPERLIQUID_UNKNOWN,
        )
        if found is not None:
            return await self._with_fee(found, step, intent)
        # Whoever sent it did so before this was first asked: our own call has returned, and an
        # earlier worker has lost its lock. From here on the order's life can be waited out.
        now = self._clock.host()
        asked_at = self._asked_at.setdefault(intent.client_order_id, now)
        if now - asked_at < ORDER_LIFETIME:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)
        raise Refused(ErrorCode.HYPERLIQUID_ORDER, "the order never reached the venue")

    async def _with_fee(self, result: OrderResult, step: Step, intent: OrderIntent) -> OrderDone:
        if result.filled_size == 0:
            if intent.reduce_only and result.status == REDUCE_ONLY_REJECTED:
                return await self._closed_by_venue(result, intent)
            return OrderDone(result, Decimal(0))
        since = step.intended_at - _CLOCKS_APART
        # The order is filled; only its fee is not known yet.
        fills = await looked_up(
            self._perp.fills(self._context.evm_address, since=since),
            ErrorCode.HYPERLIQUID_UNKNOWN,
        )
        ours = [f for f in fills if f.client_order_id == intent.client_order_id]
        if sum((f.size for f in ours), Decimal(0)) < result.filled_size:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the fills are not listed yet")
        fee = sum((f.fee_usdc for f in ours), Decimal(0))
        return OrderDone(result, fee, filled_at=max(f.time for f in ours))

    async def _closed_by_venue(self, result: OrderResult, intent: OrderIntent) -> OrderDone:
        """Nothing is left to buy back: what the venue itself bought, without an order of ours.

        Liquidations and ADL come as fills without an order key. With several positions in the
        account each takes its own size of them.
        """
        theirs = await looked_up(self._by_venue(), ErrorCode.HYPERLIQUID_UNKNOWN)
        bought = sum((f.size for f in theirs), Decimal(0))
        if bought == 0:
            return OrderDone(replace(result, status=ALREADY_FLAT), Decimal(0))
        size = min(intent.size, bought)
        price = sum((f.size * f.price for f in theirs), Decimal(0)) / bought
        fee = sum((f.fee_usdc for f in theirs), Decimal(0)) * size / bought
        return OrderDone(
            OrderResult(result.order_id, size, price, ALREADY_FLAT, result.reason),
            fee,
            filled_at=max(f.time for f in theirs),
        )

    async def _margin_intent(self, target_usdc: Decimal) -> MarginIntent:
        account = await self._perp.account(self._context.evm_address)
        position = account.position
        if position is None:
            raise Refused(ErrorCode.HYPERLIQUID_POSITION, "there is no short to give margin to")
        share = Decimal(1)
        if self._task.held_short > 0:
            share = 1 - self._task.held_short / abs(position.signed_size)
        present = position.margin_usdc * share
        missing = min(target_usdc - present, account.withdrawable_usdc)
        return MarginIntent(
            amount_usdc=floor_to(max(Decimal(0), missing), CENT),
            margin_before_usdc=position.margin_usdc,
            raw_before_usd=position.isolated_raw_usd,
        )

    async def _set_leverage(self) -> None:
        plan = self._task.plan
        if plan is None or self._task.held_short > 0:
            return  # the venue's setting belongs to the position that is already there
        await self._perp.set_isolated_leverage(self._context.trader, plan.short_leverage)

    async def _measured(self, expected: Decimal) -> AccountMeasured:
        """The account as it is; with the venue's own executions when it has less than expected."""
        account = await self._perp.account(self._context.evm_address)
        held = account.position
        measured = AccountMeasured(
            account_short=-held.signed_size if held else Decimal(0),
            others_short=self._task.held_short,
        )
        missing = expected - measured.short
        if missing <= 0:
            return measured
        theirs = await self._by_venue()
        bought = sum((f.size for f in theirs), Decimal(0))
        if bought == 0:
            market = await self._perp.market()
            return replace(measured, price=market.mark_price)
        return replace(
            measured,
            price=sum((f.size * f.price for f in theirs), Decimal(0)) / bought,
            fee_usdc=sum((f.fee_usdc for f in theirs), Decimal(0)) * min(ONE, missing / bought),
            at=max(f.time for f in theirs),
        )

    async def _by_venue(self) -> list[PerpFill]:
        """What the venue itself bought back: liquidations and ADL have no key."""
        fills = await self._perp.fills(self._context.evm_address, since=self._task.since)
        return [f for f in fills if f.is_buy and f.client_order_id is None]


def _has_arrived(intent: MarginIntent, position: PerpPosition | None) -> bool:
    """Whether a top-up shows: in the raw USD, which prices leave alone, else in the margin."""
    if position is None:
        return False
    if intent.raw_before_usd is not None and position.isolated_raw_usd is not None:
        added = position.isolated_raw_usd - intent.raw_before_usd
        return added >= intent.amount_usdc / 2  # funding may have been paid meanwhile
    wanted = intent.margin_before_usdc + intent.amount_usdc
    return position.margin_usdc >= wanted * (1 - _MARGIN_TOLERANCE)
