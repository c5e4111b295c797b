"""A program that accepts everything: for places where the world itself does what a program does.

The real programs' bytecode is not ours to ship. The runtime still wants something executable at
their addresses, so that fees, locks, signatures and logs are its own: this is the smallest.
"""

import struct

_RETURN_ZERO = bytes([0xB7, 0, 0, 0, 0, 0, 0, 0]) + bytes([0x95, 0, 0, 0, 0, 0, 0, 0])
"""`mov64 r0, 0` and `exit`."""
_NAMES = b"\0.text\0.shstrtab\0"
_HEADER, _SEGMENT, _SECTION = 64, 56, 64
_BPF, _SHARED, _START = 247, 3, 0x1000


def accepting_program() -> bytes:
    """An ELF file of one function that returns success."""
    text_at = _HEADER + _SEGMENT
    names_at = text_at + len(_RETURN_ZERO)
    sections_at = (names_at + len(_NAMES) + 7) // 8 * 8
    header = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    header += struct.pack(
        "<HHIQQQIHHHHHH", _SHARED, _BPF, 1, text_at, _HEADER, sections_at, 0,
        _HEADER, _SEGMENT, 1, _SECTION, 3, 2,
    )  # fmt: skip
    size = len(_RETURN_ZERO)
    segment = struct.pack("<IIQQQQQQ", 1, 5, text_at, text_at, text_at, size, size, _START)
    sections = bytes(_SECTION)
    sections += struct.pack("<IIQQQQIIQQ", 1, 1, 6, text_at, text_at, size, 0, 0, 8, 0)
    sections += struct.pack("<IIQQQQIIQQ", 7, 3, 0, 0, names_at, len(_NAMES), 0, 0, 1, 0)
    body = header + segment + _RETURN_ZERO + _NAMES
    return body + bytes(sections_at - len(body)) + sections
