"""The HTTP application: middleware, routes, the dashboard."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI

from asgard_basis.api import errors, spa
from asgard_basis.api.middleware import RequestFrame
from asgard_basis.api.routes import (
    alarms,
    auth,
    balances,
    config,
    control,
    decisions,
    deposits,
    events,
    health,
    intents,
    ledger,
    moves,
    playbooks,
    positions,
    rates,
    risk,
    settings,
    strategy,
    wallets,
)
from asgard_basis.api.schemas.shapes import ErrorResponse
from asgard_basis.api.sessions import SessionCookies
from asgard_basis.bootstrap import App, WebSettings

_ERRORS = {
    status: {"model": ErrorResponse, "description": text}
    for status, text in (
        (401, "AUT-0001 not signed in, AUT-0003 session ended"),
        (403, "AUT-0002 not allowed, AUT-0004 CSRF, WAL-0005 policy"),
        (404, "GEN-0005, POS-0001, POS-0007 not found"),
        (409, "WAL-, ASG-, HLQ-, POS- or RSK- code: not possible now"),
        (422, "VAL- code: the request is not right"),
        (429, "NET-0004 too many requests"),
        (500, "GEN-0002 internal error"),
        (502, "ASG-, HLQ- or WAL- code: a venue refused"),
        (503, "NET-, WAL-0006, GEN-0006: something does not answer"),
        (504, "ASG-0007, HLQ-0008: the outcome is not known yet"),
    )
}


def create_app(
    open_app: Callable[[], AbstractAsyncContextManager[App]], web: WebSettings
) -> FastAPI:
    """The server; `open_app` is entered when it starts and left when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_app() as basis:
            app.state.basis = basis
            yield

    app = FastAPI(
        title="Asgard Basis",
        version=web.version,
        lifespan=lifespan,
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.cookies = SessionCookies(web.server_secret)
    app.state.web = web
    app.add_middleware(RequestFrame, connect_sources=web.connect_sources, is_secure=web.is_secure)
    errors.install(app)
    api = APIRouter(prefix="/api/v1", responses=_ERRORS)  # type: ignore[arg-type]
    for module in (
        config,
        auth,
        wallets,
        balances,
        rates,
        positions,
        intents,
        risk,
        ledger,
        deposits,
        alarms,
        playbooks,
        strategy,
        settings,
        decisions,
        moves,
        control,
        events,
    ):
        api.include_router(module.router)
    api.include_router(health.router)
    app.include_router(api)
    app.include_router(health.router, include_in_schema=False)
    spa.install(app, Path(web.dashboard_folder))
    return app
