"""The orders of the short leg: decided, sent once, and found again by their key."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.trading.action_fate import ActionFates
from asgard_basis.application.trading.lookups import looked_up
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import ClientOrderId, JobId, client_order_id
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.legs import OrderResult, PerpFill
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.exit import ALREADY_FLAT
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.step import OrderDone, OrderIntent, Perform, Step
from asgard_basis.ports.venues import ActionNonce, PerpOrder, PerpVenue

REDUCE_ONLY_REJECTED = "reduceOnlyRejected"
"""The venue's word for: there is nothing left to reduce."""
_REFUSED = {
    "perpMarginRejected": ErrorCode.HYPERLIQUID_MARGIN,
    "minTradeNtlRejected": ErrorCode.SIZE_TOO_SMALL,
    "tickRejected": ErrorCode.HYPERLIQUID_ORDER,
    "oracleRejected": ErrorCode.HYPERLIQUID_ORDER,
    "perpMaxPositionRejected": ErrorCode.HYPERLIQUID_POSITION,
    "openInterestIncreaseRejected": ErrorCode.HYPERLIQUID_POSITION,
    "positionIncreaseAtOpenInterestCapRejected": ErrorCode.HYPERLIQUID_POSITION,
}
"""What its records call the orders it would have refused to our face."""
_CLOCKS_APART = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


class ShortOrders:
    """Sells and buys SOL-PERP for one position; `since` is when the position was asked for."""

    def __init__(
        self,
        *,
        context: UserTradingContext,
        job_id: JobId,
        since: datetime,
        perp: PerpVenue,
        fates: ActionFates,
        limits: RiskLimits,
        buying_price: Callable[[], Awaitable[Decimal]] | None = None,
    ) -> None:
        self._context = context
        self._job_id = job_id
        self._since = since
        self._perp = perp
        self._fates = fates
        self._limits = limits
        self._buying_price = buying_price

    async def prepare(self, command: Perform, attempt: int, *, is_buy: bool) -> OrderIntent:
        """The order with its key, its number and its band; buying only ever reduces."""
        price = await self._price(is_first_buy=is_buy and attempt == 1)
        bps = self._limits.slippage_exit_bps_max if is_buy else self._limits.slippage_entry_bps_max
        band = Decimal(bps) / 10_000
        nonce = await self._perp.reserve_nonce(self._context.trader)
        return OrderIntent(
            client_order_id=client_order_id(
                saga=self._job_id, step=command.name.value, attempt=attempt
            ),
            is_buy=is_buy,
            size=command.size,
            limit_price=price * (1 + band if is_buy else 1 - band),
            reduce_only=is_buy,
            mid_price=price,
            nonce=nonce.number,
            expires_at_ms=nonce.expires_at_ms,
        )

    async def _price(self, *, is_first_buy: bool) -> Decimal:
        """The exchange's own word, but for a first order that reduces, which must not wait."""
        if is_first_buy and self._buying_price is not None:
            return await self._buying_price()
        market = await self._perp.market()
        return market.mid_price or market.mark_price

    async def place(self, step: Step, intent: OrderIntent) -> OrderDone:
        """Send exactly what was written down."""
        order = PerpOrder(
            client_order_id=ClientOrderId(intent.client_order_id),
            is_buy=intent.is_buy,
            size=intent.size,
            limit_price=intent.limit_price,
            reduce_only=intent.reduce_only,
        )
        nonce = nonce_of(intent.nonce, intent.expires_at_ms)
        result = await self._perp.place(self._context.trader, order, nonce)
        return await self._with_fee(result, step, intent)

    async def resolve(self, step: Step, intent: OrderIntent) -> OrderDone:
        """What became of it; when the venue does not know it, it is made impossible first."""
        found = await self._found(intent)
        if found is None:
            await self._fates.seal(intent.client_order_id, intent.nonce)
            # The order may have arrived between the question and the sealing.
            found = await self._found(intent)
        if found is None:
            self._fates.expect_nothing(intent.client_order_id)
            raise Refused(ErrorCode.HYPERLIQUID_ORDER, "the order never reached the venue")
        if found.filled_size == 0 and found.status in _REFUSED:
            raise Refused(_REFUSED[found.status], f"Hyperliquid refused the order: {found.status}")
        return await self._with_fee(found, step, intent)

    async def measured(self, expected: Decimal, *, others: Decimal) -> AccountMeasured:
        """The account as it is; with the venue's own executions when it has less than expected."""
        account = await self._perp.account(self._context.evm_address)
        held = account.position
        measured = AccountMeasured(
            account_short=-held.signed_size if held else ZERO, others_short=others
        )
        missing = expected - measured.short
        if missing <= 0:
            return measured
        taken = _newest(await self._by_venue(), missing)
        if taken is None:
            market = await self._perp.market()
            return replace(measured, price=market.mark_price)
        return replace(
            measured,
            price=taken.price,
            fee_usdc=taken.fee_usdc,
            at=taken.at,
            is_all_listed=taken.size >= missing,
        )

    async def _found(self, intent: OrderIntent) -> OrderResult | None:
        return await looked_up(
            self._perp.find_order(self._context.evm_address, ClientOrderId(intent.client_order_id)),
            ErrorCode.HYPERLIQUID_UNKNOWN,
        )

    async def _with_fee(self, result: OrderResult, step: Step, intent: OrderIntent) -> OrderDone:
        if result.filled_size == 0:
            if intent.reduce_only and result.status == REDUCE_ONLY_REJECTED:
                return await self._closed_by_venue(result, intent)
            return OrderDone(result, ZERO)
        _check_band(result, intent)
        # The order is known to be done: a look-up that fails is no reason to do it again.
        fills = await looked_up(
            self._perp.fills(self._context.evm_address, since=step.intended_at - _CLOCKS_APART),
            ErrorCode.HYPERLIQUID_UNKNOWN,
        )
        ours = [f for f in fills if f.client_order_id == intent.client_order_id]
        if sum((f.size for f in ours), ZERO) < result.filled_size:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the fills are not listed yet")
        fee = sum((f.fee_usdc for f in ours), ZERO)
        return OrderDone(result, fee, filled_at=max(f.time for f in ours))

    async def _closed_by_venue(self, result: OrderResult, intent: OrderIntent) -> OrderDone:
        """Nothing is left to buy back: what the venue itself bought, without an order of ours.

        Liquidations and ADL come as fills without an order key. With several positions in the
        account each takes its own size of them.
        """
        theirs = await looked_up(self._by_venue(), ErrorCode.HYPERLIQUID_UNKNOWN)
        taken = _newest(theirs, intent.size)
        if taken is None:
            return OrderDone(replace(result, status=ALREADY_FLAT), ZERO)
        return OrderDone(
            OrderResult(result.order_id, taken.size, taken.price, ALREADY_FLAT, result.reason),
            taken.fee_usdc,
            filled_at=taken.at,
        )

    async def _by_venue(self) -> list[PerpFill]:
        """What the venue itself bought back: liquidations and ADL have no key."""
        fills = await self._perp.fills(self._context.evm_address, since=self._since)
        return [f for f in fills if f.is_buy and f.client_order_id is None]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A part of what the venue bought back by itself."""

    size: Decimal
    price: Decimal
    fee_usdc: Decimal
    at: datetime


def _newest(fills: Sequence[PerpFill], size: Decimal) -> _Taken | None:
    """So much of the newest executions: what was taken before was booked when it was noticed."""
    left, value, fee = size, ZERO, ZERO
    newest = sorted(fills, key=lambda f: f.time, reverse=True)
    for fill in newest:
        part = min(left, fill.size)
        left -= part
        value += part * fill.price
        fee += fill.fee_usdc * part / fill.size
    if left == size:
        return None
    return _Taken(size - left, value / (size - left), fee, newest[0].time)


def nonce_of(number: int | None, expires_at_ms: int | None) -> ActionNonce | None:
    """What an intent says it is sent under; None for one of before numbers were written down."""
    if number is None or expires_at_ms is None:
        return None
    return ActionNonce(number, expires_at_ms)


def _check_band(result: OrderResult, intent: OrderIntent) -> None:
    """A limit order cannot be filled beyond its limit: if it was, somebody must hear of it.

    It is booked all the same, for it is what is held now.
    """
    price = result.average_price
    if price is None:
        return
    beyond = price - intent.limit_price if intent.is_buy else intent.limit_price - price
    # The venue's limit is ours rounded to the eager side of its tick: five significant figures.
    if beyond > intent.limit_price / 10_000:
        _log.error(
            "filled_beyond_the_limit",
            client_order_id=intent.client_order_id,
            limit_price=str(intent.limit_price),
            average_price=str(price),
        )
