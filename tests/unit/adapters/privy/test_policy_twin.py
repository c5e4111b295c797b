"""Our reading of our policies is Privy's: the same verdict on whatever is asked."""

import struct
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.privy import policies
from asgard_basis.adapters.privy.policies import Pins, PolicyCaps, Rule, rules_for
from asgard_basis.adapters.privy.policy_twin import (
    solana_allowed,
    transaction_allowed,
    typed_data_allowed,
)
from asgard_basis.domain.assets import (
    ARBITRUM_CHAIN_ID,
    COMPUTE_BUDGET_PROGRAM,
    HYPERLIQUID_BRIDGE,
    JITO_TIP_ACCOUNTS,
    LENDING_PROGRAMS,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
    USDC_ARBITRUM,
    USDC_SOLANA,
    LendingProtocol,
)
from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress
from asgard_basis.ports.wallets import EvmTransaction, TypedData, WalletRole
from asgard_paper.privy.facts.ethereum import parse_transaction
from asgard_paper.privy.facts.solana import parse_transaction as parse_solana
from asgard_paper.privy.facts.typed_data import parse_typed_data
from asgard_paper.privy.policies import PolicyState, RpcRequest, evaluate
from asgard_paper.privy.refusals import Refusal
from asgard_paper.privy.wire import Fields
from tests.unit.paper.privy import policy_set

OWN, OTHER = (Keypair.from_seed(bytes([n]) * 32).pubkey() for n in (1, 2))
VAULT = SolanaAddress(str(Keypair.from_seed(b"\3" * 32).pubkey()))
EVM_OWN, AGENT, THIEF = (EvmAddress("0x" + digits * 20) for digits in ("a1", "c3", "bd"))
CAPS = PolicyCaps(venue_vaults=frozenset({VAULT}))
AGENT_RULES = rules_for(WalletRole.AGENT, Pins(AGENT), CAPS)
EVM_RULES = rules_for(WalletRole.EVM, Pins(EVM_OWN, AGENT), CAPS)
BARE_RULES = rules_for(WalletRole.EVM, Pins(), CAPS)
SOLANA_RULES = rules_for(WalletRole.SOLANA, Pins(str(OWN)), CAPS)
POLICIES = {
    str(rules): policy_set.policy(*rules, chain_type=chain)
    for rules, chain in (
        (AGENT_RULES, "ethereum"),
        (EVM_RULES, "ethereum"),
        (BARE_RULES, "ethereum"),
        (SOLANA_RULES, "solana"),
    )
}
BRIDGE_CAP = 25_000 * 10**6
STATE = PolicyState(now_seconds=1_790_000_000)


def verdict_at_privy(rules: list[Rule], request: RpcRequest) -> bool:
    return evaluate(POLICIES[str(rules)], request, STATE).allowed


def call(to: str, amount: int, selector: str = "a9059cbb") -> str:
    return "0x" + selector + encode(["address", "uint256"], [to, amount]).hex()


DEPOSIT = EvmTransaction(
    to=USDC_ARBITRUM,
    value=0,
    data=call(HYPERLIQUID_BRIDGE, 5_000_000),
    nonce=3,
    gas_limit=120_000,
    max_fee_per_gas=100_000_000,
    max_priority_fee_per_gas=0,
    chain_id=ARBITRUM_CHAIN_ID,
)
calls = st.builds(
    call,
    st.sampled_from([HYPERLIQUID_BRIDGE, EVM_OWN, THIEF]),
    st.sampled_from([0, 5_000_000, BRIDGE_CAP, BRIDGE_CAP + 1, 2**256 - 1]),
    st.sampled_from(["a9059cbb", "095ea7b3"]),
)
odd_calls = st.builds(lambda text, extra: text + extra.hex(), calls, st.binary(max_size=4)) | (
    st.binary(max_size=70).map(lambda raw: "0x" + raw.hex())
)
transactions = st.builds(
    lambda to, value, data, chain: replace(DEPOSIT, to=to, value=value, data=data, chain_id=chain),
    st.sampled_from([USDC_ARBITRUM, EvmAddress(USDC_ARBITRUM.lower()), THIEF]),
    st.sampled_from([0, 0, 1]),
    calls | odd_calls,
    st.sampled_from([ARBITRUM_CHAIN_ID, ARBITRUM_CHAIN_ID, 1]),
)


def transaction_request(transaction: EvmTransaction) -> RpcRequest:
    body = {
        "to": transaction.to,
        "value": hex(transaction.value),
        "data": transaction.data,
        "chain_id": hex(transaction.chain_id),
        "nonce": hex(transaction.nonce),
    }
    parsed = parse_transaction(Fields(body))
    return RpcRequest("eth_signTransaction", EVM_OWN, transaction=parsed)


@settings(max_examples=300, deadline=None)
@given(transactions, st.sampled_from([EVM_RULES, AGENT_RULES, SOLANA_RULES]))
def test_transactions_on_arbitrum(transaction: EvmTransaction, rules: list[Rule]) -> None:
    asked = transaction_request(transaction)
    assert transaction_allowed(rules, transaction) == verdict_at_privy(rules, asked)


def typed(kind: dict[str, Any], message: dict[str, object], chain_id: object) -> TypedData:
    return TypedData(
        domain={
            "name": "Exchange",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": policies.NO_CONTRACT,
        },
        types=kind["types"],
        primary_type=str(kind["primary_type"]),
        message=message,
    )


TRADE = typed(policies.PHANTOM_AGENT, {"source": "a", "connectionId": "0x" + "1c" * 32}, 1337)
APPROVAL = typed(
    policies.APPROVE_AGENT,
    {"hyperliquidChain": "Mainnet", "agentAddress": AGENT, "agentName": "", "nonce": 1},
    ARBITRUM_CHAIN_ID,
)
WITHDRAWAL = typed(
    policies.WITHDRAW,
    {"hyperliquidChain": "Mainnet", "destination": EVM_OWN, "amount": "1", "time": 1},
    ARBITRUM_CHAIN_ID,
)


@st.composite
def typed_data(draw: st.DrawFn) -> TypedData:
    data = draw(st.sampled_from([TRADE, APPROVAL, WITHDRAWAL]))
    changes = draw(
        st.dictionaries(
            st.sampled_from([*data.message, "another"]),
            st.sampled_from(["a", "b", "Mainnet", AGENT, AGENT.upper(), THIEF, EVM_OWN, "", 1]),
            max_size=1,
        )
    )
    domain = draw(
        st.dictionaries(
            st.sampled_from(["chainId", "verifyingContract", "salt"]),
            st.sampled_from([1337, ARBITRUM_CHAIN_ID, "42161", "0x539", THIEF, 1]),
            max_size=1,
        )
    )
    message = {**data.message, **changes}
    if draw(st.booleans()) and len(message) > 1:
        message.pop(draw(st.sampled_from(sorted(message))), None)
    types = dict(data.types)
    oddity = draw(st.sampled_from(["none", "none", "order", "more", "less"]))
    if oddity == "order":
        types[data.primary_type] = list(reversed(types[data.primary_type]))
    elif oddity == "more":
        types["Another"] = [{"name": "x", "type": "uint256"}]
    elif oddity == "less":
        types.pop("EIP712Domain")
    return replace(data, domain={**data.domain, **domain}, types=types, message=message)


@settings(max_examples=400, deadline=None)
@given(typed_data(), st.sampled_from([AGENT_RULES, EVM_RULES, BARE_RULES, SOLANA_RULES]))
def test_typed_data(data: TypedData, rules: list[Rule]) -> None:
    body = {
        "domain": dict(data.domain),
        "types": dict(data.types),
        "primary_type": data.primary_type,
        "message": dict(data.message),
    }
    try:
        parsed = parse_typed_data(Fields(body))
    except Refusal:
        return  # it is no typed data at all: Privy answers before it looks at policies
    asked = RpcRequest("eth_signTypedData_v4", EVM_OWN, typed_data=parsed)
    assert typed_data_allowed(rules, data) == verdict_at_privy(rules, asked)


OWN_WSOL, VAULT_USDC = (
    next(
        value
        for rule in SOLANA_RULES
        if rule["name"] == name
        for condition in rule["conditions"]
        if condition["field"] == field
        for value in (
            [condition["value"]] if isinstance(condition["value"], str) else condition["value"]
        )
    )
    for name, field in (
        ("Wrap own SOL", "Transfer.to"),
        ("Move USDC between wallet and venue", "TransferChecked.destination"),
    )
)
keys = st.sampled_from(
    [
        str(OWN),
        str(OTHER),
        str(VAULT),
        OWN_WSOL,
        VAULT_USDC,
        str(USDC_SOLANA.mint),
        sorted(JITO_TIP_ACCOUNTS)[0],
    ]
)
amounts = st.sampled_from([0, 5_000_000, 5_000_001, 50_000 * 10**6, 10**12, 10**12 + 1, 2**64 - 1])


def _instruction(program: str, data: bytes, accounts: list[str]) -> Instruction:
    metas = [AccountMeta(Pubkey.from_string(key), False, True) for key in accounts]
    return Instruction(Pubkey.from_string(program), data, metas)


system = st.builds(
    lambda tag, amount, cut, accounts: _instruction(
        SYSTEM_PROGRAM, (struct.pack("<I", tag) + struct.pack("<Q", amount))[: 12 - cut], accounts
    ),
    st.sampled_from([0, 2, 2, 2, 3, 11]),
    amounts,
    st.sampled_from([0, 0, 0, 1, 9]),
    st.lists(keys, max_size=3),
)
token = st.builds(
    lambda tag, amount, accounts: _instruction(
        TOKEN_PROGRAM, bytes([tag]) + struct.pack("<Q", amount) + b"\6", accounts
    ),
    st.sampled_from([3, 4, 6, 9, 9, 12, 12, 12, 17, 18, 99]),
    amounts,
    st.lists(keys, max_size=4),
)
transfer_checked = st.builds(
    lambda amount, to: _instruction(
        TOKEN_PROGRAM,
        b"\x0c" + struct.pack("<QB", amount, 6),
        [str(OWN), str(USDC_SOLANA.mint), to, str(OWN)],
    ),
    amounts,
    keys,
)
plain = st.builds(
    _instruction,
    st.sampled_from(
        [
            COMPUTE_BUDGET_PROGRAM,
            str(LENDING_PROGRAMS[LendingProtocol.KAMINO]),
            SYSTEM_PROGRAM,
            TOKEN_PROGRAM,
            str(OTHER),
        ]
    ),
    st.binary(max_size=12),
    st.lists(keys, max_size=3),
)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.one_of(system, token, transfer_checked, plain), max_size=3),
    st.booleans(),
    st.sampled_from([SOLANA_RULES, EVM_RULES]),
)
def test_transactions_on_solana(
    instructions: list[Instruction], is_legacy: bool, rules: list[Rule]
) -> None:
    message: Message | MessageV0
    if is_legacy:
        message = Message.new_with_blockhash(instructions, OWN, Hash.default())
    else:
        message = MessageV0.try_compile(OWN, instructions, [], Hash.default())
    signatures = [Signature.default()] * message.header.num_required_signatures
    raw = bytes(VersionedTransaction.populate(message, signatures))
    parsed = parse_solana(raw)
    assert parsed is not None
    asked = RpcRequest("signTransaction", str(OWN), solana=parsed)
    assert solana_allowed(rules, raw) == verdict_at_privy(rules, asked)


@pytest.mark.parametrize(
    ("allowed", "denied"),
    [
        (transaction_allowed(EVM_RULES, DEPOSIT), transaction_allowed(AGENT_RULES, DEPOSIT)),
        (typed_data_allowed(AGENT_RULES, TRADE), typed_data_allowed(EVM_RULES, TRADE)),
        (typed_data_allowed(EVM_RULES, APPROVAL), typed_data_allowed(BARE_RULES, APPROVAL)),
        (typed_data_allowed(EVM_RULES, WITHDRAWAL), typed_data_allowed(AGENT_RULES, WITHDRAWAL)),
    ],
    ids=["deposit", "trade", "agent", "withdrawal"],
)
def test_what_we_do_is_allowed_to_whom_it_belongs(allowed: bool, denied: bool) -> None:
    assert (allowed, denied) == (True, False)


def test_bytes_that_are_no_transaction_are_not_signed() -> None:
    assert not solana_allowed(SOLANA_RULES, b"no transaction")
