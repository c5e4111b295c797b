"""The door to the server API: Basic authentication, the signed call, the reply, the commit."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asgard_paper.privy.calls import Call, Reply
from asgard_paper.privy.engine import PrivyEngine
from asgard_paper.privy.refusals import (
    INVALID_APP_ID,
    INVALID_CREDENTIALS,
    Refusal,
    malformed,
)
from asgard_paper.privy.wire import Fields, parse_json

DONE: dict[str, object] = {"success": True}
PAGE_DEFAULT = 100
PAGE_MAX = 100

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Visit:
    """One authenticated request: the call, the ids in its path, its query."""

    call: Call
    ids: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def fields(self) -> Fields:
        """The body as an object; raises Refusal 400 if it is none."""
        return Fields(self.call.body)

    def flag(self, name: str) -> bool:
        """A boolean query parameter, false where absent."""
        return self.query.get(name) == "true"


Action = Callable[[Visit], object]


class Gate:
    """Builds routes whose requests have passed the checks every server request must pass."""

    def __init__(self, engine: PrivyEngine, base_url: Callable[[], str]) -> None:
        self.engine = engine
        self._base_url = base_url

    def route(self, method: str, path: str, act: Action) -> Route:
        """A route that answers with what `act` returns: a Reply, or the body of a 200."""

        async def endpoint(request: Request) -> Response:
            self._authenticate(request)
            raw = await request.body()
            call = self._call(request, parse_json(raw))
            try:
                result = act(Visit(call, request.path_params, request.query_params))
            finally:
                if method != "GET":
                    self.engine.store.commit()
            reply = result if isinstance(result, Reply) else Reply(200, result)
            return JSONResponse(reply.body, status_code=reply.status)

        return Route(path, endpoint, methods=[method])

    def owned(self, visit: Visit, owner_id: str | None, what: str) -> None:
        """Let pass only what the owner has signed; what nobody owns needs the app secret alone."""
        visit.call.check_expiry(self.engine.clock.host_ms())
        if owner_id is not None:
            self.engine.quorums.authorize(visit.call, [owner_id], what)

    def _authenticate(self, request: Request) -> None:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(text, validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            given = b""
        expected = f"{self.engine.app_id}:{self.engine.app_secret}".encode()
        if not hmac.compare_digest(given, expected):
            raise Refusal(401, "Invalid app ID or app secret", INVALID_CREDENTIALS)
        if request.headers.get("privy-app-id") != self.engine.app_id:
            raise Refusal(401, "Missing or invalid Privy app ID", INVALID_APP_ID)

    def _call(self, request: Request, body: object) -> Call:
        headers = request.headers
        path = request.url.path.rstrip("/")
        scheme = headers.get("x-forwarded-proto", request.url.scheme)
        hosts = [headers.get("x-forwarded-host"), headers.get("host")]
        bases = [self._base_url(), *(f"{scheme}://{host}" for host in hosts if host)]
        signatures = headers.get("privy-authorization-signature", "")
        return Call(
            method=request.method,
            path=path,
            urls=tuple(dict.fromkeys(base + path for base in bases)),
            body=body,
            app_id=headers["privy-app-id"],
            signatures=tuple(part.strip() for part in signatures.split(",") if part.strip()),
            idempotency_key=headers.get("privy-idempotency-key"),
            request_expiry=headers.get("privy-request-expiry"),
        )


def page(
    records: Sequence[Record], visit: Visit, identify: Callable[[Record], str]
) -> tuple[list[Record], str | None]:
    """The asked-for page and the cursor of the next; a cursor is the last id of a page.

    Raises Refusal 400 for a limit that is no number from 1 to 100, or an unknown cursor.
    """
    given = visit.query.get("limit", str(PAGE_DEFAULT))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= PAGE_MAX:
        raise malformed("limit", f"Number must be between 1 and {PAGE_MAX}")
    limit, start = int(given), 0
    cursor = visit.query.get("cursor")
    if cursor is not None:
        ids = [identify(record) for record in records]
        if cursor not in ids:
            raise malformed("cursor", "Unknown cursor")
        start = ids.index(cursor) + 1
    found = list(records[start : start + limit])
    more = start + limit < len(records)
    return found, identify(found[-1]) if more and found else None
