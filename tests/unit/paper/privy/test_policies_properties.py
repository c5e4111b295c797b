"""Whatever the policy and the request: the evaluator answers, and never ALLOWs unasked."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_paper.privy.custody.documents import METHODS, OPERATORS, SOURCES
from asgard_paper.privy.facts.solana import Instruction, SolanaTransaction
from asgard_paper.privy.facts.typed_data import TypedData, types_of
from asgard_paper.privy.policies import PolicyState, RpcRequest, evaluate
from asgard_paper.privy.records import (
    ETHEREUM,
    SOLANA,
    Aggregation,
    Condition,
    Measure,
    Policy,
    Rule,
    Spend,
)
from tests.unit.paper.privy import policy_set as ps
from tests.unit.paper.privy.test_policies_solana import LEND, TO_HOME
from tests.unit.paper.privy.test_policies_solana import request as solana_request

FIELDS = sorted(
    {field for chain in SOURCES.values() for names in chain.values() for field in names}
    | {"transfer.to", "transfer.amount", "transfer", "function_name", "source", "destination.x"}
    | {"aggregation.a1", "aggregation.gone", "", ".", "a.b.c"}
)
VALUES = [
    *("", "0", "1", "-1", "0x", "0x1", "42161", "1337", "9" * 30, "0x" + "f" * 70, "Ünïcode"),
    *(ps.USDC, ps.BRIDGE.upper(), ps.ZERO, "a", "Transfer", "Mainnet", "{{wallet.address}}", "s1"),
    str(LEND.program_id),
]
ODD_ABIS: list[Any] = [
    None,
    [],
    ps.TRANSFER_ABI,
    [{"type": "function", "name": "transfer", "inputs": [{"type": "nonsense"}]}],
    [{"type": "function", "name": "transfer", "inputs": "no"}],
    [{"type": "function"}, {"type": "event", "name": "Transfer"}],
    [{"type": "function", "name": "f", "inputs": [{"name": "t", "type": "tuple[]"}]}],
]
ODD_TYPES: list[Any] = [
    None,
    {},
    {"types": ps.AGENT_TYPES, "primary_type": "Agent"},
    {"types": ps.WITHDRAW_TYPES, "primary_type": ps.WITHDRAW},
    {"types": {"Agent": "no"}, "primary_type": "Agent"},
]
values = st.sampled_from(VALUES)
conditions = st.builds(
    Condition,
    field_source=st.sampled_from(
        sorted({source for c in SOURCES.values() for source in c} | {"?"})
    ),
    field=st.sampled_from(FIELDS),
    operator=st.sampled_from([*OPERATORS, "?"]),
    value=values | st.lists(values, max_size=3),
    abi=st.sampled_from(ODD_ABIS),
    typed_data=st.sampled_from(ODD_TYPES),
)
rules = st.builds(
    Rule,
    id=st.just("r"),
    name=st.just("r"),
    method=st.sampled_from(sorted({*METHODS[ETHEREUM], *METHODS[SOLANA]})),
    action=st.sampled_from(["ALLOW", "DENY"]),
    conditions=st.lists(conditions, max_size=3),
)
policies = st.builds(
    Policy,
    id=st.just("p"),
    name=st.just("p"),
    chain_type=st.just(ETHEREUM),
    owner_id=st.none(),
    created_at_ms=st.just(0),
    rules=st.lists(rules, max_size=5),
)
typed_requests = st.builds(
    lambda domain, body, primary: RpcRequest(
        "eth_signTypedData_v4",
        ps.SERVER,
        typed_data=TypedData(domain, types_of(ps.AGENT_TYPES) or {}, primary, body),
    ),
    st.dictionaries(st.sampled_from(["chainId", "verifyingContract"]), values | st.integers()),
    st.dictionaries(st.sampled_from(["source", "connectionId"]), values | st.none()),
    st.sampled_from(["Agent", "EIP712Domain", "Gone"]),
)
transactions = st.builds(
    lambda to, data, wei: ps.asks_transaction(ps.transaction(to=to, data=data, value=wei)),
    st.sampled_from([None, ps.USDC, ps.USER]),
    st.binary(max_size=80).map(lambda raw: "0x" + raw.hex())
    | st.sampled_from([ps.transfer(ps.BRIDGE, 1), ps.transfer(ps.USER, 2**255)]),
    st.integers(0, 2**256 - 1),
)
instructions = st.builds(
    Instruction,
    program_id=st.sampled_from(
        [
            None,
            str(LEND.program_id),
            str(TO_HOME.program_id),
            "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
        ]
    ),
    accounts=st.lists(st.sampled_from([None, ps.USER]), max_size=4).map(tuple),
    data=st.binary(max_size=40),
)
solana_requests = st.lists(instructions, max_size=4).map(
    lambda found: replace(
        solana_request(LEND),
        solana=SolanaTransaction(tuple(found), (), solana_request(LEND).solana.parsed),  # type: ignore[union-attr]
    )
)
messages = st.builds(
    lambda method, raw: RpcRequest(method, ps.SERVER, message=raw),
    st.sampled_from(["personal_sign", "secp256k1_sign", "signMessage", "exportPrivateKey"]),
    st.binary(max_size=40) | st.none(),
)
requests = st.one_of(typed_requests, transactions, solana_requests, messages)
STATE = PolicyState(
    now_seconds=1_790_000_000,
    condition_sets={"s1": frozenset({ps.USDC, "1"})},
    aggregations={
        "a1": Aggregation(
            "a1",
            "n",
            "eth_signTransaction",
            Measure("transfer.amount", "ethereum_calldata", ps.TRANSFER_ABI),
            3600,
            [],
            [Measure("to", "ethereum_transaction")],
            None,
            0,
        )
    },
    spends=(Spend("a1", [ps.USDC.lower()], 5, 1_790_000_000_000),),
)


@settings(max_examples=300, deadline=None)
@given(policies, requests)
def test_never_raises_and_never_allows_unasked(policy: Policy, request: RpcRequest) -> None:
    decision = evaluate(policy, request, STATE)
    if request.solana is None:
        parts = [decision.trace]
    else:
        parts = [
            tuple(step for step in decision.trace if step.instruction == index)
            for index in range(len(request.solana.instructions))
        ]
    asked = [
        any(step.matched and step.action == "ALLOW" for step in part)
        and not any(step.matched and step.action == "DENY" for step in part)
        for part in parts
    ]
    assert decision.allowed == (bool(asked) and all(asked))


@settings(max_examples=100, deadline=None)
@given(policies, requests)
def test_only_rules_of_the_method_count(policy: Policy, request: RpcRequest) -> None:
    relevant = [rule for rule in policy.rules if rule.method in (request.method, "*")]
    narrowed = evaluate(replace(policy, rules=relevant), request, STATE)
    assert narrowed == evaluate(policy, request, STATE)


@settings(max_examples=100, deadline=None)
@given(policies, requests)
def test_a_catch_all_deny_denies_everything(policy: Policy, request: RpcRequest) -> None:
    deny = Rule("d", "d", "*", "DENY", [])
    assert not evaluate(replace(policy, rules=[*policy.rules, deny]), request, STATE).allowed
