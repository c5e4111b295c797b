"""Transactions are read strictly: sizes, versions, trailing bytes, lookup tables."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.solana.transactions import TableAccount, read_strictly
from asgard_basis.domain.errors import Refused
from tests.unit.adapters.solana.offers import (
    BANK_A,
    BANK_B,
    OWNER,
    STRANGER,
    TABLE,
    honest,
    judge,
    memo,
    name,
    offer,
    sol,
    table,
)

LOOKED_UP = AddressLookupTableAccount(TABLE, [STRANGER.pubkey(), BANK_A, BANK_B])


def with_table() -> bytes:
    return offer(honest(), tables=[LOOKED_UP])


def test_banks_may_come_from_a_lookup_table() -> None:
    ours = {name(TABLE): table([STRANGER.pubkey(), BANK_A, BANK_B])}
    raw = with_table()
    message = VersionedTransaction.from_bytes(raw).message
    assert isinstance(message, MessageV0)
    assert len(message.address_table_lookups) == 1
    assert judge(raw, tables=ours) == set()


def test_the_chain_says_what_is_in_a_table_not_the_sender() -> None:
    other = {name(TABLE): table([BANK_A, STRANGER.pubkey(), BANK_B])}
    assert judge(with_table(), tables=other) == {"expected_account_is_absent"}


ALL = [STRANGER.pubkey(), BANK_A, BANK_B]


@pytest.mark.parametrize(
    ("account", "slot", "reason"),
    [
        (None, 100, "lookup_table_missing"),
        (TableAccount(str(STRANGER.pubkey()), table(ALL).data), 100, "lookup_table_foreign_owner"),
        (table(ALL, deactivation_slot=99), 100, "lookup_table_deactivated"),
        (table(ALL[:2]), 100, "lookup_table_index_out_of_range"),
        (
            table(ALL, last_extended_slot=100, last_extended_slot_start_index=2),
            100,
            "lookup_table_index_out_of_range",
        ),
        (TableAccount(table(ALL).owner, b"\x01\x00"), 100, "lookup_table_missing"),
    ],
)
def test_tables_that_cannot_be_trusted_are_refused(
    account: TableAccount | None, slot: int, reason: str
) -> None:
    assert judge(with_table(), tables={name(TABLE): account}, slot=slot) == {reason}


def test_a_table_key_that_shadows_a_static_key_is_refused() -> None:
    static = offer(honest())
    shadowing = AddressLookupTableAccount(TABLE, [STRANGER.pubkey(), BANK_A, BANK_B])
    raw = offer([*honest(), sol(STRANGER.pubkey(), 1)], tables=[shadowing])
    same = {name(TABLE): table([OWNER.pubkey(), BANK_A, BANK_B])}
    assert judge(static) == set()
    assert "duplicate_account" in judge(raw, tables=same)


def test_trailing_bytes_are_refused() -> None:
    assert judge(offer(honest()) + b"\x00") == {"not_canonical"}


def test_non_canonical_length_is_refused() -> None:
    raw = offer([memo(b"a")])
    text = raw.rindex(b"\x01a\x00")
    assert raw[text] == 1
    longer = raw[:text] + b"\x81\x00" + raw[text + 1 :]
    assert judge(longer) <= {"not_canonical", "unreadable"}
    assert judge(longer)


def test_oversized_transactions_are_refused() -> None:
    many = [memo(bytes([65 + n % 26]) * 400) for n in range(4)]
    assert judge(offer([*honest(), *many])) == {"oversized"}


@pytest.mark.parametrize("version", [1, 2, 127])
def test_other_versions_are_refused(version: int) -> None:
    raw = bytearray(offer(honest()))
    assert raw[65] == 0x80
    raw[65] = 0x80 | version
    assert judge(bytes(raw)) <= {"unreadable", "unknown_version", "not_canonical"}
    assert judge(bytes(raw))


def test_a_program_looked_up_in_a_table_is_refused() -> None:
    raw = bytearray(offer([memo(b"a")]))
    last = raw.rindex(b"\x01\x00\x01a\x00")
    raw[last - 1 : last + 2] = bytes([1, 7, 0])
    assert judge(bytes(raw)) <= {"unsound", "unreadable", "not_canonical"}
    assert judge(bytes(raw))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(raw: bytes) -> None:
    try:
        strict = read_strictly(raw)
    except Refused:
        return
    assert bytes(strict.transaction) == raw


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=255))
def test_no_changed_byte_keeps_the_message(position: int, value: int) -> None:
    raw = offer(honest())
    at = position % len(raw)
    changed = raw[:at] + bytes([value]) + raw[at + 1 :]
    try:
        strict = read_strictly(changed)
    except Refused:
        return
    same = strict.message_bytes == read_strictly(raw).message_bytes
    assert same == (changed == raw or at < 65)


def test_recorded_transactions_are_read_and_strangers_do_not_pass(recorded: Path) -> None:
    rows = json.loads((recorded / "solana" / "real_transactions.json").read_text())
    rows = [row for row in rows if row["kind"] == "signed_or_unsigned_transaction"]
    assert len(rows) >= 10
    for row in rows:
        raw = base64.b64decode(row["base64"])
        if len(raw) > 1232:
            with pytest.raises(Refused, match="oversized"):
                read_strictly(raw)
            continue
        strict = read_strictly(raw)
        tables = {each: table([Pubkey.new_unique() for _ in range(256)]) for each in strict.tables}
        assert judge(raw, tables=tables)
