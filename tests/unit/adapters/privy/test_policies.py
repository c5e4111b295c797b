"""The policies we ship have no hole, and the linter sees the holes that have been shipped."""

import copy
from typing import Any

import pytest

from asgard_basis.adapters.privy.policies import Pins, PolicyCaps, chain_type, rules_for
from asgard_basis.adapters.privy.policy_lint import lint
from asgard_basis.domain.assets import (
    HYPERLIQUID_BRIDGE,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
    USDC_ARBITRUM,
)
from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress
from asgard_basis.ports.wallets import WalletRole

OWN_EVM = "0x" + "aB" * 20
OWN_SOLANA = "7u3HeHxYDLhnCoErrtycNokbQYbWGzLs6JSDqGAv5PfF"
AGENT = EvmAddress("0x" + "cd" * 20)
VAULT = SolanaAddress("4qp6Fx6tnZkY5Wropq9wUYgtFxXKwE6viZxFHg3rdAG8")


def document(role: WalletRole, *, pinned: bool = True) -> dict[str, Any]:
    own = OWN_SOLANA if role is WalletRole.SOLANA else OWN_EVM
    pins = Pins(own, AGENT) if pinned else Pins()
    caps = PolicyCaps(venue_vaults=frozenset({VAULT}))
    return {
        "version": "1.0",
        "name": role.value,
        "chain_type": chain_type(role),
        "owner_id": "quorum",
        "rules": rules_for(role, pins, caps),
    }


def bare(rule: dict[str, Any], *, action: str = "ALLOW") -> dict[str, Any]:
    return {
        "version": "1.0",
        "name": "p",
        "owner_id": "q",
        "rules": [{"name": "r", "action": action, **rule}],
    }


def condition(source: str, field: str, value: Any, operator: str = "eq") -> dict[str, Any]:
    return {"field_source": source, "field": field, "operator": operator, "value": value}


@pytest.mark.parametrize("role", list(WalletRole))
@pytest.mark.parametrize("pinned", [False, True])
def test_shipped_policies_have_no_hole(role: WalletRole, pinned: bool) -> None:
    assert lint(document(role, pinned=pinned)) == []


def test_main_wallet_never_signs_trades_and_agent_signs_nothing_else() -> None:
    chains = {
        role: {
            c["value"]
            for rule in document(role)["rules"]
            for c in rule["conditions"]
            if c["field"] == "chainId"
        }
        for role in (WalletRole.EVM, WalletRole.AGENT)
    }
    assert chains == {WalletRole.EVM: {"42161"}, WalletRole.AGENT: {"1337"}}
    assert {r["method"] for r in document(WalletRole.AGENT)["rules"]} == {"eth_signTypedData_v4"}


def test_deposit_goes_to_the_bridge_only_within_the_cap() -> None:
    deposit = document(WalletRole.EVM)["rules"][0]
    stated = {c["field"]: (c["operator"], c["value"]) for c in deposit["conditions"]}
    assert stated["to"] == ("eq", USDC_ARBITRUM)
    assert stated["transfer.to"] == ("eq", HYPERLIQUID_BRIDGE)
    assert stated["transfer.amount"] == ("lte", "25000000000")


def test_withdrawal_is_pinned_in_lower_case_to_the_own_address() -> None:
    conditions = document(WalletRole.EVM)["rules"][2]["conditions"]
    destination = next(c for c in conditions if c["field"] == "destination")
    assert destination["value"] == OWN_EVM.lower()


def test_every_condition_of_the_deposit_rule_is_needed() -> None:
    whole = document(WalletRole.EVM)
    for index in range(len(whole["rules"][0]["conditions"])):
        holed = copy.deepcopy(whole)
        del holed["rules"][0]["conditions"][index]
        assert lint(holed), f"condition {index} may be left out"


HOLES: dict[str, dict[str, Any]] = {
    "value cap without destination": bare(
        {
            "method": "eth_signTransaction",
            "conditions": [condition("ethereum_transaction", "value", "100000000000000000", "lte")],
        }
    ),
    "typed data for a whole chain": bare(
        {
            "method": "eth_signTypedData_v4",
            "conditions": [condition("ethereum_typed_data_domain", "chainId", "42161")],
        }
    ),
    "System and Token as programs": bare(
        {
            "method": "signTransaction",
            "conditions": [
                condition(
                    "solana_program_instruction", "programId", [SYSTEM_PROGRAM, TOKEN_PROGRAM], "in"
                )
            ],
        }
    ),
    "any method": bare({"method": "*", "conditions": []}),
    "deny all": bare({"method": "*", "conditions": []}, action="DENY"),
    "messages": bare({"method": "signMessage", "conditions": []}),
    "personal messages": bare({"method": "personal_sign", "conditions": []}),
    "raw hashes": bare({"method": "secp256k1_sign", "conditions": []}),
    "export": bare({"method": "exportPrivateKey", "conditions": []}),
    "approve": bare(
        {
            "method": "signTransaction",
            "conditions": [
                condition("solana_token_program_instruction", "instructionName", "Approve")
            ],
        }
    ),
    "token transfers without mint": bare(
        {
            "method": "signTransaction",
            "conditions": [
                condition("solana_token_program_instruction", "instructionName", "TransferChecked"),
                condition("solana_token_program_instruction", "TransferChecked.amount", "1", "lte"),
            ],
        }
    ),
    "closing to anyone": bare(
        {
            "method": "signTransaction",
            "conditions": [
                condition("solana_token_program_instruction", "instructionName", "CloseAccount")
            ],
        }
    ),
    "SOL to anyone": bare(
        {
            "method": "signTransaction",
            "conditions": [
                condition("solana_system_program_instruction", "instructionName", "Transfer"),
                condition("solana_system_program_instruction", "Transfer.lamports", "1", "lte"),
            ],
        }
    ),
}


@pytest.mark.parametrize("policy", HOLES.values(), ids=HOLES)
def test_policies_with_a_hole_are_refused(policy: dict[str, Any]) -> None:
    assert lint(policy)


def test_ownerless_policies_are_refused() -> None:
    policy = document(WalletRole.EVM) | {"owner_id": None}
    assert lint(policy) == ["policy has no owner: the application secret alone could change it"]


def test_trading_rule_beside_any_other_is_refused() -> None:
    main = document(WalletRole.EVM)
    main["rules"] += document(WalletRole.AGENT)["rules"]
    assert lint(main) == ["a wallet that signs for chain 1337 may sign nothing else"]
