"""Decimal rules of the venue: its string form, its cents, its ticks."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

ZERO = Decimal(0)
USD_STEP = Decimal("0.000001")
"""The perpetual ledger counts millionths of a dollar."""
RATIO_STEP = Decimal("0.0000000001")
"""Rates, returns and liquidation prices carry ten decimals."""
SIGNIFICANT_FIGURES = 5
PRICE_DECIMALS = 6


def usd(amount: Decimal) -> Decimal:
    """The amount in whole millionths of a dollar, half to even."""
    return amount.quantize(USD_STEP)


def ratio(value: Decimal) -> Decimal:
    """The value with ten decimals, half to even."""
    return value.quantize(RATIO_STEP)


def wire(value: Decimal) -> str:
    """The venue's string form: fixed point, no trailing zeros but at least one decimal."""
    text = f"{value:f}"
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    if text.endswith("."):
        text += "0"
    return "0.0" if text == "-0.0" else text


def bare(value: Decimal) -> str:
    """The form that orders are signed in: fixed point without any trailing zero."""
    text = wire(value)
    return text[:-2] if text.endswith(".0") else text


def parsed(text: str) -> Decimal:
    """A finite decimal from a wire string; raises ValueError for anything else."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a decimal: {text!r}") from None
    if not value.is_finite():
        raise ValueError(f"not a finite decimal: {text!r}")
    return value


def decimals_of(value: Decimal) -> int:
    """How many decimals the value needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def tick_size(price: Decimal, size_decimals: int) -> Decimal:
    """The price step at `price`: five significant figures, at most 6 − szDecimals decimals."""
    exponent = max(price.adjusted() - SIGNIFICANT_FIGURES + 1, size_decimals - PRICE_DECIMALS)
    return Decimal(1).scaleb(min(exponent, 0))


def is_on_tick(price: Decimal, size_decimals: int) -> bool:
    """Whether an order may carry this price; whole numbers always may."""
    if price == price.to_integral_value():
        return True
    return price % tick_size(price, size_decimals) == 0


def floored(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `value`."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceiled(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `value`."""
    return (value / step).to_integral_value(ROUND_CEILING) * step
