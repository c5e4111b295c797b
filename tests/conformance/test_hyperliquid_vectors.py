"""Signing vectors of the official SDKs: every one is recovered to the key that signed it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from eth_account import Account

from asgard_paper.hyperliquid.wire.actions import Signature, Trading, UserSigned, canonical
from asgard_paper.hyperliquid.wire.signatures import action_hash, l1_signer, user_signer

SDK_ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
TYPE_OF = {"UsdSend": "usdSend", "Withdraw": "withdraw3"}
DUMMY = {"type": "dummy", "num": 100000000000}


def test_known_vectors_without_recorded_data() -> None:
    plain = Signature(
        r="0x53749d5b30552aeb2fca34b530185976545bb22d0b3ce6f62e31be961a59298",
        s="0x755c40ba9bf05223521753995abb2f73ab3229be8ec921f350cb447e384d8ed8",
        v=27,
    )
    digest = action_hash(DUMMY, nonce=0, vault=None, expires_after=None)
    assert l1_signer(digest, plain, "Mainnet") == SDK_ADDRESS
    assert l1_signer(digest, plain, "Testnet") != SDK_ADDRESS

    vault = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
    vaulted = Signature(
        r="0x3c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239",
        s="0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c",
        v=28,
    )
    digest = action_hash(DUMMY, nonce=0, vault=vault, expires_after=None)
    assert l1_signer(digest, vaulted, "Mainnet") == SDK_ADDRESS


def test_padded_and_unpadded_signatures_are_the_same() -> None:
    short = "0x53749d5b30552aeb2fca34b530185976545bb22d0b3ce6f62e31be961a59298"
    long = "0x" + short[2:].rjust(64, "0")
    s = "0x755c40ba9bf05223521753995abb2f73ab3229be8ec921f350cb447e384d8ed8"
    digest = action_hash(DUMMY, nonce=0, vault=None, expires_after=None)
    signers = {l1_signer(digest, Signature(r=r, s=s, v=27), "Mainnet") for r in (short, long)}
    assert signers == {SDK_ADDRESS}


@pytest.mark.parametrize("group", ["official", "rust", "generated"])
def test_recorded_vectors(recorded: Path, group: str) -> None:
    vectors = _vectors(recorded)
    checked = sum(_check(vector, vectors) for vector in vectors[group])
    assert checked > 0


def test_recorded_actions_are_already_canonical(recorded: Path) -> None:
    """What the SDKs sign is what the venue hashes after decoding, key order included."""
    vectors = _vectors(recorded)
    compared = 0
    for vector in vectors["official"] + vectors["generated"]:
        action = vector.get("action")
        if action is None or action["type"] in ("dummy", "createSubAccount"):
            continue
        decoded = canonical(msgspec.convert(action, Trading))
        assert json.dumps(decoded) == json.dumps(action), vector["name"]
        compared += 1
    assert compared >= 10


def test_trailing_zeros_and_key_order_do_not_survive_decoding() -> None:
    sloppy = {
        "grouping": "na",
        "type": "order",
        "orders": [
            {
                "b": True,
                "a": 5,
                "s": "1.50",
                "p": "150.0",
                "t": {"limit": {"tif": "Ioc"}},
                "r": False,
            }
        ],
    }
    tidy = canonical(msgspec.convert(sloppy, Trading))
    assert json.dumps(tidy) == json.dumps(
        {
            "type": "order",
            "orders": [
                {
                    "a": 5,
                    "b": True,
                    "p": "150",
                    "s": "1.5",
                    "r": False,
                    "t": {"limit": {"tif": "Ioc"}},
                }
            ],
            "grouping": "na",
        }
    )


def _vectors(recorded: Path) -> dict[str, Any]:
    path = recorded / "api" / "hyperliquid_samples" / "signing_vectors.json"
    if not path.is_file():
        pytest.skip(f"no vectors at {path}")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _check(vector: dict[str, Any], vectors: dict[str, Any]) -> int:
    expected = Account.from_key(vector.get("key", vectors["private_key"])).address.lower()
    checked = 0
    for network in ("Mainnet", "Testnet"):
        answer = vector.get(network.lower())
        if answer is not None:
            assert _signer(vector, answer, network) == expected, vector["name"]
            checked += 1
    return checked


def _signer(vector: dict[str, Any], answer: Any, network: Any) -> str:
    signature = _signature(answer)
    action = vector["action"] if "action" in vector else answer["action"]
    if "signatureChainId" in action:
        name = vector.get("primaryType", vector["name"]).split(":")[1]
        tagged = {**action, "type": action.get("type", TYPE_OF.get(name))}
        return user_signer(msgspec.convert(tagged, UserSigned), signature)
    digest = action_hash(
        action,
        nonce=vector["nonce"],
        vault=vector.get("vault"),
        expires_after=vector.get("expiresAfter"),
    )
    if "connectionId" in vector:
        assert f"0x{digest.hex()}" == vector["connectionId"], vector["name"]
    return l1_signer(digest, signature, network)


def _signature(answer: Any) -> Signature:
    if isinstance(answer, str):
        body = answer.removeprefix("0x")
        return Signature(r=f"0x{body[:64]}", s=f"0x{body[64:128]}", v=int(body[128:], 16))
    return msgspec.convert(answer, Signature)
