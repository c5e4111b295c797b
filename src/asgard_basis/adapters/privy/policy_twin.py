"""Our own reading of our own policies, to know beforehand what Privy will deny.

Evaluated as Privy does: only rules of the method count, any matching DENY denies, any matching
ALLOW allows, else it is denied; all conditions of a rule must hold, and one whose field the
request does not have does not hold. Every instruction of a Solana transaction needs its own ALLOW.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import ABITypeError, DecodingError, EncodingError, ParseError
from eth_utils.abi import function_signature_to_4byte_selector
from solders.message import Message, MessageV0
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.privy.described import described
from asgard_basis.adapters.privy.policies import Condition, Rule
from asgard_basis.domain.assets import SYSTEM_PROGRAM, TOKEN_PROGRAM
from asgard_basis.ports.wallets import EvmTransaction, TypedData

Fact = int | str
"""What a payload says about a field: integers are compared as numbers, texts to the letter."""
Facts = Callable[[Condition], Fact | None]

_UNREADABLE = (DecodingError, EncodingError, ParseError, ABITypeError, ValueError, OverflowError)
_SYSTEM_TRANSFER = 2
_SYSTEM_ROLES = {"from": 0, "to": 1}
_TOKEN_NAMES = {9: "CloseAccount", 12: "TransferChecked", 17: "SyncNative"}
"""The instructions our rules name; any other has no name here, so no rule allows it."""
_TOKEN_ROLES = {
    "TransferChecked": ("source", "mint", "destination", "authority"),
    "CloseAccount": ("account", "destination", "authority"),
}


def typed_data_allowed(rules: Sequence[Rule], data: TypedData) -> bool:
    """Whether the rules let this typed data be signed."""
    return _allowed(rules, "eth_signTypedData_v4", lambda condition: _typed_fact(data, condition))


def transaction_allowed(rules: Sequence[Rule], transaction: EvmTransaction) -> bool:
    """Whether the rules let this transaction be signed."""
    return _allowed(rules, "eth_signTransaction", lambda c: _transaction_fact(transaction, c))


def solana_allowed(rules: Sequence[Rule], raw: bytes) -> bool:
    """Whether the rules let this transaction be signed; bytes that are none are not."""
    try:
        message = VersionedTransaction.from_bytes(raw).message
    except ValueError:
        return False
    if not isinstance(message, Message | MessageV0):
        return False
    parts = list(_instructions(message))
    return bool(parts) and all(_allowed(rules, "signTransaction", part.fact) for part in parts)


def _allowed(rules: Sequence[Rule], method: str, facts: Facts) -> bool:
    matching = {
        rule["action"]
        for rule in rules
        if rule["method"] == method and all(_holds(c, facts(c)) for c in rule["conditions"])
    }
    return "ALLOW" in matching and "DENY" not in matching


def _holds(condition: Condition, fact: Fact | None) -> bool:
    if fact is None:
        return False
    value, operator = condition["value"], condition["operator"]
    given: list[str] = value if isinstance(value, list) else [value]
    if isinstance(fact, int):
        wanted: list[Fact] = [number for text in given if (number := _number(text)) is not None]
    else:
        is_address = _is_address(condition)
        wanted = [text.lower() if is_address else text for text in given]
        fact = fact.lower() if is_address else fact
    if operator == "in":
        return fact in wanted
    if len(wanted) != 1 or len(given) != 1:
        return False
    if operator == "eq":
        return fact == wanted[0]
    if isinstance(fact, int) and isinstance(wanted[0], int):
        return (operator == "lte" and fact <= wanted[0]) or (operator == "lt" and fact < wanted[0])
    return False


def _is_address(condition: Condition) -> bool:
    """Whether the field is an Ethereum address, compared without regard to case."""
    source, field = condition["field_source"], str(condition["field"])
    if source == "ethereum_typed_data_message":
        typed = condition["typed_data"]
        return dict(_members(typed["types"], typed["primary_type"])).get(field) == "address"
    if source == "ethereum_calldata":
        inputs = condition["abi"][0]["inputs"]
        kinds = {f"{condition['abi'][0]['name']}.{i['name']}": i["type"] for i in inputs}
        return kinds.get(field) == "address"
    return field in {"to", "verifyingContract"} and source.startswith("ethereum_")


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        return None
    try:
        return int(value, 16) if value.startswith("0x") else int(value)
    except ValueError:
        return None


def _typed_fact(data: TypedData, condition: Condition) -> Fact | None:
    source, field = condition["field_source"], str(condition["field"])
    if source == "ethereum_typed_data_domain":
        value = data.domain.get(field)
        if field == "chainId":
            return _number(value)
        return value if field == "verifyingContract" and isinstance(value, str) else None
    if source != "ethereum_typed_data_message":
        return None
    expected = condition["typed_data"]
    if expected["primary_type"] != data.primary_type or not _same_types(
        expected["types"], data.types
    ):
        return None
    kind = dict(_members(data.types, data.primary_type)).get(field)
    value = data.message.get(field)
    if kind is None or kind in data.types:
        return None
    if kind.startswith(("uint", "int")):
        return _number(value)
    return value if kind in {"string", "address"} and isinstance(value, str) else None


def _same_types(expected: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    return set(expected) == set(given) and all(
        _members(expected, name) == _members(given, name) for name in expected
    )


def _members(types: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    return [(member["name"], member["type"]) for member in types.get(name, ())]


def _transaction_fact(transaction: EvmTransaction, condition: Condition) -> Fact | None:
    source, field = condition["field_source"], str(condition["field"])
    if source == "ethereum_transaction":
        facts: dict[str, Fact] = {
            "to": transaction.to,
            "value": transaction.value,
            "chain_id": transaction.chain_id,
        }
        return facts.get(field)
    return _call_fact(transaction, condition, field) if source == "ethereum_calldata" else None


def _call_fact(transaction: EvmTransaction, condition: Condition, field: str) -> Fact | None:
    """`function_name` or an argument; None unless the call encodes back to the same bytes."""
    function = condition["abi"][0]
    name, inputs = function["name"], function["inputs"]
    types = [each["type"] for each in inputs]
    try:
        data = bytes.fromhex(transaction.data.removeprefix("0x"))
        if function_signature_to_4byte_selector(f"{name}({','.join(types)})") != data[:4]:
            return None
        values = decode(types, data[4:])
        if encode(types, values) != data[4:]:
            return None
    except _UNREADABLE:
        return None
    if field == "function_name":
        return str(name)
    arguments = {f"{name}.{each['name']}": v for each, v in zip(inputs, values, strict=True)}
    value = arguments.get(field)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class _Instruction:
    program: str | None
    accounts: tuple[str | None, ...]
    """None for what comes from a lookup table: it is not known here, nor to Privy."""
    data: bytes

    def fact(self, condition: Condition) -> Fact | None:
        source, field = condition["field_source"], str(condition["field"])
        if source == "solana_program_instruction":
            return self.program if field == "programId" else None
        if source == "solana_instruction_data":
            return described(condition["idl"], self.data, field)
        if source == "solana_system_program_instruction" and self.program == SYSTEM_PROGRAM:
            return self._system(field)
        if source == "solana_token_program_instruction" and self.program == TOKEN_PROGRAM:
            return self._token(field)
        return None

    def _system(self, field: str) -> Fact | None:
        if len(self.data) < 4 or int.from_bytes(self.data[:4], "little") != _SYSTEM_TRANSFER:
            return None
        if field == "instructionName":
            return "Transfer"
        name, _, role = field.partition(".")
        if name != "Transfer" or len(self.data) < 12:
            return None
        if role == "lamports":
            return int(struct.unpack_from("<Q", self.data, 4)[0])
        return self._account(_SYSTEM_ROLES.get(role))

    def _token(self, field: str) -> Fact | None:
        name = _TOKEN_NAMES.get(self.data[0]) if self.data else None
        if name is None or field == "instructionName":
            return name
        wanted, _, role = field.partition(".")
        if wanted != name:
            return None
        if role == "amount" and name == "TransferChecked":
            return int(struct.unpack_from("<Q", self.data, 1)[0]) if len(self.data) >= 9 else None
        roles = _TOKEN_ROLES.get(name, ())
        return self._account(roles.index(role) if role in roles else None)

    def _account(self, index: int | None) -> str | None:
        return self.accounts[index] if index is not None and index < len(self.accounts) else None


def _instructions(message: Message | MessageV0) -> Iterator[_Instruction]:
    keys = [str(key) for key in message.account_keys]

    def key(index: int) -> str | None:
        return keys[index] if index < len(keys) else None

    for instruction in message.instructions:
        yield _Instruction(
            program=key(instruction.program_id_index),
            accounts=tuple(key(index) for index in instruction.accounts),
            data=bytes(instruction.data),
        )
