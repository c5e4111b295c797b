"""E-mail codes and sessions, on host time."""

import jwt
import pytest
from starlette.testclient import TestClient

from asgard_paper.privy import Mail, PrivyEngine
from asgard_paper.privy.http import create_app
from asgard_paper.privy.identity import SignIn
from asgard_paper.privy.refusals import Refusal
from asgard_paper.privy.wire import Fields
from tests.unit.paper.privy.setting import APP_ID, BASE, START_MS, HandClock, paper_engine, sign

EMAIL = "ada@example.org"


def mailed(engine: PrivyEngine) -> str:
    engine.identity.send_code(EMAIL)
    return engine.mailbox(EMAIL)[-1].code


def enter(engine: PrivyEngine) -> SignIn:
    return engine.identity.sign_in(EMAIL, mailed(engine), may_sign_up=True)


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


def refused(engine: PrivyEngine, code: str, **changes: bool) -> tuple[int, str | None]:
    with pytest.raises(Refusal) as caught:
        engine.identity.sign_in(EMAIL, code, **{"may_sign_up": True} | changes)
    return caught.value.status, caught.value.code


def test_code_opens_a_session_once() -> None:
    engine = paper_engine()
    code = mailed(engine)
    assert engine.mailbox() == [Mail(EMAIL, code, START_MS)]
    first = engine.identity.sign_in(" Ada@Example.ORG ", code, may_sign_up=True)
    assert first.is_new_user
    assert refused(engine, code) == (422, "invalid_credentials")
    again = enter(engine)
    assert not again.is_new_user
    assert again.user.id == first.user.id
    assert first.user.id.startswith("did:privy:")
    assert len(first.user.id) == len("did:privy:") + 25


def test_fifth_wrong_try_kills_the_code() -> None:
    engine = paper_engine()
    code = mailed(engine)
    for _ in range(4):
        refused(engine, wrong(code))
    refused(engine, wrong(code))
    assert refused(engine, code) == (422, "invalid_credentials")
    code = mailed(engine)
    for _ in range(4):
        refused(engine, wrong(code))
    assert engine.identity.sign_in(EMAIL, code, may_sign_up=True)


def test_code_expires_after_ten_minutes() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    code = mailed(engine)
    clock.pass_seconds(600)
    assert refused(engine, code) == (422, "invalid_credentials")
    code = mailed(engine)
    clock.pass_seconds(599)
    assert engine.identity.sign_in(EMAIL, code, may_sign_up=True)


def test_new_code_replaces_the_old_one_and_resending_is_limited() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    codes = [mailed(engine) for _ in range(5)]
    with pytest.raises(Refusal) as caught:
        engine.identity.send_code(EMAIL)
    assert (caught.value.status, caught.value.code) == (429, "too_many_requests")
    engine.identity.send_code("bob@example.org")
    assert len(set(codes)) == 5
    assert refused(engine, codes[0]) == (422, "invalid_credentials")
    assert engine.identity.sign_in(EMAIL, codes[-1], may_sign_up=True)
    clock.pass_seconds(601)
    mailed(engine)


def test_code_of_another_address_does_not_fit() -> None:
    engine = paper_engine()
    engine.identity.send_code("bob@example.org")
    assert refused(engine, engine.mailbox()[-1].code) == (422, "invalid_credentials")


def test_stranger_may_not_slip_in_without_sign_up() -> None:
    engine = paper_engine()
    assert refused(engine, mailed(engine), may_sign_up=False) == (404, "user_does_not_exist")
    assert engine.users.all() == []


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@b.co", "a b@c.de", "a@b", "x" * 255 + "@b.co"]
)
def test_not_an_address(email: str) -> None:
    with pytest.raises(Refusal) as caught:
        paper_engine().identity.send_code(email)
    assert caught.value.status == 400


def test_access_token_says_who_and_until_when() -> None:
    engine = paper_engine()
    result = enter(engine)
    claims = jwt.decode(
        result.access_token,
        engine.tokens.verification_key,
        algorithms=["ES256"],
        issuer="privy.io",
        audience=APP_ID,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["sub"] == result.user.id
    assert claims["iat"] == START_MS // 1000
    assert claims["exp"] - claims["iat"] == 3_600
    assert jwt.get_unverified_header(result.access_token)["typ"] == "JWT"


def test_refresh_rotates_and_tolerates_a_second_tab_briefly() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    old = enter(engine)
    clock.pass_seconds(3_601)
    new = engine.identity.refresh(old.access_token, old.refresh_token)
    assert new.action == "set"
    assert new.refresh_token != old.refresh_token
    tab = engine.identity.refresh(old.access_token, old.refresh_token)
    assert (tab.action, tab.refresh_token) == ("ignore", None)
    assert engine.identity.user_of(tab.access_token).id == old.user.id
    clock.pass_seconds(31)
    with pytest.raises(Refusal) as caught:
        engine.identity.refresh(old.access_token, old.refresh_token)
    assert (caught.value.status, caught.value.code) == (401, "missing_or_invalid_token")
    assert engine.identity.refresh(new.access_token, new.refresh_token).action == "set"


def test_refresh_needs_both_tokens_of_one_session() -> None:
    engine = paper_engine()
    one, two = enter(engine), enter(engine)
    for access, refresh in (
        (one.access_token, two.refresh_token),
        (None, one.refresh_token),
        (one.access_token, None),
        (one.access_token[:-4] + "AAAA", one.refresh_token),
        ("no.jwt.here", one.refresh_token),
        (one.identity_token, one.refresh_token),
    ):
        with pytest.raises(Refusal):
            engine.identity.refresh(access, refresh)


def test_session_ends_after_thirty_days_without_use_or_by_logout() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    left, gone = enter(engine), enter(engine)
    engine.identity.log_out(gone.access_token)
    with pytest.raises(Refusal):
        engine.identity.refresh(gone.access_token, gone.refresh_token)
    # What is signed stays valid until it expires, as at the service.
    assert engine.identity.user_of(gone.access_token).id == gone.user.id
    clock.pass_seconds(3_600)
    with pytest.raises(Refusal):
        engine.identity.user_of(gone.access_token)
    clock.pass_seconds(30 * 24 * 3_600)
    with pytest.raises(Refusal):
        engine.identity.refresh(left.access_token, left.refresh_token)


def test_deleted_user_has_no_session() -> None:
    engine = paper_engine()
    result = enter(engine)
    engine.users.remove(result.user.id)
    engine.identity.forget(result.user.id)
    with pytest.raises(Refusal):
        engine.identity.refresh(result.access_token, result.refresh_token)
    with pytest.raises(Refusal):
        engine.identity.user_of(result.access_token)


def test_imported_user_is_recognised_by_address() -> None:
    engine = paper_engine()
    body = {"linked_accounts": [{"type": "email", "address": "Ada@example.org"}]}
    user = engine.users.create(Fields(body))
    assert enter(engine).user.id == user.id
    with pytest.raises(Refusal):
        engine.users.create(Fields(body))


def test_browsers_may_call_with_credentials() -> None:
    client = TestClient(create_app(paper_engine(), public_url=BASE))
    origin = {"origin": "http://localhost:5173"}
    wanted = "privy-app-id,privy-client,privy-ca-id,authorization,content-type,privy-retry-attempt"
    asked = client.options(
        "/api/v1/passwordless/init",
        headers=origin
        | {"access-control-request-method": "POST", "access-control-request-headers": wanted},
    )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == origin["origin"]
    assert asked.headers["access-control-allow-credentials"] == "true"
    assert asked.headers["access-control-allow-headers"] == wanted
    headers = origin | {"privy-app-id": APP_ID}
    reply = client.post("/api/v1/passwordless/authenticate", headers=headers, json={})
    assert reply.status_code == 400
    assert reply.headers["access-control-allow-origin"] == origin["origin"]


def test_app_id_is_asked_for() -> None:
    client = TestClient(create_app(paper_engine(), public_url=lambda: BASE))
    for path in ("passwordless/init", "passwordless/authenticate", "sessions", "sessions/logout"):
        reply = client.post(f"/api/v1/{path}", json={})
        assert (reply.status_code, reply.json()["code"]) == (
            401,
            "missing_or_invalid_privy_app_id",
        )
    assert client.get("/api/v1/apps/other").status_code == 404
    assert client.get(f"/apps/{APP_ID}/embedded-wallets").status_code == 200
    assert client.get("/api/v1/nothing").json() == {"error": "Not Found"}


def test_outbox_lists_mails_of_one_address() -> None:
    engine = paper_engine()
    code = mailed(engine)
    engine.identity.send_code("bob@example.org")
    client = TestClient(create_app(engine, public_url=BASE))
    found = client.get("/sim/outbox", params={"email": EMAIL}).json()
    assert found == [{"email": EMAIL, "code": code, "sent_at_ms": START_MS}]
    assert len(client.get("/sim/outbox").json()) == 2


def test_last_decision_can_be_looked_at() -> None:
    engine = paper_engine()
    client = TestClient(create_app(engine, public_url=BASE))
    assert client.get("/sim/decision").json() is None
    rule = {"name": "r", "method": "personal_sign", "action": "DENY", "conditions": []}
    body = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": [rule]}
    policy = engine.controls.create_policy(Fields(body))
    wallet = engine.wallets.create(Fields({"chain_type": "ethereum", "policy_ids": [policy.id]}))
    hello = {"method": "personal_sign", "params": {"message": "x", "encoding": "utf-8"}}
    with pytest.raises(Refusal):
        sign(engine, wallet.id, hello)
    found = client.get("/sim/decision").json()
    assert (found["wallet_id"], found["reason"]) == (wallet.id, "denied by r")


def test_app_id_has_25_characters() -> None:
    with pytest.raises(ValueError, match="25 characters"):
        PrivyEngine(
            clock=HandClock(),
            store=paper_engine().store,
            seed=1,
            app_id="short",
            app_secret="s",
        )
