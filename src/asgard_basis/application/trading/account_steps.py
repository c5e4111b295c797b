"""What is set at the Hyperliquid account around the short: its leverage and its margin."""

from datetime import datetime
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.trading.action_fate import RECORDS_LATE_MAX, ActionFates
from asgard_basis.application.trading.lookups import looked_up
from asgard_basis.application.trading.short_orders import nonce_of
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.money import CENT, floor_to
from asgard_basis.domain.position.legs import PerpPosition
from asgard_basis.domain.saga.step import LeverageIntent, MarginIntent, Plain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import ORDER_LIFETIME, PerpVenue

_MARGIN_TOLERANCE = Decimal("0.01")
_APPROVED_LATE_MAX = ORDER_LIFETIME + RECORDS_LATE_MAX
"""Market time. An approval has no number to use up: it is given the time of an order to show."""


class AccountSteps:
    """Agent, leverage and margin of one position; `held_short` belongs to others in the account."""

    def __init__(
        self,
        *,
        context: UserTradingContext,
        perp: PerpVenue,
        fates: ActionFates,
        clock: Clock,
        held_short: Decimal,
    ) -> None:
        self._context = context
        self._perp = perp
        self._fates = fates
        self._clock = clock
        self._held_short = held_short

    async def approved(self, since: datetime) -> Plain:
        """Done when the agent may sign; Refused when it does not show that long after `since`.

        Raises OutcomeUnknown HLQ-0008 before, and while nobody can be asked.
        """
        trader = self._context.trader
        if await looked_up(self._perp.has_agent(trader), ErrorCode.HYPERLIQUID_UNKNOWN):
            return Plain()
        if self._clock.now() - since < _APPROVED_LATE_MAX:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the approval may be on its way")
        raise Refused(ErrorCode.HYPERLIQUID_API, "the agent was not approved")

    async def prepare_leverage(self, leverage: int) -> LeverageIntent:
        """The setting with its number."""
        nonce = await self._perp.reserve_nonce(self._context.trader)
        return LeverageIntent(leverage, nonce.number, nonce.expires_at_ms)

    async def set_leverage(self, intent: LeverageIntent) -> Plain:
        """Send what was written down."""
        nonce = nonce_of(intent.nonce, intent.expires_at_ms)
        await self._perp.set_isolated_leverage(self._context.trader, intent.leverage, nonce)
        return Plain(f"{intent.leverage}x isolated")

    async def resolve_leverage(self, intent: LeverageIntent) -> Plain:
        """Done when it is set; else made impossible, so that it cannot be set later."""
        for is_last in (False, True):
            leverage = await looked_up(
                self._perp.isolated_leverage(self._context.evm_address),
                ErrorCode.HYPERLIQUID_UNKNOWN,
            )
            if leverage == intent.leverage:
                return Plain(f"{leverage}x isolated")
            if not is_last:
                await self._fates.seal(_key(intent), intent.nonce)
        self._fates.expect_nothing(_key(intent))
        raise Refused(ErrorCode.HYPERLIQUID_LEVERAGE, "the leverage was not set")

    async def prepare_margin(self, target_usdc: Decimal) -> MarginIntent:
        """What is missing to the target, with its number."""
        account = await self._perp.account(self._context.evm_address)
        position = account.position
        if position is None:
            raise Refused(ErrorCode.HYPERLIQUID_POSITION, "there is no short to give margin to")
        share = Decimal(1)
        if self._held_short > 0:
            # The venue may have taken from the others what their books still have.
            share = max(Decimal(0), 1 - self._held_short / abs(position.signed_size))
        present = position.margin_usdc * share
        missing = min(target_usdc - present, account.withdrawable_usdc)
        nonce = await self._perp.reserve_nonce(self._context.trader)
        return MarginIntent(
            amount_usdc=floor_to(max(Decimal(0), missing), CENT),
            margin_before_usdc=position.margin_usdc,
            raw_before_usd=position.isolated_raw_usd,
            nonce=nonce.number,
            expires_at_ms=nonce.expires_at_ms,
        )

    async def add_margin(self, intent: MarginIntent) -> Plain:
        """Send what was written down; nothing when nothing is missing."""
        if intent.amount_usdc > 0:
            nonce = nonce_of(intent.nonce, intent.expires_at_ms)
            await self._perp.add_margin(self._context.trader, intent.amount_usdc, nonce)
        return _added(intent)

    async def resolve_margin(self, intent: MarginIntent) -> Plain:
        """Done when it shows in the position; else made impossible before it is called so."""
        if intent.amount_usdc <= 0:
            return _added(intent)
        for is_last in (False, True):
            account = await looked_up(
                self._perp.account(self._context.evm_address), ErrorCode.HYPERLIQUID_UNKNOWN
            )
            if _has_arrived(intent, account.position):
                return _added(intent)
            if not is_last:
                await self._fates.seal(_key(intent), intent.nonce)
        self._fates.expect_nothing(_key(intent))
        raise Refused(ErrorCode.HYPERLIQUID_MARGIN, "the margin was not added")


def _key(intent: MarginIntent | LeverageIntent) -> str:
    return f"{type(intent).__name__} {intent.nonce}"


def _added(intent: MarginIntent) -> Plain:
    return Plain(f"{intent.amount_usdc} USDC")


def _has_arrived(intent: MarginIntent, position: PerpPosition | None) -> bool:
    """Whether a top-up shows: in the raw USD, which prices leave alone, else in the margin."""
    if position is None:
        return False
    if intent.raw_before_usd is not None and position.isolated_raw_usd is not None:
        added = position.isolated_raw_usd - intent.raw_before_usd
        return added >= intent.amount_usdc / 2  # funding may have been paid meanwhile
    wanted = intent.margin_before_usdc + intent.amount_usdc
    return position.margin_usdc >= wanted * (1 - _MARGIN_TOLERANCE)
