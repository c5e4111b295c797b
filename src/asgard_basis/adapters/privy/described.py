"""Our own reading of an instruction by the interface description its rule carries."""

import struct
from collections.abc import Mapping
from typing import Any

from solders.pubkey import Pubkey

_DISCRIMINATOR_BYTES = 8
_ARGUMENTS = "args."
_SIZES = {"u64": 8, "u32": 4, "pubkey": 32}


def described(idl: Mapping[str, Any], data: bytes, field: str) -> int | str | None:
    """`instruction_name`, or an argument of the struct that is its only one; None without it.

    Arguments after one of variable length are not read: no rule of ours asks for any.
    """
    for entry in idl["instructions"]:
        if data[:_DISCRIMINATOR_BYTES] != bytes(entry["discriminator"]):
            continue
        if field == "instruction_name":
            return str(entry["name"])
        if field.startswith(_ARGUMENTS):
            return _argument(idl, entry["args"], data[_DISCRIMINATOR_BYTES:], field)
    return None


def _argument(idl: Mapping[str, Any], args: Any, data: bytes, field: str) -> int | str | None:
    (params,) = args
    kinds = {entry["name"]: entry["type"]["fields"] for entry in idl["types"]}
    at = 0
    for each in kinds[params["type"]["defined"]["name"]]:
        size = _SIZES.get(each["type"])
        if size is None or len(data) < at + size:
            return None
        if field == f"{_ARGUMENTS}{params['name']}.{each['name']}":
            raw = data[at : at + size]
            if each["type"] == "pubkey":
                return str(Pubkey(raw))
            return int(struct.unpack("<Q" if size == _SIZES["u64"] else "<I", raw)[0])
        at += size
    return None
