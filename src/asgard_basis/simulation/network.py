"""Requests on their way: carried to in-process venues in virtual time, with losses on order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import httpx
import msgspec

from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.simulation.venues import Application


class Loss(StrEnum):
    """What becomes of a request or its answer."""

    NONE = "none"
    UNREACHABLE = "unreachable"
    """No connection: nothing was sent."""
    LOST_BEFORE = "lost_before"
    """Never arrives, and nobody says so."""
    LOST_AFTER = "lost_after"
    """Done, but the answer never arrives."""
    CUT_BEFORE = "cut_before"
    """The connection breaks before it arrives."""
    CUT_AFTER = "cut_after"
    """Done, but the connection breaks before the answer."""
    STATUS_BEFORE = "status_before"
    """Answered with `status` by something in front of the venue."""
    STATUS_AFTER = "status_after"
    """Done, but answered with `status`."""
    DUPLICATE = "duplicate"
    """Arrives twice."""
    STALE = "stale"
    """Answered with what was true the last time the same was asked."""


STALE_SECONDS = 5.0
"""How far a venue's nodes lag behind at most."""
_NO_SUCH_ORDER = b'{"status":"unknownOid"}'
_BEFORE = {Loss.LOST_BEFORE, Loss.CUT_BEFORE, Loss.STATUS_BEFORE}
_AFTER = {Loss.LOST_AFTER, Loss.CUT_AFTER, Loss.STATUS_AFTER}


@dataclass(frozen=True, slots=True)
class Passage:
    """How one request travels."""

    there: float
    """Seconds until it arrives."""
    back: float
    """Seconds until the answer is there."""
    loss: Loss = Loss.NONE
    status: int = 503
    body: bytes = b'{"error":"Service unavailable"}'


@dataclass(frozen=True, slots=True)
class Request:
    """What the network sees of a request."""

    venue: str
    operation: str
    """The action, request type or JSON-RPC method; else HTTP method and path."""
    process: str
    content: bytes
    is_repeated: bool = False
    """The same was answered moments ago, so that a lagging node could answer it again."""


class Weather(Protocol):
    """Who decides how requests travel, and hears of those that arrived."""

    def passage(self, request: Request) -> Passage:
        """Asked once for each request."""
        ...

    def arrived(self, request: Request, status: int) -> None:
        """The venue has handled it."""
        ...


class Network:
    """All lines between processes and venues."""

    def __init__(self, applications: Mapping[str, Application], weather: Weather) -> None:
        self._applications = applications
        self._weather = weather
        self._answers: dict[tuple[str, bytes], tuple[float, httpx.Response]] = {}
        self._outcomes: dict[tuple[str, bytes], tuple[float, Any]] = {}
        self._ordered_at = -STALE_SECONDS

    def line(
        self, venue: str, process: str, cross: Callable[[str], Awaitable[None]]
    ) -> httpx.AsyncBaseTransport:
        """A transport to one venue; `cross` is passed whenever the process leaves or is back."""
        return _Line(self, venue, process, cross)

    def errand(
        self, venue: str, process: str, cross: Callable[[str], Awaitable[None]]
    ) -> Callable[[str, str, Callable[[], Awaitable[Any]]], Awaitable[Any]]:
        """A line to a venue without a wire: calls travel like requests and get lost like them."""

        async def go(operation: str, about: str, call: Callable[[], Awaitable[Any]]) -> Any:
            await cross(f"{venue} {operation}")
            request = Request(venue, operation, process, about.encode())
            outcome = await self._go(request, call)
            await cross(f"{venue} {operation} answered")
            return outcome

        return go

    async def _go(self, request: Request, call: Callable[[], Awaitable[Any]]) -> Any:
        changes = request.operation == "eth_sendRawTransaction"
        kept = (request.operation, request.content)
        now = asyncio.get_running_loop().time
        at, earlier = self._outcomes.get(kept, (-STALE_SECONDS, None))
        is_repeated = now() - at < STALE_SECONDS
        passage = self._weather.passage(replace(request, is_repeated=is_repeated))
        lost = Unavailable(ErrorCode.ARBITRUM_RPC, f"{request.venue} could not be asked")
        unclear = OutcomeUnknown(ErrorCode.ARBITRUM_RPC, f"{request.venue} gave no clear answer")
        await asyncio.sleep(passage.there)
        if passage.loss is Loss.UNREACHABLE or (passage.loss in _BEFORE and not changes):
            raise lost
        if passage.loss in _BEFORE:
            raise unclear
        if passage.loss is Loss.STALE:
            outcome = earlier
        else:
            outcome = await call()
            self._outcomes[kept] = (now(), outcome)
            self._weather.arrived(request, 200)
        await asyncio.sleep(passage.back)
        if passage.loss in _AFTER:
            raise unclear if changes else lost
        return outcome

    async def carry(self, request: Request, sent: httpx.Request) -> httpx.Response:
        """Its answer; what was sent arrives even when the sender is gone by then."""
        loop = asyncio.get_running_loop()
        is_repeated = self._earlier(request, sent) is not None
        passage = self._weather.passage(replace(request, is_repeated=is_repeated))
        answered: asyncio.Future[httpx.Response] = loop.create_future()

        def settle(outcome: httpx.Response | Exception) -> None:
            if answered.done():
                return
            if isinstance(outcome, Exception):
                answered.set_exception(outcome)
            else:
                answered.set_result(outcome)

        def arrive() -> None:
            response = self._deliver(request, sent, passage)
            if isinstance(response, Exception) or passage.loss is not Loss.LOST_AFTER:
                loop.call_later(passage.back, settle, response)
            if passage.loss is Loss.DUPLICATE:
                loop.call_later(passage.back, self._handle, request, sent)

        if passage.loss is Loss.UNREACHABLE:
            loop.call_later(passage.there, settle, httpx.ConnectError("unreachable"))
        elif passage.loss is not Loss.LOST_BEFORE:
            loop.call_later(passage.there, arrive)
        return await answered

    def _deliver(
        self, request: Request, sent: httpx.Request, passage: Passage
    ) -> httpx.Response | Exception:
        said = httpx.Response(passage.status, content=passage.body)
        if passage.loss is Loss.STATUS_BEFORE:
            return said
        if passage.loss is Loss.CUT_BEFORE:
            return httpx.ReadError("cut")
        earlier = self._earlier(request, sent)
        if passage.loss is Loss.STALE and earlier is not None:
            return earlier
        response = self._handle(request, sent)
        if response.status_code == httpx.codes.OK:
            now = asyncio.get_running_loop().time()
            self._answers[str(sent.url), request.content] = (now, response)
        if passage.loss is Loss.CUT_AFTER:
            return httpx.ReadError("cut")
        return said if passage.loss is Loss.STATUS_AFTER else response

    def _earlier(self, request: Request, sent: httpx.Request) -> httpx.Response | None:
        """What a node that lags a little behind would say; None when it would say the same."""
        now = asyncio.get_running_loop().time()
        at, response = self._answers.get((str(sent.url), request.content), (-STALE_SECONDS, None))
        if now - at < STALE_SECONDS:
            return response
        if request.operation == "orderStatus" and now - self._ordered_at < STALE_SECONDS:
            return httpx.Response(200, content=_NO_SUCH_ORDER)
        return None

    def _handle(self, request: Request, sent: httpx.Request) -> httpx.Response:
        response = answer(self._applications[request.venue], sent, request)
        if request.operation == "order":
            self._ordered_at = asyncio.get_running_loop().time()
        self._weather.arrived(request, response.status_code)
        return response


class _Line(httpx.AsyncBaseTransport):
    def __init__(
        self,
        network: Network,
        venue: str,
        process: str,
        cross: Callable[[str], Awaitable[None]],
    ) -> None:
        self._network, self._venue, self._process, self._cross = network, venue, process, cross

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        operation = operation_of(content) or f"{request.method} {request.url.path}"
        await self._cross(f"{self._venue} {operation}")
        carried = Request(self._venue, operation, self._process, content)
        response = await self._network.carry(carried, request)
        await self._cross(f"{self._venue} {operation} answered")
        # A response belongs to one request: the same answer may be given to several.
        return httpx.Response(
            response.status_code, headers=response.headers, content=response.content
        )


def answer(app: Application, sent: httpx.Request, request: Request) -> httpx.Response:
    """What an ASGI application says to a request; it must not wait for anything."""
    url = sent.url
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in sent.headers.raw],
        "client": (request.process, 0),
        "server": (url.host, 80),
    }
    waiting = [{"type": "http.request", "body": request.content, "more_body": False}]
    heard: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        heard.append(message)

    async def serve() -> None:
        await app(scope, receive, send)

    serving = serve()
    try:
        serving.send(None)
    except StopIteration:
        body = b"".join(message.get("body", b"") for message in heard[1:])
        return httpx.Response(heard[0]["status"], headers=heard[0]["headers"], content=body)
    serving.close()
    raise RuntimeError(f"{request.venue} waits within a request")


def operation_of(content: bytes) -> str | None:
    """What a JSON body asks for: its `method`, its action's `type`, or its `type`."""
    try:
        value = msgspec.json.decode(content) if content else None
    except msgspec.DecodeError:
        return None
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return None
    action = value.get("action")
    named = action.get("type") if isinstance(action, dict) else value.get("method")
    named = value.get("type") if named is None else named
    return named if isinstance(named, str) else None
