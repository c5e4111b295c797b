"""The contracts on the paper chain: Solidity sources, and what `compile.mjs` makes of them."""

from pathlib import Path

import msgspec

COMPILED = Path(__file__).with_name("compiled.json")


class Contract(msgspec.Struct, frozen=True):
    """One compiled contract."""

    abi: list[dict[str, object]]
    code: str
    """Runtime bytecode, to be put at an address as it is."""


class _Compiled(msgspec.Struct, frozen=True):
    solc: str
    contracts: dict[str, Contract]


def load_contracts() -> dict[str, Contract]:
    """`NativeUsdc`, `PaperBridge` and Circle's two contracts by name."""
    return msgspec.json.decode(COMPILED.read_bytes(), type=_Compiled).contracts
