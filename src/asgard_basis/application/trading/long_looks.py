"""Looking at the long: what Asgard says of it, and what stands in while it says nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.leaving import LeavingMarket, LeavingPrices
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.money import ONE
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import (
    Intent,
    Journal,
    LongObserved,
    LongOpened,
    LongRead,
    LookIntent,
    Perform,
    PlainIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import LongPosition, MarginVenue

UNNAMED = ""
"""A position that has landed, and that neither its builder nor the venue's list has named yet."""
LISTING_MAX = timedelta(seconds=20)
"""Host time a long that is held is waited for, when the venue does not list it."""


def last_known(position: Position) -> LongState | None:
    """The long as it was last seen, else as it was opened; None before that is known."""
    long, seen = position.long, position.observation
    if long is None:
        return None
    return LongState(
        position_key=long.position_key,
        protocol=position.protocol,
        asset=position.asset,
        collateral=seen.collateral if seen else long.collateral_bought,
        debt_usdc=seen.debt_usdc if seen else long.debt_opened,
        health=None,
        observed_at=seen.observed_at if seen else position.requested_at,
    )


class LongLooks:
    """One position's long, as the venue lists it or as it was last known."""

    def __init__(
        self,
        *,
        context: UserTradingContext,
        asset: Asset,
        protocol: LendingProtocol,
        position_key: str | None,
        recorded: LongState | None,
        plan: EntryPlan | None,
        margin: MarginVenue,
        leaving: LeavingMarket,
        clock: Clock,
    ) -> None:
        self.asset = asset
        self.protocol = protocol
        self._context = context
        self._position_key = position_key
        self._recorded = recorded
        self._plan = plan
        self._margin = margin
        self._leaving = leaving
        self._clock = clock

    async def prepare(self, command: Perform, journal: Journal) -> Intent:
        """Which long is looked at; with what it was last known to be once waiting was in vain."""
        key = await self._key(journal)
        if command.name is StepName.OBSERVE_LONG and self._is_overdue(journal):
            last_seen = await self._last_seen(journal)
            if last_seen is not None:
                return LookIntent(key, last_seen)
        return PlainIntent(key)

    async def look(self, step: Step) -> LongRead | LongObserved:
        """What the venue says now.

        Raises Unavailable ASG-0007 while it does not list a long that it has not ended either:
        only its own word ends one.
        """
        last_seen: LongState | None = None
        match step.intent:
            case LookIntent():
                key, last_seen = step.intent.position_key, step.intent.last_seen
            case PlainIntent():
                key = step.intent.value
            case _:
                raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN)
        state = await self._state(key)
        prices = await self._leaving.prices(self.asset)
        if step.name is StepName.READ_LONG:
            if state is None:
                raise Unavailable(ErrorCode.ASGARD_UNKNOWN, "the long is not listed yet")
            return LongRead(state, prices.redemption_rate, prices.oracle_price)
        if state is not None or await self._is_listed(key, lambda p: not p.is_open):
            return LongObserved(state, prices.redemption_rate, prices.oracle_price)
        if last_seen is None:
            raise Unavailable(ErrorCode.ASGARD_UNKNOWN, "the long is not listed")
        return LongObserved(last_seen, prices.redemption_rate, prices.oracle_price, True)

    async def held(self, journal: Journal) -> LongState | None:
        """What there is to close: as the venue says, or as a look has had to do without it."""
        key = await self._key(journal)
        state = await self._state(key)
        if state is not None or key == UNNAMED:
            return state
        looks = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
        return looks[-1].state if looks and looks[-1].is_estimate else None

    async def opened_key(self, step: Step, intent: SolanaIntent) -> str:
        """The position that a landed opening has made: as listed, else as its builder said.

        Raises OutcomeUnknown while neither is known; after a while it stays `UNNAMED`, because
        what it bought has to be hedged whatever it is called.
        """
        key = await self._listed_key(intent.all_signatures) or intent.position_key
        if key is not None:
            return key
        if self._since(step.intended_at) < LISTING_MAX:
            raise OutcomeUnknown(ErrorCode.ASGARD_UNKNOWN, "Asgard does not list it yet")
        return UNNAMED

    async def _listed_key(self, signatures: tuple[str, ...]) -> str | None:
        try:
            positions = await self._margin.positions(self._context.solana_address)
        except (Refused, Unavailable):
            return None
        return next((p.position_key for p in positions if p.opened_by in signatures), None)

    async def _state(self, key: str) -> LongState | None:
        if key == UNNAMED:
            return None
        return await self._margin.state(key, protocol=self.protocol, asset=self.asset)

    async def _is_listed(self, key: str, which: Callable[[LongPosition], bool]) -> bool:
        positions = await self._margin.positions(self._context.solana_address)
        return any(p.position_key == key and which(p) for p in positions)

    def _is_overdue(self, journal: Journal) -> bool:
        """Whether the newest looks have been in vain for longer than a listing takes."""
        began = None
        for step in reversed([s for s in journal.steps if s.name is StepName.OBSERVE_LONG]):
            if step.status is StepStatus.DONE:
                break
            began = step.intended_at
        return began is not None and self._since(began) >= LISTING_MAX

    def _since(self, moment: datetime) -> timedelta:
        """Host time since a market time in the journal."""
        return (self._clock.now() - moment) / max(1.0, self._clock.speed)

    async def _last_seen(self, journal: Journal) -> LongState | None:
        for step in reversed(journal.steps):
            if isinstance(step.outcome, LongRead | LongObserved) and step.outcome.state is not None:
                return step.outcome.state
        return self._recorded or await self._reckoned(journal)

    async def _reckoned(self, journal: Journal) -> LongState | None:
        """By what left the wallet: leverage makes the debt, the price of the day the tokens."""
        opened = next(iter(journal.outcomes(StepName.OPEN_LONG)), None)
        if not isinstance(opened, LongOpened) or self._plan is None:
            return None
        try:
            prices: LeavingPrices = await self._leaving.prices(self.asset)
        except DomainError:
            return None
        leverage, price = self._plan.long_leverage, prices.oracle_price * prices.redemption_rate
        return LongState(
            position_key=opened.position_key,
            protocol=self.protocol,
            asset=self.asset,
            collateral=opened.usdc_spent * leverage / price,
            debt_usdc=opened.usdc_spent * (leverage - ONE),
            health=None,
            observed_at=self._clock.host(),
        )

    async def _key(self, journal: Journal) -> str:
        if self._position_key:
            return self._position_key
        for step in journal.steps:
            if isinstance(step.outcome, LongOpened):
                if step.outcome.position_key == UNNAMED and isinstance(step.intent, SolanaIntent):
                    return await self._listed_key(step.intent.all_signatures) or UNNAMED
                return step.outcome.position_key
        raise Refused(ErrorCode.ASGARD_POSITION, "there is no long to look at")
