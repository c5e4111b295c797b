"""The auth API that browsers call: e-mail codes, sessions, the signed-in user, the app object."""

from collections.abc import Awaitable, Callable

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from asgard_paper.privy import shapes
from asgard_paper.privy.app_object import app_object
from asgard_paper.privy.engine import PrivyEngine
from asgard_paper.privy.refusals import INVALID_APP_ID, Refusal, not_found
from asgard_paper.privy.wire import Fields, parse_json

MODES = ("login-or-sign-up", "no-signup")
Endpoint = Callable[[Request], Awaitable[Response]]

# Any origin may ask: the service restricts origins only when an app lists allowed domains.
CORS = Middleware(
    CORSMiddleware,
    allow_origin_regex=".*",
    allow_credentials=True,
    allow_methods=["GET", "POST", "DELETE"],
    allow_headers=["*"],
    max_age=600,
)


def auth_routes(engine: PrivyEngine) -> list[BaseRoute]:
    """Routes under /api/v1 with CORS, and the page the React SDK frames."""
    api = AuthApi(engine)

    def post(path: str, act: Callable[[Request, Fields], object]) -> Route:
        return Route(path, _mutation(engine, act), methods=["POST"])

    return [
        Mount(
            "/api/v1",
            routes=[
                Route("/apps/{app_id}", api.app, methods=["GET"]),
                Route("/apps/{app_id}/jwks.json", api.jwks, methods=["GET"]),
                Route("/users/me", api.me, methods=["GET"]),
                post("/users/me/accept_terms", api.accept_terms),
                post("/passwordless/init", api.send_code),
                post("/passwordless/authenticate", api.authenticate),
                post("/sessions", api.refresh),
                post("/sessions/logout", api.log_out),
                post("/analytics_events", api.ignore),
            ],
            middleware=[CORS],
        ),
        Route("/apps/{app_id}/embedded-wallets", api.frame, methods=["GET"]),
    ]


class AuthApi:
    """Reads requests, asks the engine, shapes answers."""

    def __init__(self, engine: PrivyEngine) -> None:
        self._engine = engine

    async def app(self, request: Request) -> Response:
        """The public app object."""
        self._check_app(request.path_params["app_id"])
        key = self._engine.tokens.verification_key
        return JSONResponse(app_object(self._engine.app_id, key))

    async def jwks(self, request: Request) -> Response:
        """The key set that verifies access tokens."""
        self._check_app(request.path_params["app_id"])
        return JSONResponse(self._engine.tokens.jwks())

    async def me(self, request: Request) -> Response:
        """The signed-in user, with a fresh identity token."""
        self._check_app_header(request)
        user = self._engine.identity.user_of(_bearer(request))
        token = self._engine.identity.identity_token(user)
        return JSONResponse({"user": shapes.user(user), "identity_token": token})

    async def frame(self, request: Request) -> Response:
        """An empty page: this app has no embedded wallets."""
        self._check_app(request.path_params["app_id"])
        return HTMLResponse("<!doctype html><title>No embedded wallets</title>")

    def send_code(self, request: Request, fields: Fields) -> object:
        """Mail a code."""
        self._check_app_header(request)
        self._engine.identity.send_code(fields.text("email"))
        return {"success": True}

    def authenticate(self, request: Request, fields: Fields) -> object:
        """Code for session."""
        self._check_app_header(request)
        mode = "login-or-sign-up"
        if fields.raw("mode") is not None:
            mode = fields.choice("mode", MODES)
        result = self._engine.identity.sign_in(
            fields.text("email"), fields.text("code"), may_sign_up=mode == MODES[0]
        )
        return shapes.signed_in(result)

    def refresh(self, request: Request, fields: Fields) -> object:
        """Refresh token for new tokens."""
        self._check_app_header(request)
        result = self._engine.identity.refresh(
            _bearer(request), fields.optional_text("refresh_token")
        )
        return shapes.signed_in(result)

    def log_out(self, request: Request, _fields: Fields) -> object:
        """End the session."""
        self._check_app_header(request)
        self._engine.identity.log_out(_bearer(request))
        return {"success": True}

    def accept_terms(self, request: Request, _fields: Fields) -> object:
        """Remember the user's consent."""
        self._check_app_header(request)
        user = self._engine.identity.user_of(_bearer(request))
        return shapes.user(self._engine.users.accept_terms(user))

    def ignore(self, _request: Request, _fields: Fields) -> object:
        """Analytics are accepted and dropped."""
        return {"success": True}

    def _check_app_header(self, request: Request) -> None:
        if request.headers.get("privy-app-id") != self._engine.app_id:
            raise Refusal(401, "Missing or invalid Privy app ID", INVALID_APP_ID)

    def _check_app(self, app_id: str) -> None:
        if app_id != self._engine.app_id:
            raise not_found("App")


def _mutation(engine: PrivyEngine, act: Callable[[Request, Fields], object]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        body = Fields(parse_json(await request.body()))
        try:
            return JSONResponse(act(request, body))
        finally:
            # A refused attempt changes something too: the count of wrong codes.
            engine.store.commit()

    return endpoint


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
