"""JSON-RPC over HTTP: one method table, batches, and the network's own error codes."""

from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asgard_paper.solana.chain import SolanaChain
from asgard_paper.solana.methods import Methods, RpcError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601

_encoder = msgspec.json.Encoder(decimal_format="number")


def create_app(chain: SolanaChain) -> Starlette:
    """The JSON-RPC endpoint of a chain, at `/`."""
    methods = Methods(chain)

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return Response(_encoder.encode(_answer(methods, body)), media_type="application/json")

    async def health(_: Request) -> Response:
        return Response("behind" if chain.slots.halted else "ok")

    return Starlette(
        routes=[
            Route("/", endpoint, methods=["POST"]),
            Route("/health", health, methods=["GET"]),
        ]
    )


def _answer(methods: Methods, body: bytes) -> Any:
    try:
        payload = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return _failure(None, PARSE_ERROR, "Parse error")
    if isinstance(payload, list):
        if not payload:
            return _failure(None, INVALID_REQUEST, "Invalid request")
        return [_one(methods, item) for item in payload]
    return _one(methods, payload)


def _one(methods: Methods, call: Any) -> dict[str, Any]:
    if not isinstance(call, dict) or not isinstance(call.get("method"), str):
        return _failure(None, INVALID_REQUEST, "Invalid request")
    identity = call.get("id")
    handler = methods.table.get(call["method"])
    if handler is None:
        return _failure(identity, METHOD_NOT_FOUND, "Method not found")
    params = call.get("params") or []
    if not isinstance(params, list):
        return _failure(identity, INVALID_REQUEST, "Invalid request")
    try:
        result = handler(params)
    except RpcError as error:
        return _failure(identity, error.code, error.message, error.data)
    return {"jsonrpc": "2.0", "result": result, "id": identity}


def _failure(identity: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "error": error, "id": identity}
