"""A policy compares types to the letter: what the agent and the account sign must fit theirs."""

import pytest

from asgard_basis.adapters.hyperliquid import signing
from asgard_basis.adapters.privy import policies
from asgard_basis.ports.wallets import TypedData

TRADE = signing.trading_action({"type": "noop"}, nonce=1, is_mainnet=True)
APPROVAL = signing.user_signed_action(
    {
        "signatureChainId": signing.SIGNATURE_CHAIN_ID,
        "hyperliquidChain": signing.chain_name(is_mainnet=True),
        "agentAddress": "0x" + "ab" * 20,
        "agentName": "asgard",
        "nonce": 1,
    },
    primary_type=signing.APPROVE_AGENT,
)


@pytest.mark.parametrize(
    ("signed", "allowed"),
    [(TRADE, policies.PHANTOM_AGENT), (APPROVAL, policies.APPROVE_AGENT)],
    ids=["trade", "agent approval"],
)
def test_types_are_those_the_policy_knows(signed: TypedData, allowed: dict[str, object]) -> None:
    assert signed.types == allowed["types"]
    assert signed.primary_type == allowed["primary_type"]
    assert signed.domain["verifyingContract"] == policies.NO_CONTRACT


@pytest.mark.parametrize("is_mainnet", [True, False])
def test_networks_are_named_alike(is_mainnet: bool) -> None:
    caps = policies.PolicyCaps(is_mainnet=is_mainnet)
    trade = signing.trading_action({"type": "noop"}, nonce=1, is_mainnet=is_mainnet)
    assert trade.message["source"] == caps.agent_source
    assert signing.chain_name(is_mainnet=is_mainnet) == caps.hyperliquid_chain
    assert trade.domain["chainId"] == policies.HYPERLIQUID_CHAIN_ID
