"""A fact is a value with the kind that decides how policies compare it."""

from dataclasses import dataclass

NUMBER = "number"
"""Compared as an integer."""
ADDRESS = "address"
"""An Ethereum address, compared without regard to case."""
TEXT = "text"
"""Compared exactly; the only kind that contains, starts and ends."""
EXACT = "exact"
"""Bytes, a name, a Solana address: equal or not, nothing else."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a request says about one field."""

    kind: str
    value: int | str


def solidity_fact(kind: str, value: object) -> Fact | None:
    """A decoded ABI or EIP-712 leaf as a fact; None for arrays and structs."""
    if kind == "bool" and isinstance(value, bool):
        return Fact(EXACT, "true" if value else "false")
    if kind.endswith("]") or isinstance(value, bool):
        return None
    if kind.startswith(("uint", "int")) and isinstance(value, int):
        return Fact(NUMBER, value)
    if kind == "address" and isinstance(value, str):
        return Fact(ADDRESS, value.lower())
    if kind == "string" and isinstance(value, str):
        return Fact(TEXT, value)
    if kind.startswith("bytes") and isinstance(value, bytes):
        return Fact(EXACT, "0x" + value.hex())
    return None
