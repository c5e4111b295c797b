"""Keeping a position's record true to the venues: observations and funding payments."""

from dataclasses import replace
from datetime import datetime, timedelta

from asgard_basis.application.context import UserTradingContext
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.legs import LongState, PerpAccount
from asgard_basis.domain.position.position import LegObservation, LongRecord, Position
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import MarginVenue, PerpVenue


class PositionBook:
    """Reads both venues for a position and writes down what they said."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        perp: PerpVenue,
        margin: MarginVenue,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._perp = perp
        self._margin = margin
        self._clock = clock

    async def observe(self, context: UserTradingContext, position: Position) -> Position:
        """Both legs as the venues state them now; raises DomainError when one cannot be asked."""
        if position.long is None:
            return position
        account = await self._perp.account(context.evm_address)
        state = await self._margin.state(
            position.long.position_key, protocol=position.protocol, asset=position.asset
        )
        if state is None:
            return position
        observed = replace(
            position,
            observation=_observation(account, state),
            long=await self._with_fee(position.long),
        )
        return await self._save(observed, Event("position_update", {"position_id": position.id}))

    async def book_funding(self, context: UserTradingContext, position: Position) -> Position:
        """Book every payment since the short was opened, once each; update the total.

        With several positions in one account a payment is shared by size.
        """
        if position.short is None:
            return position
        if not await self._is_due(position):
            return position
        size = position.short.size
        since = position.requested_at - timedelta(minutes=1)
        payments = await self._perp.funding_payments(context.evm_address, since=since)
        async with self._transactions.for_user(position.user_id) as work:
            for payment in payments:
                if payment.signed_size == 0 or not _was_held(position, payment.settled_at):
                    continue
                share = payment.amount_usdc * min(ONE, size / abs(payment.signed_size))
                await work.payments.book(position.user_id, position.id, payment, share=share)
            total = await work.payments.total(position.id)
        if total == position.funding_usdc:
            return position
        return await self._save(
            replace(position, funding_usdc=total),
            Event("position_update", {"position_id": position.id}),
        )

    async def _with_fee(self, long: LongRecord) -> LongRecord:
        """The venue publishes its executed record up to a minute after the opening."""
        if long.fee_usdc is not None:
            return long
        fill = await self._margin.open_fill(long.position_key)
        return long if fill is None else replace(long, fee_usdc=fill.fee_usdc)

    async def _is_due(self, position: Position) -> bool:
        """Whether an hour has been settled since the newest payment we know."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        if hour <= position.requested_at:
            return False
        async with self._transactions.for_user(position.user_id) as work:
            newest = await work.payments.of_position(position.id, limit=1)
        return not newest or newest[0][0] < hour

    async def _save(self, position: Position, event: Event) -> Position:
        async with self._transactions.for_user(position.user_id) as work:
            saved = await work.positions.save(position)
            await work.outbox.append(replace(event, user_id=position.user_id))
        return saved


def _was_held(position: Position, settled_at: datetime) -> bool:
    """Payments are settled on the hour; the position takes part from its opening to its end."""
    end = position.closed_at
    return position.requested_at <= settled_at and (end is None or settled_at <= end)


def _observation(account: PerpAccount, state: LongState) -> LegObservation:
    held = account.position
    return LegObservation(
        collateral=state.collateral,
        debt_usdc=state.debt_usdc,
        health=state.health,
        account_signed_size=held.signed_size if held else ZERO,
        isolated_raw_usd=held.isolated_raw_usd if held else None,
        liquidation_price_short=held.liquidation_price if held else None,
        margin_usdc=held.margin_usdc if held else ZERO,
        observed_at=state.observed_at,
    )
