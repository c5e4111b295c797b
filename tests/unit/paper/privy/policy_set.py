"""Policies of the kind a careful application attaches, and requests to try on them."""

import copy
from collections.abc import Mapping
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from asgard_paper.privy.custody.documents import Documents
from asgard_paper.privy.facts.ethereum import parse_transaction
from asgard_paper.privy.facts.typed_data import parse_typed_data
from asgard_paper.privy.policies import RpcRequest
from asgard_paper.privy.records import Policy
from asgard_paper.privy.wire import Fields

USDC = "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"
BRIDGE = "0x2df1c51e09aecf9cacb7bc98cb1742757f163df7"
USER = "0x" + "a1" * 20
SERVER = "0x" + "5e" * 20
ATTACKER = "0x" + "bad0" * 10
ZERO = "0x" + "00" * 20
CAP = 25_000_000_000
GAS_CAP = 10**16

TRANSFER_ABI: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
        "outputs": [{"name": "", "type": "bool"}],
    }
]
DOMAIN_TYPES = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
AGENT_TYPES = {
    "Agent": [
        {"name": "source", "type": "string"},
        {"name": "connectionId", "type": "bytes32"},
    ],
    "EIP712Domain": DOMAIN_TYPES,
}
WITHDRAW_TYPES = {
    "HyperliquidTransaction:Withdraw": [
        {"name": "hyperliquidChain", "type": "string"},
        {"name": "destination", "type": "string"},
        {"name": "amount", "type": "string"},
        {"name": "time", "type": "uint64"},
    ],
    "EIP712Domain": DOMAIN_TYPES,
}

Json = dict[str, Any]


def on(source: str, field: str, operator: str, value: str | list[str], **more: object) -> Json:
    """A condition."""
    found: Json = {"field_source": source, "field": field, "operator": operator, "value": value}
    return found | more


def rule(name: str, method: str, *conditions: Json, action: str = "ALLOW") -> Json:
    """A rule."""
    return {"name": name, "method": method, "action": action, "conditions": list(conditions)}


def policy(*rules: Json, chain_type: str = "ethereum") -> Policy:
    """A policy as the service would store it; sets and aggregations are taken to exist."""
    documents = Documents(lambda _: True, lambda _: True)
    made = [
        documents.rule(Fields(item), chain_type, f"rule{index}") for index, item in enumerate(rules)
    ]
    return Policy("p", "test", chain_type, None, 0, made)


def to(address: str) -> Json:
    """The transaction goes to this address."""
    return on("ethereum_transaction", "to", "eq", address)


def value(operator: str, wei: int) -> Json:
    """The transaction's native value."""
    return on("ethereum_transaction", "value", operator, str(wei))


CHAIN = on("ethereum_transaction", "chain_id", "eq", "42161")


def calldata(field: str, operator: str, wanted: str) -> Json:
    """A condition on a USDC transfer."""
    return on("ethereum_calldata", field, operator, wanted, abi=TRANSFER_ABI)


def transfer_rule(name: str, recipient: str, *more: Json) -> Json:
    """USDC to one recipient, capped."""
    return rule(
        name,
        "eth_signTransaction",
        CHAIN,
        value("eq", 0),
        to(USDC),
        calldata("transfer.to", "eq", recipient),
        calldata("transfer.amount", "lte", str(CAP)),
        *more,
    )


def domain(chain_id: int) -> tuple[Json, Json]:
    """A Hyperliquid signing domain."""
    return (
        on("ethereum_typed_data_domain", "chainId", "eq", str(chain_id)),
        on("ethereum_typed_data_domain", "verifyingContract", "eq", ZERO),
    )


def message(types: Json, primary: str, field: str, wanted: str) -> Json:
    """A field of a typed message with exactly these types."""
    typed = {"types": types, "primary_type": primary}
    return on("ethereum_typed_data_message", field, "eq", wanted, typed_data=typed)


WITHDRAW = "HyperliquidTransaction:Withdraw"
EVM_RULES = (
    transfer_rule("to the bridge", BRIDGE),
    transfer_rule("to the person", USER),
    rule("gas back", "eth_signTransaction", CHAIN, to(USER), value("lte", GAS_CAP)),
    rule(
        "exchange actions",
        "eth_signTypedData_v4",
        *domain(1337),
        message(AGENT_TYPES, "Agent", "source", "a"),
    ),
    rule(
        "withdraw to ourselves",
        "eth_signTypedData_v4",
        *domain(42161),
        message(WITHDRAW_TYPES, WITHDRAW, "hyperliquidChain", "Mainnet"),
        message(WITHDRAW_TYPES, WITHDRAW, "destination", SERVER),
    ),
)


def call_data(signature: str, types: list[str], values: list[object]) -> str:
    """Calldata as 0x hex."""
    raw = function_signature_to_4byte_selector(signature) + encode(types, values)
    return "0x" + bytes(raw).hex()


def transfer(recipient: str, amount: int) -> str:
    """Calldata of an ERC-20 transfer."""
    return call_data("transfer(address,uint256)", ["address", "uint256"], [recipient, amount])


def transaction(**changes: object) -> Json:
    """A USDC transfer of 1 000 to the bridge, with changes."""
    return {
        "to": USDC,
        "value": "0x0",
        "data": transfer(BRIDGE, 1_000_000_000),
        "chain_id": 42161,
        "nonce": 3,
        "gas_limit": 100_000,
        "max_fee_per_gas": "0x5f5e100",
        "max_priority_fee_per_gas": 0,
        "type": 2,
    } | changes


def typed(primary: str, types: Mapping[str, Any], body: Json, chain_id: int) -> Json:
    """Typed data in a Hyperliquid domain."""
    names = {1337: "Exchange", 42161: "HyperliquidSignTransaction"}
    return {
        "domain": {
            "name": names.get(chain_id, "Other"),
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": ZERO,
        },
        "types": copy.deepcopy(dict(types)),
        "primary_type": primary,
        "message": body,
    }


def agent_data(chain_id: int = 1337, **changes: object) -> Json:
    """An exchange action: the phantom agent around a hash."""
    body = {"source": "a", "connectionId": "0x" + "1c" * 32} | changes
    return typed("Agent", AGENT_TYPES, body, chain_id)


def withdraw_data(chain_id: int = 42161, **changes: object) -> Json:
    """A withdrawal to our own address."""
    body: Json = {
        "hyperliquidChain": "Mainnet",
        "destination": SERVER,
        "amount": "100.0",
        "time": 1_790_000_000_000,
    }
    return typed(WITHDRAW, WITHDRAW_TYPES, body | changes, chain_id)


def asks_transaction(body: Json) -> RpcRequest:
    """A request to sign a transaction."""
    parsed = parse_transaction(Fields(body))
    return RpcRequest("eth_signTransaction", SERVER, transaction=parsed)


def asks_typed(body: Json) -> RpcRequest:
    """A request to sign typed data."""
    return RpcRequest("eth_signTypedData_v4", SERVER, typed_data=parse_typed_data(Fields(body)))
