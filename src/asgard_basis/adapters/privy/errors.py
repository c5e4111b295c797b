"""What Privy's refusals mean in our catalogue.

A policy denial is HTTP 400 with `code = policy_violation`; it is final. Some bodies carry no
code, and some are not JSON: they are read leniently and never decide more than the status does.
"""

from asgard_basis.adapters.http import Reply
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable

_TEXT_MAX = 300
_REQUEST_TIMEOUT = 408


def code_of(reply: Reply) -> str:
    """Privy's own error code, or an empty string."""
    body = reply.json
    return str(body.get("code") or "") if isinstance(body, dict) else ""


def text_of(reply: Reply) -> str:
    """Privy's own words, shortened."""
    body = reply.json
    words = body.get("error") if isinstance(body, dict) else body
    return str(words or "no explanation")[:_TEXT_MAX]


def is_transient(reply: Reply) -> bool:
    """Whether the same request may succeed when it is repeated."""
    return reply.status == _REQUEST_TIMEOUT


def refusal_of(reply: Reply) -> DomainError:
    """The error for a status of 400 or above (5xx and 429 never get here)."""
    details = {"status": str(reply.status), "privy_code": code_of(reply)}
    text = text_of(reply)
    if code_of(reply) == "policy_violation":
        return Refused(
            ErrorCode.POLICY_DENIED, f"the wallet's policy forbids this: {text}", details
        )
    if is_transient(reply):
        return Unavailable(ErrorCode.SIGNING_UNAVAILABLE, f"Privy timed out: {text}", details)
    if reply.status in {401, 403}:
        details["cause"] = "configuration"
        return Refused(
            ErrorCode.CUSTODY_API,
            f"Privy does not accept our credentials, keys or clock: {text}",
            details,
        )
    return Refused(ErrorCode.CUSTODY_API, f"Privy refused the request: {text}", details)
