"""Keeping a position's record true to the venues: observations and funding payments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.trading.position_record import PositionRecord, unchallenged
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.market.funding import HOUR, FundingPayment
from asgard_basis.domain.position.legs import LongState, PerpAccount
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.position.observing import observed
from asgard_basis.domain.position.position import LongRecord, Position
from asgard_basis.domain.saga.funding_share import funding_shares
from asgard_basis.domain.saga.progress import short_span
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import MarginVenue, PerpVenue

_PATIENCE = timedelta(seconds=30)
"""Before the venue is asked again for a settlement it had not listed."""


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
        self._record = PositionRecord(transactions)
        self._asked_in_vain: dict[PositionId, datetime] = {}

    async def observe(self, context: UserTradingContext, position: Position) -> Position:
        """Both legs as the venues state them now; raises DomainError when one cannot be asked."""
        if position.long is None:
            return position
        account = await self._perp.account(context.evm_address)
        state = await self.long_state(position)
        return position if state is None else await self.note(position, account, state)

    async def long_state(self, position: Position) -> LongState | None:
        """The long as the venue states it now; None without one, or when it does not list it."""
        if position.long is None:
            return None
        return await self._margin.state(
            position.long.position_key, protocol=position.protocol, asset=position.asset
        )

    async def note(
        self, position: Position, account: PerpAccount, state: LongState | None
    ) -> Position:
        """Write down what the venues said; without a state the long's figures keep their age."""
        if position.long is None or (state is None and position.observation is None):
            return position
        fee = await self._fee(position.long) if state is not None else position.long.fee_usdc

        def noted(present: Position) -> Position:
            if present.long is None or present.state in ENDED:
                return present
            return replace(
                present,
                observation=observed(account.position, state, present.observation),
                long=replace(present.long, fee_usdc=fee or present.long.fee_usdc),
            )

        return await self._record.change(position.user_id, position.id, noted, "position_update")

    async def book_funding(
        self, context: UserTradingContext, position: Position, *, is_last: bool = False
    ) -> Position:
        """Book every payment the short took part in, once each, and update the total.

        See `funding_shares`. `is_last` asks the venue even if it was asked in vain just now.
        """
        since = await self._due_since(position)
        asked_at, now = self._asked_in_vain.get(position.id), self._clock.host()
        if since is None or (not is_last and asked_at and now - asked_at < _PATIENCE):
            return position
        payments = await self._perp.funding_payments(context.evm_address, since=since)
        booked, count = await unchallenged(lambda: self._booked(position, payments))
        if count:
            self._asked_in_vain.pop(position.id, None)
        else:
            self._asked_in_vain[position.id] = now
        return booked

    async def _booked(
        self, position: Position, payments: Sequence[FundingPayment]
    ) -> tuple[Position, int]:
        """The payments and their total in one transaction: never one without the other."""
        count = 0
        async with self._transactions.for_user(position.user_id) as work:
            present = await work.positions.get(position.id) or position
            steps = await work.journals.of_position(position.id)
            for payment, share in funding_shares(steps, payments):
                count += await work.payments.book(
                    position.user_id, position.id, payment, share=share
                )
            total = await work.payments.total(position.id)
            if total != present.funding_usdc:
                present = await work.positions.save(replace(present, funding_usdc=total))
                payload: dict[str, object] = {"position_id": position.id}
                await work.outbox.append(Event("position_update", payload, position.user_id))
        return present, count

    async def _due_since(self, position: Position) -> datetime | None:
        """From when on to ask, or None while no settlement can be missing."""
        async with self._transactions.for_user(position.user_id) as work:
            span = short_span(await work.journals.of_position(position.id))
            newest = await work.payments.of_position(position.id, limit=1)
        if span.began is None:
            return None
        until = min(self._clock.now(), span.ended or self._clock.now())
        hour = until.replace(minute=0, second=0, microsecond=0)
        if hour < span.began or (newest and newest[0][0] >= hour):
            return None
        return newest[0][0] - HOUR if newest else span.began

    async def _fee(self, long: LongRecord) -> Decimal | None:
        """The venue publishes its executed record up to a minute after the opening."""
        if long.fee_usdc is not None:
            return long.fee_usdc
        fill = await self._margin.open_fill(long.position_key)
        return None if fill is None else fill.fee_usdc
