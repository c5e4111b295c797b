"""Hyperliquid's refusals, which come as text, under our codes.

Texts carry suffixes on the wire (" asset=5") and figures, so they are matched by how they begin.
"""

from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable

NOTHING_TO_DO = {
    "Order could not immediately match": "iocCancelRejected",
    "No liquidity available for market order": "marketOrderNoLiquidityRejected",
    "Reduce only order would increase position": "reduceOnlyRejected",
}
"""Answers to a sound order that found nobody to trade with or nothing to reduce."""

KEY_IN_USE = "Duplicate cloid"
"""Answer to an order whose key another open order has."""

_REFUSED = (
    ("Insufficient margin", ErrorCode.HYPERLIQUID_MARGIN),
    ("Position does not use isolated margin", ErrorCode.HYPERLIQUID_NOT_FOUND),
    ("Order has insufficient spot balance", ErrorCode.HYPERLIQUID_MARGIN),
    ("Insufficient balance", ErrorCode.HYPERLIQUID_MARGIN),
    ("Insufficient spot balance", ErrorCode.HYPERLIQUID_MARGIN),
    ("Order must have minimum value", ErrorCode.SIZE_TOO_SMALL),
    ("Order would cause position to exceed margin tier", ErrorCode.HYPERLIQUID_POSITION),
    ("Order would increase open interest", ErrorCode.HYPERLIQUID_POSITION),
    ("Must deposit before performing actions", ErrorCode.HYPERLIQUID_ACCOUNT),
    # Also what a wrong signature looks like: the address named is then nobody's.
    ("User or API Wallet", ErrorCode.HYPERLIQUID_ACCOUNT),
    ("Cannot switch leverage type", ErrorCode.HYPERLIQUID_LEVERAGE),
    ("Invalid leverage", ErrorCode.HYPERLIQUID_LEVERAGE),
)
_NUMBER_REFUSED = ("Invalid nonce", "Action already expired")
_TAKEN = "duplicate nonce"
_NUMBER_USED = (_TAKEN, "nonce too low")
"""Under such a number nothing can happen any more."""
_NOT_NOW = (
    *((start, ErrorCode.HYPERLIQUID_API) for start in _NUMBER_REFUSED),
    ("Too many cumulative requests", ErrorCode.RATE_LIMITED),
    ("Too many requests", ErrorCode.RATE_LIMITED),
)


def empty_status(text: str) -> str | None:
    """The venue's status name for a sound order with nothing to do, else None."""
    return next((name for start, name in NOTHING_TO_DO.items() if text.startswith(start)), None)


def is_about_the_number(error: DomainError) -> bool:
    """Whether an action was refused for its nonce or its age, whatever it asked for."""
    return _venue_text(error).startswith(_NUMBER_REFUSED)


def is_number_used(error: DomainError) -> bool:
    """Whether the venue says that a nonce cannot be used (again) at any later time."""
    text = _venue_text(error)
    return is_about_the_number(error) and any(words in text for words in _NUMBER_USED)


def is_number_taken(error: DomainError) -> bool:
    """Whether the venue has seen this very nonce before."""
    return is_about_the_number(error) and _TAKEN in _venue_text(error)


def _venue_text(error: DomainError) -> str:
    return error.details.get("venue_message", "").removeprefix("L1 error: ")


def refusal(text: str, *, otherwise: ErrorCode) -> DomainError:
    """What a refusing text means: Refused, or Unavailable when it may be asked anew."""
    plain = text.removeprefix("L1 error: ")
    details = {"venue_message": text}
    for start, code in _NOT_NOW:
        if plain.startswith(start):
            return Unavailable(code, f"Hyperliquid declined for now: {text}", details)
    code = next((code for start, code in _REFUSED if plain.startswith(start)), otherwise)
    return Refused(code, f"Hyperliquid refused: {text}", details)
