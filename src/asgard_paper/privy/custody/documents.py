"""Policy documents: what the service accepts when a rule is written, and how it is read back."""

from collections.abc import Callable

import msgspec

from asgard_paper.privy.facts.anchor import is_description
from asgard_paper.privy.facts.ethereum import parameters, whole_number
from asgard_paper.privy.facts.typed_data import types_of
from asgard_paper.privy.policies import REFERENCE, WALLET_ADDRESS
from asgard_paper.privy.records import ETHEREUM, SOLANA, Condition, Measure, Rule
from asgard_paper.privy.refusals import INVALID_AGGREGATION, INVALID_POLICY, malformed
from asgard_paper.privy.wire import Fields

RULE_NAME_MAX = 49
VALUES_MAX = 100
ACTIONS = ("ALLOW", "DENY")
EVERYWHERE = ("exportPrivateKey", "exportSeedPhrase", "transfer", "*")
METHODS = {
    ETHEREUM: (
        "eth_sendTransaction",
        "eth_signTransaction",
        "eth_signUserOperation",
        "eth_signTypedData_v4",
        "personal_sign",
        "eth_sign7702Authorization",
        "wallet_sendCalls",
        "earn_deposit",
        "earn_withdraw",
        *EVERYWHERE,
    ),
    SOLANA: ("signTransaction", "signAndSendTransaction", "signMessage", *EVERYWHERE),
}
MEASURABLE = ("eth_signTransaction", "eth_signUserOperation")
OPERATORS = (
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "in_condition_set",
    "contains",
    "starts_with",
    "ends_with",
)
ANY_FIELD = (
    "ethereum_calldata",
    "ethereum_typed_data_message",
    "reference",
    "solana_instruction_data",
)
IDL_BYTES_MAX = 32 * 1024
SOURCES = {
    ETHEREUM: {
        "ethereum_transaction": ("to", "value", "chain_id"),
        "ethereum_calldata": (),
        "ethereum_typed_data_domain": (
            "chainId",
            "verifyingContract",
            "chain_id",
            "verifying_contract",
        ),
        "ethereum_typed_data_message": (),
        "ethereum_7702_authorization": ("contract",),
        "message": ("content", "byte_length"),
        "system": ("current_unix_timestamp",),
        "reference": (),
    },
    SOLANA: {
        "solana_program_instruction": ("programId",),
        "solana_system_program_instruction": (
            "instructionName",
            "Transfer.from",
            "Transfer.to",
            "Transfer.lamports",
        ),
        "solana_token_program_instruction": (
            "instructionName",
            "Transfer.source",
            "Transfer.destination",
            "Transfer.authority",
            "Transfer.amount",
            "TransferChecked.source",
            "TransferChecked.destination",
            "TransferChecked.authority",
            "TransferChecked.amount",
            "TransferChecked.mint",
            "Burn.account",
            "Burn.mint",
            "Burn.authority",
            "Burn.amount",
            "MintTo.mint",
            "MintTo.account",
            "MintTo.authority",
            "MintTo.amount",
            "CloseAccount.account",
            "CloseAccount.destination",
            "CloseAccount.authority",
            "InitializeAccount3.account",
            "InitializeAccount3.mint",
            "InitializeAccount3.owner",
        ),
        "solana_instruction_data": (),
        "message": ("content", "byte_length"),
        "system": ("current_unix_timestamp",),
    },
}
CHAIN_ID_FIELDS = ("chainId", "chain_id")


class Documents:
    """Reads rules and conditions; knows which sets and aggregations exist."""

    def __init__(
        self, has_set: Callable[[str], bool], has_aggregation: Callable[[str], bool]
    ) -> None:
        self._has_set = has_set
        self._has_aggregation = has_aggregation

    def rule(self, fields: Fields, chain_type: str, rule_id: str) -> Rule:
        """One rule; raises Refusal 400 for anything the service would not store."""
        method = fields.choice("method", METHODS[chain_type])
        conditions = [
            self.condition(item, chain_type, method) for item in fields.objects("conditions")
        ]
        if method.startswith("export") and conditions:
            raise malformed(fields.path("conditions"), f"{method} takes none", INVALID_POLICY)
        if method == "eth_signTypedData_v4" and not conditions:
            raise malformed(
                fields.path("conditions"), "Array must contain at least 1 element", INVALID_POLICY
            )
        return Rule(
            id=rule_id,
            name=fields.text("name", most=RULE_NAME_MAX),
            method=method,
            action=fields.choice("action", ACTIONS),
            conditions=conditions,
        )

    def condition(self, fields: Fields, chain_type: str, method: str) -> Condition:
        """One condition, its value kept verbatim."""
        source = fields.choice("field_source", tuple(SOURCES[chain_type]))
        name = (
            fields.text("field")
            if source in ANY_FIELD
            else fields.choice("field", SOURCES[chain_type][source])
        )
        operator = fields.choice("operator", OPERATORS)
        value = _value(fields, operator)
        if operator == "in_condition_set" and not self._has_set(str(value)):
            raise malformed(fields.path("value"), "Condition set does not exist", INVALID_POLICY)
        if source == "reference":
            self._check_reference(fields, name, operator, method)
        if source == "ethereum_typed_data_domain" and name in CHAIN_ID_FIELDS:
            _check_chain_id(fields, operator, value)
        return Condition(
            field_source=source,
            field=name,
            operator=operator,
            value=value,
            abi=_abi(fields) if source == "ethereum_calldata" else None,
            typed_data=_typed_data(fields) if source == "ethereum_typed_data_message" else None,
            idl=_idl(fields) if source == "solana_instruction_data" else None,
        )

    def filter(self, fields: Fields, method: str) -> Condition:
        """A condition of an aggregation: on the transaction or its calldata only."""
        fields.choice("field_source", ("ethereum_transaction", "ethereum_calldata"))
        return self.condition(fields, ETHEREUM, method)

    def _check_reference(self, fields: Fields, name: str, operator: str, method: str) -> None:
        if method not in MEASURABLE:
            raise malformed(fields.path("field_source"), f"Not for {method}", INVALID_POLICY)
        known = name.startswith(REFERENCE) and self._has_aggregation(name.removeprefix(REFERENCE))
        if not known:
            raise malformed(fields.path("field"), "Aggregation does not exist", INVALID_POLICY)
        if operator == "in_condition_set" or WALLET_ADDRESS in str(fields.raw("value")):
            raise malformed(fields.path("value"), "Expected a number", INVALID_POLICY)


def measure(fields: Fields) -> Measure:
    """A metric or group-by field of an aggregation; raises Refusal 400."""
    source = fields.choice("field_source", ("ethereum_transaction", "ethereum_calldata"))
    if source == "ethereum_calldata":
        return Measure(fields.text("field"), source, _abi(fields, INVALID_AGGREGATION))
    allowed = SOURCES[ETHEREUM]["ethereum_transaction"]
    return Measure(fields.choice("field", allowed), source)


def _value(fields: Fields, operator: str) -> str | list[str]:
    if operator != "in":
        return fields.text("value", least=0)
    values = fields.texts("value", most=VALUES_MAX)
    if not values:
        raise malformed(fields.path("value"), "Expected array of 1 to 100 strings")
    return values


def _check_chain_id(fields: Fields, operator: str, value: str | list[str]) -> None:
    if operator in ("in", "in_condition_set"):
        raise malformed(fields.path("operator"), f"{operator} is not supported for chainId")
    if not isinstance(value, str) or not value.isdigit() or whole_number(value) is None:
        raise malformed(fields.path("value"), "Expected a numeric string")


def _abi(fields: Fields, code: str = INVALID_POLICY) -> list[dict[str, object]]:
    raw = fields.raw("abi")
    if not isinstance(raw, list) or not raw:
        raise malformed(fields.path("abi"), "Required", code)
    for item in raw:
        if not isinstance(item, dict) or parameters(item.get("inputs")) is None:
            raise malformed(fields.path("abi"), "Expected a JSON ABI", code)
    return [dict(item) for item in raw]


def _typed_data(fields: Fields) -> dict[str, object]:
    typed = fields.object("typed_data")
    types = types_of(typed.raw("types"))
    if types is None:
        raise malformed(typed.path("types"), "Expected lists of {name, type}", INVALID_POLICY)
    primary_type = typed.text("primary_type")
    if primary_type not in types:
        raise malformed(typed.path("primary_type"), "Not among the types", INVALID_POLICY)
    return {"types": typed.raw("types"), "primary_type": primary_type}


def _idl(fields: Fields) -> dict[str, object]:
    raw = fields.raw("idl")
    if not isinstance(raw, dict) or not is_description(raw):
        raise malformed(fields.path("idl"), "Expected an Anchor IDL", INVALID_POLICY)
    if len(msgspec.json.encode(raw)) > IDL_BYTES_MAX:
        raise malformed(fields.path("idl"), "At most 32 KB", INVALID_POLICY)
    return dict(raw)
