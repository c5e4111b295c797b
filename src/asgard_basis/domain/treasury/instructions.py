"""Which instructions of the native programs are harmless, by their documented byte layouts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from asgard_basis.domain.assets import (
    COMPUTE_BUDGET_PROGRAM,
    JITO_TIP_ACCOUNTS,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
    TOKENS,
    Asset,
)
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.treasury.mandate import Breach, Mandate, Violation
from asgard_basis.domain.treasury.transaction import Instruction

_UNITS_MAX = 1_400_000
_UNITS_DEFAULT = 200_000
_HEAP_MAX = 256 * 1024
_LOADED_MAX = 64 * 1024 * 1024
_SET_UNIT_LIMIT, _SET_UNIT_PRICE = 2, 3
_BUDGET_LENGTHS = {1: 5, _SET_UNIT_LIMIT: 5, _SET_UNIT_PRICE: 9, 4: 5}
_BUDGET_MAX = {1: _HEAP_MAX, _SET_UNIT_LIMIT: _UNITS_MAX, 4: _LOADED_MAX}

_CREATE_ACCOUNT, _TRANSFER = 0, 2
_TRANSFER_BYTES, _CREATE_BYTES = 12, 52

_CLOSE_ACCOUNT, _TRANSFER_CHECKED, _SYNC_NATIVE, _INITIALIZE_3 = 9, 12, 17, 18
_TRANSFER_CHECKED_BYTES, _INITIALIZE_3_BYTES = 10, 33

_ATA_CREATES = {b"", b"\x00", b"\x01"}
_MEMO_BYTES_MAX = 566
WRAPPED_SOL = TOKENS[Asset.SOL].mint
"""The mint of SOL in token form."""


def unit_limit_breaches(instructions: Sequence[Instruction]) -> Iterator[Violation]:
    """Compute budget: known requests, each at most once, within the runtime's own limits."""
    requests = [i.data for i in instructions if i.program == COMPUTE_BUDGET_PROGRAM]
    for data in requests:
        tag = data[0] if data else -1
        if _BUDGET_LENGTHS.get(tag) != len(data):
            yield Violation(Breach.COMPUTE_BUDGET, f"request {tag} of {len(data)} bytes")
        elif _number(data, 1) > _BUDGET_MAX.get(tag, _number(data, 1)):
            yield Violation(Breach.COMPUTE_BUDGET, f"request {tag} for {_number(data, 1)}")
    for kind, count in Counter(data[:1].hex() for data in requests).items():
        if count > 1:
            yield Violation(Breach.COMPUTE_BUDGET, f"request {kind} stated {count} times")


def compute_fee_lamports(instructions: Sequence[Instruction]) -> int:
    """The priority fee: price in micro-lamports times the units asked for, rounded up."""
    requests = [i.data for i in instructions if i.program == COMPUTE_BUDGET_PROGRAM]
    limits = [_number(d, 1) for d in requests if d[:1] == bytes([_SET_UNIT_LIMIT])]
    prices = [_number(d, 1) for d in requests if d[:1] == bytes([_SET_UNIT_PRICE])]
    units = max(limits, default=min(_UNITS_MAX, _UNITS_DEFAULT * len(instructions)))
    return -(-max(prices, default=0) * units // 1_000_000)


def lamports_out(instructions: Sequence[Instruction]) -> tuple[int, int]:
    """(tips, deposits for created accounts) over all System instructions, in lamports."""
    tips = rent = 0
    for instruction in instructions:
        if instruction.program != SYSTEM_PROGRAM:
            continue
        tag = _number(instruction.data[:4], 0)
        if tag == _TRANSFER and instruction.account(1) in JITO_TIP_ACCOUNTS:
            tips += _number(instruction.data, 4)
        elif tag == _CREATE_ACCOUNT:
            rent += _number(instruction.data[:12], 4)
    return tips, rent


def tokens_out(instructions: Sequence[Instruction], mandate: Mandate) -> Counter[str]:
    """Native units by mint that leave the owner by explicit transfers, wrapping included."""
    out: Counter[str] = Counter()
    for instruction in instructions:
        data = instruction.data
        if instruction.program == TOKEN_PROGRAM and data[:1] == bytes([_TRANSFER_CHECKED]):
            mint, destination = instruction.account(1), instruction.account(2)
            mine = mandate.own_token_accounts.values()
            if mint is not None and destination not in mine:
                out[mint] += _number(data[1:9], 0)
        elif instruction.program == SYSTEM_PROGRAM and _wraps(instruction, mandate):
            out[WRAPPED_SOL] += _number(data, 4)
    return out


def system_breaches(instruction: Instruction, mandate: Mandate) -> Iterator[Violation]:
    """System program: tips, wrapping own SOL, and accounts for the venue; nothing else."""
    data = instruction.data
    tag = _number(data[:4], 0) if len(data) >= 4 else -1
    if tag == _TRANSFER and len(data) == _TRANSFER_BYTES:
        destination = instruction.account(1)
        if destination not in JITO_TIP_ACCOUNTS and not _wraps(instruction, mandate):
            yield Violation(Breach.SOL_TRANSFER, f"to {destination}")
    elif tag == _CREATE_ACCOUNT and len(data) == _CREATE_BYTES:
        owner = data[20:52]
        allowed = {*mandate.programs, TOKEN_PROGRAM}
        if owner not in {_bytes_of(program) for program in allowed}:
            yield Violation(Breach.SYSTEM_INSTRUCTION, "account created for an unknown program")
    else:
        yield Violation(Breach.SYSTEM_INSTRUCTION, f"instruction {tag}")


def token_breaches(instruction: Instruction, mandate: Mandate) -> Iterator[Violation]:
    """Token program: checked transfers within the request, and closing to the owner."""
    data = instruction.data
    tag = data[0] if data else -1
    if tag == _TRANSFER_CHECKED and len(data) == _TRANSFER_CHECKED_BYTES:
        yield from _transfer_breaches(instruction, mandate)
    elif tag == _CLOSE_ACCOUNT and len(data) == 1:
        if instruction.account(1) != mandate.owner:
            yield Violation(Breach.CLOSE_DESTINATION, f"to {instruction.account(1)}")
    elif tag == _INITIALIZE_3 and len(data) == _INITIALIZE_3_BYTES:
        if data[1:] != _bytes_of(mandate.owner):
            yield Violation(Breach.TOKEN_ACCOUNT, "initialised for another owner")
    elif tag != _SYNC_NATIVE or len(data) != 1:
        yield Violation(Breach.TOKEN_INSTRUCTION, f"instruction {tag}")


def _transfer_breaches(instruction: Instruction, mandate: Mandate) -> Iterator[Violation]:
    mint, destination = instruction.account(1), instruction.account(2)
    if mint not in mandate.mints:
        yield Violation(Breach.FOREIGN_MINT, f"{mint}")
    mine = set(mandate.own_token_accounts.values())
    if destination not in mine | mandate.venue_token_accounts:
        yield Violation(Breach.TOKEN_TRANSFER, f"to {destination}")


def associated_breaches(instruction: Instruction, mandate: Mandate) -> Iterator[Violation]:
    """Associated token accounts: created for the owner or the venue, for mints asked for."""
    if instruction.data not in _ATA_CREATES:
        yield Violation(Breach.TOKEN_ACCOUNT, "an instruction other than creation")
        return
    account, owner, mint = (instruction.account(index) for index in (1, 2, 3))
    if instruction.account(5) != TOKEN_PROGRAM:
        yield Violation(Breach.TOKEN_ACCOUNT, f"under token program {instruction.account(5)}")
    if mint is None or mint not in mandate.mints:
        yield Violation(Breach.FOREIGN_MINT, f"{mint}")
        return
    is_own = owner == mandate.owner and account == mandate.own_token_accounts.get(mint)
    if not is_own and owner not in mandate.venue_authorities:
        yield Violation(Breach.TOKEN_ACCOUNT, f"for {owner}")


def memo_breaches(instruction: Instruction, mandate: Mandate) -> Iterator[Violation]:
    """Memo: short printable text, so that it cannot corrupt a log or a page."""
    try:
        text = instruction.data.decode("ascii")
    except UnicodeDecodeError:
        text = "\n"
    if not text.isprintable() or len(text) > _MEMO_BYTES_MAX or "<" in text:
        yield Violation(Breach.MEMO, f"{len(instruction.data)} bytes")


def _wraps(instruction: Instruction, mandate: Mandate) -> bool:
    own = mandate.own_token_accounts.get(WRAPPED_SOL)
    is_transfer = _number(instruction.data[:4], 0) == _TRANSFER
    return is_transfer and own is not None and instruction.account(1) == own


def _number(data: bytes, start: int) -> int:
    return int.from_bytes(data[start:], "little")


_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _bytes_of(address: SolanaAddress) -> bytes:
    number = 0
    for letter in address:
        number = number * 58 + _ALPHABET.index(letter)
    return number.to_bytes(32, "big")
