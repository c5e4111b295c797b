"""What wallets may sign for the rail between Solana and Arbitrum: these calls and nothing more.

Whatever is burned is minted for the same person's other wallet; that address, the chain and the
amount are conditions of Privy's. Receiving needs no pin: a message pays whom it was burned for.
Instructions of Circle's Solana programs are read by their published interface (docs.privy.io,
"Solana IDL examples"). That page proves the field source; of its fields only `instruction_name` was
seen in use, `args.` before the arguments is an assumption: a wrong one denies, it allows nothing.
"""

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from solders.pubkey import Pubkey

from asgard_basis.domain.assets import (
    ARBITRUM_CHAIN_ID,
    CCTP_MESSAGE_TRANSMITTER,
    CCTP_TOKEN_MESSENGER,
    CCTP_TOKEN_MESSENGER_SOLANA,
    CCTP_TRANSMITTER_SOLANA,
    USDC_ARBITRUM,
    USDC_ARBITRUM_DECIMALS,
)
from asgard_basis.domain.money import to_native
from asgard_basis.domain.treasury.cctp import NOBODY, Domain, evm_word

Rule = dict[str, Any]
Condition = dict[str, Any]
Allow = Callable[..., Rule]

FEE_BPS_MAX = 10
"""Of an amount, what Circle may keep."""
_ANYBODY = "0x" + NOBODY.hex()


def _abi(name: str, **inputs: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "name": name,
            "stateMutability": "nonpayable",
            "inputs": [{"name": field, "type": kind} for field, kind in inputs.items()],
            "outputs": [],
        }
    ]


APPROVE_ABI = _abi("approve", spender="address", value="uint256")
BURN_ABI = _abi(
    "depositForBurn",
    amount="uint256",
    destinationDomain="uint32",
    mintRecipient="bytes32",
    burnToken="address",
    destinationCaller="bytes32",
    maxFee="uint256",
    minFinalityThreshold="uint32",
)
RECEIVE_ABI = _abi("receiveMessage", message="bytes", attestation="bytes")


def _idl(program: str, name: str, accounts: tuple[str, ...], **fields: str) -> dict[str, Any]:
    """The description of one instruction with one struct of parameters, whole as Privy wants it."""
    struct = "".join(part.capitalize() for part in name.split("_")) + "Params"
    return {
        "address": program,
        "metadata": {"name": "circle_cctp_v2", "version": "0.2.0", "spec": "0.1.0"},
        "instructions": [
            {
                "name": name,
                "discriminator": list(hashlib.sha256(f"global:{name}".encode()).digest()[:8]),
                "accounts": [{"name": account} for account in accounts],
                "args": [{"name": "params", "type": {"defined": {"name": struct}}}],
            }
        ],
        "types": [
            {
                "name": struct,
                "type": {
                    "kind": "struct",
                    "fields": [{"name": field, "type": kind} for field, kind in fields.items()],
                },
            }
        ],
    }


BURN_IDL = _idl(
    CCTP_TOKEN_MESSENGER_SOLANA,
    "deposit_for_burn",
    (
        "owner", "event_rent_payer", "sender_authority_pda", "burn_token_account",
        "denylist_account", "message_transmitter", "token_messenger", "remote_token_messenger",
        "token_minter", "local_token", "burn_token_mint", "message_sent_event_data",
        "message_transmitter_program", "token_messenger_minter_program", "token_program",
        "system_program", "event_authority", "program",
    ),
    amount="u64",
    destination_domain="u32",
    mint_recipient="pubkey",
    destination_caller="pubkey",
    max_fee="u64",
    min_finality_threshold="u32",
)  # fmt: skip
RECEIVE_IDL = _idl(
    CCTP_TRANSMITTER_SOLANA,
    "receive_message",
    (
        "payer", "caller", "authority_pda", "message_transmitter", "used_nonce", "receiver",
        "system_program", "event_authority", "program",
    ),
    message="bytes",
    attestation="bytes",
)  # fmt: skip


def evm_rules(allow: Allow, recipient: str | None, cap_usdc: Decimal) -> list[Rule]:
    """For the wallet on Arbitrum; `recipient` is the person's USDC account on Solana."""
    cap = to_native(cap_usdc, USDC_ARBITRUM_DECIMALS)
    rules = [
        allow(
            "Bring attested USDC to Arbitrum",
            "eth_signTransaction",
            *_to(CCTP_MESSAGE_TRANSMITTER),
            _calldata(RECEIVE_ABI, "function_name", "receiveMessage"),
        )
    ]
    if recipient is None:
        return rules
    burn, spend = "depositForBurn", "approve"
    word = "0x" + bytes(Pubkey.from_string(recipient)).hex()
    rules += [
        allow(
            "Let Circle take USDC for burning",
            "eth_signTransaction",
            *_to(USDC_ARBITRUM),
            _calldata(APPROVE_ABI, "function_name", spend),
            _calldata(APPROVE_ABI, f"{spend}.spender", CCTP_TOKEN_MESSENGER),
            _calldata(APPROVE_ABI, f"{spend}.value", str(cap), "lte"),
        ),
        allow(
            "Move USDC to the own wallet on Solana",
            "eth_signTransaction",
            *_to(CCTP_TOKEN_MESSENGER),
            _calldata(BURN_ABI, "function_name", burn),
            _calldata(BURN_ABI, f"{burn}.amount", str(cap), "lte"),
            _calldata(BURN_ABI, f"{burn}.destinationDomain", str(int(Domain.SOLANA))),
            _calldata(BURN_ABI, f"{burn}.mintRecipient", word),
            _calldata(BURN_ABI, f"{burn}.burnToken", USDC_ARBITRUM),
            _calldata(BURN_ABI, f"{burn}.destinationCaller", _ANYBODY),
            _calldata(BURN_ABI, f"{burn}.maxFee", str(_fee(cap)), "lte"),
        ),
    ]
    return rules


def solana_rules(allow: Allow, recipient: str | None, cap_usdc: Decimal) -> list[Rule]:
    """For the wallet on Solana; `recipient` is the person's wallet on Arbitrum."""
    cap = to_native(cap_usdc, USDC_ARBITRUM_DECIMALS)
    rules = [
        allow(
            "Bring attested USDC to Solana",
            "signTransaction",
            _program(CCTP_TRANSMITTER_SOLANA),
            _said(RECEIVE_IDL, "instruction_name", "receive_message"),
        )
    ]
    if recipient is None:
        return rules
    anybody, word = str(Pubkey(NOBODY)), str(Pubkey(evm_word(recipient)))
    rules.append(
        allow(
            "Move USDC to the own wallet on Arbitrum",
            "signTransaction",
            _program(CCTP_TOKEN_MESSENGER_SOLANA),
            _said(BURN_IDL, "instruction_name", "deposit_for_burn"),
            _said(BURN_IDL, "args.params.amount", str(cap), "lte"),
            _said(BURN_IDL, "args.params.destination_domain", str(int(Domain.ARBITRUM))),
            _said(BURN_IDL, "args.params.mint_recipient", word),
            _said(BURN_IDL, "args.params.destination_caller", anybody),
            _said(BURN_IDL, "args.params.max_fee", str(_fee(cap)), "lte"),
        )
    )
    return rules


def _fee(cap: int) -> int:
    return cap * FEE_BPS_MAX // 10_000


def _to(contract: str) -> list[Condition]:
    stated = {"chain_id": str(ARBITRUM_CHAIN_ID), "to": contract, "value": "0"}
    return [
        {"field_source": "ethereum_transaction", "field": f, "operator": "eq", "value": v}
        for f, v in stated.items()
    ]


def _calldata(abi: list[dict[str, Any]], field: str, value: str, operator: str = "eq") -> Condition:
    source = "ethereum_calldata"
    return {"field_source": source, "field": field, "operator": operator, "value": value} | {
        "abi": abi
    }


def _program(program: str) -> Condition:
    source = "solana_program_instruction"
    return {"field_source": source, "field": "programId", "operator": "eq", "value": program}


def _said(idl: dict[str, Any], field: str, value: str, operator: str = "eq") -> Condition:
    source = "solana_instruction_data"
    return {"field_source": source, "field": field, "operator": operator, "value": value} | {
        "idl": idl
    }
