"""EIP-712 typed data: what policies can ask about the domain and the message."""

from collections.abc import Mapping
from dataclasses import dataclass

from asgard_paper.privy.facts.ethereum import checked_address, whole_number
from asgard_paper.privy.facts.values import ADDRESS, NUMBER, Fact, solidity_fact
from asgard_paper.privy.refusals import malformed
from asgard_paper.privy.wire import Fields

Types = Mapping[str, tuple[tuple[str, str], ...]]
"""Struct name to its (field name, field type) pairs in order."""


@dataclass(frozen=True, slots=True)
class TypedData:
    """A typed-data request of which the shape has been checked."""

    domain: Mapping[str, object]
    types: Types
    primary_type: str
    message: Mapping[str, object]

    def domain_fact(self, name: str) -> Fact | None:
        """chainId or verifyingContract, in either spelling."""
        if name in ("chainId", "chain_id"):
            number = whole_number(self._domain("chainId", "chain_id"))
            return None if number is None else Fact(NUMBER, number)
        if name in ("verifyingContract", "verifying_contract"):
            contract = self._domain("verifyingContract", "verifying_contract")
            return Fact(ADDRESS, contract.lower()) if isinstance(contract, str) else None
        return None

    def message_fact(self, path: str, expected: object) -> Fact | None:
        """A message field, only if `expected` has exactly this request's types in this order."""
        if not isinstance(expected, Mapping):
            return None
        if expected.get("primary_type") != self.primary_type:
            return None
        if types_of(expected.get("types")) != self.types:
            return None
        return self._leaf(self.primary_type, self.message, path)

    def reachable(self) -> frozenset[str]:
        """The structs that the primary type is made of, itself included."""
        found: set[str] = set()
        waiting = [self.primary_type]
        while waiting:
            struct = waiting.pop()
            if struct in self.types and struct not in found:
                found.add(struct)
                waiting += [kind.partition("[")[0] for _, kind in self.types[struct]]
        return frozenset(found)

    def _domain(self, *names: str) -> object:
        return next((self.domain[name] for name in names if name in self.domain), None)

    def _leaf(self, struct: str, value: Mapping[str, object], path: str) -> Fact | None:
        head, _, rest = path.partition(".")
        kind = dict(self.types.get(struct, ())).get(head)
        if kind is None or head not in value:
            return None
        inner = value[head]
        if kind in self.types:
            if not rest or not isinstance(inner, Mapping):
                return None
            return self._leaf(kind, inner, rest)
        return None if rest else _leaf_fact(kind, inner)


def parse_typed_data(fields: Fields) -> TypedData:
    """Read `params.typed_data`; raises Refusal 400 for a bad shape or address checksum."""
    types = types_of(fields.raw("types"))
    if types is None:
        raise malformed(fields.path("types"), "Expected lists of {name, type}")
    primary_type = fields.text("primary_type")
    if primary_type not in types:
        raise malformed(fields.path("primary_type"), "Not among the types")
    domain, message = fields.object("domain"), fields.object("message")
    for name in ("verifyingContract", "verifying_contract"):
        contract = domain.optional_text(name)
        if contract is not None:
            checked_address(contract, domain.path(name))
    parsed = TypedData(
        domain=_mapping(fields.raw("domain")),
        types=types,
        primary_type=primary_type,
        message=_mapping(fields.raw("message")),
    )
    _check_addresses(parsed, primary_type, parsed.message, message.path(""))
    return parsed


def types_of(value: object) -> Types | None:
    """EIP-712 types as comparable pairs, None if they are not types."""
    if not isinstance(value, Mapping):
        return None
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for struct, members in value.items():
        if not isinstance(members, list):
            return None
        pairs = []
        for member in members:
            if not isinstance(member, Mapping):
                return None
            name, kind = member.get("name"), member.get("type")
            if not isinstance(name, str) or not isinstance(kind, str):
                return None
            pairs.append((name, kind))
        found[str(struct)] = tuple(pairs)
    return found


def _leaf_fact(kind: str, value: object) -> Fact | None:
    if kind.startswith(("uint", "int")) and not kind.endswith("]"):
        number = whole_number(value)
        return None if number is None else Fact(NUMBER, number)
    if kind.startswith("bytes") and isinstance(value, str):
        try:
            return solidity_fact(kind, bytes.fromhex(value.removeprefix("0x")))
        except ValueError:
            return None
    return solidity_fact(kind, value)


def _check_addresses(
    data: TypedData, struct: str, value: Mapping[str, object], path: str, depth: int = 0
) -> None:
    for name, kind in data.types.get(struct, ()):
        inner = value.get(name)
        if kind == "address" and isinstance(inner, str):
            checked_address(inner, path + name)
        elif kind in data.types and isinstance(inner, Mapping) and depth < 16:
            _check_addresses(data, kind, inner, f"{path}{name}.", depth + 1)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
