"""Request signatures: who must have signed what before anything moves."""

from dataclasses import replace

import pytest

from asgard_paper.privy import PrivyEngine
from asgard_paper.privy.authorization import payloads
from asgard_paper.privy.calls import Call
from asgard_paper.privy.refusals import Refusal
from asgard_paper.privy.wire import Fields, canonical_json
from tests.unit.paper.privy.setting import (
    BASE,
    Person,
    call,
    paper_engine,
    quorum_of,
    sign,
)

ADA, BOB, CAT, EVE = (Person(number) for number in range(4))
HELLO = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}


def wallet_of(engine: PrivyEngine, owner_id: str | None, **more: object) -> str:
    return engine.wallets.create(Fields({"chain_type": "ethereum", "owner_id": owner_id} | more)).id


def refused(engine: PrivyEngine, wallet_id: str, *people: Person) -> str | None:
    with pytest.raises(Refusal) as caught:
        sign(engine, wallet_id, HELLO, *people)
    assert caught.value.status == 401
    return caught.value.code


def test_owner_signs() -> None:
    engine = paper_engine()
    wallet_id = wallet_of(engine, quorum_of(engine, ADA))
    assert sign(engine, wallet_id, HELLO, ADA).status == 200
    assert sign(engine, wallet_id, HELLO, EVE, ADA).status == 200
    assert refused(engine, wallet_id) == "missing_or_empty_authorization_header"
    assert refused(engine, wallet_id, EVE) == "zero_correct_authorization_signatures"


def test_ownerless_wallet_needs_the_app_secret_alone() -> None:
    engine = paper_engine()
    assert sign(engine, wallet_of(engine, None), HELLO).status == 200


def test_two_of_three() -> None:
    engine = paper_engine()
    wallet_id = wallet_of(engine, quorum_of(engine, ADA, BOB, CAT, threshold=2))
    for pair in ((ADA, BOB), (CAT, ADA), (ADA, BOB, CAT)):
        assert sign(engine, wallet_id, HELLO, *pair).status == 200
    few = "insufficient_correct_authorization_signatures"
    assert refused(engine, wallet_id, ADA) == few
    assert refused(engine, wallet_id, ADA, ADA) == few
    assert refused(engine, wallet_id, ADA, EVE) == few


def test_quorum_without_a_threshold_needs_everybody() -> None:
    engine = paper_engine()
    keys = [ADA.public_key, BOB.public_key]
    wallet_id = wallet_of(engine, engine.quorums.create(Fields({"public_keys": keys})).id)
    assert sign(engine, wallet_id, HELLO, ADA, BOB).status == 200
    assert refused(engine, wallet_id, ADA) is not None


def test_nested_quorum_counts_as_one_member() -> None:
    engine = paper_engine()
    inner = quorum_of(engine, ADA, BOB, threshold=2)
    body = {
        "public_keys": [CAT.public_key],
        "key_quorum_ids": [inner],
        "authorization_threshold": 2,
    }
    wallet_id = wallet_of(engine, engine.quorums.create(Fields(body)).id)
    assert sign(engine, wallet_id, HELLO, ADA, BOB, CAT).status == 200
    assert refused(engine, wallet_id, ADA, BOB) is not None
    assert refused(engine, wallet_id, ADA, CAT) is not None


def test_quorums_cannot_nest_in_circles() -> None:
    engine = paper_engine()
    inner, outer = quorum_of(engine, ADA), quorum_of(engine, BOB)
    engine.quorums.update(outer, Fields({"key_quorum_ids": [inner]}))
    for quorum_id, nested in ((inner, inner), (inner, outer), (outer, outer)):
        with pytest.raises(Refusal):
            engine.quorums.update(quorum_id, Fields({"key_quorum_ids": [nested]}))


def test_additional_signer_stands_under_its_own_policy() -> None:
    engine = paper_engine()

    def policy(text: str) -> str:
        condition = {
            "field_source": "message",
            "field": "content",
            "operator": "eq",
            "value": text,
        }
        rule = {
            "name": "r",
            "method": "personal_sign",
            "action": "ALLOW",
            "conditions": [condition],
        }
        body = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": [rule]}
        return engine.controls.create_policy(Fields(body)).id

    bot = quorum_of(engine, BOB)
    wallet_id = wallet_of(
        engine,
        quorum_of(engine, ADA),
        policy_ids=[policy("owner")],
        additional_signers=[{"signer_id": bot, "override_policy_ids": [policy("hello")]}],
    )
    assert sign(engine, wallet_id, HELLO, BOB).status == 200
    with pytest.raises(Refusal, match="policy violation"):
        sign(engine, wallet_id, HELLO, ADA)
    engine.wallets.update(wallet_id, Fields({"additional_signers": [{"signer_id": bot}]}))
    with pytest.raises(Refusal, match="policy violation"):
        sign(engine, wallet_id, HELLO, BOB)


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/v1/wallets/other/rpc", "urls": (BASE + "/v1/wallets/other/rpc",)},
        {"urls": ("https://api.privy.io/v1/wallets/w/rpc",)},
        {"body": HELLO | {"chain_type": "ethereum"}},
        {"method": "PATCH"},
        {"app_id": "another"},
        {"idempotency_key": "added"},
        {"request_expiry": "1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_signature_covers_the_whole_request(change: dict[str, object]) -> None:
    engine = paper_engine()
    quorum_id = quorum_of(engine, ADA)
    signed = call("POST", "/v1/wallets/w/rpc", HELLO, [ADA])
    engine.quorums.authorize(signed, [quorum_id], "wallet")
    with pytest.raises(Refusal):
        engine.quorums.authorize(replace(signed, **change), [quorum_id], "wallet")  # type: ignore[arg-type]


def test_garbage_signatures_are_no_signatures() -> None:
    engine = paper_engine()
    quorum_id = quorum_of(engine, ADA)
    for text in ("", "####", "AAAA", "é"):
        garbage = replace(call("POST", "/v1/x", HELLO), signatures=(text,))
        with pytest.raises(Refusal) as caught:
            engine.quorums.authorize(garbage, [quorum_id], "wallet")
        assert caught.value.code == "zero_correct_authorization_signatures"


@pytest.mark.parametrize("form", [{}, ""], ids=["object", "text"])
def test_empty_bodies_may_be_signed_in_both_forms(form: object) -> None:
    engine = paper_engine()
    quorum_id = quorum_of(engine, ADA)
    headers = {"privy-app-id": "clpaper000000000000000app"}
    payload = canonical_json(
        {"version": 1, "method": "DELETE", "url": BASE + "/v1/x", "body": form, "headers": headers}
    )
    signed = replace(call("DELETE", "/v1/x", {}), signatures=(ADA.sign(payload),))
    assert engine.quorums.authorize(signed, [quorum_id], "x") == quorum_id


def test_canonical_form_is_that_of_a_javascript_verifier() -> None:
    body = {"b": "ü€😀\n", "a": [1, True, None, 2**53, 1.0, 0.5]}
    assert canonical_json(body) == (
        '{"a":[1,true,null,9007199254740992,1,0.5],"b":"ü€😀\\n"}'.encode()
    )
    # 2^53 + 1 cannot be written by JavaScript, so a signature over it cannot verify.
    exact = Call("POST", "/x", (BASE + "/x",), {"n": 2**53 + 1}, "app")
    assert b"9007199254740993" not in payloads(exact)[0]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"public_keys": ["AAAA"]},
        {"public_keys": [ADA.public_key, ADA.public_key]},
        {"public_keys": [ADA.public_key], "authorization_threshold": 2},
        {"public_keys": [ADA.public_key], "authorization_threshold": 0},
        {"key_quorum_ids": ["gone"]},
        {"public_keys": [ADA.public_key], "display_name": "x" * 51},
    ],
)
def test_bad_quorums(body: dict[str, object]) -> None:
    with pytest.raises(Refusal) as caught:
        paper_engine().quorums.create(Fields(body))
    assert caught.value.status == 400
