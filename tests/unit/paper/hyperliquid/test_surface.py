"""The HTTP and WebSocket surface: budgets, unreadable bodies, frames, requests over the socket."""

from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from asgard_paper.hyperliquid.http import UNREADABLE, create_app
from tests.unit.paper.hyperliquid.venue import SOL, Trader, Venue


@pytest.fixture
def venue() -> Venue:
    return Venue()


def client_of(venue: Venue, **options: Any) -> TestClient:
    return TestClient(create_app(venue.engine, **options))


def test_weight_of_a_minute_runs_out_and_comes_back(venue: Venue) -> None:
    client = client_of(venue)
    answers = [client.post("/info", json={"type": "meta"}).status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    assert client.post("/info", json={"type": "meta"}).text == "null"
    venue.clock.host += 60_001
    assert client.post("/info", json={"type": "meta"}).status_code == 200


def test_long_answers_weigh_more(venue: Venue) -> None:
    client = client_of(venue)
    history = {"type": "fundingHistory", "coin": "SOL", "startTime": 0}
    history["startTime"] = venue.clock.now - 600 * 3_600_000
    answers = [client.post("/info", json=history).status_code for _ in range(28)]
    # 20 and 500 / 20 each: 26 answers of 45 leave 30, of which a 27th takes its 20.
    assert answers == [200] * 27 + [429]


def test_budget_can_be_switched_off(venue: Venue) -> None:
    client = client_of(venue, weight_per_minute=None)
    role = {"type": "userRole", "user": "0x" + "00" * 20}
    assert {client.post("/info", json=role).status_code for _ in range(30)} == {200}


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"type": "nothing"}',
        b'{"type": "clearinghouseState"}',
        b'{"type": "clearinghouseState", "user": "0x12"}',
        b'{"type": "userFillsByTime", "user": "0x0000000000000000000000000000000000000000"}',
        b'{"type": "fundingHistory", "coin": "SOL"}',
    ],
)
def test_unreadable_questions_are_422(venue: Venue, body: bytes) -> None:
    answer = client_of(venue).post("/info", content=body)
    assert (answer.status_code, answer.text) == (422, UNREADABLE)
    assert answer.headers["content-type"].startswith("text/plain")


def test_unreadable_actions_are_422(venue: Venue) -> None:
    trader = Trader(venue)
    good = trader.envelope({"type": "noop"})
    client = client_of(venue)
    for spoilt in (
        {**good, "action": {"type": "selfDestruct"}},
        {**good, "nonce": "1"},
        {**good, "signature": {"r": "0x1", "s": "0x2"}},
        {**good, "vaultAddress": "0x12"},
    ):
        answer = client.post("/exchange", json=spoilt)
        assert (answer.status_code, answer.text) == (422, UNREADABLE)
    assert client.post("/exchange", json=good).json()["status"] == "ok"


def test_unknown_coin_has_no_book(venue: Venue) -> None:
    answer = client_of(venue).post("/info", json={"type": "l2Book", "coin": "NOPE"})
    assert (answer.status_code, answer.json()) == (200, None)


def test_coarser_book_keeps_all_size(venue: Venue) -> None:
    fine = venue.engine.liquidity.depth("SOL", venue.clock.now)
    coarse = venue.ask("l2Book", coin="SOL", nSigFigs=3)["levels"]
    assert all(float(level["px"]).is_integer() for side in coarse for level in side)
    total = sum(float(level["sz"]) for level in coarse[0])
    assert total == pytest.approx(float(sum(level.size for level in fine.bids)))


def test_socket_answers_pings_subscriptions_and_mistakes(venue: Venue) -> None:
    with client_of(venue).websocket_connect("/ws") as socket:
        socket.send_json({"method": "ping"})
        assert socket.receive_json() == {"channel": "pong"}

        wanted = {"type": "bbo", "coin": "SOL"}
        socket.send_json({"method": "subscribe", "subscription": wanted})
        assert socket.receive_json() == {
            "channel": "subscriptionResponse",
            "data": {"method": "subscribe", "subscription": wanted},
        }
        assert socket.receive_json()["channel"] == "bbo"
        socket.send_json({"method": "subscribe", "subscription": wanted})
        assert socket.receive_json()["data"].startswith("Already subscribed: ")
        socket.send_json({"method": "unsubscribe", "subscription": wanted})
        assert socket.receive_json()["data"]["method"] == "unsubscribe"

        for nonsense in ({"method": "dance"}, {"method": "subscribe", "subscription": {}}):
            socket.send_json(nonsense)
            assert socket.receive_json()["channel"] == "error"


def test_socket_carries_requests(venue: Venue) -> None:
    trader = Trader(venue)
    with client_of(venue).websocket_connect("/ws") as socket:
        question = {"type": "info", "payload": {"type": "allMids"}}
        socket.send_json({"method": "post", "id": 4, "request": question})
        data = socket.receive_json()["data"]
        assert data["id"] == 4
        assert "SOL" in data["response"]["payload"]["data"]

        cancel = trader.envelope({"type": "cancel", "cancels": [{"a": SOL, "o": 1}]})
        order = {"type": "action", "payload": cancel}
        socket.send_json({"method": "post", "id": 5, "request": order})
        response = socket.receive_json()["data"]["response"]
        assert response["type"] == "action"
        assert response["payload"]["status"] == "ok"

        socket.send_json({"method": "post", "id": 6, "request": {"type": "info", "payload": {}}})
        assert socket.receive_json()["data"]["response"]["type"] == "error"


def test_one_client_hears_of_ten_users_at_most(venue: Venue) -> None:
    def hear(socket: Any, number: int) -> dict[str, Any]:
        wanted = {"type": "userEvents", "user": f"0x{number:040x}"}
        socket.send_json({"method": "subscribe", "subscription": wanted})
        return dict(socket.receive_json())

    with client_of(venue).websocket_connect("/ws") as socket:
        answers = [hear(socket, number)["channel"] for number in range(11)]
        assert answers == ["subscriptionResponse"] * 10 + ["error"]
    with client_of(venue, weight_per_minute=None).websocket_connect("/ws") as socket:
        assert {hear(socket, number)["channel"] for number in range(11)} == {"subscriptionResponse"}


def test_eleventh_connection_of_a_client_is_turned_away(venue: Venue) -> None:
    client = client_of(venue)
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(client.websocket_connect("/ws"))
        with pytest.raises(WebSocketDisconnect):
            stack.enter_context(client.websocket_connect("/ws"))
    with client.websocket_connect("/ws") as socket:
        socket.send_json({"method": "ping"})
        assert socket.receive_json() == {"channel": "pong"}
