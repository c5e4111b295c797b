"""The door of a venue: the world's faults happen here, and every request is noted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.faults import FaultKind, FaultRule, Faults
from asgard_paper.kernel.journal import Journal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Gate:
    """A venue's ASGI application behind the world's faults, each request in the journal."""

    def __init__(
        self, app: Application, *, venue: str, faults: Faults, journal: Journal, clock: Clock
    ) -> None:
        self._app = app
        self._venue = venue
        self._faults = faults
        self._journal = journal
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = self._faults.catch(self._venue, scope["path"], "websocket")
        if rule is not None and rule.kind is FaultKind.DELAY:
            await asyncio.sleep(rule.delay_ms / 1000)
        elif rule is not None:
            await send({"type": "websocket.close", "code": 1013})
            return
        await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._clock.host_ms()
        body = await _whole_body(receive)
        operation = operation_of(body) or scope["method"]
        rule = self._faults.catch(self._venue, scope["path"], operation)
        status: list[int] = []

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        try:
            await self._perform(rule, scope, _given(body, receive), noted)
        finally:
            dropped = rule is not None and rule.kind in (
                FaultKind.DROP_BEFORE,
                FaultKind.DROP_AFTER,
            )
            self._journal.request(
                venue=self._venue,
                operation=operation,
                route=scope["path"],
                method=scope["method"],
                status=status[0] if status and not dropped else None,
                started_ms=started,
                fault=None if rule is None else rule.kind.value,
            )

    async def _perform(
        self, rule: FaultRule | None, scope: Scope, given: Callable[[], Receive], send: Send
    ) -> None:
        kind = None if rule is None else rule.kind
        if rule is not None and rule.delay_ms:
            await asyncio.sleep(rule.delay_ms / 1000)
        if rule is not None and kind is FaultKind.HOLD_BEFORE:
            await self._faults.hold(rule)
        if rule is not None and kind is FaultKind.STATUS:
            await _refuse(send, rule)
        elif rule is not None and kind is FaultKind.HOLD_AFTER:
            answer: list[Message] = []
            await self._app(scope, given(), _kept(answer))
            await self._faults.hold(rule)
            for message in answer:
                await send(message)
        elif kind is FaultKind.DROP_BEFORE:
            await _break(send)
        elif kind is FaultKind.DROP_AFTER:
            await self._app(scope, given(), _nowhere)
            await _break(send)
        else:
            await self._app(scope, given(), send)
            if kind is FaultKind.DUPLICATE:
                await self._app(scope, given(), _nowhere)


def operation_of(body: bytes) -> str | None:
    """What a JSON body asks for: its `method`, its action's `type`, or its `type`."""
    try:
        value = msgspec.json.decode(body) if body else None
    except msgspec.DecodeError:
        return None
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, Mapping):
        return None
    action = value.get("action")
    named = action.get("type") if isinstance(action, Mapping) else value.get("method")
    named = value.get("type") if named is None else named
    return named if isinstance(named, str) else None


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Callable[[], Receive]:
    """Makes a `receive` that tells the whole body again, then what the client really does."""

    def again() -> Receive:
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def told() -> Message:
            return waiting.pop() if waiting else await receive()

        return told

    return again


def _kept(answer: list[Message]) -> Send:
    """Takes an answer that is given later."""

    async def keep(message: Message) -> None:
        answer.append(message)

    return keep


async def _nowhere(_message: Message) -> None:
    """Where the answer of a request goes that nobody will hear."""


async def _refuse(send: Send, rule: FaultRule) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": rule.status, "headers": headers})
    await send({"type": "http.response.body", "body": rule.body.encode()})


async def _break(send: Send) -> None:
    """Promise one byte and never send it: the server then cuts the connection."""
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
