"""The service's REST surface: what was burned and whether it is attested, and the fees.

Shapes and the 404 of the unknown follow developers.circle.com/api-reference/cctp (get-messages-v2,
get-burn-usdc-fees) and answers seen in public clients.
"""

import re

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asgard_paper.circle.iris import Iris, Seen
from asgard_paper.circle.messages import ARBITRUM, SOLANA, read

_HASH = re.compile(r"0x[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{64,88}")


def create_app(iris: Iris) -> Starlette:
    """The REST application."""

    async def messages(request: Request) -> Response:
        transaction = request.query_params.get("transactionHash", "")
        if not _HASH.fullmatch(transaction):
            return _json({"code": 400, "message": "Invalid transactionHash"}, 400)
        found = iris.messages(int(request.path_params["domain"]), transaction)
        if not found:
            return _json({"code": 404, "message": "Message not found"}, 404)
        return _json({"messages": [_view(seen) for seen in found], "sourceTxHash": transaction})

    async def fees(request: Request) -> Response:
        pair = {int(request.path_params["source"]), int(request.path_params["destination"])}
        if pair != {ARBITRUM, SOLANA}:
            return _json({"code": 404, "message": "Route not found"}, 404)
        return _json([{"finalityThreshold": 2000, "minimumFee": 0}])

    return Starlette(
        routes=[
            Route("/v2/messages/{domain:int}", messages),
            Route("/v2/burn/USDC/fees/{source:int}/{destination:int}", fees),
        ]
    )


def _view(seen: Seen) -> dict[str, object]:
    message = read(seen.attested)
    if message is None:
        return {
            "message": None,
            "eventNonce": None,
            "attestation": "PENDING",
            "decodedMessage": None,
            "cctpVersion": 2,
            "status": "pending_confirmations",
            "delayReason": None,
        }
    return {
        "message": "0x" + seen.attested.hex(),
        "eventNonce": "0x" + message.nonce.hex(),
        "attestation": "0x" + seen.attestation.hex(),
        "decodedMessage": {
            "sourceDomain": str(message.source),
            "destinationDomain": str(message.destination),
            "nonce": "0x" + message.nonce.hex(),
            "minFinalityThreshold": str(message.finality_asked),
            "finalityThresholdExecuted": str(message.finality),
        },
        "cctpVersion": 2,
        "status": "complete",
        "delayReason": None,
    }


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
