"""What is signed for Hyperliquid, as EIP-712 data for a wallet that signs elsewhere.

Two kinds exist. Trading actions are hashed as a whole and signed under chain 1337: the signature
covers bytes, so key order and number texts must be exactly those sent. User-signed actions
(agents, withdrawals) are signed field by field, so a wallet's policy can read them.
"""

from collections.abc import Mapping

import msgspec
from eth_utils.crypto import keccak

from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.ports.wallets import TypedData

SIGNATURE_CHAIN_ID = "0xa4b1"
"""Arbitrum One (42161): the chain the wallets' policies pin for user-signed actions."""

_NO_CONTRACT = "0x0000000000000000000000000000000000000000"
_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_AGENT_TYPE = [
    {"name": "source", "type": "string"},
    {"name": "connectionId", "type": "bytes32"},
]
APPROVE_AGENT = "HyperliquidTransaction:ApproveAgent"
WITHDRAW = "HyperliquidTransaction:Withdraw"
_USER_SIGNED_TYPES = {
    APPROVE_AGENT: [
        {"name": "hyperliquidChain", "type": "string"},
        {"name": "agentAddress", "type": "address"},
        {"name": "agentName", "type": "string"},
        {"name": "nonce", "type": "uint64"},
    ],
    WITHDRAW: [
        {"name": "hyperliquidChain", "type": "string"},
        {"name": "destination", "type": "string"},
        {"name": "amount", "type": "string"},
        {"name": "time", "type": "uint64"},
    ],
}


def action_hash(
    action: Mapping[str, object],
    *,
    nonce: int,
    expires_after: int | None = None,
    vault: EvmAddress | None = None,
) -> bytes:
    """The 32 bytes that stand for a trading action; the order of its keys matters."""
    parts = [msgspec.msgpack.encode(action), nonce.to_bytes(8, "big")]
    parts.append(b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault.removeprefix("0x")))
    if expires_after is not None:
        parts.append(b"\x00" + expires_after.to_bytes(8, "big"))
    return keccak(b"".join(parts))


def trading_action(
    action: Mapping[str, object],
    *,
    nonce: int,
    is_mainnet: bool,
    expires_after: int | None = None,
    vault: EvmAddress | None = None,
) -> TypedData:
    """What an agent signs for an order, a leverage or a margin change."""
    digest = action_hash(action, nonce=nonce, expires_after=expires_after, vault=vault)
    return TypedData(
        domain={
            "name": "Exchange",
            "version": "1",
            "chainId": 1337,
            "verifyingContract": _NO_CONTRACT,
        },
        types={"EIP712Domain": _DOMAIN_TYPE, "Agent": _AGENT_TYPE},
        primary_type="Agent",
        message={"source": "a" if is_mainnet else "b", "connectionId": "0x" + digest.hex()},
    )


def user_signed_action(action: Mapping[str, object], *, primary_type: str) -> TypedData:
    """What the account's own wallet signs; only the fields of the type, nothing beside them."""
    fields = _USER_SIGNED_TYPES[primary_type]
    return TypedData(
        domain={
            "name": "HyperliquidSignTransaction",
            "version": "1",
            "chainId": int(str(action["signatureChainId"]), 16),
            "verifyingContract": _NO_CONTRACT,
        },
        types={"EIP712Domain": _DOMAIN_TYPE, primary_type: fields},
        primary_type=primary_type,
        message={field["name"]: action[field["name"]] for field in fields},
    )


def chain_name(*, is_mainnet: bool) -> str:
    """The `hyperliquidChain` of user-signed actions."""
    return "Mainnet" if is_mainnet else "Testnet"


def split_signature(signature: bytes) -> dict[str, object]:
    """r, s, v as the venue reads them; raises ValueError unless it is 65 bytes."""
    if len(signature) != 65:
        raise ValueError(f"a signature has 65 bytes, was {len(signature)}")
    recovery = signature[64]
    return {
        "r": "0x" + signature[:32].hex(),
        "s": "0x" + signature[32:64].hex(),
        "v": recovery if recovery >= 27 else recovery + 27,
    }
