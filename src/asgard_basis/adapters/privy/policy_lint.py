"""Refusing policies with a hole, before they are sent to Privy.

Rules are OR-ed, so one careless ALLOW undoes every cap beside it. What is checked here is what
has been wrong in practice: transactions without a destination, typed data without its contract
and message, System and Token programs allowed by id, wildcard methods, catch-all denials.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from asgard_basis.domain.assets import (
    CCTP_MESSAGE_TRANSMITTER,
    CCTP_TOKEN_MESSENGER_SOLANA,
    CCTP_TRANSMITTER_SOLANA,
    SYSTEM_PROGRAM,
    TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
)

NAME_LENGTH_MAX = 49
VALUES_MAX = 100
_SIGNABLE = {"eth_signTransaction", "eth_signTypedData_v4", "signTransaction"}
_FINE_GRAINED_PROGRAMS = {
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
    TOKEN_2022_PROGRAM,
    CCTP_TOKEN_MESSENGER_SOLANA,
    CCTP_TRANSMITTER_SOLANA,
}
_EQUAL = {"eq", "in"}
_BOUNDED = {"eq", "in", "lt", "lte"}
_HARMLESS_TOKEN_INSTRUCTIONS = {"SyncNative"}
_CALLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "transfer": (("transfer.to",), ("transfer.amount",)),
    "approve": (("approve.spender",), ("approve.value",)),
    "depositForBurn": (
        (
            "depositForBurn.mintRecipient",
            "depositForBurn.destinationDomain",
            "depositForBurn.destinationCaller",
            "depositForBurn.burnToken",
        ),
        ("depositForBurn.amount", "depositForBurn.maxFee"),
    ),
    "receiveMessage": ((), ()),
}
"""By function: what has to be pinned, and what has to be capped."""
_INSTRUCTIONS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "deposit_for_burn": (
        CCTP_TOKEN_MESSENGER_SOLANA,
        ("mint_recipient", "destination_domain", "destination_caller"),
        ("amount", "max_fee"),
    ),
    "receive_message": (CCTP_TRANSMITTER_SOLANA, (), ()),
}
"""By instruction: its program, what has to be pinned, and what has to be capped."""
_Conditions = dict[tuple[str, str], Mapping[str, Any]]


def lint(policy: Mapping[str, Any]) -> list[str]:
    """What is wrong with a policy document; empty when nothing is."""
    found = list(_document_problems(policy))
    rules = policy.get("rules") or []
    for rule in rules:
        name = str(rule.get("name") or "unnamed rule")
        found += [f"{name}: {problem}" for problem in _rule_problems(rule)]
    if _signs_for_hyperliquid(rules) and len(rules) > 1:
        found.append("a wallet that signs for chain 1337 may sign nothing else")
    return found


def _document_problems(policy: Mapping[str, Any]) -> Iterator[str]:
    if not policy.get("owner_id"):
        yield "policy has no owner: the application secret alone could change it"
    if policy.get("version") != "1.0":
        yield "version is not 1.0"
    if not 1 <= len(str(policy.get("name") or "")) <= NAME_LENGTH_MAX + 1:
        yield "policy name must have 1 to 50 characters"
    if not policy.get("rules"):
        yield "policy has no rules"


def _rule_problems(rule: Mapping[str, Any]) -> Iterator[str]:
    method = str(rule.get("method"))
    stated = list(rule.get("conditions") or [])
    if not 1 <= len(str(rule.get("name") or "")) <= NAME_LENGTH_MAX:
        yield "rule name must have 1 to 49 characters"
    if any(len(_values(condition)) > VALUES_MAX for condition in stated):
        yield f"more than {VALUES_MAX} values in one condition"
    if rule.get("action") == "DENY":
        if method == "*" or not stated:
            yield "a catch-all DENY blocks everything the wallet is for"
        return
    if method not in _SIGNABLE:
        yield f"ALLOW on {method} cannot be bounded"
        return
    conditions = {(str(c.get("field_source")), str(c.get("field"))): c for c in stated}
    if len(conditions) != len(stated):
        yield "two conditions on one field"
    checks = {
        "eth_signTransaction": _transaction_problems,
        "eth_signTypedData_v4": _typed_data_problems,
        "signTransaction": _solana_problems,
    }
    yield from checks[method](conditions)


def _transaction_problems(conditions: _Conditions) -> Iterator[str]:
    for field in ("to", "chain_id", "value"):
        if not _has(conditions, "ethereum_transaction", field, _BOUNDED):
            yield f"ALLOW on transactions without {field}"
    if not _has(conditions, "ethereum_transaction", "to", _EQUAL):
        yield "the contract called is not pinned"
    calldata = {field: c for (source, field), c in conditions.items() if _is_calldata(source)}
    if "function_name" not in calldata:
        yield "ALLOW on transactions without the function called"
        return
    function = str(calldata["function_name"].get("value"))
    if function not in _CALLS:
        yield f"function {function} is not known to be harmless"
    pinned, capped = _CALLS.get(function, _CALLS["transfer"])
    for field in pinned:
        if not _has(conditions, "ethereum_calldata", field, _EQUAL):
            yield f"the recipient of the transfer is not pinned: {field}"
    for field in capped:
        if not _has(conditions, "ethereum_calldata", field, _BOUNDED):
            yield f"the amount of the transfer is not capped: {field}"
    contract = conditions.get(("ethereum_transaction", "to"), {}).get("value")
    if function == "receiveMessage" and contract != CCTP_MESSAGE_TRANSMITTER:
        yield "only Circle's transmitter is known to pay nobody but the recipient"


def _typed_data_problems(conditions: _Conditions) -> Iterator[str]:
    for field in ("chainId", "verifyingContract"):
        if not _has(conditions, "ethereum_typed_data_domain", field, {"eq"}):
            yield f"ALLOW on typed data without {field}"
    messages = [
        c for (source, _), c in conditions.items() if source == "ethereum_typed_data_message"
    ]
    if not messages:
        yield "ALLOW on typed data without a message rule"
    for condition in messages:
        typed = condition.get("typed_data") or {}
        types = typed.get("types") or {}
        if "EIP712Domain" not in types or typed.get("primary_type") not in types:
            yield "the message rule's types are incomplete and would never match"


def _solana_problems(conditions: _Conditions) -> Iterator[str]:
    if not conditions:
        yield "ALLOW on Solana transactions without a condition"
        return
    sources = {source for source, _ in conditions}
    if "solana_instruction_data" in sources:
        yield from _instruction_problems(conditions)
        return
    if len(sources) > 1:
        yield "conditions on several programs can never hold together"
    if "solana_program_instruction" in sources:
        yield from _program_problems(conditions)
    elif "solana_system_program_instruction" in sources:
        yield from _system_problems(conditions)
    elif "solana_token_program_instruction" in sources:
        yield from _token_problems(conditions)
    else:
        yield "ALLOW on Solana transactions without a program"


def _program_problems(conditions: _Conditions) -> Iterator[str]:
    source = "solana_program_instruction"
    if not _has(conditions, source, "programId", _EQUAL):
        yield "programs are not pinned"
        return
    blanket = _FINE_GRAINED_PROGRAMS & set(_values(conditions[source, "programId"]))
    for program in sorted(blanket):
        yield f"program {program} is allowed as a whole, which makes its caps dead"


def _instruction_problems(conditions: _Conditions) -> Iterator[str]:
    source = "solana_instruction_data"
    name = str(conditions.get((source, "instruction_name"), {}).get("value"))
    if name not in _INSTRUCTIONS:
        yield f"instruction {name} is not known to be harmless"
        return
    program, pinned, capped = _INSTRUCTIONS[name]
    called = conditions.get(("solana_program_instruction", "programId"), {})
    if called.get("operator") != "eq" or called.get("value") != program:
        yield f"instruction {name} of any program"
    for field in pinned:
        if not _has(conditions, source, f"args.params.{field}", _EQUAL):
            yield f"the recipient of the transfer is not pinned: {field}"
    for field in capped:
        if not _has(conditions, source, f"args.params.{field}", _BOUNDED):
            yield f"the amount of the transfer is not capped: {field}"


def _system_problems(conditions: _Conditions) -> Iterator[str]:
    source = "solana_system_program_instruction"
    if _named(conditions, source) != ["Transfer"]:
        yield "System instructions other than Transfer cannot be bounded"
        return
    if not _has(conditions, source, "Transfer.to", _EQUAL):
        yield "the recipient of SOL is not pinned"
    if not _has(conditions, source, "Transfer.lamports", _BOUNDED):
        yield "the amount of SOL is not capped"


def _token_problems(conditions: _Conditions) -> Iterator[str]:
    source = "solana_token_program_instruction"
    names = _named(conditions, source)
    if names == ["TransferChecked"]:
        needed = {"mint": _EQUAL, "destination": _EQUAL, "amount": _BOUNDED}
        for field, operators in needed.items():
            if not _has(conditions, source, f"TransferChecked.{field}", operators):
                yield f"token transfers without a bound on {field}"
        if len(_values(conditions.get((source, "TransferChecked.mint"), {}))) > 1:
            yield "one cap over several mints means nothing"
    elif names == ["CloseAccount"]:
        if not _has(conditions, source, "CloseAccount.destination", {"eq"}):
            yield "closing a token account to anyone"
    elif not names or not set(names) <= _HARMLESS_TOKEN_INSTRUCTIONS:
        yield f"token instructions {', '.join(names) or 'without a name'} cannot be bounded"


def _signs_for_hyperliquid(rules: list[Mapping[str, Any]]) -> bool:
    return any(
        condition.get("field_source") == "ethereum_typed_data_domain"
        and condition.get("field") == "chainId"
        and "1337" in _values(condition)
        for rule in rules
        for condition in rule.get("conditions") or []
    )


def _is_calldata(source: str) -> bool:
    return source == "ethereum_calldata"


def _has(conditions: _Conditions, source: str, field: str, operators: set[str]) -> bool:
    condition = conditions.get((source, field))
    return condition is not None and condition.get("operator") in operators


def _named(conditions: _Conditions, source: str) -> list[str]:
    condition = conditions.get((source, "instructionName"))
    if condition is None or condition.get("operator") not in _EQUAL:
        return []
    return _values(condition)


def _values(condition: Mapping[str, Any]) -> list[str]:
    value = condition.get("value")
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
