"""The bytes we have signed are the bytes the venue's own SDK would sign."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hyperliquid.utils import signing as official
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.adapters.hyperliquid.signing import (
    APPROVE_AGENT,
    SIGNATURE_CHAIN_ID,
    action_hash,
    split_signature,
    trading_action,
    user_signed_action,
)
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.ports.wallets import TypedData

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
VAULT = EvmAddress("0x1719884eb866cb12b2287399b15f7db5e7d775ea")


def signed(data: TypedData, key: str = KEY) -> dict[str, object]:
    full = {
        "domain": dict(data.domain),
        "types": dict(data.types),
        "primaryType": data.primary_type,
        "message": dict(data.message),
    }
    signature = Account.from_key(key).sign_message(encode_typed_data(full_message=full))
    return split_signature(bytes(signature.signature))


def as_numbers(signature: dict[str, Any]) -> tuple[int, int, int]:
    return int(signature["r"], 16), int(signature["s"], 16), signature["v"]


@pytest.fixture(scope="module")
def vectors(recorded: Path) -> dict[str, Any]:
    path = recorded / "api/hyperliquid_samples/signing_vectors.json"
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def test_every_recorded_trading_signature_is_reproduced(vectors: dict[str, Any]) -> None:
    checked = 0
    for case in vectors["official"] + vectors["generated"]:
        if "connectionId" not in case:
            continue
        terms = {"nonce": case["nonce"], "expires_after": case.get("expiresAfter")}
        vault = case.get("vault")
        digest = action_hash(case["action"], vault=vault, **terms)
        assert "0x" + digest.hex() == case["connectionId"], case["name"]
        for network in ("mainnet", "testnet"):
            data = trading_action(
                case["action"], vault=vault, is_mainnet=network == "mainnet", **terms
            )
            assert as_numbers(signed(data)) == as_numbers(case[network]), case["name"]
        checked += 1
    assert checked >= 15


def test_signatures_of_the_rust_sdk_are_reproduced(vectors: dict[str, Any]) -> None:
    cases = [case for case in vectors["rust"] if "nonce" in case and "action" in case]
    assert len(cases) >= 3
    for case in cases:
        for network in ("mainnet", "testnet"):
            data = trading_action(
                case["action"], nonce=case["nonce"], is_mainnet=network == "mainnet"
            )
            signature = signed(data, case["key"])
            whole = f"{signature['r']}{str(signature['s'])[2:]}{signature['v']:02x}"
            assert whole == case[network], case["name"]


def test_the_published_vector_of_the_official_sdk() -> None:
    data = trading_action({"type": "dummy", "num": 100000000000}, nonce=0, is_mainnet=True)
    assert as_numbers(signed(data)) == (
        0x53749D5B30552AEB2FCA34B530185976545BB22D0B3CE6F62E31BE961A59298,
        0x755C40BA9BF05223521753995ABB2F73AB3229BE8EC921F350CB447E384D8ED8,
        27,
    )


texts = st.text("0123456789abcdef", min_size=1, max_size=40)
actions = st.dictionaries(
    texts,
    st.one_of(st.booleans(), st.integers(-(2**63), 2**64 - 1), texts, st.lists(texts, max_size=3)),
    min_size=1,
)


@given(
    action=actions,
    nonce=st.integers(0, 2**63),
    expires=st.none() | st.integers(0, 2**63),
    vault=st.sampled_from([None, VAULT]),
)
def test_any_action_hashes_as_in_the_official_sdk(
    action: dict[str, object], nonce: int, expires: int | None, vault: EvmAddress | None
) -> None:
    ours = action_hash(action, nonce=nonce, expires_after=expires, vault=vault)
    assert ours == official.action_hash(action, vault, nonce, expires)


def test_an_agent_approval_is_signed_as_in_the_official_sdk_but_for_the_chain() -> None:
    action: dict[str, Any] = {
        "type": "approveAgent",
        "signatureChainId": SIGNATURE_CHAIN_ID,
        "hyperliquidChain": "Mainnet",
        "agentAddress": "0x0d1d9635d0640821d15e323ac8adadfa9c111414",
        "agentName": "asgard",
        "nonce": 1763680000000,
    }
    data = user_signed_action(action, primary_type=APPROVE_AGENT)
    fields = data.types[APPROVE_AGENT]
    payload = official.user_signed_payload(APPROVE_AGENT, fields, action)
    theirs = official.sign_inner(Account.from_key(KEY), payload)
    assert as_numbers(signed(data)) == as_numbers(theirs)
    assert data.domain["chainId"] == 42161


def test_a_policy_sees_only_the_fields_that_are_signed() -> None:
    action = {
        "type": "approveAgent",
        "signatureChainId": SIGNATURE_CHAIN_ID,
        "hyperliquidChain": "Mainnet",
        "agentAddress": VAULT,
        "agentName": "asgard",
        "nonce": 1,
    }
    data = user_signed_action(action, primary_type=APPROVE_AGENT)
    assert set(data.message) == {"hyperliquidChain", "agentAddress", "agentName", "nonce"}


def test_a_recovery_id_of_zero_or_one_becomes_27_or_28() -> None:
    assert split_signature(b"\x01" * 64 + b"\x00")["v"] == 27
    assert split_signature(b"\x01" * 64 + b"\x1c")["v"] == 28
    with pytest.raises(ValueError, match="65 bytes"):
        split_signature(b"\x01" * 64)
