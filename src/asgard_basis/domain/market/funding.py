"""Funding of the perpetual, seen from the short: positive means the short earns.

On the wire a positive rate means longs pay shorts. That sign lives in `FundingRate` and in the
Hyperliquid adapter, nowhere else; the rest of the product asks for `income_to_short`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from asgard_basis.domain.market.rates import HourlyRate

_INTEREST_8H = Decimal("0.0001")
_CLAMP_8H = Decimal("0.0005")
_CAP_HOURLY = Decimal("0.04")
_RATE_STEP = Decimal("0.0000000001")
HOUR = timedelta(hours=1)
HOURLY_SINCE = datetime(2023, 6, 8, 1, tzinfo=UTC)
"""The first settlement an hour after another; before, there was one at 0, 8 and 16 o'clock."""
FORMULA_SINCE = datetime(2023, 7, 17, tzinfo=UTC)
"""Until then other clamps were tried out: recorded rows follow today's formula from here on."""
_EARLY_HOURS = 8
_RATE_ROUNDING = Decimal("0.00000001")
"""Early rows state eight decimals."""


@dataclass(frozen=True, slots=True)
class FundingRate:
    """One hour's rate as the venue states it: a fraction of notional that longs pay shorts."""

    longs_pay_hourly: Decimal

    @property
    def income_to_short(self) -> HourlyRate:
        """What one unit of short notional receives in the hour; negative is paid."""
        return HourlyRate(self.longs_pay_hourly)

    @staticmethod
    def from_premium(premium: Decimal) -> "FundingRate":
        """The rate the hour's mean premium leads to.

        F = (P + clamp(0.0001 - P, -0.0005, +0.0005)) / 8, capped at 4 % an hour; Hyperliquid
        documentation, "Funding".
        """
        pull = max(-_CLAMP_8H, min(_CLAMP_8H, _INTEREST_8H - premium))
        hourly = (premium + pull) / 8
        capped = max(-_CAP_HOURLY, min(_CAP_HOURLY, hourly))
        return FundingRate(capped.quantize(_RATE_STEP, rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True)
class FundingObservation:
    """A settled hour of the market."""

    hour: datetime
    """The full hour at which it was settled (UTC)."""
    rate: FundingRate
    premium: Decimal


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """What one account received (positive) or paid at one settlement, from the venue's record."""

    settled_at: datetime
    amount_usdc: Decimal
    signed_size: Decimal
    """Of the account at settlement; a short is negative."""
    rate: FundingRate


def payment_to_short(*, size: Decimal, oracle_price: Decimal, rate: FundingRate) -> Decimal:
    """USD the short of `size` SOL receives for one hour: size x oracle price x rate."""
    return size * oracle_price * rate.income_to_short.value


def mean_income(observations: Sequence[FundingObservation]) -> HourlyRate | None:
    """The mean hourly income to the short, or None without observations."""
    if not observations:
        return None
    total = sum((o.rate.income_to_short.value for o in observations), Decimal(0))
    return HourlyRate(total / len(observations))


def follows_from_premium(observation: FundingObservation) -> bool:
    """Whether the settled rate is what the formula makes of its premium; True before it applied."""
    if observation.hour < FORMULA_SINCE:
        return True
    formula = FundingRate.from_premium(observation.premium).longs_pay_hourly
    return abs(formula - observation.rate.longs_pay_hourly) <= _RATE_ROUNDING


def is_settlement(hour: datetime) -> bool:
    """Whether the venue settles funding at that full hour."""
    return hour >= HOURLY_SINCE or hour.hour % _EARLY_HOURS == 0


def hours_settled(hour: datetime) -> int:
    """How many hours the settlement at that full hour is for: one, or eight in the early days."""
    return 1 if hour >= HOURLY_SINCE else _EARLY_HOURS


@dataclass(frozen=True, slots=True)
class FundingYear:
    """What the short has earned over a long time, at its mean and at its worst."""

    hours: int
    """Settled hours behind it: a year has 8760."""
    mean: HourlyRate
    worst: HourlyRate
    """The lowest mean over `window_hours` in a row."""
    window_hours: int
    longest_paid_hours: int
    """The most hours in a row in which the short paid."""


def year_of(
    observations: Sequence[FundingObservation], *, window_hours: int = 720
) -> FundingYear | None:
    """The year these hours make, oldest first; None when they do not fill one window."""
    if len(observations) < window_hours:
        return None
    incomes = [o.rate.income_to_short.value for o in observations]
    total = sum(incomes[:window_hours], Decimal(0))
    lowest = total
    for gone, come in zip(incomes, incomes[window_hours:], strict=False):
        total += come - gone
        lowest = min(lowest, total)
    paid = longest = 0
    for income in incomes:
        paid = paid + 1 if income < 0 else 0
        longest = max(longest, paid)
    return FundingYear(
        hours=len(incomes),
        mean=HourlyRate(sum(incomes, Decimal(0)) / len(incomes)),
        worst=HourlyRate(lowest / window_hours),
        window_hours=window_hours,
        longest_paid_hours=longest,
    )


def missing_hours(
    observations: Sequence[FundingObservation], *, first: datetime, last: datetime
) -> list[datetime]:
    """The settlements from `first` to `last`, both included, that no observation covers."""
    have = {o.hour for o in observations}
    hours: list[datetime] = []
    hour = first
    while hour <= last:
        if hour not in have and is_settlement(hour):
            hours.append(hour)
        hour += HOUR
    return hours
