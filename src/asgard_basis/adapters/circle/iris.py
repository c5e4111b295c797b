"""Circle's attestation service (iris-api.circle.com), strict about what comes back.

`GET /v2/messages/{domain}?transactionHash=` answers 404 until it has seen the burn and
`attestation: "PENDING"` until it has signed; `GET /v2/burn/USDC/fees/{from}/{to}` lists the least
fee in basis points for each finality (developers.circle.com/api-reference/cctp).
"""

from decimal import Decimal
from typing import Any

from asgard_basis.adapters.http import HttpClient
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.treasury.cctp import FINALIZED, Domain, is_attestation

_OK, _UNKNOWN = 200, 404
_COMPLETE = "complete"


class Iris:
    """Errors: Unavailable NET-0007."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def attested(self, source: Domain, transaction: str) -> tuple[bytes, bytes] | None:
        """Message and signatures of a transaction's burn; None while there are none.

        Raises Unavailable for anything but exactly one burn.
        """
        reply = await self._http.get_json(
            f"/v2/messages/{int(source)}",
            params={"transactionHash": transaction},
            error=ErrorCode.CIRCLE_API,
        )
        if reply.status == _UNKNOWN:
            return None
        listed = reply.json.get("messages") if isinstance(reply.json, dict) else None
        if reply.status != _OK or not isinstance(listed, list):
            raise _strange("messages", reply.status)
        if not listed:
            return None
        if len(listed) != 1 or not isinstance(listed[0], dict):
            raise _strange("messages", reply.status)
        return _signed(listed[0])

    async def fee_bps(self, source: Domain, destination: Domain) -> Decimal:
        """The least fee for what is attested when it is final, in basis points."""
        path = f"/v2/burn/USDC/fees/{int(source)}/{int(destination)}"
        reply = await self._http.get_json(path, error=ErrorCode.CIRCLE_API)
        listed = reply.json if reply.status == _OK and isinstance(reply.json, list) else []
        for entry in listed:
            match entry:
                case {"finalityThreshold": int(finality), "minimumFee": int() | float() as fee}:
                    if finality == FINALIZED:
                        return Decimal(str(fee))
        raise _strange("fees", reply.status)


def _signed(entry: dict[str, Any]) -> tuple[bytes, bytes] | None:
    if entry.get("status") != _COMPLETE:
        return None
    try:
        message = bytes.fromhex(str(entry.get("message")).removeprefix("0x"))
        signatures = bytes.fromhex(str(entry.get("attestation")).removeprefix("0x"))
    except ValueError as error:
        raise _strange("attestation", _OK) from error
    if not is_attestation(signatures):
        raise _strange("attestation", _OK)
    return message, signatures


def _strange(what: str, status: int) -> Unavailable:
    return Unavailable(
        ErrorCode.CIRCLE_API, f"Circle answered with {what} in another shape (HTTP {status})"
    )
