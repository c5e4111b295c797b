"""Faults on demand: any request to any venue can be slow, refused, lost or doubled."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.journal import Journal
from asgard_paper.kernel.store import Store

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_RULES = "world.faults"


class FaultKind(StrEnum):
    """What happens to a request that a rule catches."""

    DELAY = "delay"
    """Answered after `delay_ms`."""
    STATUS = "status"
    """Never reaches the venue; answered with `status` and `body`."""
    DROP_BEFORE = "drop_before"
    """Never reaches the venue; the connection breaks without an answer."""
    DROP_AFTER = "drop_after"
    """The venue does it; the connection breaks without an answer."""
    DUPLICATE = "duplicate"
    """The venue is asked twice; the first answer is given."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Which requests are caught and what happens to them.

    `venue`, `route` and `operation` are shell patterns; the operation is the JSON-RPC method,
    the action or request type, or the HTTP method where the body names nothing. `probability` is
    drawn from the world's seed. `remaining` counts down; 0 is used up. `from_ms` and `until_ms`
    bound the rule in market time.
    """

    id: str
    kind: FaultKind
    venue: str = "*"
    route: str = "*"
    operation: str = "*"
    status: int = 503
    body: str = ""
    delay_ms: int = 0
    probability: float = 1.0
    remaining: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    scenario: str | None = None
    """The scenario that made the rule, and ends it."""


class Faults:
    """The rules in force; they survive a restart."""

    def __init__(self, *, clock: Clock, store: Store, seed: int) -> None:
        self._clock = clock
        self._store = store
        self._draws = random.Random(f"asgard-paper faults {seed}")
        self._rules = store.load(_RULES, FaultRule)

    def rules(self) -> list[FaultRule]:
        """All rules, oldest first, used-up ones included."""
        return list(self._rules.values())

    def add(self, rule: FaultRule) -> None:
        """Put a rule in force; one with the same id is replaced."""
        if not 0 <= rule.probability <= 1:
            raise ValueError(f"probability must be 0 to 1, was {rule.probability}")
        if not 200 <= rule.status <= 599:
            raise ValueError(f"status must be 200 to 599, was {rule.status}")
        if rule.delay_ms < 0 or (rule.remaining is not None and rule.remaining < 0):
            raise ValueError("delay_ms and remaining must not be negative")
        self._rules[rule.id] = rule
        self._store.put(_RULES, rule.id, rule)

    def remove(self, rule_id: str) -> bool:
        """Lift one rule; False when there is none."""
        self._store.delete(_RULES, rule_id)
        return self._rules.pop(rule_id, None) is not None

    def clear(self, *, scenario: str | None = None) -> None:
        """Lift every rule, or those that one scenario made ("*": any scenario)."""
        for rule in self.rules():
            made = rule.scenario is not None
            if scenario is None or rule.scenario == scenario or (scenario == "*" and made):
                self.remove(rule.id)

    def catch(self, venue: str, route: str, operation: str) -> FaultRule | None:
        """The first rule in force for a request, counted down."""
        now_ms = self._clock.now_ms()
        for rule in self._rules.values():
            if not _covers(rule, venue, route, operation, now_ms):
                continue
            if rule.probability < 1 and self._draws.random() >= rule.probability:
                continue
            if rule.remaining is not None:
                self.add(replace(rule, remaining=rule.remaining - 1))
            return rule
        return None


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
        if rule is not None and kind is FaultKind.STATUS:
            await _refuse(send, rule)
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


def _covers(rule: FaultRule, venue: str, route: str, operation: str, now_ms: int) -> bool:
    if rule.remaining == 0:
        return False
    if rule.from_ms is not None and now_ms < rule.from_ms:
        return False
    if rule.until_ms is not None and now_ms >= rule.until_ms:
        return False
    return (
        fnmatchcase(venue, rule.venue)
        and fnmatchcase(route, rule.route)
        and fnmatchcase(operation, rule.operation)
    )


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
