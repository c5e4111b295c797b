"""What a person asks of the market before a position is opened for them.

Funding is asked for as *the least the short must earn* (`min_funding_apr`). The specification's
`min_funding_rate` says what the short pays; it is taken in exactly that meaning.
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.money import ZERO, plain

VOLATILITY_DEFAULT = Decimal("0.50")
_RATE_MAX = Decimal(5)
"""500 % a year: whoever asks for more has most likely written percents."""
_VOLATILITY_MAX = Decimal(10)
_DAYS_MAX = Decimal(3650)
_PRICE_MAX = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class EntryCriteria:
    """Beyond what every entry needs; None asks for nothing more."""

    min_funding_apr: Decimal | None = None
    """The least the short must earn a year, now and in the next hour, of its notional."""
    max_funding_volatility: Decimal = VOLATILITY_DEFAULT
    """See `weekly_volatility`."""
    max_entry_price: Decimal | None = None
    """USD a SOL on Hyperliquid."""
    min_net_apr: Decimal | None = None
    """The least that is left a year of the whole capital, after borrowing."""
    max_break_even_days: Decimal | None = None

    @property
    def min_funding_rate(self) -> Decimal | None:
        """The specification's field: what the short may pay at most, so never above zero."""
        return None if self.min_funding_apr is None else 0 - self.min_funding_apr


def entry_criteria(
    *,
    min_funding_apr: Decimal | None = None,
    min_funding_rate: Decimal | None = None,
    max_funding_volatility: Decimal | None = None,
    max_entry_price: Decimal | None = None,
    min_net_apr: Decimal | None = None,
    max_break_even_days: Decimal | None = None,
) -> EntryCriteria:
    """Criteria that can be met; raises DomainError VAL-0011 or VAL-0001 for any others."""
    _within("min_net_apr", min_net_apr, ZERO, _RATE_MAX)
    _within("max_funding_volatility", max_funding_volatility, ZERO, _VOLATILITY_MAX)
    _within("max_break_even_days", max_break_even_days, ZERO, _DAYS_MAX)
    _within("max_entry_price", max_entry_price, ZERO, _PRICE_MAX)
    return EntryCriteria(
        min_funding_apr=funding_floor(min_funding_apr, min_funding_rate),
        max_funding_volatility=VOLATILITY_DEFAULT
        if max_funding_volatility is None
        else max_funding_volatility,
        max_entry_price=max_entry_price,
        min_net_apr=min_net_apr,
        max_break_even_days=max_break_even_days,
    )


def funding_floor(
    min_funding_apr: Decimal | None, min_funding_rate: Decimal | None
) -> Decimal | None:
    """The least the short must earn a year, from either way of saying it.

    Raises DomainError VAL-0011 for a positive `min_funding_rate`, VAL-0001 for both at once, for
    an income below zero and for one above 500 % a year.
    """
    if min_funding_apr is not None and min_funding_rate is not None:
        raise DomainError(
            ErrorCode.INVALID_INPUT,
            "give min_funding_apr or min_funding_rate, not both: they say the same thing with"
            " opposite signs",
        )
    if min_funding_rate is not None:
        if min_funding_rate > 0:
            raise DomainError(
                ErrorCode.FUNDING_SIGN,
                f"min_funding_rate is what the short pays, was {plain(min_funding_rate)}: a"
                " positive one would open while you pay. To ask that the short earns"
                f" {plain(min_funding_rate * 100)} % a year send min_funding_apr"
                f" {plain(min_funding_rate)} (or min_funding_rate {plain(-min_funding_rate)}).",
            )
        min_funding_apr = 0 - min_funding_rate
    _within("min_funding_apr", min_funding_apr, ZERO, _RATE_MAX)
    return min_funding_apr


def _within(name: str, value: Decimal | None, least: Decimal, most: Decimal) -> None:
    if value is None or least <= value <= most:
        return
    hint = " (a fraction: 0.15 is 15 % a year)" if most == _RATE_MAX else ""
    raise DomainError(
        ErrorCode.INVALID_INPUT,
        f"{name} must be between {least} and {most}{hint}, was {plain(value)}",
    )
