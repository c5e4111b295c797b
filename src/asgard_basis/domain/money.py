"""Exact amounts: Decimal only, one rounding rule for each purpose."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation

from asgard_basis.domain.errors import DomainError, ErrorCode

CENT = Decimal("0.01")
USDC_UNIT = Decimal("0.000001")
ZERO = Decimal(0)
ONE = Decimal(1)

_DIGITS_MAX = 38

LEVERAGE_MIN = Decimal("1.1")
LEVERAGE_MAX = Decimal(4)


def exact(value: object) -> Decimal:
    """A finite Decimal from a Decimal, int or decimal text.

    Raises DomainError VAL-0001 for floats (they have already lost something), NaN, infinities
    anything that is not a number, and more digits than any amount has.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise DomainError(ErrorCode.INVALID_INPUT, f"expected a decimal number, was {value!r}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise DomainError(
            ErrorCode.INVALID_INPUT, f"expected a decimal number, was {value!r}"
        ) from error
    if not number.is_finite():
        raise DomainError(ErrorCode.INVALID_INPUT, f"expected a finite number, was {value!r}")
    if number.adjusted() > _DIGITS_MAX or len(number.as_tuple().digits) > _DIGITS_MAX:
        raise DomainError(ErrorCode.INVALID_INPUT, "expected a number of a sensible length")
    return Decimal(plain(number))


def plain(amount: Decimal) -> str:
    """Plain digits for people and programs: never an exponent."""
    return format(amount, "f")


def cents(amount: Decimal) -> Decimal:
    """Rounded half to even to two decimals, for showing and for statements."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def floor_to(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `amount`."""
    return (amount / step).to_integral_value(rounding=ROUND_FLOOR) * step


def ceil_to(amount: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `amount`."""
    return (amount / step).to_integral_value(rounding=ROUND_CEILING) * step


def nearest_to(amount: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to `amount`, half to even."""
    return (amount / step).to_integral_value(rounding=ROUND_HALF_EVEN) * step


def to_native(amount: Decimal, decimals: int) -> int:
    """A UI amount in integer native units, rounded down: never more than was meant."""
    return int((amount * (Decimal(10) ** decimals)).to_integral_value(rounding=ROUND_FLOOR))


def from_native(amount: int, decimals: int) -> Decimal:
    """Integer native units as an exact UI amount."""
    return Decimal(amount).scaleb(-decimals)


@dataclass(frozen=True, slots=True, order=True)
class Leverage:
    """Exposure of a leg over its own equity, between 1.1 and 4.

    Raises DomainError VAL-0003 outside that range.
    """

    value: Decimal

    def __post_init__(self) -> None:
        if not LEVERAGE_MIN <= self.value <= LEVERAGE_MAX:
            raise DomainError(
                ErrorCode.INVALID_LEVERAGE,
                f"leverage must be between {LEVERAGE_MIN}x and {LEVERAGE_MAX}x, was {self.value}x",
            )
