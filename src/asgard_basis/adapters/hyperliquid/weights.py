"""What each request costs of the weight Hyperliquid grants one address ("Rate limits")."""

from typing import Any

from asgard_basis.ports.coordination import Allowance

VENUE_MINUTE = 1200
"""What the venue grants one address."""
_MINUTE = 60_000_000


def allowance(minute: int = VENUE_MINUTE) -> Allowance:
    """Of that weight a minute a fifth at once and the rest steadily, so that none has more.

    Of one address: 240 at once and 16 a second, never more than 1 200 within any minute.
    """
    burst = minute // 5
    return Allowance(
        name="hyperliquid",
        burst=burst,
        unit_microseconds=-(-_MINUTE // (minute - burst)),
        reserve=minute // 30,
        venue_minute=minute,
    )


ALLOWANCE = allowance()
"""Of a deployment that goes out by one address."""

_LIGHT = {
    "l2Book",
    "allMids",
    "clearinghouseState",
    "spotClearinghouseState",
    "orderStatus",
    "exchangeStatus",
}
_LIGHT_WEIGHT, _WEIGHT, _ROLE_WEIGHT = 2, 20, 60
_BY_ROWS = {
    "fundingHistory",
    "userFunding",
    "userFills",
    "userFillsByTime",
    "userNonFundingLedgerUpdates",
    "historicalOrders",
}
_ROWS = 20
_BATCH = 40


def info_weight(request: str) -> int:
    """Of an /info request, before its answer is known."""
    if request == "userRole":
        return _ROLE_WEIGHT
    return _LIGHT_WEIGHT if request in _LIGHT else _WEIGHT


def rows_weight(request: str, answer: Any) -> int:
    """What an answer costs besides: one for each twenty rows of a record."""
    if request not in _BY_ROWS or not isinstance(answer, list):
        return 0
    return -(-len(answer) // _ROWS)


def exchange_weight(action: Any) -> int:
    """Of a signed action: one, and one more for each forty orders in it."""
    orders = action.get("orders") if isinstance(action, dict) else None
    return 1 + (len(orders) if isinstance(orders, list) else 1) // _BATCH
