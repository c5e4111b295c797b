"""An Ethereum transaction request: parsed once, then asked by policies and by the signer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eth_abi.abi import decode, encode
from eth_abi.exceptions import ABITypeError, DecodingError, EncodingError, ParseError
from eth_utils.abi import function_signature_to_4byte_selector
from eth_utils.address import is_checksum_address, is_hex_address

from asgard_paper.privy.facts.values import ADDRESS, EXACT, NUMBER, Fact, solidity_fact
from asgard_paper.privy.refusals import Refusal, malformed
from asgard_paper.privy.wire import Fields

DATA_BYTES_MAX = 150_000
QUANTITIES = (
    "nonce",
    "gas_limit",
    "gas_price",
    "max_fee_per_gas",
    "max_priority_fee_per_gas",
)


@dataclass(frozen=True, slots=True)
class EthereumTransaction:
    """The fields of an unsigned transaction; `to` is lower case, None creates a contract."""

    to: str | None
    value: int
    data: bytes
    chain_id: int
    kind: int
    """EIP-2718 type: 0, 1 or 2."""
    quantities: Mapping[str, int]
    """Those of QUANTITIES that were given."""
    sender: str | None

    def fact(self, name: str) -> Fact | None:
        """`to`, `value` or `chain_id` as policies see them; a missing value is 0."""
        if name == "to":
            return None if self.to is None else Fact(ADDRESS, self.to)
        if name == "value":
            return Fact(NUMBER, self.value)
        if name == "chain_id":
            return Fact(NUMBER, self.chain_id)
        return None


def parse_transaction(fields: Fields) -> EthereumTransaction:
    """Read `params.transaction`; raises Refusal 400 for a bad shape or a bad address checksum."""
    chain_id = _quantity(fields, "chain_id")
    if chain_id is None:
        raise malformed(fields.path("chain_id"), "Required")
    quantities = {
        name: quantity for name in QUANTITIES if (quantity := _quantity(fields, name)) is not None
    }
    kind = fields.optional_integer("type", least=0, most=4)
    if kind is None:
        kind = 2 if "max_fee_per_gas" in quantities else 0
    if kind not in (0, 1, 2):
        raise malformed(fields.path("type"), f"Transactions of type {kind} cannot be signed")
    return EthereumTransaction(
        to=_address(fields, "to"),
        value=_quantity(fields, "value") or 0,
        data=_data(fields),
        chain_id=chain_id,
        kind=kind,
        quantities=quantities,
        sender=_address(fields, "from"),
    )


def checked_address(text: str, path: str) -> str:
    """The address in lower case; raises Refusal 400 invalid_data for a wrong EIP-55 checksum."""
    if not is_hex_address(text) or not text.startswith("0x"):
        raise malformed(path, "Invalid Ethereum address")
    digits = text[2:]
    mixed = digits != digits.lower() and digits != digits.upper()
    if mixed and not is_checksum_address(text):
        raise Refusal(400, f"Address {text} has an invalid checksum", "invalid_data")
    return text.lower()


def whole_number(value: object) -> int | None:
    """An integer from an int, decimal text or 0x text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or not value.isascii():
        return None
    try:
        if value[:2] in ("0x", "0X"):
            return int(value, 16) if "_" not in value and len(value) > 2 else None
        return int(value) if value.removeprefix("-").isdigit() else None
    except ValueError:
        return None


def _quantity(fields: Fields, name: str) -> int | None:
    value = fields.raw(name)
    if value is None:
        return None
    number = whole_number(value)
    if number is None or not 0 <= number < 2**256:
        raise malformed(fields.path(name), "Expected a non-negative integer or 0x hex string")
    if isinstance(value, str) and not value.startswith("0x"):
        raise malformed(fields.path(name), "Hex strings must start with 0x")
    return number


def _address(fields: Fields, name: str) -> str | None:
    text = fields.optional_text(name)
    return None if text is None else checked_address(text, fields.path(name))


def _data(fields: Fields) -> bytes:
    text = fields.optional_text("data") or "0x"
    if not text.startswith("0x"):
        raise malformed(fields.path("data"), "Hex strings must start with 0x")
    try:
        data = bytes.fromhex(text[2:])
    except ValueError as error:
        raise malformed(fields.path("data"), "Invalid hex string") from error
    if len(data) > DATA_BYTES_MAX:
        raise malformed(fields.path("data"), f"At most {DATA_BYTES_MAX} bytes")
    return data


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ABI parameter; components are the fields of a tuple."""

    name: str
    type: str
    components: tuple["Parameter", ...] = field(default=())

    @property
    def canonical(self) -> str:
        """The type as it enters a function signature, tuples spelled out."""
        if not self.type.startswith("tuple"):
            return self.type
        inner = ",".join(component.canonical for component in self.components)
        return f"({inner}){self.type.removeprefix('tuple')}"


def calldata_fact(abi: Sequence[Mapping[str, object]], data: bytes, path: str) -> Fact | None:
    """`function_name`, or `<function>.<parameter>` of a call decoded strictly by `abi`.

    None unless a function of the ABI has the call's selector and its arguments encode back to
    exactly these bytes, so that trailing bytes or dirty padding never match a rule.
    """
    for entry in abi:
        name, inputs = entry.get("name"), parameters(entry.get("inputs"))
        if entry.get("type") != "function" or not isinstance(name, str) or inputs is None:
            continue
        types = [parameter.canonical for parameter in inputs]
        try:
            if function_signature_to_4byte_selector(f"{name}({','.join(types)})") != data[:4]:
                continue
            values = decode(types, data[4:])
            if encode(types, values) != data[4:]:
                return None
        except (DecodingError, EncodingError, ParseError, ABITypeError, ValueError, OverflowError):
            return None
        if path == "function_name":
            return Fact(EXACT, name)
        function, _, rest = path.partition(".")
        return _argument(inputs, values, rest) if function == name else None
    return None


def parameters(value: object) -> tuple[Parameter, ...] | None:
    """ABI parameters from their JSON, None if it is not an ABI."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return None
    found: list[Parameter] = []
    for item in value:
        if not isinstance(item, Mapping) or not isinstance(item.get("type"), str):
            return None
        components = parameters(item.get("components"))
        if components is None:
            return None
        found.append(Parameter(str(item.get("name") or ""), str(item["type"]), components))
    return tuple(found)


def _argument(inputs: Sequence[Parameter], values: Sequence[object], path: str) -> Fact | None:
    head, _, rest = path.partition(".")
    for parameter, value in zip(inputs, values, strict=True):
        if parameter.name != head or not head:
            continue
        if parameter.type == "tuple" and rest and isinstance(value, tuple):
            return _argument(parameter.components, value, rest)
        return None if rest else solidity_fact(parameter.type, value)
    return None
