"""For the rail wallets sign its four calls to their owner's other wallet, and nothing more."""

import copy
import hashlib
import struct
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector
from hypothesis import given, settings
from hypothesis import strategies as st
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.privy.policies import Pins, PolicyCaps, chain_type, rules_for
from asgard_basis.adapters.privy.policy_lint import lint
from asgard_basis.adapters.privy.policy_twin import solana_allowed, transaction_allowed
from asgard_basis.adapters.solana.accounts import associated_account
from asgard_basis.domain.assets import (
    ARBITRUM_CHAIN_ID,
    CCTP_MESSAGE_TRANSMITTER,
    CCTP_TOKEN_MESSENGER,
    CCTP_TOKEN_MESSENGER_SOLANA,
    CCTP_TRANSMITTER_SOLANA,
    HYPERLIQUID_BRIDGE,
    USDC_ARBITRUM,
    USDC_SOLANA,
)
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.domain.treasury.cctp import NOBODY, evm_word
from asgard_basis.ports.wallets import EvmTransaction, WalletRole
from asgard_paper.privy.facts.ethereum import parse_transaction
from asgard_paper.privy.facts.solana import parse_transaction as parse_solana
from asgard_paper.privy.policies import PolicyState, RpcRequest, evaluate
from asgard_paper.privy.wire import Fields
from tests.unit.paper.privy import policy_set

OWNER = Keypair.from_seed(bytes([1]) * 32).pubkey()
THIEF_SOLANA = Keypair.from_seed(bytes([2]) * 32).pubkey()
EVM, THIEF, AGENT = (EvmAddress("0x" + digits * 20) for digits in ("a1", "bd", "c3"))
CAPS = PolicyCaps(move_usdc=PolicyCaps().bridge_usdc)
CAP = 25_000 * 10**6
RULES = {
    WalletRole.EVM: rules_for(WalletRole.EVM, Pins(EVM, AGENT, str(OWNER)), CAPS),
    WalletRole.SOLANA: rules_for(WalletRole.SOLANA, Pins(str(OWNER), None, EVM), CAPS),
}
STATE = PolicyState(now_seconds=1_790_000_000)
POLICIES = {
    role: policy_set.policy(*rules, chain_type=chain_type(role)) for role, rules in RULES.items()
}
ACCOUNT = bytes(Pubkey.from_string(associated_account(str(OWNER), USDC_SOLANA.mint)))
BURN = "depositForBurn"
BURN_KINDS = ["uint256", "uint32", "bytes32", "address", "bytes32", "uint256", "uint32"]


def document(role: WalletRole, pins: Pins, caps: PolicyCaps = CAPS) -> dict[str, Any]:
    return {
        "version": "1.0",
        "name": role.value,
        "chain_type": chain_type(role),
        "owner_id": "quorum",
        "rules": copy.deepcopy(rules_for(role, pins, caps)),
    }


def evm(to: str, data: bytes, value: int = 0, chain: int = ARBITRUM_CHAIN_ID) -> EvmTransaction:
    return EvmTransaction(EvmAddress(to), value, "0x" + data.hex(), 0, 300_000, 10, 0, chain)


def call(name: str, kinds: list[str], values: list[object]) -> bytes:
    selector = function_signature_to_4byte_selector(f"{name}({','.join(kinds)})")
    return selector + encode(kinds, values)


def burn(**changed: object) -> bytes:
    said: dict[str, object] = {
        "amount": CAP, "domain": 5, "to": ACCOUNT, "token": USDC_ARBITRUM, "caller": NOBODY,
        "fee": 0, "finality": 2000,
    } | changed  # fmt: skip
    return call(BURN, BURN_KINDS, list(said.values()))


def approve(spender: str = CCTP_TOKEN_MESSENGER, value: int = CAP) -> bytes:
    return call("approve", ["address", "uint256"], [spender, value])


RECEIVE = call("receiveMessage", ["bytes", "bytes"], [bytes(376), bytes(130)])
OURS = [
    evm(CCTP_TOKEN_MESSENGER, burn()),
    evm(USDC_ARBITRUM, approve()),
    evm(CCTP_MESSAGE_TRANSMITTER, RECEIVE),
]
FOREIGN = [
    evm(CCTP_TOKEN_MESSENGER, burn(to=bytes(THIEF_SOLANA))),
    evm(CCTP_TOKEN_MESSENGER, burn(to=bytes(OWNER))),
    evm(CCTP_TOKEN_MESSENGER, burn(domain=6)),
    evm(CCTP_TOKEN_MESSENGER, burn(amount=CAP + 1)),
    evm(CCTP_TOKEN_MESSENGER, burn(fee=CAP)),
    evm(CCTP_TOKEN_MESSENGER, burn(caller=evm_word(THIEF))),
    evm(CCTP_TOKEN_MESSENGER, burn(token=THIEF)),
    evm(CCTP_TOKEN_MESSENGER, burn(), value=1),
    evm(CCTP_TOKEN_MESSENGER, burn(), chain=1),
    evm(CCTP_TOKEN_MESSENGER, burn() + b"\x00"),
    evm(THIEF, burn()),
    evm(USDC_ARBITRUM, approve(spender=THIEF)),
    evm(USDC_ARBITRUM, approve(spender=HYPERLIQUID_BRIDGE)),
    evm(USDC_ARBITRUM, approve(value=2**256 - 1)),
    evm(USDC_ARBITRUM, RECEIVE),
    evm(THIEF, RECEIVE),
]


def at_privy(role: WalletRole, transaction: EvmTransaction | bytes) -> bool:
    """The paper Privy's verdict."""
    if isinstance(transaction, bytes):
        parsed = parse_solana(transaction)
        asked = RpcRequest("signTransaction", str(OWNER), solana=parsed)
    else:
        body = {
            "to": transaction.to, "value": hex(transaction.value), "data": transaction.data,
            "chain_id": transaction.chain_id, "type": 2, "nonce": 0, "gas_limit": 300_000,
            "max_fee_per_gas": 10, "max_priority_fee_per_gas": 0,
        }  # fmt: skip
        fields = Fields(body, "transaction")
        asked = RpcRequest("eth_signTransaction", EVM, transaction=parse_transaction(fields))
    return evaluate(POLICIES[role], asked, STATE).allowed


@pytest.mark.parametrize("transaction", OURS)
def test_the_calls_of_the_rail_are_allowed(transaction: EvmTransaction) -> None:
    assert transaction_allowed(RULES[WalletRole.EVM], transaction)
    assert at_privy(WalletRole.EVM, transaction)
    closed = rules_for(WalletRole.EVM, Pins(EVM, AGENT, str(OWNER)), PolicyCaps())
    assert not transaction_allowed(closed, transaction)


@pytest.mark.parametrize("transaction", FOREIGN)
def test_anything_else_is_not(transaction: EvmTransaction) -> None:
    assert not transaction_allowed(RULES[WalletRole.EVM], transaction)
    assert not at_privy(WalletRole.EVM, transaction)


def instruction(name: str, program: str, data: bytes) -> bytes:
    head = hashlib.sha256(f"global:{name}".encode()).digest()[:8]
    made = Instruction(Pubkey.from_string(program), head + data, [])
    message = MessageV0.try_compile(OWNER, [made], [], Hash.default())
    signatures = [Signature.default()] * message.header.num_required_signatures
    return bytes(VersionedTransaction.populate(message, signatures))


def parameters(
    amount: int = CAP, domain: int = 3, to: bytes = evm_word(EVM), caller: bytes = NOBODY,
    fee: int = 0,
) -> bytes:  # fmt: skip
    return struct.pack("<QI", amount, domain) + to + caller + struct.pack("<QI", fee, 2000)


SOLANAS = st.builds(
    instruction,
    st.sampled_from(["deposit_for_burn", "deposit_for_burn", "receive_message", "pause"]),
    st.sampled_from([CCTP_TOKEN_MESSENGER_SOLANA, CCTP_TRANSMITTER_SOLANA, str(THIEF_SOLANA)]),
    st.builds(
        lambda data, cut: data[: len(data) - cut],
        st.builds(
            parameters,
            st.sampled_from([CAP, CAP + 1, 0]),
            st.sampled_from([3, 5]),
            st.sampled_from([evm_word(EVM), evm_word(THIEF)]),
            st.sampled_from([NOBODY, evm_word(THIEF)]),
            st.sampled_from([0, CAP]),
        ),
        st.sampled_from([0, 0, 0, 4, 60]),
    ),
)


@settings(max_examples=300, deadline=None)
@given(SOLANAS)
def test_both_readings_of_an_instruction_agree(raw: bytes) -> None:
    assert solana_allowed(RULES[WalletRole.SOLANA], raw) == at_privy(WalletRole.SOLANA, raw)


def test_a_burn_on_solana_is_for_the_own_wallet_only() -> None:
    def allowed(data: bytes, program: str = CCTP_TOKEN_MESSENGER_SOLANA) -> bool:
        raw = instruction("deposit_for_burn", program, data)
        return solana_allowed(RULES[WalletRole.SOLANA], raw)

    assert allowed(parameters())
    for wrong in (
        parameters(to=evm_word(THIEF)), parameters(domain=0), parameters(amount=CAP + 1),
        parameters(caller=evm_word(THIEF)), parameters(fee=CAP),
    ):  # fmt: skip
        assert not allowed(wrong)
    assert not allowed(parameters(), CCTP_TRANSMITTER_SOLANA)
    received = instruction("receive_message", CCTP_TRANSMITTER_SOLANA, bytes(520))
    assert solana_allowed(RULES[WalletRole.SOLANA], received)


@pytest.mark.parametrize("role", [WalletRole.EVM, WalletRole.SOLANA])
def test_the_policies_have_no_hole_and_every_condition_is_needed(role: WalletRole) -> None:
    own, other = (EVM, str(OWNER)) if role is WalletRole.EVM else (str(OWNER), EVM)
    whole = document(role, Pins(own, AGENT, other))
    assert lint(whole) == []
    before = {rule["name"] for rule in document(role, Pins(own, AGENT), PolicyCaps())["rules"]}
    for at, rule in enumerate(whole["rules"]):
        if rule["name"] in before:
            continue
        for index in range(len(rule["conditions"])):
            holed = copy.deepcopy(whole)
            del holed["rules"][at]["conditions"][index]
            assert lint(holed), rule["conditions"][index]["field"]


def test_without_the_other_wallet_nothing_is_burned() -> None:
    rules = rules_for(WalletRole.EVM, Pins(EVM, AGENT), CAPS)
    assert not transaction_allowed(rules, OURS[0])
    assert not transaction_allowed(rules, OURS[1])
