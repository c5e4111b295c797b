"""How steady funding was: one figure for a week, the same for intents, strategies and screens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.market.funding import FundingObservation
from asgard_basis.domain.market.rates import HOURS_PER_YEAR, AnnualRate

WEEK_HOURS = 168
_ENOUGH_HOURS = 160
"""Of a week: with fewer the figure would be of some other time, and is not known."""


def weekly_volatility(hours: Sequence[FundingObservation], *, until: datetime) -> AnnualRate | None:
    """The standard deviation of the hourly income to the short over the week up to `until`.

    Each settled hour counts as its yearly rate (x 8760), so 0.50 says that an hour is typically
    50 points a year away from the week's mean. The population's deviation: the week is all there
    is, not a sample. None while fewer than 160 of the 168 hours are known; steadiness that is not
    known is never taken for steady.
    """
    begin = until.replace(minute=0, second=0, microsecond=0) - timedelta(hours=WEEK_HOURS)
    seen = {o.hour: o.rate.income_to_short.value for o in hours if begin < o.hour <= until}
    if len(seen) < _ENOUGH_HOURS:
        return None
    count = Decimal(len(seen))
    mean = sum(seen.values(), Decimal(0)) / count
    variance = sum(((value - mean) ** 2 for value in seen.values()), Decimal(0)) / count
    return AnnualRate(variance.sqrt() * HOURS_PER_YEAR)
