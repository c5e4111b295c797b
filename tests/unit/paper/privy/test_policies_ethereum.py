"""Policies on Ethereum requests: what the measured service does, and what a careful set refuses."""

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from asgard_paper.privy.policies import PolicyState, RpcRequest, evaluate
from asgard_paper.privy.refusals import Refusal
from tests.unit.paper.privy import policy_set as ps

NOW = PolicyState(now_seconds=1_790_000_000)
EVM = ps.policy(*ps.EVM_RULES)


def allowed(policy: Any, request: RpcRequest) -> bool:
    return evaluate(policy, request, NOW).allowed


# ALLOW(to == bridge) beside DENY(value > 0), as recorded from the live service.
MEASURED = ps.policy(
    ps.rule("test_allow_bridge", "eth_signTransaction", ps.to(ps.BRIDGE)),
    ps.rule("test_deny_value", "eth_signTransaction", ps.value("gt", 0), action="DENY"),
)


@pytest.mark.parametrize(
    ("to", "value", "expected"),
    [
        (ps.BRIDGE, "0x0", True),
        (ps.ATTACKER, "0x0", False),
        (ps.BRIDGE, "0x3e8", False),
    ],
    ids=["bridge with value 0", "random with value 0", "bridge with value above 0"],
)
def test_measured_evaluation(to: str, value: str, expected: bool) -> None:
    request = ps.asks_transaction(ps.transaction(to=to, value=value, data="0x"))
    assert allowed(MEASURED, request) is expected


def test_order_of_rules_is_irrelevant() -> None:
    for rules in (MEASURED.rules, MEASURED.rules[::-1]):
        turned = replace(MEASURED, rules=list(rules))
        request = ps.asks_transaction(ps.transaction(to=ps.BRIDGE, value=1, data="0x"))
        assert not allowed(turned, request)


def test_method_without_a_rule_is_denied() -> None:
    assert not allowed(EVM, RpcRequest("personal_sign", ps.SERVER, message=b"hello"))
    assert not allowed(EVM, RpcRequest("secp256k1_sign", ps.SERVER, message=b"\1" * 32))
    assert not allowed(EVM, RpcRequest("exportPrivateKey", ps.SERVER))


def test_catch_all_deny_blocks_every_allow() -> None:
    blocked = ps.policy(*ps.EVM_RULES, ps.rule("deny all", "*", action="DENY"))
    assert not allowed(blocked, ps.asks_transaction(ps.transaction()))


def test_star_allow_covers_raw_hashes() -> None:
    opened = ps.policy(ps.rule("all", "*"))
    assert allowed(opened, RpcRequest("secp256k1_sign", ps.SERVER, message=b"\1" * 32))


def approve(amount: int) -> str:
    return ps.call_data("approve(address,uint256)", ["address", "uint256"], [ps.BRIDGE, amount])


TRANSFERS_REFUSED = {
    "a unit over the cap": {"data": ps.transfer(ps.BRIDGE, ps.CAP + 1)},
    "other recipient": {"data": ps.transfer(ps.ATTACKER, 1)},
    "other token": {"to": ps.ATTACKER},
    "other chain": {"chain_id": 1},
    "native value beside": {"value": "0x1"},
    "approve instead": {"data": approve(1)},
    "bytes appended": {"data": ps.transfer(ps.BRIDGE, 1) + "00"},
    "a word appended": {"data": ps.transfer(ps.BRIDGE, 1) + "00" * 32},
    "dirty address padding": {
        "data": ps.transfer(ps.BRIDGE, 1)[:10] + "01" + ps.transfer(ps.BRIDGE, 1)[12:]
    },
    "cut short": {"data": ps.transfer(ps.BRIDGE, 1)[:-2]},
    "selector only": {"data": ps.transfer(ps.BRIDGE, 1)[:10]},
    "no calldata": {"data": "0x"},
    "contract creation": {"to": None},
}


@pytest.mark.parametrize("recipient", [ps.BRIDGE, ps.USER])
def test_transfers_within_the_cap_pass(recipient: str) -> None:
    for amount in (0, 1, ps.CAP):
        body = ps.transaction(data=ps.transfer(recipient, amount))
        assert allowed(EVM, ps.asks_transaction(body))


def test_addresses_are_compared_without_regard_to_case() -> None:
    policy = ps.policy(ps.transfer_rule("bridge", to_checksum_address(ps.BRIDGE)))
    assert allowed(policy, ps.asks_transaction(ps.transaction()))
    assert allowed(policy, ps.asks_transaction(ps.transaction(to=ps.USDC.lower())))


@pytest.mark.parametrize("change", TRANSFERS_REFUSED.values(), ids=TRANSFERS_REFUSED)
def test_transfer_mutants_are_refused(change: dict[str, Any]) -> None:
    assert not allowed(EVM, ps.asks_transaction(ps.transaction(**change)))


def test_native_coin_goes_back_to_the_person_only() -> None:
    def request(**changes: object) -> RpcRequest:
        body = ps.transaction(to=ps.USER, value=hex(ps.GAS_CAP), data="0x")
        return ps.asks_transaction(body | changes)

    assert allowed(EVM, request())
    assert allowed(EVM, request(to=ps.USER.upper().replace("0X", "0x")))
    assert not allowed(EVM, request(value=hex(ps.GAS_CAP + 1)))
    assert not allowed(EVM, request(to=ps.ATTACKER))
    assert not allowed(EVM, request(chain_id=10))


def test_exchange_actions() -> None:
    assert allowed(EVM, ps.asks_typed(ps.agent_data()))
    other_contract = ps.agent_data()
    other_contract["domain"]["verifyingContract"] = ps.USDC
    swapped = ps.agent_data()
    swapped["types"]["Agent"].reverse()
    without_domain = ps.agent_data()
    del without_domain["types"]["EIP712Domain"]
    extra = ps.agent_data()
    extra["types"]["Extra"] = [{"name": "x", "type": "string"}]
    for mutant in (
        ps.agent_data(source="b"),
        ps.agent_data(chain_id=42161),
        other_contract,
        swapped,
        without_domain,
        extra,
    ):
        assert not allowed(EVM, ps.asks_typed(mutant))


def send_data() -> dict[str, Any]:
    fields = [
        {"name": "hyperliquidChain", "type": "string"},
        {"name": "destination", "type": "string"},
        {"name": "amount", "type": "string"},
        {"name": "time", "type": "uint64"},
    ]
    primary = "HyperliquidTransaction:UsdSend"
    types = {primary: fields, "EIP712Domain": ps.DOMAIN_TYPES}
    body = {"hyperliquidChain": "Mainnet", "destination": ps.SERVER, "amount": "1", "time": 1}
    return ps.typed(primary, types, body, 42161)


def permit_data() -> dict[str, Any]:
    fields = [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
    body = {"owner": ps.SERVER, "spender": ps.ATTACKER, "value": 1, "nonce": 0, "deadline": 2**64}
    data = ps.typed("Permit", {"Permit": fields, "EIP712Domain": ps.DOMAIN_TYPES}, body, 42161)
    data["domain"] |= {"name": "USD Coin", "version": "2", "verifyingContract": ps.USDC}
    return data


def authorization_data() -> dict[str, Any]:
    fields = [
        {"name": "from", "type": "address"},
        {"name": "to", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "validAfter", "type": "uint256"},
        {"name": "validBefore", "type": "uint256"},
        {"name": "nonce", "type": "bytes32"},
    ]
    primary = "TransferWithAuthorization"
    body = {
        "from": ps.SERVER,
        "to": ps.ATTACKER,
        "value": 1,
        "validAfter": 0,
        "validBefore": 2**64,
        "nonce": "0x" + "00" * 32,
    }
    data = ps.typed(primary, {primary: fields, "EIP712Domain": ps.DOMAIN_TYPES}, body, 42161)
    data["domain"] |= {"name": "USD Coin", "version": "2", "verifyingContract": ps.USDC}
    return data


def test_withdrawals_go_home_only() -> None:
    assert allowed(EVM, ps.asks_typed(ps.withdraw_data()))
    assert allowed(EVM, ps.asks_typed(ps.withdraw_data(amount="99999")))
    for mutant in (
        ps.withdraw_data(destination=ps.ATTACKER),
        # A string field is compared exactly, even where it holds an address.
        ps.withdraw_data(destination=ps.SERVER.upper().replace("0X", "0x")),
        ps.withdraw_data(hyperliquidChain="Testnet"),
        ps.withdraw_data(chain_id=421614),
        send_data(),
        permit_data(),
        authorization_data(),
    ):
        assert not allowed(EVM, ps.asks_typed(mutant))


def test_known_bad_policy_lets_tokens_drain() -> None:
    """'ALLOW if value is small' without a recipient allows every zero-value token transfer."""
    bad = ps.policy(ps.rule("small", "eth_signTransaction", ps.value("lte", 10**17)))
    drain = ps.transaction(data=ps.transfer(ps.ATTACKER, 5_000_000_000_000))
    assert allowed(bad, ps.asks_transaction(drain))


def test_known_bad_policy_lets_permits_drain() -> None:
    """'ALLOW typed data on this chain' without contract or message rule allows a Permit."""
    chain = ps.on("ethereum_typed_data_domain", "chainId", "eq", "42161")
    bad = ps.policy(ps.rule("chain", "eth_signTypedData_v4", chain))
    for drain in (permit_data(), authorization_data(), send_data()):
        assert allowed(bad, ps.asks_typed(drain))


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("eq", "0x5", True),
        ("eq", "5", True),
        ("neq", "5", False),
        ("neq", "6", True),
        ("gt", "4", True),
        ("gt", "5", False),
        ("gte", "5", True),
        ("lt", "6", True),
        ("lt", "5", False),
        ("lte", "5", True),
        ("in", ["1", "0x05"], True),
        ("in", ["1"], False),
        ("eq", "five", False),
        ("contains", "5", False),
    ],
)
def test_numbers(operator: str, wanted: str | list[str], expected: bool) -> None:
    condition = ps.on("ethereum_transaction", "value", operator, wanted)
    policy = ps.policy(ps.rule("r", "eth_signTransaction", condition))
    assert allowed(policy, ps.asks_transaction(ps.transaction(value=5))) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("eq", "Hello world", True),
        ("eq", "hello world", False),
        ("contains", "lo wo", True),
        ("starts_with", "Hello", True),
        ("ends_with", "Hello", False),
        ("gt", "A", False),
    ],
)
def test_messages(operator: str, wanted: str, expected: bool) -> None:
    condition = ps.on("message", "content", operator, wanted)
    policy = ps.policy(ps.rule("r", "personal_sign", condition))
    request = RpcRequest("personal_sign", ps.SERVER, message=b"Hello world")
    assert allowed(policy, request) is expected


def test_time_window_and_message_length() -> None:
    policy = ps.policy(
        ps.rule(
            "r",
            "personal_sign",
            ps.on("system", "current_unix_timestamp", "lt", "1790000001"),
            ps.on("message", "byte_length", "lte", "3"),
        )
    )
    request = RpcRequest("personal_sign", ps.SERVER, message=b"abc")
    assert evaluate(policy, request, PolicyState(1_790_000_000)).allowed
    assert not evaluate(policy, request, PolicyState(1_790_000_001)).allowed


def test_wallet_address_stands_for_the_signer() -> None:
    condition = ps.calldata("transfer.to", "eq", "{{wallet.address}}")
    policy = ps.policy(ps.rule("self", "eth_signTransaction", condition))
    home = ps.transaction(data=ps.transfer(ps.SERVER, 1))
    assert allowed(policy, ps.asks_transaction(home))
    assert not allowed(policy, ps.asks_transaction(ps.transaction()))


def test_condition_sets() -> None:
    condition = ps.on("ethereum_transaction", "to", "in_condition_set", "set1")
    policy = ps.policy(ps.rule("listed", "eth_signTransaction", condition))
    request = ps.asks_transaction(ps.transaction())
    listed = PolicyState(0, condition_sets={"set1": frozenset({ps.USDC})})
    assert evaluate(policy, request, listed).allowed
    assert not evaluate(policy, request, PolicyState(0)).allowed


def test_tuple_parameters_are_reached_by_path() -> None:
    inner = [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}]
    abi = [
        {
            "type": "function",
            "name": "pay",
            "inputs": [{"name": "order", "type": "tuple", "components": inner}],
        }
    ]
    condition = ps.on("ethereum_calldata", "pay.order.amount", "lte", "7", abi=abi)
    policy = ps.policy(ps.rule("r", "eth_signTransaction", condition))
    for amount, expected in ((7, True), (8, False)):
        data = ps.call_data("pay((address,uint256))", ["(address,uint256)"], [(ps.USER, amount)])
        request = ps.asks_transaction(ps.transaction(data=data))
        assert allowed(policy, request) is expected


def test_bad_checksum_is_an_error_before_any_policy() -> None:
    broken = ps.USDC[:-1] + "2"
    with pytest.raises(Refusal) as caught:
        ps.asks_transaction(ps.transaction(to=broken[:-2] + broken[-2:].swapcase()))
    assert (caught.value.status, caught.value.code) == (400, "invalid_data")


def test_decision_says_which_condition_failed() -> None:
    decision = evaluate(EVM, ps.asks_transaction(ps.transaction(chain_id=1)), NOW)
    assert decision.reason == "no rule matched"
    assert {step.failed for step in decision.trace} == {0}
    found = evaluate(EVM, ps.asks_transaction(ps.transaction()), NOW)
    assert found.reason == "allowed by to the bridge"
