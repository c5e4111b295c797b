"""The policies our wallets are bound by, as data; every condition is evaluated by Privy.

Default is to deny, any matching ALLOW permits, and there is no DENY rule: a catch-all DENY
would block everything. Message rules compare `types` exactly, so these maps are the ones our
Hyperliquid signer emits. Token and System programs are never allowed by program id alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solders.pubkey import Pubkey

from asgard_basis.adapters.privy import rail_rules
from asgard_basis.domain.assets import (
    ARBITRUM_CHAIN_ID,
    ASSOCIATED_TOKEN_PROGRAM,
    COMPUTE_BUDGET_PROGRAM,
    HYPERLIQUID_BRIDGE,
    JITO_TIP_ACCOUNTS,
    LENDING_PROGRAMS,
    MEMO_PROGRAM,
    PROTOCOLS_ON_BY_DEFAULT,
    TOKEN_PROGRAM,
    TOKENS,
    USDC_ARBITRUM,
    USDC_ARBITRUM_DECIMALS,
    USDC_SOLANA,
    Asset,
    LendingProtocol,
)
from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress
from asgard_basis.domain.money import to_native
from asgard_basis.ports.wallets import WalletRole

Rule = dict[str, Any]
Condition = dict[str, Any]

HYPERLIQUID_CHAIN_ID = 1337
NO_CONTRACT = EvmAddress("0x" + "0" * 40)

_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_TRANSFER_ABI = [
    {
        "type": "function",
        "name": "transfer",
        "stateMutability": "nonpayable",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
        "outputs": [{"name": "", "type": "bool"}],
    }
]


def _typed(primary_type: str, *fields: tuple[str, str]) -> dict[str, Any]:
    members = [{"name": name, "type": kind} for name, kind in fields]
    return {
        "types": {"EIP712Domain": _DOMAIN_TYPE, primary_type: members},
        "primary_type": primary_type,
    }


APPROVE_AGENT = _typed(
    "HyperliquidTransaction:ApproveAgent",
    ("hyperliquidChain", "string"),
    ("agentAddress", "address"),
    ("agentName", "string"),
    ("nonce", "uint64"),
)
WITHDRAW = _typed(
    "HyperliquidTransaction:Withdraw",
    ("hyperliquidChain", "string"),
    ("destination", "string"),
    ("amount", "string"),
    ("time", "uint64"),
)
PHANTOM_AGENT = _typed("Agent", ("source", "string"), ("connectionId", "bytes32"))


@dataclass(frozen=True, slots=True)
class PolicyCaps:
    """How much one signature may move, and where; the same for every user of a deployment."""

    bridge_usdc: Decimal = Decimal(25_000)
    """Per transfer to the Hyperliquid bridge."""
    solana_usdc: Decimal = Decimal(50_000)
    """Per USDC transfer to a venue account."""
    solana_tokens: Decimal = Decimal(1_000)
    """Per transfer of SOL or a staking token to a venue account, in tokens."""
    tip_sol: Decimal = Decimal("0.005")
    """Per Jito tip."""
    protocols: frozenset[LendingProtocol] = PROTOCOLS_ON_BY_DEFAULT
    venue_programs: frozenset[SolanaAddress] = frozenset()
    """Programs that opening and closing may call besides the lenders."""
    venue_vaults: frozenset[SolanaAddress] = frozenset()
    """Owners whose associated token accounts collateral may be transferred to."""
    move_usdc: Decimal | None = None
    """Per move between Solana and Arbitrum; None: no such move may be signed."""
    is_mainnet: bool = True
    """Whether Hyperliquid's main network or its test network is signed for."""

    @property
    def hyperliquid_chain(self) -> str:
        """The network's name in user-signed actions."""
        return "Mainnet" if self.is_mainnet else "Testnet"

    @property
    def agent_source(self) -> str:
        """The network's letter in agent-signed actions."""
        return "a" if self.is_mainnet else "b"


@dataclass(frozen=True, slots=True)
class Pins:
    """The addresses one user's policy is written for; None while they do not exist yet."""

    own_address: str | None = None
    agent_address: EvmAddress | None = None
    other_address: str | None = None
    """The same person's wallet on the other chain."""


def rules_for(role: WalletRole, pins: Pins, caps: PolicyCaps) -> list[Rule]:
    """The rules of one wallet; those that pin an address not known yet are left out."""
    if role is WalletRole.AGENT:
        return _agent_rules(caps)
    if role is WalletRole.EVM:
        return _evm_rules(pins, caps) + _rail_rules(role, pins, caps)
    return _solana_rules(pins, caps) + _rail_rules(role, pins, caps)


def chain_type(role: WalletRole) -> str:
    """Privy's word for the role's chain."""
    return "solana" if role is WalletRole.SOLANA else "ethereum"


def _allow(name: str, method: str, *conditions: Condition) -> Rule:
    return {"name": name, "method": method, "action": "ALLOW", "conditions": list(conditions)}


def _is(source: str, field: str, value: str | Iterable[str], operator: str = "eq") -> Condition:
    stated = value if isinstance(value, str) else sorted(value)
    return {"field_source": source, "field": field, "operator": operator, "value": stated}


def _transaction(field: str, value: str) -> Condition:
    return _is("ethereum_transaction", field, value)


def _calldata(field: str, value: str, operator: str = "eq") -> Condition:
    return {**_is("ethereum_calldata", field, value, operator), "abi": _TRANSFER_ABI}


def _domain(chain_id: int) -> list[Condition]:
    source = "ethereum_typed_data_domain"
    return [
        _is(source, "chainId", str(chain_id)),
        _is(source, "verifyingContract", NO_CONTRACT),
    ]


def _message(typed: dict[str, Any], field: str, value: str) -> Condition:
    return {**_is("ethereum_typed_data_message", field, value), "typed_data": typed}


def _agent_rules(caps: PolicyCaps) -> list[Rule]:
    return [
        _allow(
            "Trade on Hyperliquid",
            "eth_signTypedData_v4",
            *_domain(HYPERLIQUID_CHAIN_ID),
            _message(PHANTOM_AGENT, "source", caps.agent_source),
        )
    ]


def _rail_rules(role: WalletRole, pins: Pins, caps: PolicyCaps) -> list[Rule]:
    other = pins.other_address
    if caps.move_usdc is None:
        return []
    if role is WalletRole.EVM:
        account = None if other is None else _associated(other, USDC_SOLANA.mint)
        return rail_rules.evm_rules(_allow, account, caps.move_usdc)
    return rail_rules.solana_rules(_allow, other, caps.move_usdc)


def _evm_rules(pins: Pins, caps: PolicyCaps) -> list[Rule]:
    cap = to_native(caps.bridge_usdc, USDC_ARBITRUM_DECIMALS)
    rules = [
        _allow(
            "Deposit USDC to Hyperliquid",
            "eth_signTransaction",
            _transaction("chain_id", str(ARBITRUM_CHAIN_ID)),
            _transaction("to", USDC_ARBITRUM),
            _transaction("value", "0"),
            _calldata("function_name", "transfer"),
            _calldata("transfer.to", HYPERLIQUID_BRIDGE),
            _calldata("transfer.amount", str(cap), "lte"),
        )
    ]
    if pins.agent_address is not None:
        rules.append(
            _allow(
                "Approve the own trading agent",
                "eth_signTypedData_v4",
                *_domain(ARBITRUM_CHAIN_ID),
                _message(APPROVE_AGENT, "hyperliquidChain", caps.hyperliquid_chain),
                _message(APPROVE_AGENT, "agentAddress", pins.agent_address.lower()),
            )
        )
    if pins.own_address is not None:
        rules.append(
            _allow(
                "Withdraw from Hyperliquid to this wallet",
                "eth_signTypedData_v4",
                *_domain(ARBITRUM_CHAIN_ID),
                _message(WITHDRAW, "hyperliquidChain", caps.hyperliquid_chain),
                _message(WITHDRAW, "destination", pins.own_address.lower()),
            )
        )
    return rules


def _solana_rules(pins: Pins, caps: PolicyCaps) -> list[Rule]:
    programs = {COMPUTE_BUDGET_PROGRAM, ASSOCIATED_TOKEN_PROGRAM, MEMO_PROGRAM}
    programs |= {LENDING_PROGRAMS[protocol] for protocol in caps.protocols}
    programs |= caps.venue_programs
    system, token = "solana_system_program_instruction", "solana_token_program_instruction"
    rules = [
        _solana("Call the venues", _is("solana_program_instruction", "programId", programs, "in")),
        _solana(
            "Tip a block builder",
            _is(system, "instructionName", "Transfer"),
            _is(system, "Transfer.to", JITO_TIP_ACCOUNTS, "in"),
            _is(system, "Transfer.lamports", str(to_native(caps.tip_sol, 9)), "lte"),
        ),
        _solana("Count wrapped SOL", _is(token, "instructionName", "SyncNative")),
    ]
    rules += _transfer_rules(pins, caps, token)
    if pins.own_address is not None:
        cap = str(to_native(caps.solana_tokens, 9))
        rules += [
            _solana(
                "Wrap own SOL",
                _is(system, "instructionName", "Transfer"),
                _is(system, "Transfer.to", _associated(pins.own_address, TOKENS[Asset.SOL].mint)),
                _is(system, "Transfer.lamports", cap, "lte"),
            ),
            _solana(
                "Close token accounts to this wallet",
                _is(token, "instructionName", "CloseAccount"),
                _is(token, "CloseAccount.destination", pins.own_address),
            ),
        ]
    return rules


def _transfer_rules(pins: Pins, caps: PolicyCaps, token: str) -> list[Rule]:
    owners = set(caps.venue_vaults)
    if pins.own_address is not None:
        # A closing is one transaction in which the venue's transfer to us is judged as well.
        owners.add(SolanaAddress(pins.own_address))
    if not owners:
        return []
    # Amounts are raw units: one cap over mints with 6 and 9 decimals would mean nothing.
    capped = [(USDC_SOLANA, caps.solana_usdc)]
    capped += [(held, caps.solana_tokens) for held in TOKENS.values()]
    return [
        _solana(
            f"Move {held.symbol} between wallet and venue",
            _is(token, "instructionName", "TransferChecked"),
            _is(token, "TransferChecked.mint", held.mint),
            _is(
                token,
                "TransferChecked.destination",
                [_associated(owner, held.mint) for owner in owners],
                "in",
            ),
            _is(token, "TransferChecked.amount", str(to_native(cap, held.decimals)), "lte"),
        )
        for held, cap in capped
    ]


def _associated(owner: str, mint: str) -> SolanaAddress:
    seeds = [bytes(Pubkey.from_string(key)) for key in (owner, TOKEN_PROGRAM, mint)]
    address, _ = Pubkey.find_program_address(seeds, Pubkey.from_string(ASSOCIATED_TOKEN_PROGRAM))
    return SolanaAddress(str(address))


def _solana(name: str, *conditions: Condition) -> Rule:
    return _allow(name, "signTransaction", *conditions)
