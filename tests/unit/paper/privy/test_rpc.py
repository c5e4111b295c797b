"""Signing requests: the order of checks, idempotency, and signatures that others can verify."""

import base64

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_paper.privy import PrivyEngine
from asgard_paper.privy.calls import Reply
from asgard_paper.privy.records import Wallet
from asgard_paper.privy.refusals import Refusal
from asgard_paper.privy.wire import Fields
from tests.unit.paper.privy import policy_set as ps
from tests.unit.paper.privy.setting import (
    HandClock,
    Person,
    call,
    paper_engine,
    quorum_of,
    sign,
)

ADA, EVE = Person(0), Person(1)
TYPED = "eth_signTypedData_v4"
HELLO = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}


def make(engine: PrivyEngine, chain_type: str = "ethereum", **more: object) -> Wallet:
    body = {"chain_type": chain_type, "owner_id": quorum_of(engine, ADA)} | more
    return engine.wallets.create(Fields(body))


def data(reply: Reply) -> dict[str, str]:
    assert reply.status == 200
    assert isinstance(reply.body, dict)
    found: dict[str, str] = reply.body["data"]
    return found


def policy_id(engine: PrivyEngine, *rules: ps.Json, chain_type: str = "ethereum") -> str:
    body = {"version": "1.0", "name": "p", "chain_type": chain_type, "rules": list(rules)}
    return engine.controls.create_policy(Fields(body)).id


def asks(transaction: ps.Json) -> ps.Json:
    return {
        "method": "eth_signTransaction",
        "chain_type": "ethereum",
        "params": {"transaction": transaction},
    }


def test_transactions_of_every_type_recover_to_the_wallet() -> None:
    engine = paper_engine()
    wallet = make(engine)
    legacy = ps.transaction(type=0, gas_price=7)
    for body in (ps.transaction(), legacy, legacy | {"type": 1}, ps.transaction(to=None)):
        found = data(sign(engine, wallet.id, asks(body), ADA))
        assert found["encoding"] == "rlp"
        assert Account.recover_transaction(found["signed_transaction"]) == wallet.address


def test_typed_data_recovers_with_and_without_domain_types() -> None:
    engine = paper_engine()
    wallet = make(engine)
    for body in (ps.agent_data(), ps.withdraw_data()):
        whole = {**body, "primaryType": body["primary_type"]}
        expected = encode_typed_data(full_message=whole)
        without = body | {"types": {k: v for k, v in body["types"].items() if k != "EIP712Domain"}}
        for sent in (body, without):
            request = {"method": TYPED, "params": {"typed_data": sent}}
            found = data(sign(engine, wallet.id, request, ADA))
            recovered = Account.recover_message(expected, signature=found["signature"])
            assert recovered == wallet.address


def test_types_the_message_does_not_use_are_no_part_of_the_hash() -> None:
    engine = paper_engine()
    wallet = make(engine)
    extended = ps.agent_data()
    extended["types"]["Unused"] = [{"name": "x", "type": "uint256"}]
    first, second = (
        sign(engine, wallet.id, {"method": TYPED, "params": {"typed_data": body}}, ADA)
        for body in (ps.agent_data(), extended)
    )
    assert first == second


@pytest.mark.parametrize(
    "message",
    [
        {"source": "a"},
        {"source": "a", "connectionId": "0x12345678" * 9},
        {"source": "a", "connectionId": {}},
        {"source": ["a"], "connectionId": "0x" + "00" * 32},
    ],
)
def test_typed_data_that_cannot_be_encoded_is_400(message: ps.Json) -> None:
    engine = paper_engine()
    wallet = make(engine)
    body = {"method": TYPED, "params": {"typed_data": ps.agent_data() | {"message": message}}}
    assert code_of(engine, wallet.id, body, ADA) == (400, "invalid_data")


def test_messages_and_hashes() -> None:
    engine = paper_engine()
    wallet = make(engine)
    for params in (
        {"message": "hello", "encoding": "utf-8"},
        {"message": b"hello".hex(), "encoding": "hex"},
    ):
        found = data(sign(engine, wallet.id, {"method": "personal_sign", "params": params}, ADA))
        message = encode_defunct(b"hello")
        assert Account.recover_message(message, signature=found["signature"]) == wallet.address
    digest = "0x" + "ab" * 32
    request = {"method": "secp256k1_sign", "params": {"hash": digest}}
    signature = data(sign(engine, wallet.id, request, ADA))["signature"]
    assert Account._recover_hash(bytes.fromhex("ab" * 32), signature=signature) == wallet.address


def solana_transaction(*signers: Pubkey) -> VersionedTransaction:
    instructions = [
        transfer(TransferParams(from_pubkey=key, to_pubkey=signers[0], lamports=1))
        for key in signers
    ]
    message = Message.new_with_blockhash(instructions, signers[0], Hash.default())
    return VersionedTransaction.populate(message, [Signature.default()] * len(signers))


def asks_solana(transaction: VersionedTransaction) -> ps.Json:
    encoded = base64.b64encode(bytes(transaction)).decode()
    return {
        "method": "signTransaction",
        "params": {"transaction": encoded, "encoding": "base64"},
    }


def test_solana_signature_fills_our_slot_and_keeps_the_others() -> None:
    engine = paper_engine()
    wallet = make(engine, "solana")
    other = Keypair.from_seed(b"\7" * 32)
    unsigned = solana_transaction(other.pubkey(), Pubkey.from_string(wallet.address))
    theirs = other.sign_message(to_bytes_versioned(unsigned.message))
    half = VersionedTransaction.populate(unsigned.message, [theirs, Signature.default()])
    found = data(sign(engine, wallet.id, asks_solana(half), ADA))
    signed = VersionedTransaction.from_bytes(base64.b64decode(found["signed_transaction"]))
    assert signed.message == unsigned.message
    assert signed.signatures[0] == theirs
    assert signed.verify_with_results() == [True, True]


def test_solana_wallet_must_be_a_signer() -> None:
    engine = paper_engine()
    wallet = make(engine, "solana")
    foreign = solana_transaction(Keypair.from_seed(b"\7" * 32).pubkey())
    with pytest.raises(Refusal, match="not a required signer"):
        sign(engine, wallet.id, asks_solana(foreign), ADA)


def test_solana_message() -> None:
    engine = paper_engine()
    wallet = make(engine, "solana")
    request = {
        "method": "signMessage",
        "params": {"message": base64.b64encode(b"hi").decode(), "encoding": "base64"},
    }
    raw = base64.b64decode(data(sign(engine, wallet.id, request, ADA))["signature"])
    assert Signature.from_bytes(raw).verify(Pubkey.from_string(wallet.address), b"hi")


def code_of(engine: PrivyEngine, wallet_id: str, body: object, *people: Person, **more: object):  # type: ignore[no-untyped-def]
    request = call("POST", f"/v1/wallets/{wallet_id}/rpc", body, people, **more)  # type: ignore[arg-type]
    with pytest.raises(Refusal) as caught:
        engine.signer.rpc(request, wallet_id)
    return caught.value.status, caught.value.code


def test_order_of_checks() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    strict = policy_id(engine, ps.transfer_rule("bridge", ps.BRIDGE))
    wallet = make(engine, policy_ids=[strict])
    past = clock.host - 1
    denied = asks(ps.transaction(chain_id=1))
    checksum = asks(ps.transaction(to=ps.USDC.replace("c", "C", 1)))
    unknown = {"method": "exportPrivateKey", "params": {}}
    assert code_of(engine, "gone", unknown, EVE, expiry=past) == (404, None)
    assert code_of(engine, wallet.id, unknown, EVE, expiry=past) == (400, "invalid_data")
    assert code_of(engine, wallet.id, denied, EVE, expiry=past) == (400, "request_expired")
    assert code_of(engine, wallet.id, checksum, EVE) == (
        401,
        "zero_correct_authorization_signatures",
    )
    assert code_of(engine, wallet.id, checksum, ADA) == (400, "invalid_data")
    assert code_of(engine, wallet.id, denied, ADA) == (400, "policy_violation")
    assert sign(engine, wallet.id, asks(ps.transaction()), ADA).status == 200


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"method": "eth_sendTransaction", "params": {}},
        {"method": "signTransaction", "params": {"transaction": "AA==", "encoding": "base64"}},
        {"method": "eth_signTransaction"},
        {"method": "eth_signTransaction", "params": {"transaction": 7}},
        {"method": "personal_sign", "params": {"message": "x", "encoding": "latin"}},
        {"method": "secp256k1_sign", "params": {"hash": "0x12"}},
        HELLO | {"chain_type": "solana"},
        asks(ps.transaction(chain_id=None)),
        asks(ps.transaction(value="12")),
        asks(ps.transaction(value=-1)),
        asks(ps.transaction(nonce=None)),
        asks(ps.transaction(data="0xzz")),
        asks(ps.transaction(type=4)),
        asks(ps.transaction(**{"from": ps.ATTACKER})),
    ],
)
def test_malformed_requests_are_400(body: object) -> None:
    engine = paper_engine()
    wallet = make(engine)
    status, _ = code_of(engine, wallet.id, body, ADA)
    assert status == 400


def test_idempotent_replay_conflict_and_expiry() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    wallet = make(engine)
    first = sign(engine, wallet.id, HELLO, ADA, key="k")
    assert sign(engine, wallet.id, HELLO, ADA, key="k") == first
    other = {"method": "personal_sign", "params": {"message": "bye", "encoding": "utf-8"}}
    status, _ = code_of(engine, wallet.id, other, ADA, key="k")
    assert status == 400
    clock.pass_seconds(24 * 3600 + 1)
    assert sign(engine, wallet.id, other, ADA, key="k").status == 200


def test_server_errors_are_replayed_for_a_day() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    wallet = make(engine)
    engine.halt_signing()
    assert code_of(engine, wallet.id, HELLO, ADA, key="k")[0] == 503
    engine.resume_signing()
    assert sign(engine, wallet.id, HELLO, ADA, key="k").status == 503
    assert sign(engine, wallet.id, HELLO, ADA, key="fresh").status == 200
    clock.pass_seconds(24 * 3600 + 1)
    assert sign(engine, wallet.id, HELLO, ADA, key="k").status == 200


def test_policy_violation_releases_the_idempotency_key() -> None:
    engine = paper_engine()
    strict = policy_id(engine, ps.transfer_rule("bridge", ps.BRIDGE))
    wallet = make(engine, policy_ids=[strict])
    denied = asks(ps.transaction(chain_id=1))
    assert code_of(engine, wallet.id, denied, ADA, key="k")[1] == "policy_violation"
    engine.wallets.update(wallet.id, Fields({"policy_ids": []}))
    assert sign(engine, wallet.id, denied, ADA, key="k").status == 200


def test_archived_wallets_are_gone() -> None:
    engine = paper_engine()
    wallet = make(engine)
    engine.wallets.archive(wallet.id)
    assert code_of(engine, wallet.id, HELLO, ADA) == (404, None)
