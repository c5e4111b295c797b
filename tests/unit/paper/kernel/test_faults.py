"""Faults at the gate of a venue, seen by an ordinary HTTP client."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from asgard_paper.kernel.faults import FaultKind, FaultRule, Faults
from asgard_paper.kernel.gate import Gate, Receive, Scope, Send, operation_of
from asgard_paper.kernel.journal import Journal
from asgard_paper.kernel.store import MemoryStore
from tests.serving import serve


class Hands:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.market_ms = 1_000_000

    def now_ms(self) -> int:
        return self.market_ms

    def host_ms(self) -> int:
        return self.market_ms


@dataclass
class Venue:
    """A venue that counts what it did, behind a gate."""

    clock: Hands
    store: MemoryStore
    faults: Faults
    journal: Journal
    done: list[bytes]
    url: str = ""

    def ask(self, body: object = None, path: str = "/exchange") -> httpx.Response:
        content = {"type": "order"} if body is None else body
        return httpx.post(self.url + path, json=content, trust_env=False)


@pytest.fixture
def venue() -> Iterator[Venue]:
    clock, store, done = Hands(), MemoryStore(), list[bytes]()
    faults = Faults(clock=clock, store=store, seed=1)
    journal = Journal(clock=clock, store=store)

    async def work(request: Request) -> Response:
        done.append(await request.body())
        return PlainTextResponse(f"answer {len(done)}")

    app = Starlette(routes=[Route("/{path:path}", work, methods=["POST"])])
    gate = Gate(app, venue="hyperliquid", faults=faults, journal=journal, clock=clock)

    async def beside(_request: Request) -> Response:
        faults.clear()
        return PlainTextResponse("lifted")

    control = Starlette(routes=[Route("/", beside, methods=["DELETE"])])

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        is_control = scope.get("method") == "DELETE"
        await (control if is_control else gate)(scope, receive, send)

    found = Venue(clock, store, faults, journal, done)
    with serve(door) as found.url:
        yield found


def test_without_rules_nothing_happens(venue: Venue) -> None:
    assert venue.ask().text == "answer 1"
    (row,) = venue.journal.entries()
    assert (row.venue, row.operation, row.route) == ("hyperliquid", "order", "/exchange")
    assert (row.status, row.fault) == (200, None)


def test_a_refused_request_never_reaches_the_venue(venue: Venue) -> None:
    venue.faults.add(FaultRule("a", FaultKind.STATUS, status=429, body='{"wait":1}', remaining=2))
    replies = [venue.ask() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [429, 429, 200]
    assert replies[0].json() == {"wait": 1}
    assert len(venue.done) == 1


@pytest.mark.parametrize(("kind", "done"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1)])
def test_a_broken_connection_tells_nothing(venue: Venue, kind: FaultKind, done: int) -> None:
    venue.faults.add(FaultRule("a", kind, remaining=1))
    with pytest.raises(httpx.TransportError):
        venue.ask()
    assert len(venue.done) == done
    assert venue.ask().status_code == 200
    assert [row.status for row in venue.journal.entries()] == [None, 200]


def test_a_doubled_request_is_done_twice_and_answered_once(venue: Venue) -> None:
    venue.faults.add(FaultRule("a", FaultKind.DUPLICATE, remaining=1))
    assert venue.ask().text == "answer 1"
    assert len(venue.done) == 2
    assert venue.done[0] == venue.done[1]


@pytest.mark.parametrize(("kind", "done"), [(FaultKind.HOLD_BEFORE, 0), (FaultKind.HOLD_AFTER, 1)])
def test_held_requests_are_answered_once_their_rule_is_lifted(
    venue: Venue, kind: FaultKind, done: int
) -> None:
    venue.faults.add(FaultRule("a", kind, remaining=2))
    with ThreadPoolExecutor(2) as askers:
        asked = [askers.submit(venue.ask) for _ in range(2)]
        deadline = time.monotonic() + 10
        while venue.faults.held("a") < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert len(venue.done) == 2 * done
        assert venue.ask().text.startswith("answer")
        assert not any(one.done() for one in asked)
        httpx.delete(venue.url, trust_env=False)
        answers = {one.result().text for one in asked}
    assert len(venue.done) == 3
    assert answers == ({"answer 1", "answer 2"} if done else {"answer 2", "answer 3"})
    assert venue.faults.held("a") == 0


def test_rules_pick_venue_route_and_operation(venue: Venue) -> None:
    for number, pattern in enumerate(
        (
            {"venue": "privy"},
            {"route": "/info*"},
            {"operation": "cancel*"},
            {"from_ms": 2_000_000},
            {"until_ms": 1_000_000},
        )
    ):
        venue.faults.add(FaultRule(str(number), FaultKind.STATUS, **pattern))  # type: ignore[arg-type]
    assert venue.ask().status_code == 200
    assert venue.ask({"action": {"type": "cancelByCloid"}}).status_code == 503
    assert venue.ask({"type": "meta"}, path="/info").status_code == 503
    venue.clock.market_ms = 2_000_000
    assert venue.ask().status_code == 503


def test_chance_comes_from_the_seed(venue: Venue) -> None:
    rule = FaultRule("a", FaultKind.STATUS, probability=0.5)

    def draws(seed: int) -> list[bool]:
        faults = Faults(clock=venue.clock, store=MemoryStore(), seed=seed)
        faults.add(rule)
        return [faults.catch("x", "/", "y") is not None for _ in range(200)]

    assert draws(1) == draws(1) != draws(2)
    assert 70 < sum(draws(1)) < 130


def test_rules_and_effects_are_there_after_a_restart(venue: Venue) -> None:
    venue.faults.add(FaultRule("a", FaultKind.DELAY, delay_ms=1, remaining=5, scenario="s"))
    venue.faults.add(FaultRule("b", FaultKind.DELAY, delay_ms=1))
    venue.ask()
    venue.journal.effect("bridge", "deposit credited", usdc="5")
    again = Faults(clock=venue.clock, store=venue.store, seed=1)
    assert [(rule.id, rule.remaining) for rule in again.rules()] == [("a", 4), ("b", None)]
    again.clear(scenario="*")
    assert [rule.id for rule in again.rules()] == ["b"]
    kept = Journal(clock=venue.clock, store=venue.store)
    (effect,) = kept.entries()
    assert (effect.operation, effect.detail) == ("deposit credited", {"usdc": "5"})
    kept.effect("bridge", "more")
    assert [row.number for row in kept.entries()] == [effect.number, effect.number + 1]


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        (b'{"method":"eth_call"}', "eth_call"),
        (b'[{"method":"eth_chainId"}]', "eth_chainId"),
        (b'{"type":"meta"}', "meta"),
        (b'{"action":{"type":"order"},"nonce":1}', "order"),
        (b"", None),
        (b"oops", None),
        (b"3", None),
        (b'{"type":7}', None),
    ],
)
def test_a_body_names_its_operation(body: bytes, operation: str | None) -> None:
    assert operation_of(body) == operation
