"""The venue over HTTP: `/info` and `/exchange`, both POST and JSON."""

from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.hyperliquid.info import ITEMS_PER_WEIGHT, Info
from asgard_paper.hyperliquid.limits import WEIGHT_PER_MINUTE, WeightLimit
from asgard_paper.hyperliquid.websocket import Streams
from asgard_paper.hyperliquid.wire.actions import batch_size, decode_envelope

UNREADABLE = "Failed to deserialize the JSON body into the target type"
BATCH_PER_WEIGHT = 40


def create_app(
    engine: HyperliquidEngine, *, weight_per_minute: int | None = WEIGHT_PER_MINUTE
) -> Starlette:
    """The venue's HTTP and WebSocket surface; None switches all budgets off."""
    info = Info(engine)
    limit = WeightLimit(engine.clock.host_ms, weight_per_minute)

    async def post_info(request: Request) -> Response:
        try:
            body: Any = msgspec.json.decode(await request.body())
            route, wanted = info.route(body)
        except (msgspec.DecodeError, ValueError):
            return PlainTextResponse(UNREADABLE, status_code=422)
        client = _client(request)
        if not limit.allows(client, route.weight):
            return _too_many()
        engine.advance()
        answer = route.answer(wanted)
        if route.is_list and isinstance(answer, list):
            limit.charge(client, -(-len(answer) // ITEMS_PER_WEIGHT))
        return _json(answer)

    async def post_exchange(request: Request) -> Response:
        try:
            envelope = decode_envelope(msgspec.json.decode(await request.body()))
        except (msgspec.DecodeError, ValueError):
            return PlainTextResponse(UNREADABLE, status_code=422)
        if not limit.allows(_client(request), 1 + batch_size(envelope.action) // BATCH_PER_WEIGHT):
            return _too_many()
        reply = engine.execute(envelope)
        engine.commit()
        return _json(reply)

    streams = Streams(engine, info, is_limited=weight_per_minute is not None)
    return Starlette(
        routes=[
            Route("/info", post_info, methods=["POST"]),
            Route("/exchange", post_exchange, methods=["POST"]),
            WebSocketRoute("/ws", streams.serve),
        ]
    )


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _too_many() -> Response:
    return Response(b"null", status_code=429, media_type="application/json")
