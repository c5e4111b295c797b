"""A message is believed only when it is about exactly what was burned."""

from dataclasses import replace

import pytest

from asgard_basis.domain.treasury.cctp import (
    NOBODY,
    Domain,
    NotAMessage,
    Order,
    evm_word,
    is_attestation,
    objection,
    read_message,
)

TOKEN, SENDER, RECIPIENT = bytes([7]) * 32, evm_word("0x" + "ab" * 20), bytes([9]) * 32
ORDER = Order(Domain.ARBITRUM, Domain.SOLANA, TOKEN, SENDER, RECIPIENT, 49_000_000, 10)


def message(order: Order = ORDER, **changed: int | bytes) -> bytes:
    """As Circle's sources write it, with fields changed."""
    said: dict[str, int | bytes] = {
        "version": 1, "source": int(order.source), "destination": int(order.destination),
        "nonce": bytes([3]) * 32, "from": bytes(32), "to": bytes(32), "caller": NOBODY,
        "asked": 2000, "finality": 2000, "body": 1, "token": order.burn_token,
        "recipient": order.recipient, "amount": order.amount, "sender": order.sender,
        "fee_max": order.fee_max, "fee": 0, "expires": 0,
    } | changed  # fmt: skip
    short = {"version", "source", "destination", "asked", "finality", "body"}
    return b"".join(
        value if isinstance(value, bytes) else value.to_bytes(4 if name in short else 32, "big")
        for name, value in said.items()
    )


def test_a_message_is_read_field_by_field() -> None:
    read = read_message(message(fee=4))
    assert (read.source, read.destination) == (Domain.ARBITRUM, Domain.SOLANA)
    assert (read.amount, read.fee, read.minted) == (49_000_000, 4, 48_999_996)
    assert (read.recipient, read.sender, read.nonce) == (RECIPIENT, SENDER, bytes([3]) * 32)
    assert objection(read, ORDER) is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"recipient": bytes([8]) * 32}, "another recipient"),
        ({"amount": 1}, "another amount"),
        ({"sender": bytes(32)}, "another sender"),
        ({"token": bytes(32)}, "another token"),
        ({"source": 5}, "another source"),
        ({"caller": bytes([1]) * 32}, "another caller"),
        ({"nonce": NOBODY}, "no nonce"),
        ({"fee": 11}, "at most 10"),
        ({"finality": 1000}, "before it was final"),
        ({"expires": 7}, "expires"),
    ],
)
def test_a_message_about_anything_else_is_not_ours(
    changed: dict[str, int | bytes], told: str
) -> None:
    assert told in (objection(read_message(message(**changed)), ORDER) or "")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        message() + b"\x00",
        message(version=0),
        message(body=2),
        message(replace(ORDER, source=Domain.SOLANA), source=0),
    ],
)
def test_what_is_no_message_is_not_read(raw: bytes) -> None:
    with pytest.raises(NotAMessage):
        read_message(raw)


def test_attestations_are_whole_signatures() -> None:
    assert is_attestation(bytes(130))
    assert not is_attestation(b"")
    assert not is_attestation(bytes(64))
