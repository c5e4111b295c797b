"""Whether an amount is in whole tokens or in native units: Asgard's documentation is silent.

Each amount is compared with something known; an amount that fits neither or both readings is
refused, because a factor of a billion is not a rounding error.
"""

from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode, Unavailable

_NEAR = (Decimal("0.001"), Decimal(10))
"""A liquidation may leave a thousandth; whole and native readings are a million apart at least."""
_PRICE_TOLERANCE = Decimal("0.05")
_PLAUSIBLE_PRICE = (Decimal(1), Decimal(10_000))


def in_tokens(amount: Decimal, *, decimals: int, known: Decimal | None) -> Decimal:
    """The amount in whole tokens, judged by a known amount that it came from.

    A fraction proves whole tokens. Raises Unavailable ASG-0001 when it is open.
    """
    native = amount.scaleb(-decimals)
    if amount == 0:
        return amount
    if known is None or known <= 0:
        if amount != amount.to_integral_value():
            return amount
        raise _ambiguous(amount)
    if amount != amount.to_integral_value() and amount / known <= _NEAR[1]:
        return amount
    fits = [each for each in (amount, native) if _NEAR[0] <= each / known <= _NEAR[1]]
    if len(fits) != 1:
        raise _ambiguous(amount)
    return fits[0]


def swap_in_tokens(
    *,
    collateral: Decimal,
    collateral_decimals: int,
    usdc: Decimal,
    usdc_decimals: int,
    reference_price: Decimal | None,
) -> tuple[Decimal, Decimal]:
    """(collateral, USDC) of a swap in whole tokens.

    The price they make must be within 5 % of the reference, or plausible at all without one.
    """
    if collateral <= 0 or usdc <= 0:
        raise _ambiguous(collateral)
    readings = [
        (collateral, usdc),
        (collateral.scaleb(-collateral_decimals), usdc.scaleb(-usdc_decimals)),
    ]
    fits = [pair for pair in readings if _is_near(pair[1] / pair[0], reference_price)]
    if len(fits) != 1:
        raise _ambiguous(collateral)
    return fits[0]


def _is_near(price: Decimal, reference: Decimal | None) -> bool:
    if reference is None or reference <= 0:
        return _PLAUSIBLE_PRICE[0] <= price <= _PLAUSIBLE_PRICE[1]
    return abs(price / reference - 1) <= _PRICE_TOLERANCE


def _ambiguous(amount: Decimal) -> Unavailable:
    return Unavailable(ErrorCode.ASGARD_API, f"the unit of Asgard's amount {amount} cannot be told")
