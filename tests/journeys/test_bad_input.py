"""Wrong input gets a clear error with its code; nothing moves and nothing is lost."""

import uuid
from typing import Any

import httpx
import pytest

from asgard_basis.cli.visitor import ApiError, Visitor, opened_now
from tests.journeys.stack import Stack, fund

GOOD = {"asset": "SOL", "size_usd": "500", "leverage": "2"}


@pytest.fixture(scope="module")
def funded(stack: Stack) -> Any:
    visitor = stack.visitor()
    visitor.sign_in("bad-input@example.com", stack.world())
    fund(stack, visitor, solana="400", arbitrum="300")
    with visitor:
        yield visitor


def code_of(call: Any) -> str:
    with pytest.raises(ApiError) as caught:
        call()
    assert caught.value.request_id
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"leverage": "1.0"}, "VAL-0003"),
        ({"leverage": "4.1"}, "VAL-0003"),
        ({"size_usd": "99"}, "VAL-0005"),
        ({"size_usd": "50001"}, "VAL-0006"),
        ({"size_usd": "-5"}, "VAL-0005"),
        ({"size_usd": "NaN"}, "VAL-0001"),
        ({"asset": "DOGE"}, "VAL-0007"),
        ({"protocol": 3}, "VAL-0008"),
        ({"protocol": 9}, "VAL-0008"),
        ({"unknown": "field"}, "VAL-0001"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_code(
    funded: Visitor, change: dict[str, object], code: str
) -> None:
    entry = {**GOOD, **change}
    assert code_of(lambda: funded.post("/positions/preflight", entry)) == code
    assert code_of(lambda: funded.post("/positions/open", opened_now(entry))) == code
    assert funded.get("/positions")["positions"] == []


def test_leverage_unsafe_on_the_venue_is_explained_and_not_opened(funded: Visitor) -> None:
    entry = {**GOOD, "leverage": "3.5"}
    report = funded.post("/positions/preflight", entry)
    failing = {check["key"]: check for check in report["checks"] if not check["passed"]}
    assert "or less" in failing["safe_leverage"]["remedy"]
    assert code_of(lambda: funded.post("/positions/open", opened_now(entry))).startswith(
        ("RSK-", "HLQ-", "WAL-")
    )


def test_a_deposit_under_five_usdc_would_be_lost_and_is_refused(funded: Visitor) -> None:
    assert code_of(lambda: funded.post("/deposits", {"amount_usdc": "4.99"})) == "VAL-0009"
    assert code_of(lambda: funded.post("/deposits", {"amount_usdc": "0"})) == "VAL-0009"
    assert code_of(lambda: funded.post("/deposits", {"amount_usdc": "5000"})) == "WAL-0002"
    assert code_of(lambda: funded.post("/deposits", {"amount_usdc": "5.0000001"})) == "VAL-0001"
    assert funded.get("/balances")["arbitrum"]["usdc"] == "300.000000"


def test_a_key_used_twice_gives_one_job_and_never_another_request(funded: Visitor) -> None:
    key = str(uuid.uuid4())
    first = funded.post("/deposits", {"amount_usdc": "10"}, key=key)
    again = funded.post("/deposits", {"amount_usdc": "10"}, key=key)
    assert first == again
    assert code_of(lambda: funded.post("/deposits", {"amount_usdc": "11"}, key=key)) == "VAL-0010"
    assert funded.job(first["job_id"])["status"] == "completed"
    assert len(funded.get("/deposits")["deposits"]) == 1


def test_a_position_that_is_not_mine_is_not_found(funded: Visitor) -> None:
    unknown = str(uuid.uuid4())
    assert code_of(lambda: funded.get(f"/positions/{unknown}")) == "POS-0001"
    assert code_of(lambda: funded.post(f"/positions/{unknown}/close")) == "POS-0001"
    assert code_of(lambda: funded.get(f"/positions/jobs/{unknown}")) == "POS-0007"
    assert code_of(lambda: funded.get("/positions/no-such-thing")) == "POS-0001"


def test_without_a_session_nothing_is_shown(stack: Stack) -> None:
    with stack.visitor() as stranger:
        for path in ("/auth/me", "/positions", "/balances", "/wallets/server", "/deposits"):
            assert code_of(lambda path=path: stranger.get(path)) == "AUT-0001"
        assert code_of(lambda: stranger.post("/positions/open", opened_now(GOOD))) == "AUT-0001"


def test_an_ended_session_says_so(stack: Stack) -> None:
    with stack.visitor() as visitor:
        visitor.sign_in("leaves@example.com", stack.world())
        kept = dict(visitor.http.cookies)
        visitor.post("/auth/logout")
        visitor.http.cookies.update(kept)
        assert code_of(lambda: visitor.get("/auth/me")) == "AUT-0003"


def test_a_request_from_elsewhere_is_refused(stack: Stack) -> None:
    with stack.visitor() as visitor:
        visitor.sign_in("csrf@example.com", stack.world())
        answer = visitor.http.post("/deposits", json={"amount_usdc": "10"})
        assert answer.json()["error"]["code"] == "AUT-0004"


def test_a_forged_access_token_starts_no_session(stack: Stack) -> None:
    with stack.visitor() as visitor:
        forged = {"access_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkaWQ6cHJpdnk6eCJ9."}
        assert code_of(lambda: visitor.post("/auth/sync", forged)) == "AUT-0005"


def test_a_wrong_code_and_a_sixth_attempt_start_no_session(stack: Stack) -> None:
    with stack.visitor() as visitor:
        config = visitor.get("/config")
        auth = f"{config['privy']['auth_url']}/api/v1/passwordless"
        headers = {"privy-app-id": config["privy"]["app_id"]}
        email = "wrong-code@example.com"
        with httpx.Client(headers=headers, trust_env=False) as privy:
            privy.post(f"{auth}/init", json={"email": email}).raise_for_status()
            right = stack.world().newest_code(email)
            wrong = "000000" if right != "000000" else "111111"
            for _ in range(5):
                answer = privy.post(f"{auth}/authenticate", json={"email": email, "code": wrong})
                assert answer.status_code in {400, 401, 422, 429}
            sixth = privy.post(f"{auth}/authenticate", json={"email": email, "code": right})
            assert sixth.status_code >= 400


def test_a_venue_that_is_down_is_named_and_the_rest_still_shows(
    stack: Stack, funded: Visitor
) -> None:
    world = stack.world()
    world.add_fault(venue="hyperliquid", kind="status", status=503)
    try:
        balances = funded.get("/balances")
        assert balances["hyperliquid"] is None
        assert balances["total_usd"] is None
        assert balances["solana"] is not None
        assert [f["venue"] for f in balances["failures"]] == ["Hyperliquid"]
        report = funded.post("/positions/preflight", GOOD)
        margin = next(c for c in report["checks"] if c["key"] == "free_margin")
        assert not margin["passed"]
        assert margin["figure"] == "not known"
        assert code_of(lambda: funded.post("/positions/open", opened_now(GOOD))) == "NET-0003"
    finally:
        world.clear_faults()
    assert funded.get("/balances")["hyperliquid"] is not None


def test_an_unknown_path_answers_in_the_same_shape(stack: Stack) -> None:
    with stack.visitor() as visitor:
        assert code_of(lambda: visitor.get("/nothing/here")) == "GEN-0005"
