"""Every kind of failure on the wire ends as the error that is true."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from asgard_basis.adapters.http import HttpClient, Reply, parse_body
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Superseded, Unavailable
from asgard_basis.ports.coordination import Tenure, acting_under
from tests.serving import free_port, serve

ERROR = ErrorCode.HYPERLIQUID_API
UNKNOWN = ErrorCode.HYPERLIQUID_UNKNOWN


class Server:
    """Answers in turn from a list; the last answer stays."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.seen: list[bytes] = []

    async def _answer(self, request: Request) -> Response:
        self.seen.append(await request.body())
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/do", self._answer, methods=["GET", "POST"])])


@contextmanager
def answering(*answers: Response) -> Iterator[tuple[Server, str]]:
    server = Server(*answers)
    with serve(server.app()) as url:
        yield server, url


@contextmanager
def dated(answer: Response) -> Iterator[str]:
    """A server whose clock reads what the answer says."""
    with serve(Server(answer).app(), date_header=False) as url:
        yield url


@asynccontextmanager
async def client(url: str, seconds: float = 5) -> AsyncIterator[HttpClient]:
    async with HttpClient(url, timeout_seconds=seconds, name="venue") as http:
        yield http


async def post(http: HttpClient, *, repeatable: bool) -> Reply:
    return await http.post_json(
        "/do", {"size": "1.5"}, repeatable=repeatable, error=ERROR, unknown=UNKNOWN
    )


async def test_a_client_error_is_an_answer_for_the_caller_to_judge() -> None:
    with answering(PlainTextResponse("no such type", status_code=422)) as (_, url):
        async with client(url) as http:
            assert await post(http, repeatable=False) == Reply(422, "no such type")


async def test_a_repeatable_call_survives_a_passing_failure() -> None:
    with answering(Response(status_code=502), JSONResponse({"ok": True})) as (server, url):
        async with client(url) as http:
            assert (await post(http, repeatable=True)).json == {"ok": True}
    assert len(server.seen) == 2


async def test_a_repeatable_call_that_fails_to_the_end_did_nothing() -> None:
    with answering(Response(status_code=503)) as (server, url):
        async with client(url) as http:
            with pytest.raises(Unavailable) as caught:
                await post(http, repeatable=True)
    assert caught.value.code is ERROR
    assert len(server.seen) == 3


async def test_a_server_error_leaves_a_call_that_moves_money_unknown_and_sent_once() -> None:
    with answering(Response(status_code=500)) as (server, url):
        async with client(url) as http:
            with pytest.raises(OutcomeUnknown) as caught:
                await post(http, repeatable=False)
    assert caught.value.code is UNKNOWN
    assert len(server.seen) == 1


async def test_too_many_requests_means_nothing_was_done_and_says_when_to_come_back() -> None:
    with answering(Response(status_code=429, headers={"retry-after": "7"})) as (server, url):
        async with client(url) as http:
            with pytest.raises(Unavailable) as caught:
                await post(http, repeatable=False)
    assert caught.value.details["retry_after_seconds"] == "7.000"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("date", "again", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:09 GMT", "9.000"),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:27:00 GMT", "0.000"),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:09 -0000", "9.000"),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "soon", None),
        ("today", "Wed, 21 Oct 2015 07:28:09 GMT", None),
    ],
)
async def test_a_date_to_come_back_at_is_measured_by_the_servers_own_clock(
    date: str, again: str, seconds: str | None
) -> None:
    with dated(Response(status_code=429, headers={"date": date, "retry-after": again})) as url:
        async with client(url) as http:
            with pytest.raises(Unavailable) as caught:
                await post(http, repeatable=False)
    assert caught.value.details.get("retry_after_seconds") == seconds


async def test_a_wait_longer_than_the_call_may_take_is_not_waited_for() -> None:
    with answering(Response(status_code=429, headers={"retry-after": "3600"})) as (server, url):
        async with client(url) as http:
            with pytest.raises(Unavailable):
                await post(http, repeatable=True)
    assert len(server.seen) == 1


async def test_nothing_is_sent_once_somebody_may_have_taken_over() -> None:
    answers = iter([True, False])  # while the first answer is on its way the lease runs out
    tenure = Tenure("user:ada", 1, "here", lambda: next(answers))
    with answering(Response(status_code=502), JSONResponse({"ok": True})) as (server, url):
        async with client(url) as http:
            with acting_under(tenure), pytest.raises(Superseded):
                await post(http, repeatable=True)
            assert len(server.seen) == 1
            assert (await post(http, repeatable=True)).json == {"ok": True}


async def test_a_refused_connection_means_nothing_was_done() -> None:
    async with client(f"http://127.0.0.1:{free_port()}") as http:
        with pytest.raises(Unavailable):
            await post(http, repeatable=False)


@pytest.mark.parametrize(
    ("repeatable", "kind"), [(True, Unavailable), (False, OutcomeUnknown)], ids=["read", "write"]
)
async def test_a_reply_that_never_comes(
    repeatable: bool, kind: type[Exception], silent: str
) -> None:
    async with client(silent, seconds=0.2) as http:
        with pytest.raises(kind):
            await post(http, repeatable=repeatable)


@pytest.fixture
def silent() -> Iterator[str]:
    """A server whose connections are accepted by the kernel and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_fractions_arrive_exact_and_broken_bodies_arrive_as_text() -> None:
    assert parse_body(b'{"rate": 0.1, "n": 3}') == {"rate": Decimal("0.1"), "n": 3}
    assert parse_body(b'{"health": NaN}')["health"].is_nan()
    assert parse_body(b"<html>") == "<html>"
    assert parse_body(b"") is None
