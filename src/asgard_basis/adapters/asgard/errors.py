"""What Asgard's refusals mean in our catalogue.

Bodies are `{error: {name, code, message, details}}`, but strings and HTML occur as well: they
are read leniently. Codes are not published, so the call decides ours; a few words refine it.
"""

from asgard_basis.adapters.http import Reply
from asgard_basis.domain.errors import ErrorCode, Refused

_TEXT_MAX = 300
_WORDS = {
    "capacity": ErrorCode.ASGARD_LIQUIDITY,
    "liquidity": ErrorCode.ASGARD_LIQUIDITY,
    "insufficient_balance": ErrorCode.ASGARD_COLLATERAL,
    "insufficient_collateral": ErrorCode.ASGARD_COLLATERAL,
    "invalid_leverage": ErrorCode.INVALID_LEVERAGE,
    "position_not_open": ErrorCode.POSITION_CLOSED,
    "position_not_found": ErrorCode.POSITION_NOT_FOUND,
}


def refusal_of(reply: Reply, fallback: ErrorCode) -> Refused:
    """The error for a status of 400 or above that is neither 429 nor 5xx."""
    stated = reply.json.get("error") if isinstance(reply.json, dict) else reply.json
    if isinstance(stated, dict):
        code, text = str(stated.get("code") or ""), str(stated.get("message") or "")
    else:
        code, text = "", str(stated or "")
    text = text[:_TEXT_MAX] or "no explanation"
    known = (ours for word, ours in _WORDS.items() if word in code.lower())
    return Refused(
        next(known, fallback),
        f"Asgard refused: {text}",
        {"asgard_code": code, "status": str(reply.status)},
    )
