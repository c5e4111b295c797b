"""The policy evaluator: is this request allowed, and by which rule?

Only rules of the request's method (or `*`) count. Any matching DENY denies, else any matching ALLOW
allows, else the request is denied; the order of rules is irrelevant. A Solana transaction is judged
one instruction at a time and every instruction needs its own ALLOW. A condition whose field the
request does not have is false, whatever its operator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asgard_paper.privy.facts.anchor import instruction_fact
from asgard_paper.privy.facts.ethereum import (
    EthereumTransaction,
    calldata_fact,
    whole_number,
)
from asgard_paper.privy.facts.solana import Instruction, SolanaTransaction
from asgard_paper.privy.facts.typed_data import TypedData
from asgard_paper.privy.facts.values import ADDRESS, EXACT, NUMBER, TEXT, Fact
from asgard_paper.privy.records import Aggregation, Condition, Measure, Policy, Rule, Spend

WALLET_ADDRESS = "{{wallet.address}}"
REFERENCE = "aggregation."


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """A signing request after parsing: the method and whichever content that method has."""

    method: str
    wallet_address: str
    transaction: EthereumTransaction | None = None
    typed_data: TypedData | None = None
    solana: SolanaTransaction | None = None
    message: bytes | None = None


@dataclass(frozen=True, slots=True)
class PolicyState:
    """What the evaluator may know besides the request."""

    now_seconds: int
    condition_sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    aggregations: Mapping[str, Aggregation] = field(default_factory=dict)
    spends: Sequence[Spend] = ()


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule fared; `failed` is the index of its first false condition."""

    rule: str
    action: str
    instruction: int | None
    failed: int | None

    @property
    def matched(self) -> bool:
        """Did every condition hold?"""
        return self.failed is None


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and every rule that was looked at on the way."""

    allowed: bool
    reason: str
    trace: tuple[RuleTrace, ...] = ()


def evaluate(policy: Policy, request: RpcRequest, state: PolicyState) -> Decision:
    """Judge a request under one policy; never raises."""
    rules = [rule for rule in policy.rules if rule.method in (request.method, "*")]
    if not rules:
        return Decision(False, f"no rule for {request.method}")
    if request.solana is None:
        trace = tuple(_trace(rule, request, state, None) for rule in rules)
        return _verdict(trace)
    if not request.solana.instructions:
        return Decision(False, "no instructions")
    whole: list[RuleTrace] = []
    verdicts: list[Decision] = []
    for index in range(len(request.solana.instructions)):
        part = tuple(_trace(rule, request, state, index) for rule in rules)
        verdicts.append(_verdict(part))
        whole.extend(part)
    refused = next((verdict for verdict in verdicts if not verdict.allowed), None)
    return Decision(refused is None, (refused or verdicts[0]).reason, tuple(whole))


def spends_of(
    aggregation: Aggregation, request: RpcRequest, state: PolicyState, at_ms: int
) -> Spend | None:
    """What a signed request adds to an aggregation; None if it is filtered out.

    A metric that the request does not have counts as 0.
    """
    if not _counts(aggregation, request, state):
        return None
    amount = _measured(aggregation.metric, request)
    group = _group(aggregation, request)
    return Spend(aggregation.id, group, amount or 0, at_ms)


def referenced(policy: Policy) -> frozenset[str]:
    """Ids of the aggregations a policy refers to."""
    return frozenset(
        condition.field.removeprefix(REFERENCE)
        for rule in policy.rules
        for condition in rule.conditions
        if condition.field_source == "reference"
    )


def _verdict(trace: tuple[RuleTrace, ...]) -> Decision:
    denied = next((step for step in trace if step.matched and step.action == "DENY"), None)
    if denied is not None:
        return Decision(False, f"denied by {denied.rule}", trace)
    allowed = next((step for step in trace if step.matched and step.action == "ALLOW"), None)
    if allowed is not None:
        return Decision(True, f"allowed by {allowed.rule}", trace)
    return Decision(False, "no rule matched", trace)


def _trace(
    rule: Rule, request: RpcRequest, state: PolicyState, instruction: int | None
) -> RuleTrace:
    failed = next(
        (
            index
            for index, condition in enumerate(rule.conditions)
            if not _holds(condition, request, state, instruction)
        ),
        None,
    )
    return RuleTrace(rule.name, rule.action, instruction, failed)


def _holds(
    condition: Condition, request: RpcRequest, state: PolicyState, index: int | None
) -> bool:
    if condition.field_source == "reference":
        found = _total(condition, request, state)
    elif condition.field_source == "system":
        known = condition.field == "current_unix_timestamp"
        found = Fact(NUMBER, state.now_seconds) if known else None
    else:
        instruction = None
        if request.solana is not None and index is not None:
            instruction = request.solana.instructions[index]
        found = _fact(condition, request, instruction)
    return found is not None and _compare(found, condition, request.wallet_address, state)


def _fact(
    condition: Condition, request: RpcRequest, instruction: Instruction | None
) -> Fact | None:
    source, name = condition.field_source, condition.field
    if source in ("ethereum_transaction", "ethereum_calldata"):
        return _measure(Measure(name, source, condition.abi), request)
    if source == "ethereum_typed_data_domain" and request.typed_data is not None:
        return request.typed_data.domain_fact(name)
    if source == "ethereum_typed_data_message" and request.typed_data is not None:
        return request.typed_data.message_fact(name, condition.typed_data)
    if source == "message" and request.message is not None:
        return _message_fact(request.message, name)
    if instruction is not None and condition.idl is not None:
        data, accounts = instruction.data, instruction.accounts
        return instruction_fact(condition.idl, data, accounts, name)
    if instruction is not None:
        return instruction.fact(source, name)
    return None


def _measure(measure: Measure, request: RpcRequest) -> Fact | None:
    if request.transaction is None:
        return None
    if measure.field_source == "ethereum_transaction":
        return request.transaction.fact(measure.field)
    return calldata_fact(measure.abi or [], request.transaction.data, measure.field)


def _message_fact(message: bytes, name: str) -> Fact | None:
    if name == "byte_length":
        return Fact(NUMBER, len(message))
    if name != "content":
        return None
    try:
        return Fact(TEXT, message.decode())
    except UnicodeDecodeError:
        return None


def _compare(fact: Fact, condition: Condition, wallet: str, state: PolicyState) -> bool:
    given = condition.value if isinstance(condition.value, list) else [condition.value]
    operator = condition.operator
    if operator == "in_condition_set":
        given = sorted(state.condition_sets.get(given[0], frozenset())) if given else []
    elif fact.kind in (ADDRESS, TEXT, EXACT):
        given = [wallet if value == WALLET_ADDRESS else value for value in given]
    if fact.kind == NUMBER:
        return _compare_numbers(int(fact.value), operator, given)
    have = str(fact.value)
    wanted = [value.lower() for value in given] if fact.kind == ADDRESS else given
    if operator in ("in", "in_condition_set"):
        return have in wanted
    if len(wanted) != 1:
        return False
    if operator == "eq":
        return have == wanted[0]
    if operator == "neq":
        return have != wanted[0]
    if fact.kind != TEXT:
        return False
    return _compare_texts(have, operator, wanted[0])


def _compare_numbers(have: int, operator: str, given: list[str]) -> bool:
    wanted = [number for value in given if (number := whole_number(value)) is not None]
    if operator in ("in", "in_condition_set"):
        return have in wanted
    if len(wanted) != 1 or len(given) != 1:
        return False
    limit = wanted[0]
    outcomes = {
        "eq": have == limit,
        "neq": have != limit,
        "gt": have > limit,
        "gte": have >= limit,
        "lt": have < limit,
        "lte": have <= limit,
    }
    return outcomes.get(operator, False)


def _compare_texts(have: str, operator: str, wanted: str) -> bool:
    if operator == "contains":
        return wanted in have
    if operator == "starts_with":
        return have.startswith(wanted)
    return operator == "ends_with" and have.endswith(wanted)


def _total(condition: Condition, request: RpcRequest, state: PolicyState) -> Fact | None:
    """The rolling sum as it would be after this request; None once the aggregation is gone."""
    aggregation = state.aggregations.get(condition.field.removeprefix(REFERENCE))
    if aggregation is None:
        return None
    group = _group(aggregation, request)
    since_ms = (state.now_seconds - aggregation.window_seconds) * 1000
    total = sum(
        spend.amount
        for spend in state.spends
        if spend.aggregation_id == aggregation.id
        and spend.group == group
        and spend.at_ms > since_ms
    )
    if _counts(aggregation, request, state):
        total += _measured(aggregation.metric, request) or 0
    return Fact(NUMBER, total)


def _counts(aggregation: Aggregation, request: RpcRequest, state: PolicyState) -> bool:
    return aggregation.method == request.method and all(
        _holds(condition, request, state, None) for condition in aggregation.conditions
    )


def _measured(metric: Measure, request: RpcRequest) -> int | None:
    fact = _measure(metric, request)
    return fact.value if fact is not None and isinstance(fact.value, int) else None


def _group(aggregation: Aggregation, request: RpcRequest) -> list[str]:
    facts = [_measure(measure, request) for measure in aggregation.group_by]
    return ["" if fact is None else str(fact.value) for fact in facts]
