"""The base58 text form Solana uses for keys, signatures and instruction data."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}


def encode_base58(raw: bytes) -> str:
    """Bytes as base58; leading zero bytes become leading ones."""
    number = int.from_bytes(raw, "big")
    letters: list[str] = []
    while number:
        number, value = divmod(number, 58)
        letters.append(_ALPHABET[value])
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(letters))


def decode_base58(text: str) -> bytes:
    """Bytes of a base58 text; raises ValueError on a letter outside the alphabet."""
    number = 0
    for letter in text:
        if letter not in _VALUES:
            raise ValueError(f"not base58: {letter!r}")
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
