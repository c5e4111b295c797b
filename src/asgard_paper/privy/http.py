"""The service on one port: /v1 for back ends, /api/v1 for browsers, /sim for developers."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from asgard_paper.privy import shapes
from asgard_paper.privy.auth_api import auth_routes
from asgard_paper.privy.engine import PrivyEngine
from asgard_paper.privy.refusals import Refusal
from asgard_paper.privy.server.controls import (
    AggregationApi,
    ConditionSetApi,
    PolicyApi,
    QuorumApi,
)
from asgard_paper.privy.server.gate import Gate
from asgard_paper.privy.server.people import PeopleApi
from asgard_paper.privy.server.wallets import WalletApi


def create_app(engine: PrivyEngine, *, public_url: Callable[[], str] | str) -> Starlette:
    """The ASGI application; `public_url` is the base URL under which clients reach it.

    A function is asked on every request, for ports that are known only after binding.
    """

    def base_url() -> str:
        return (public_url if isinstance(public_url, str) else public_url()).rstrip("/")

    async def outbox(request: Request) -> Response:
        mails = engine.mailbox(request.query_params.get("email"))
        return JSONResponse([shapes.mail(mail) for mail in mails])

    async def decision(_request: Request) -> Response:
        return JSONResponse(shapes.decision(engine.signer.last_decision))

    gate = Gate(engine, base_url)
    apis = (
        WalletApi(gate),
        QuorumApi(gate),
        PolicyApi(gate),
        AggregationApi(gate),
        ConditionSetApi(gate),
        PeopleApi(gate),
    )
    return Starlette(
        routes=[
            *auth_routes(engine),
            Route("/sim/outbox", outbox, methods=["GET"]),
            Route("/sim/decision", decision, methods=["GET"]),
            Mount("/v1", routes=[route for api in apis for route in api.routes()]),
        ],
        exception_handlers={Refusal: _refused, HTTPException: _unrouted},
    )


def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    return JSONResponse(error.body(), status_code=error.status)


def _unrouted(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, status_code=error.status_code)
