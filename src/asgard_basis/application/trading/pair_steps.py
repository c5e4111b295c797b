"""Every outside effect of opening and closing a hedged pair."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.trading.account_steps import AccountSteps
from asgard_basis.application.trading.action_fate import ActionFates, FateBook
from asgard_basis.application.trading.long_steps import LongSteps
from asgard_basis.application.trading.short_orders import ShortOrders
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown
from asgard_basis.domain.identifiers import JobId, PositionId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import (
    Intent,
    Journal,
    LeverageIntent,
    MarginIntent,
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
from asgard_basis.ports.venues import PerpVenue

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
        clock: Clock,
        limits: RiskLimits,
        book: FateBook | None = None,
    ) -> None:
        self._context = context
        self._task = task
        self._perp = perp
        self._long = long_steps
        fates = ActionFates(perp=perp, trader=context.trader, clock=clock, book=book)
        self._orders = ShortOrders(
            context=context,
            job_id=task.job_id,
            since=task.since,
            perp=perp,
            fates=fates,
            limits=limits,
        )
        self._account = AccountSteps(
            context=context, perp=perp, fates=fates, clock=clock, held_short=task.held_short
        )

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        """Everything needed to do the step and to find it again."""
        if command.name in _LONG:
            return await self._long.prepare(command, journal)
        match command.name:
            case StepName.OPEN_SHORT:
                return await self._orders.prepare(command, attempt, is_buy=False)
            case StepName.CLOSE_SHORT:
                return await self._orders.prepare(command, attempt, is_buy=True)
            case StepName.ADD_MARGIN:
                return await self._account.prepare_margin(command.size)
            case StepName.SET_LEVERAGE:
                return await self._leverage_intent()
            case StepName.VALIDATE | StepName.OBSERVE_SHORT:
                return PlainIntent(str(command.size))
        return PlainIntent()

    async def execute(self, step: Step) -> Outcome:
        """Send it."""
        if step.name in _LONG:
            return await self._long.execute(step)
        match step.intent:
            case OrderIntent():
                return await self._orders.place(step, step.intent)
            case MarginIntent():
                return await self._account.add_margin(step.intent)
            case LeverageIntent():
                return await self._account.set_leverage(step.intent)
        match step.name, step.intent:
            case StepName.APPROVE_AGENT, _:
                await self._perp.approve_agent(self._context.trader)
            case StepName.SET_LEVERAGE, _:
                await self._set_leverage()
            case ((StepName.VALIDATE | StepName.OBSERVE_SHORT), PlainIntent()):
                return await self._orders.measured(
                    Decimal(step.intent.value or 0), others=self._task.held_short
                )
        return Plain()

    async def resolve(self, step: Step) -> Outcome:
        """Look it up by its key; a step that only sets a state is simply done again."""
        if step.name in _LONG:
            return await self._long.resolve(step)
        match step.intent:
            case OrderIntent():
                return await self._orders.resolve(step, step.intent)
            case MarginIntent():
                return await self._account.resolve_margin(step.intent)
            case LeverageIntent():
                return await self._account.resolve_leverage(step.intent)
            case SolanaIntent():
                raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN)
        return await self.execute(step)

    async def look(self, step: Step) -> Outcome:
        """What became of a setting, without making it again: nothing is to follow it.

        Raises Refused when it was not made and will not be, OutcomeUnknown while that is not
        known, and for every other step.
        """
        match step.name, step.intent:
            case StepName.APPROVE_AGENT, _:
                return await self._account.approved(step.intended_at)
            case _, LeverageIntent():
                return await self._account.resolve_leverage(step.intent)
        raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)

    async def _leverage_intent(self) -> Intent:
        leverage = self._leverage()
        return PlainIntent() if leverage is None else await self._account.prepare_leverage(leverage)

    async def _set_leverage(self) -> None:
        """As it was written down before settings had numbers: it may be done again."""
        leverage = self._leverage()
        if leverage is not None:
            await self._perp.set_isolated_leverage(self._context.trader, leverage)

    def _leverage(self) -> int | None:
        plan = self._task.plan
        if plan is None or self._task.held_short > 0:
            return None  # the venue's setting belongs to the position that is already there
        return plan.short_leverage
