"""Interest: compounded yearly rates over hours, each hour at the rate it began with."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache

from asgard_paper.kernel.market import HOUR_MS, hour_of

YEAR_MS = 365 * 24 * HOUR_MS
_CONTEXT = Context(prec=34)


@dataclass(frozen=True, slots=True)
class HourRates:
    """What one position earns and pays in one hour, as yearly compounded fractions."""

    supply_apy: Decimal
    borrow_apy: Decimal


@lru_cache(maxsize=65_536)
def growth(apy: Decimal, duration_ms: int) -> Decimal:
    """The factor `(1 + apy) ** (duration / year)`, to 34 digits."""
    if apy == 0 or duration_ms == 0:
        return Decimal(1)
    exponent = _CONTEXT.divide(Decimal(duration_ms), Decimal(YEAR_MS))
    return _CONTEXT.power(_CONTEXT.add(Decimal(1), apy), exponent)


def accrue(
    collateral: Decimal,
    debt: Decimal,
    *,
    since_ms: int,
    until_ms: int,
    rates_at: Callable[[int], HourRates],
) -> tuple[Decimal, Decimal]:
    """Collateral and debt after the time between; `rates_at` is asked at each hour's start."""
    at_ms = since_ms
    while at_ms < until_ms:
        hour = hour_of(at_ms)
        end_ms = min(hour + HOUR_MS, until_ms)
        rates = rates_at(hour)
        collateral = _CONTEXT.multiply(collateral, growth(rates.supply_apy, end_ms - at_ms))
        debt = _CONTEXT.multiply(debt, growth(rates.borrow_apy, end_ms - at_ms))
        at_ms = end_ms
    return collateral, debt
