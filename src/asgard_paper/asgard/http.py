"""The venue's REST surface under `/margin-trading`."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.limits import RequestLimit
from asgard_paper.asgard.records import ACTIVE, CLOSE, OPEN, UPDATE, Order, Position
from asgard_paper.asgard.requests import (
    CloseRequest,
    OpenRequest,
    RefreshRequest,
    SubmitRequest,
    WalletRequest,
    check_submitted,
)
from asgard_paper.asgard.updates import (
    AddCollateralRequest,
    LeverageRequest,
    PartialCloseRequest,
    RepayRequest,
    SubmitUpdateRequest,
    UpdateRequest,
    submitted_view,
    update_view,
)
from asgard_paper.asgard.wire import (
    build_view,
    landed_view,
    liquidation_view,
    markets_view,
    position_view,
    refreshed_view,
    simulation_view,
    tokens_view,
)

PREFIX = "/margin-trading"
T = TypeVar("T")
R = TypeVar("R", bound=UpdateRequest)
_encoder = msgspec.json.Encoder(decimal_format="number")

Handler = Callable[[Request, bytes], Any]


def create_app(engine: AsgardEngine, *, limit: RequestLimit | None = None) -> Starlette:
    """The REST application; `limit` replaces the public limit of one request a second."""
    surface = Surface(engine)
    limiter = limit or RequestLimit()
    routes = [_route(engine, limiter, *row) for row in surface.routes()]
    return Starlette(routes=[Mount(PREFIX, routes=routes)])


def _route(
    engine: AsgardEngine, limiter: RequestLimit, method: str, path: str, handler: Handler
) -> Route:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            address = request.client.host if request.client else ""
            if not limiter.admits(address, request.headers.get("x-api-key"), engine.host_ms):
                raise AsgardError(
                    "RATE_LIMIT_EXCEEDED", "Too Many Requests", name="RateLimitError", status=429
                )
            answer, status = handler(request, body), 200
        except AsgardError as error:
            answer, status = error.body(), error.status
        engine.commit()
        return Response(_encoder.encode(answer), status, media_type="application/json")

    return Route(path, endpoint, methods=[method])


class Surface:
    """Every endpoint, from a request's bytes to a JSON value."""

    def __init__(self, engine: AsgardEngine) -> None:
        self._engine = engine

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path, handler."""
        return [
            ("GET", "/markets", lambda _, __: markets_view(self._engine)),
            ("POST", "/create-position", lambda _, body: self._build(self._opening(body), body)),
            (
                "POST",
                "/create-position-simulate",
                lambda _, body: self._simulate(self._opening(body)),
            ),
            ("POST", "/submit-create-position-tx", lambda _, body: self._submit_open(body)),
            ("POST", "/close-position", lambda _, body: self._build(self._closing(body), body)),
            (
                "POST",
                "/close-position-simulate",
                lambda _, body: self._simulate(self._closing(body)),
            ),
            ("POST", "/submit-close-position-tx", lambda _, body: self._submit_close(body)),
            (
                "POST",
                "/position/partial-close",
                self._updating(PartialCloseRequest.order, PartialCloseRequest),
            ),
            (
                "POST",
                "/position/deleverage",
                self._updating(LeverageRequest.deleverage, LeverageRequest),
            ),
            (
                "POST",
                "/position/increase-leverage",
                self._updating(LeverageRequest.increase, LeverageRequest),
            ),
            (
                "POST",
                "/position/add-collateral",
                self._updating(AddCollateralRequest.order, AddCollateralRequest),
            ),
            ("POST", "/position/repay-debt", self._updating(RepayRequest.order, RepayRequest)),
            ("POST", "/submit-position-update-tx", lambda _, body: self._submit_update(body)),
            ("POST", "/positions", lambda _, body: self._all(body)),
            ("POST", "/positions/open", lambda _, body: self._listed(body, is_open=True)),
            ("POST", "/positions/closed", lambda _, body: self._listed(body, is_open=False)),
            ("POST", "/positions/by-pda", lambda request, _: self._by_pda(request)),
            ("POST", "/refresh-positions", lambda _, body: self._refresh(body)),
            ("POST", "/all-liquidation-events", lambda _, __: self._liquidations()),
            ("GET", "/token-metadata", lambda _, __: self._tokens()),
            ("GET", "/token-metadata/{mint}", lambda request, _: self._token(request)),
        ]

    def _opening(self, body: bytes) -> Order:
        return parsed(body, OpenRequest).order()

    def _closing(self, body: bytes) -> Order:
        return parsed(body, CloseRequest).order(self._engine)

    def _build(self, order: Order, body: bytes) -> dict[str, Any]:
        build = self._engine.build(order)
        return build_view(self._engine, build, parsed(body, dict))

    def _simulate(self, order: Order) -> dict[str, Any]:
        build, outcome = self._engine.simulate(order)
        return simulation_view(self._engine, build, outcome)

    def _submit_open(self, body: bytes) -> dict[str, Any]:
        request = parsed(body, SubmitRequest)
        check_submitted(request, self._engine.expected(OPEN, request.signed_txs).order)
        build, _ = self._engine.submit(OPEN, request.signed_txs)
        return position_view(self._engine, self._engine.position(build.order.pda))

    def _submit_close(self, body: bytes) -> dict[str, Any]:
        request = parsed(body, SubmitRequest)
        check_submitted(request, self._engine.expected(CLOSE, request.signed_txs).order)
        build, landed = self._engine.submit(CLOSE, request.signed_txs)
        record = position_view(self._engine, self._engine.position(build.order.pda))
        return {**record, "txMetadata": landed_view(landed)}

    def _updating(self, order_of: Callable[[R, AsgardEngine], Order], kind: type[R]) -> Handler:
        def handler(_: Request, body: bytes) -> dict[str, Any]:
            build = self._engine.build(order_of(parsed(body, kind), self._engine))
            return update_view(self._engine, build, parsed(body, dict))

        return handler

    def _submit_update(self, body: bytes) -> dict[str, Any]:
        request = parsed(body, SubmitUpdateRequest)
        order = self._engine.expected(UPDATE, request.signed_txs).order
        if request.position_id != self._engine.position(order.pda).id:
            raise AsgardError("REQUEST_MISMATCH", f"positionId was {request.position_id}")
        check_submitted(request, order)
        build, landed = self._engine.submit(UPDATE, request.signed_txs)
        return submitted_view(self._engine, build, landed)

    def _owned(self, body: bytes) -> list[Position]:
        wallet = parsed(body, WalletRequest).wallet_pubkey
        rows = self._engine.ledger.positions.values()
        return [row for row in rows if row.owner == wallet]

    def _all(self, body: bytes) -> list[dict[str, Any]]:
        return [
            {
                **position_view(self._engine, row),
                "liquidationEvents": [
                    liquidation_view(event)
                    for event in self._engine.ledger.liquidations_of(row.pda)
                ],
            }
            for row in self._owned(body)
        ]

    def _listed(self, body: bytes, *, is_open: bool) -> list[dict[str, Any]]:
        rows = [row for row in self._owned(body) if (row.state == ACTIVE) == is_open]
        return [position_view(self._engine, row) for row in rows]

    def _by_pda(self, request: Request) -> dict[str, Any]:
        pda = request.query_params.get("pda", "")
        return position_view(self._engine, self._engine.position(pda))

    def _refresh(self, body: bytes) -> dict[str, Any]:
        self._engine.advance()
        wanted = parsed(body, RefreshRequest).position_pdas
        rows = {item.position_pda: item.protocol for item in wanted}
        found = [self._engine.ledger.positions.get(pda) for pda in rows]
        # A closed position's account is gone from the chain, so it is not in the map either.
        live = [row for row in found if row is not None and row.state == ACTIVE]
        return {
            "positions": {
                row.pda: refreshed_view(self._engine, row)
                for row in live
                if rows[row.pda] == row.protocol
            }
        }

    def _liquidations(self) -> list[dict[str, Any]]:
        return [liquidation_view(event) for event in self._engine.ledger.liquidations]

    def _tokens(self) -> dict[str, Any]:
        tokens = tokens_view(self._engine)
        return {"tokens": tokens, "stats": {"total": len(tokens)}}

    def _token(self, request: Request) -> dict[str, Any]:
        mint = request.path_params["mint"]
        found = [row for row in tokens_view(self._engine) if row["mint"] == mint]
        if not found:
            raise AsgardError("TOKEN_NOT_FOUND", f"no token with mint {mint}")
        return found[0]


def parsed(body: bytes, kind: type[T]) -> T:
    """The body as a request; raises AsgardError with the field that is wrong."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise AsgardError("VALIDATION_ERROR", str(error)) from error
