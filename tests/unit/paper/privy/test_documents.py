"""What the service stores as policy, aggregation, condition set or wallet, and what not."""

from typing import Any

import pytest

from asgard_paper.privy.refusals import Refusal
from asgard_paper.privy.wire import Fields
from tests.unit.paper.privy import policy_set as ps
from tests.unit.paper.privy.setting import Person, paper_engine, quorum_of

TYPED = "eth_signTypedData_v4"
SIGN = "eth_signTransaction"


def domain_chain(operator: str, value: Any) -> ps.Json:
    return ps.on("ethereum_typed_data_domain", "chainId", operator, value)


BAD_RULES: dict[str, ps.Json] = {
    "name of 50": ps.rule("x" * 50, SIGN),
    "empty name": ps.rule("", SIGN),
    "unknown method": ps.rule("r", "secp256k1_sign"),
    "Solana method": ps.rule("r", "signTransaction"),
    "unknown action": ps.rule("r", SIGN, action="MAYBE"),
    "typed data without conditions": ps.rule("r", TYPED),
    "chain id by list": ps.rule("r", TYPED, domain_chain("in", ["1"])),
    "chain id in hex": ps.rule("r", TYPED, domain_chain("eq", "0xa4b1")),
    "domain name": ps.rule("r", TYPED, ps.on("ethereum_typed_data_domain", "name", "eq", "x")),
    "calldata without abi": ps.rule("r", SIGN, ps.on("ethereum_calldata", "f", "eq", "x")),
    "message without types": ps.rule(
        "r", TYPED, ps.on("ethereum_typed_data_message", "source", "eq", "a")
    ),
    "unknown operator": ps.rule("r", SIGN, ps.on("ethereum_transaction", "to", "like", "x")),
    "unknown field": ps.rule("r", SIGN, ps.on("ethereum_transaction", "nonce", "eq", "1")),
    "unknown source": ps.rule("r", SIGN, ps.on("bitcoin", "to", "eq", "1")),
    "Solana source": ps.rule(
        "r", SIGN, ps.on("solana_program_instruction", "programId", "eq", "x")
    ),
    "number as value": ps.rule("r", SIGN, ps.on("ethereum_transaction", "to", "eq", 1)),  # type: ignore[arg-type]
    "text for in": ps.rule("r", SIGN, ps.on("ethereum_transaction", "to", "in", "x")),
    "101 values": ps.rule("r", SIGN, ps.on("ethereum_transaction", "to", "in", ["x"] * 101)),
    "unknown set": ps.rule("r", SIGN, ps.on("ethereum_transaction", "to", "in_condition_set", "s")),
    "unknown aggregation": ps.rule("r", SIGN, ps.on("reference", "aggregation.x", "lte", "1")),
    "export with conditions": ps.rule("r", "exportPrivateKey", ps.to(ps.USDC)),
}


@pytest.mark.parametrize("bad", BAD_RULES.values(), ids=BAD_RULES)
def test_rules_the_service_does_not_store(bad: ps.Json) -> None:
    engine = paper_engine()
    good = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": list(ps.EVM_RULES)}
    assert len(engine.controls.create_policy(Fields(good)).rules) == len(ps.EVM_RULES)
    with pytest.raises(Refusal) as caught:
        engine.controls.create_policy(Fields(good | {"rules": [bad]}))
    assert caught.value.status == 400
    assert caught.value.text.startswith("[Input error] `rules.0.")


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2.0"},
        {"name": "x" * 51},
        {"name": ""},
        {"chain_type": "dogecoin"},
        {"rules": 1},
    ],
)
def test_policies_the_service_does_not_store(change: ps.Json) -> None:
    good: ps.Json = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": []}
    with pytest.raises(Refusal):
        paper_engine().controls.create_policy(Fields(good | change))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "eth_sendTransaction"},
        {"window": {"type": "rolling", "seconds": 3_599}},
        {"window": {"type": "rolling", "seconds": 259_201}},
        {"window": {"type": "fixed", "seconds": 3_600}},
        {"metric": {"field": "value", "field_source": "ethereum_transaction", "function": "max"}},
        {"metric": {"field": "f.x", "field_source": "ethereum_calldata", "function": "sum"}},
        {"group_by": [{"field": "to", "field_source": "ethereum_transaction"}] * 3},
        {"conditions": [ps.on("system", "current_unix_timestamp", "gt", "1")]},
        {"conditions": [ps.to(ps.USDC)] * 101},
    ],
)
def test_aggregations_the_service_does_not_store(change: ps.Json) -> None:
    engine = paper_engine()
    good: ps.Json = {
        "name": "a",
        "method": SIGN,
        "metric": {"field": "value", "field_source": "ethereum_transaction", "function": "sum"},
        "window": {"type": "rolling", "seconds": 3_600},
    }
    with pytest.raises(Refusal):
        engine.controls.create_aggregation(Fields(good | change))
    for _ in range(10):
        engine.controls.create_aggregation(Fields(good))
    with pytest.raises(Refusal, match="At most 10"):
        engine.controls.create_aggregation(Fields(good))


def test_condition_set_items_are_unique_and_come_by_the_hundred() -> None:
    sets = paper_engine().sets
    made = sets.create(Fields({"name": "friends"})).id
    sets.add(made, [{"value": f"{n}"} for n in range(100)], replacing=False)
    sets.add(made, [{"value": "100"}], replacing=False)
    bad: object
    for bad in ([], {}, [{"value": "7"}], [{"value": "a"}, {"value": "a"}], [{"value": ""}]):
        with pytest.raises(Refusal):
            sets.add(made, bad, replacing=False)
    with pytest.raises(Refusal):
        sets.add(made, [{"value": f"x{n}"} for n in range(101)], replacing=False)
    assert len(sets.items(made)) == 101
    sets.add(made, [{"value": "7"}], replacing=True)
    assert [item.value for item in sets.items(made)] == ["7"]
    sets.remove(made)
    assert sets.members() == {}


def test_wallets_the_service_does_not_create() -> None:
    engine = paper_engine()
    owner_id = quorum_of(engine, Person(0))
    good: ps.Json = {"chain_type": "ethereum", "owner_id": owner_id, "external_id": "u-1_A"}
    solana = engine.controls.create_policy(
        Fields({"version": "1.0", "name": "p", "chain_type": "solana", "rules": []})
    )
    made = engine.wallets.create(Fields(good))
    for change in (
        {},
        {"external_id": "no spaces"},
        {"external_id": "x" * 65},
        {"chain_type": "cosmos", "external_id": "b"},
        {"owner_id": "gone", "external_id": "b"},
        {"owner": {"public_key": Person(1).public_key}, "external_id": "b"},
        {"policy_ids": ["gone"], "external_id": "b"},
        {"policy_ids": [solana.id], "external_id": "b"},
        {"policy_ids": [solana.id, solana.id], "external_id": "b"},
        {"additional_signers": [{"signer_id": "gone"}], "external_id": "b"},
    ):
        with pytest.raises(Refusal) as caught:
            engine.wallets.create(Fields(good | change))
        assert caught.value.status == 400
    assert [wallet.id for wallet in engine.wallets.all()] == [made.id]
    with pytest.raises(Refusal):
        engine.wallets.update(made.id, Fields({"external_id": "other"}))


def test_bare_key_or_user_becomes_a_quorum_of_one() -> None:
    engine = paper_engine()
    person = Person(3)
    body = {"chain_type": "solana", "owner": {"public_key": person.public_key}}
    wallet = engine.wallets.create(Fields(body))
    owner = engine.wallets.owner_of(wallet)
    assert owner is not None
    assert (owner.public_keys, owner.needed) == ([person.public_key], 1)
    user = engine.wallets.create(
        Fields({"chain_type": "solana", "owner": {"user_id": "did:privy:x"}})
    )
    found = engine.wallets.owner_of(user)
    assert found is not None
    assert found.user_ids == ["did:privy:x"]
