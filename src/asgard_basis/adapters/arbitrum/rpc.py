"""JSON-RPC to an Arbitrum node, strict about what comes back."""

import re
from typing import Any

from asgard_basis.adapters.http import HttpClient, Reply
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable

_HEX = re.compile(r"0x[0-9a-fA-F]+")


INTERNAL_ERROR = -32603
"""The node failed by itself: it says nothing about what was asked."""
_RATE_LIMITED = -32005


class RpcError(Exception):
    """The node understood and answered with an error object."""

    def __init__(self, method: str, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{method}: {message} ({code})")


class JsonRpc:
    """Calls to one node. Errors: Unavailable NET-0002, OutcomeUnknown NET-0002 on sending."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def read(self, method: str, *params: object) -> Any:
        """The result of a read that no healthy node declines."""
        try:
            return await self.ask(method, *params)
        except RpcError as error:
            raise Unavailable(ErrorCode.ARBITRUM_RPC, f"Arbitrum declined {error}") from error

    async def quantity(self, method: str, *params: object) -> int:
        """As `read`, for results that are hexadecimal numbers."""
        return number_of(await self.read(method, *params))

    async def ask(self, method: str, *params: object) -> Any:
        """The result of a read that may be declined; raises RpcError then."""
        answer = await self._post(method, params, repeatable=True)
        if isinstance(answer, Reply):
            raise Unavailable(ErrorCode.ARBITRUM_RPC, _strange(method, answer))
        return answer["result"]

    async def send(self, method: str, *params: object) -> Any:
        """The result of a call that does something, sent once; raises RpcError when declined."""
        answer = await self._post(method, params, repeatable=False)
        if isinstance(answer, Reply):
            raise OutcomeUnknown(ErrorCode.ARBITRUM_RPC, _strange(method, answer))
        return answer["result"]

    async def _post(
        self, method: str, params: tuple[object, ...], *, repeatable: bool
    ) -> dict[str, Any] | Reply:
        reply = await self._http.post_json(
            "",
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
            repeatable=repeatable,
            error=ErrorCode.ARBITRUM_RPC,
        )
        match reply.json:
            case {"error": {"code": int(code), "message": str(message)}}:
                if code == _RATE_LIMITED:
                    raise Unavailable(ErrorCode.ARBITRUM_RPC, f"Arbitrum declined: {message}")
                raise RpcError(method, code, message)
            case {"result": _}:
                return dict(reply.json)
            case _:
                return reply


def _strange(method: str, reply: Reply) -> str:
    return f"Arbitrum answered {method} in another shape (HTTP {reply.status})"


def number_of(value: object) -> int:
    """A hexadecimal quantity as an integer; raises Unavailable for anything else."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise Unavailable(ErrorCode.ARBITRUM_RPC, f"expected a hexadecimal number, was {value!r}")
    return int(value, 16)
