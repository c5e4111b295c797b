"""Finding an order by its key, after the event."""

from decimal import Decimal

from asgard_basis.adapters.hyperliquid import wire
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.adapters.hyperliquid.paging import all_rows
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.identifiers import ClientOrderId, EvmAddress
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.ports.clock import Clock

FILL_PAGE_ROWS = 2000
_LOOKS = 4
_PAUSE_SECONDS = 0.4


async def fills_since(
    client: HyperliquidClient, address: EvmAddress, start: int
) -> list[wire.Fill]:
    """All executions of an account from `start` (ms) on, oldest first."""

    async def page(begin: int) -> list[wire.Fill]:
        return await client.info(list[wire.Fill], "userFillsByTime", user=address, startTime=begin)

    return await all_rows(
        page, start=start, key=lambda row: (row.tid, row.oid), page_rows=FILL_PAGE_ROWS
    )


async def find_order(
    client: HyperliquidClient, clock: Clock, address: EvmAddress, key: ClientOrderId
) -> OrderResult | None:
    """What became of an order, its size and price summed from its executions.

    Order records and executions appear a block or two after the order itself, so both are looked
    for a few times. Raises Unavailable HLQ-0001 while the executions are missing.
    """
    record: wire.OrderRecord | None = None
    for look in range(1, _LOOKS + 1):
        if look > 1:
            await clock.sleep(_PAUSE_SECONDS)
        if record is None or record.status == "open":
            answer = await client.info(wire.OrderStatus, "orderStatus", user=address, oid=key)
            record = answer.order
        if record is None:
            continue
        order = record.order
        executed = order.orig_sz - order.sz
        if executed == 0 and record.status not in ("open", "filled"):
            return OrderResult(order.oid, Decimal(0), None, record.status, record.status)
        fills = await fills_since(client, address, order.timestamp)
        own = [fill for fill in fills if fill.oid == order.oid]
        size = sum((fill.sz for fill in own), Decimal(0))
        # "filled" is also said of partly filled orders: in the end what was executed counts.
        if size > 0 and (size >= executed or look == _LOOKS):
            value = sum((fill.sz * fill.px for fill in own), Decimal(0))
            return OrderResult(order.oid, size, value / size, record.status)
    if record is None:
        return None
    raise Unavailable(
        ErrorCode.HYPERLIQUID_API, "Hyperliquid has not published this order's executions yet"
    )
