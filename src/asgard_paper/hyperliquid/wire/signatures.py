"""Who signed: the two schemes of the venue, turned round.

L1 actions are hashed with nonce, vault and expiry into a phantom agent's connection id; user-signed
actions are typed data a wallet can show. Both follow the official SDK's signing module and are held
to its vectors.
"""

import msgpack
from eth_keys.datatypes import Signature as EcdsaSignature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from asgard_paper.hyperliquid.refusal import Refused
from asgard_paper.hyperliquid.wire.actions import (
    ApproveAgent,
    Network,
    Signature,
    UsdClassTransfer,
    UsdSend,
    UserSetAbstraction,
    UserSigned,
    Withdraw,
)

_DOMAIN_TYPE = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_AGENT_TYPE = keccak(text="Agent(string source,bytes32 connectionId)")
_L1_CHAIN_ID = 1337
_SOURCE: dict[str, str] = {"Mainnet": "a", "Testnet": "b"}

_Field = tuple[str, str, object]
"""Name, Solidity type and value of one member of a signed message."""


def action_hash(
    action: dict[str, object], *, nonce: int, vault: str | None, expires_after: int | None
) -> bytes:
    """The connection id of an L1 action."""
    data: bytes = msgpack.packb(action)  # type: ignore[no-untyped-call]
    data += nonce.to_bytes(8, "big")
    data += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault[2:])
    if expires_after is not None:
        data += b"\x00" + expires_after.to_bytes(8, "big")
    return bytes(keccak(data))


def l1_signer(connection_id: bytes, signature: Signature, network: Network) -> str:
    """Lower-case address that signed an L1 action; raises Refused for no signature at all."""
    struct = keccak(_AGENT_TYPE + keccak(text=_SOURCE[network]) + connection_id)
    return _recovered(_digest("Exchange", _L1_CHAIN_ID, struct), signature)


def user_signer(action: UserSigned, signature: Signature) -> str:
    """Lower-case address that signed a user-signed action, on whatever chain its wallet was."""
    name, fields = _message(action)
    fields = [("hyperliquidChain", "string", action.network), *fields]
    members = ",".join(f"{kind} {label}" for label, kind, _ in fields)
    type_hash = keccak(text=f"HyperliquidTransaction:{name}({members})")
    struct = keccak(type_hash + b"".join(_encoded(kind, value) for _, kind, value in fields))
    chain_id = int(action.chain_id, 16)
    return _recovered(_digest("HyperliquidSignTransaction", chain_id, struct), signature)


def _message(action: UserSigned) -> tuple[str, list[_Field]]:
    match action:
        case Withdraw() | UsdSend():
            return "Withdraw" if isinstance(action, Withdraw) else "UsdSend", [
                ("destination", "string", action.destination),
                ("amount", "string", action.amount),
                ("time", "uint64", action.time),
            ]
        case UsdClassTransfer():
            return "UsdClassTransfer", [
                ("amount", "string", action.amount),
                ("toPerp", "bool", action.to_perp),
                ("nonce", "uint64", action.nonce),
            ]
        case ApproveAgent():
            return "ApproveAgent", [
                ("agentAddress", "address", action.agent_address),
                ("agentName", "string", action.agent_name or ""),
                ("nonce", "uint64", action.nonce),
            ]
        case UserSetAbstraction():
            return "UserSetAbstraction", [
                ("user", "address", action.user),
                ("abstraction", "string", action.abstraction),
                ("nonce", "uint64", action.nonce),
            ]


def _encoded(kind: str, value: object) -> bytes:
    if kind == "string":
        return bytes(keccak(text=str(value)))
    number = int(str(value), 16) if kind == "address" else int(value)  # type: ignore[call-overload]
    return bytes(int(number).to_bytes(32, "big"))


def _digest(domain: str, chain_id: int, struct: bytes) -> bytes:
    separator = keccak(
        _DOMAIN_TYPE
        + keccak(text=domain)
        + keccak(text="1")
        + chain_id.to_bytes(32, "big")
        + bytes(32)
    )
    return bytes(keccak(b"\x19\x01" + separator + struct))


def _recovered(digest: bytes, signature: Signature) -> str:
    parity = signature.v - 27 if signature.v >= 27 else signature.v
    try:
        ecdsa = EcdsaSignature(vrs=(parity, int(signature.r, 16), int(signature.s, 16)))
        key = ecdsa.recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError, ValueError):
        raise Refused("Unable to recover signer.") from None
    return str(key.to_address())
