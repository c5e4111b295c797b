"""Reading JSON bodies: every field is checked where it is read, with Privy's kind of error."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from asgard_paper.privy.refusals import malformed

EXACT_INTEGERS = 2**53


def parse_json(raw: bytes) -> object:
    """The JSON value of a body; an empty body is an empty object; raises Refusal 400."""
    if not raw.strip():
        return {}
    try:
        value: object = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
        if b"\\ud" in raw.lower():
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise malformed("body", f"not JSON ({error})") from error
    return value


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is out of range")
    return value


def canonical_json(value: object) -> bytes:
    """RFC 8785 bytes, as a verifier written in JavaScript would produce them.

    Integers beyond 2^53 lose digits there, so a signature over them does not verify here either.
    """
    return json.dumps(
        _as_javascript(value),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    ).encode()


def _as_javascript(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _as_javascript(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_javascript(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, int) and abs(value) <= EXACT_INTEGERS:
        return value
    try:
        rendered = Decimal(repr(float(value)))
    except OverflowError:
        return None
    whole = rendered == rendered.to_integral_value()
    return int(rendered) if whole and abs(rendered) < Decimal(10) ** 21 else float(value)


class Fields:
    """One JSON object of a body and the path to it, for readable errors."""

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise malformed(path or "body", "Expected object")
        self._values: Mapping[str, object] = value
        self._path = path

    def path(self, name: str) -> str:
        """The dotted path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Is the field there at all, null included?"""
        return name in self._values

    def raw(self, name: str) -> object:
        """The unchecked value, None if absent."""
        return self._values.get(name)

    def text(self, name: str, *, least: int = 1, most: int = 1_000_000) -> str:
        """A required string whose length is within bounds."""
        value = self._values.get(name)
        if value is None:
            raise malformed(self.path(name), "Required")
        if not isinstance(value, str):
            raise malformed(self.path(name), "Expected string")
        if len(value) < least:
            raise malformed(self.path(name), f"String must contain at least {least} character(s)")
        if len(value) > most:
            raise malformed(self.path(name), f"String must contain at most {most} character(s)")
        return value

    def optional_text(self, name: str, *, most: int = 1_000_000) -> str | None:
        """A string or None where the field is absent or null."""
        return None if self._values.get(name) is None else self.text(name, most=most)

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """A required string out of a fixed list."""
        value = self.text(name)
        if value not in allowed:
            expected = " | ".join(f"'{item}'" for item in allowed)
            raise malformed(self.path(name), f"Invalid value. Expected {expected}")
        return value

    def optional_integer(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number within bounds, or None where absent."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise malformed(self.path(name), "Expected integer")
        if not least <= value <= most:
            raise malformed(self.path(name), f"Number must be between {least} and {most}")
        return int(value)

    def texts(self, name: str, *, most: int) -> list[str]:
        """A list of strings; empty where absent or null."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise malformed(self.path(name), "Expected array of strings")
        if len(value) > most:
            raise malformed(self.path(name), f"Array must contain at most {most} element(s)")
        return [item for item in value if isinstance(item, str)]

    def object(self, name: str) -> "Fields":
        """A required object."""
        if self._values.get(name) is None:
            raise malformed(self.path(name), "Required")
        return Fields(self._values[name], self.path(name))

    def objects(self, name: str, *, most: int = 10_000) -> Iterator["Fields"]:
        """The objects of a list; none where the field is absent or null."""
        value = self._values.get(name)
        if value is None:
            return iter(())
        if not isinstance(value, list):
            raise malformed(self.path(name), "Expected array")
        if len(value) > most:
            raise malformed(self.path(name), f"Array must contain at most {most} element(s)")
        return iter([Fields(item, f"{self.path(name)}.{i}") for i, item in enumerate(value)])
