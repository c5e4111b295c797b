"""What the money earned a year while it was there: the money-weighted return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, Overflow, localcontext

from asgard_basis.domain.money import ONE, ZERO

_YEAR = Decimal(365 * 86400)
_LOWEST = Decimal("-0.999999")
_HIGHEST = Decimal(1000)
_CLOSE = Decimal("0.0000000001")
_HALVINGS_MAX = 200
_SPAN_MIN = timedelta(hours=1)
"""What is shorter says nothing of a year."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that came from outside (positive) or went there."""

    at: datetime
    amount_usd: Decimal


def money_weighted(
    flows: Sequence[Flow], *, closing_usd: Decimal | None, at: datetime
) -> Decimal | None:
    """The yearly rate at which the flows would have become the closing balance.

    The internal rate of return, by bisection. None where it is not known: without money, within
    the first hour, when the balance is not known, or when no rate between losing all and a
    thousandfold gain explains it.
    """
    paid = [flow for flow in flows if flow.amount_usd != 0]
    if closing_usd is None or not paid or not any(flow.amount_usd > 0 for flow in paid):
        return None
    if at - min(flow.at for flow in paid) < _SPAN_MIN or any(flow.at > at for flow in paid):
        return None
    spans = [(_years(at - flow.at), flow.amount_usd) for flow in paid]
    with localcontext() as context:
        context.prec = 34
        context.traps[Overflow] = False

        def missing(rate: Decimal) -> Decimal:
            grown = sum((amount * (ONE + rate) ** years for years, amount in spans), ZERO)
            return grown - closing_usd

        low, high = _LOWEST, _HIGHEST
        below = missing(low)
        if (below > 0) == (missing(high) > 0):
            return None
        for _ in range(_HALVINGS_MAX):
            middle = (low + high) / 2
            if (missing(middle) > 0) == (below > 0):
                low = middle
            else:
                high = middle
            if high - low < _CLOSE:
                break
        return ((low + high) / 2).quantize(_CLOSE)


def _years(span: timedelta) -> Decimal:
    seconds = Decimal(span.days * 86400 + span.seconds) + Decimal(span.microseconds) / 10**6
    return seconds / _YEAR
