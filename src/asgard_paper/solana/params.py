"""Reading JSON-RPC parameters, and the errors of bad ones."""

import base64
import binascii
from typing import Any

from solders.pubkey import Pubkey

from asgard_paper.solana.base58 import decode_base58

INVALID_PARAMS = -32602
_SLICE = ("offset", "length")


class RpcError(Exception):
    """A JSON-RPC error the client is to see."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def invalid(message: str) -> RpcError:
    """Invalid params, with a reason."""
    return RpcError(INVALID_PARAMS, message)


def required(params: list[Any], index: int, kind: type) -> Any:
    """A positional parameter of a type."""
    if index >= len(params):
        raise invalid(f"`params` should have at least {index + 1} argument(s)")
    value = params[index]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise invalid(f"Invalid params: invalid type at position {index}: {value!r}")
    return value


def config(params: list[Any], index: int) -> dict[str, Any]:
    """The optional configuration object at a position."""
    value = params[index] if index < len(params) else None
    if value is None:
        return {}
    if isinstance(value, str):
        return {"commitment": value}
    if not isinstance(value, dict):
        raise invalid(f"Invalid params: invalid type at position {index}: {value!r}")
    return value


def data_slice(options: dict[str, Any]) -> slice:
    """The part of an account's data that was asked for; all of it by default."""
    wanted = options.get("dataSlice")
    if wanted is None:
        return slice(None)
    offset, length = (wanted.get(name) if isinstance(wanted, dict) else None for name in _SLICE)
    if not isinstance(offset, int) or not isinstance(length, int) or min(offset, length) < 0:
        raise invalid(f"Invalid params: invalid dataSlice: {wanted!r}")
    return slice(offset, offset + length)


def whole(options: dict[str, Any], name: str, default: int) -> int:
    """An optional whole number of the configuration."""
    value = options.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"Invalid params: invalid {name}: {value!r}")
    return value


def pubkey(text: Any) -> Pubkey:
    """An address; the network's sentences for what is none."""
    if not isinstance(text, str):
        raise invalid(f"Invalid param: {text!r}")
    try:
        return Pubkey.from_string(text)
    except ValueError as error:
        raise invalid(
            "Invalid param: WrongSize" if _decodes(text) else "Invalid param: Invalid"
        ) from error


def _decodes(text: str) -> bool:
    try:
        decode_base58(text)
    except ValueError:
        return False
    return True


def payload(text: str, encoding: str) -> bytes:
    """The bytes of an encoded transaction or message."""
    try:
        if encoding == "base64":
            return base64.b64decode(text, validate=True)
        if encoding == "base58":
            return decode_base58(text)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"invalid {encoding} encoding: {error}") from error
    raise invalid(f"unsupported encoding: {encoding}. Supported encodings: base58, base64")
