"""Instructions of Anchor programs, read by the interface description a condition carries.

After docs.privy.io (policies, Solana IDL examples): a description fits any instruction that begins
with one of its discriminators, whatever program is called; arguments and named accounts can be
compared where they come down to numbers, keys or texts. The names of the fields are those of public
policies for `instruction_name`; `args.` and `accounts.` before the others are an assumption.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from solders.pubkey import Pubkey

from asgard_paper.privy.facts.values import EXACT, NUMBER, Fact

_WHOLE = {"u8": "<B", "u16": "<H", "u32": "<I", "u64": "<Q", "i64": "<q"}
_Description = Mapping[str, Any]


def instruction_fact(
    idl: _Description, data: bytes, accounts: Sequence[str | None], field: str
) -> Fact | None:
    """The field of the instruction that the description has for these bytes; None without."""
    for entry in idl.get("instructions", ()):
        if data[:8] != bytes(entry["discriminator"]):
            continue
        if field == "instruction_name":
            return Fact(EXACT, str(entry["name"]))
        kind, _, path = field.partition(".")
        if kind == "accounts":
            names = [str(account["name"]) for account in entry["accounts"]]
            at = names.index(path) if path in names else len(accounts)
            key = accounts[at] if at < len(accounts) else None
            return None if key is None else Fact(EXACT, key)
        return _argument(idl, entry["args"], data[8:], path) if kind == "args" else None
    return None


def is_description(idl: _Description) -> bool:
    """Whether it has what an interface in the modern format has: names, discriminators, lists."""
    entries = idl.get("instructions")
    return isinstance(entries, list) and all(
        isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("discriminator"), list)
        and isinstance(entry.get("accounts"), list)
        and isinstance(entry.get("args"), list)
        for entry in entries
    )


def _argument(idl: _Description, fields: Any, data: bytes, path: str) -> Fact | None:
    values = dict(_flat(idl, fields, _Bytes(data), ""))
    value = values.get(path)
    if value is None:
        return None
    return Fact(NUMBER if isinstance(value, int) else EXACT, value)


class _Bytes:
    """Bytes that are read once from the front; what is missing ends the reading."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def take(self, size: int) -> bytes | None:
        if len(self._left) < size:
            return None
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def _flat(idl: _Description, fields: Any, data: _Bytes, before: str) -> list[tuple[str, int | str]]:
    """Every argument that can be compared, by its dotted name, up to the first unreadable one."""
    found: list[tuple[str, int | str]] = []
    for field in fields:
        name, kind = f"{before}{field['name']}", field["type"]
        if isinstance(kind, Mapping) and "defined" in kind:
            inner = _defined(idl, str(kind["defined"]["name"]))
            if inner is None:
                return found
            found += _flat(idl, inner, data, f"{name}.")
        elif kind == "pubkey":
            raw = data.take(32)
            if raw is None:
                return found
            found.append((name, str(Pubkey(raw))))
        elif kind in _WHOLE:
            raw = data.take(struct.calcsize(_WHOLE[kind]))
            if raw is None:
                return found
            found.append((name, int(struct.unpack(_WHOLE[kind], raw)[0])))
        elif kind == "bytes":
            size = data.take(4)
            if size is None or data.take(int.from_bytes(size, "little")) is None:
                return found
        else:
            return found
    return found


def _defined(idl: _Description, name: str) -> Any:
    for entry in idl.get("types", ()):
        if entry["name"] == name and entry["type"].get("kind") == "struct":
            return entry["type"]["fields"]
    return None
