"""A second person sees and moves nothing of the first, on every route and on the stream."""

from typing import Any

import pytest

from asgard_basis.cli.visitor import ApiError, Visitor
from tests.journeys.stack import Stack, fund


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Any:
    with stack.visitor() as visitor:
        visitor.sign_in("owner@example.com", stack.world())
        fund(stack, visitor, solana="300", arbitrum="300")
        visitor.deposit("250")
        yield visitor


@pytest.fixture(scope="module")
def stranger(stack: Stack) -> Any:
    with stack.visitor() as visitor:
        visitor.sign_in("stranger@example.com", stack.world())
        visitor.wallets()
        yield visitor


def _routes(visitor: Visitor) -> list[tuple[str, str]]:
    schema = visitor.http.get(
        "http://" + visitor.http.base_url.netloc.decode() + "/api/openapi.json"
    )
    return [
        (method, path.removeprefix("/api/v1"))
        for path, operations in schema.json()["paths"].items()
        for method in operations
    ]


def test_no_route_answers_a_stranger_with_the_owners_data(
    owner: Visitor, stranger: Visitor
) -> None:
    me = owner.get("/auth/me")
    job = owner.get("/deposits")["deposits"][0]["job_id"]
    secrets = {me["user_id"], me["solana_address"], me["evm_address"], me["email"], job}
    for method, path in _routes(stranger):
        if "stream" in path or path in {"/auth/sync", "/auth/logout"}:
            continue
        filled = path.replace("{job_id}", job).replace("{position_id}", job)
        try:
            answer = stranger.get(filled) if method == "get" else stranger.post(filled, {})
        except ApiError as error:
            answer = error.message
        assert not any(secret in str(answer) for secret in secrets), (method, path)


def test_a_job_of_another_person_is_not_found(owner: Visitor, stranger: Visitor) -> None:
    job = owner.get("/deposits")["deposits"][0]["job_id"]
    with pytest.raises(ApiError, match="POS-0007"):
        stranger.get(f"/positions/jobs/{job}")


def test_the_stream_tells_each_person_only_their_own_events(
    stack: Stack, owner: Visitor, stranger: Visitor
) -> None:
    with stranger.http.stream("GET", "/events/stream", timeout=8) as answer:
        lines = answer.iter_lines()
        next(lines)
        owner.deposit("10")
        heard: list[str] = []
        for line in lines:
            heard.append(line)
            if sum(1 for one in heard if one == "event: rate_update") >= 3:
                break
    assert "event: job_update" not in heard
    assert "event: balance_update" not in heard
