"""Solana's JSON-RPC: every method we call only reads, so every call may be repeated."""

from typing import Any

from asgard_basis.adapters.http import HttpClient
from asgard_basis.domain.errors import ErrorCode, Unavailable

_OK = 200


class SolanaRpc:
    """One node (or pool of nodes) behind one address."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._last_id = 0

    async def call(self, method: str, *params: object) -> Any:
        """The `result`; raises Unavailable NET-0001 for anything but a result."""
        self._last_id += 1
        body = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": list(params)}
        reply = await self._http.post_json("", body, repeatable=True, error=ErrorCode.SOLANA_RPC)
        answer = reply.json
        if reply.status == _OK and isinstance(answer, dict) and "result" in answer:
            return answer["result"]
        raise _problem(method, reply.status, answer)

    async def value(self, method: str, *params: object) -> Any:
        """The `value` of a result that comes with a context."""
        _, value = await self.value_at(method, *params)
        return value

    async def value_at(self, method: str, *params: object) -> tuple[int, Any]:
        """The node's slot and the `value`."""
        result = await self.call(method, *params)
        try:
            return int(result["context"]["slot"]), result["value"]
        except (KeyError, TypeError, ValueError) as error:
            raise _problem(method, _OK, "an answer without context") from error


def _problem(method: str, status: int, answer: object) -> Unavailable:
    stated = answer.get("error") if isinstance(answer, dict) else answer
    words = stated.get("message") if isinstance(stated, dict) else stated
    code = stated.get("code") if isinstance(stated, dict) else None
    return Unavailable(
        ErrorCode.SOLANA_RPC,
        f"Solana did not answer {method}: {str(words)[:200]}",
        {"method": method, "status": str(status), "rpc_code": str(code)},
    )
