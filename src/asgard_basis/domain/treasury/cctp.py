"""Circle's cross-chain transfer protocol, version 2: the bytes that stand for USDC on its way.

USDC is burned on one chain, Circle attests the burn, and the same amount is minted on the other;
nothing is lent and no pool is involved. Layouts from Circle's public sources: `MessageV2.sol`,
`BurnMessageV2.sol` (evm-cctp-contracts) and `message.rs`, `burn_message.rs` (solana-cctp-contracts,
programs/v2). A burn leaves nonce and fee empty; Circle fills them in when it attests, so a message
is only believed after every other field was compared with what was burned.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

MESSAGE_VERSION = 1
BODY_VERSION = 1
FINALIZED = 2000
"""The finality that is asked for: what is attested at it is free of fees and never expires."""
_HEADER_BYTES, _BODY_BYTES = 148, 228
_SIGNATURE_BYTES = 65
NOBODY = bytes(32)
"""As the caller on the other chain: anybody may bring the message, it always pays its recipient."""


class Chain(StrEnum):
    """Where native USDC is burned and minted."""

    ARBITRUM = "arbitrum"
    SOLANA = "solana"

    @property
    def other(self) -> "Chain":
        """The other end of the rail."""
        return Chain.SOLANA if self is Chain.ARBITRUM else Chain.ARBITRUM


class Domain(IntEnum):
    """Circle's own numbers for chains."""

    ARBITRUM = 3
    SOLANA = 5


DOMAINS = {Chain.ARBITRUM: Domain.ARBITRUM, Chain.SOLANA: Domain.SOLANA}


class NotAMessage(ValueError):
    """The bytes are not a message about burned USDC."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was burned, by whom and for whom; addresses as the protocol writes them, 32 bytes."""

    source: Domain
    destination: Domain
    burn_token: bytes
    sender: bytes
    recipient: bytes
    amount: int
    """USDC in native units (6 decimals), as the fee."""
    fee_max: int


@dataclass(frozen=True, slots=True)
class BurnMessage:
    """A message that brings burned USDC to the other chain."""

    source: Domain
    destination: Domain
    nonce: bytes
    caller: bytes
    finality: int
    """At which it was attested."""
    burn_token: bytes
    recipient: bytes
    amount: int
    sender: bytes
    fee: int
    """Kept by Circle of the amount."""
    expires_at_block: int
    """Zero: never."""

    @property
    def minted(self) -> int:
        """What arrives, in native units."""
        return self.amount - self.fee


def read_message(raw: bytes) -> BurnMessage:
    """The message in these bytes; raises NotAMessage unless they are just one, without a hook."""
    if len(raw) != _HEADER_BYTES + _BODY_BYTES:
        raise NotAMessage(f"expected {_HEADER_BYTES + _BODY_BYTES} bytes, was {len(raw)}")
    body = raw[_HEADER_BYTES:]
    if (_number(raw, 0, 4), _number(body, 0, 4)) != (MESSAGE_VERSION, BODY_VERSION):
        raise NotAMessage("of another version")
    try:
        source, destination = Domain(_number(raw, 4, 4)), Domain(_number(raw, 8, 4))
    except ValueError as error:
        raise NotAMessage(f"between other chains: {error}") from error
    return BurnMessage(
        source=source,
        destination=destination,
        nonce=raw[12:44],
        caller=raw[108:140],
        finality=_number(raw, 144, 4),
        burn_token=body[4:36],
        recipient=body[36:68],
        amount=_number(body, 68, 32),
        sender=body[100:132],
        fee=_number(body, 164, 32),
        expires_at_block=_number(body, 196, 32),
    )


def objection(message: BurnMessage, order: Order) -> str | None:
    """Why a message is not the one that was ordered; None when it is."""
    said = {
        "source": (message.source, order.source),
        "destination": (message.destination, order.destination),
        "token": (message.burn_token, order.burn_token),
        "sender": (message.sender, order.sender),
        "recipient": (message.recipient, order.recipient),
        "amount": (message.amount, order.amount),
        "caller": (message.caller, NOBODY),
    }
    for name, (is_so, should_be) in said.items():
        if is_so != should_be:
            return f"it is about another {name}"
    if message.nonce == NOBODY:
        return "it has no nonce yet"
    if message.fee > order.fee_max:
        return f"it keeps a fee of {message.fee}, at most {order.fee_max} was agreed"
    if message.finality < FINALIZED or message.expires_at_block:
        return "it was attested before it was final, and expires"
    return None


def is_attestation(raw: bytes) -> bool:
    """Whether the bytes have the shape of signatures: some of 65 bytes each."""
    return bool(raw) and len(raw) % _SIGNATURE_BYTES == 0


def evm_word(address: str) -> bytes:
    """An EVM address as the protocol writes it: 12 empty bytes before it."""
    return bytes(12) + bytes.fromhex(address.removeprefix("0x"))


def _number(raw: bytes, start: int, size: int) -> int:
    return int.from_bytes(raw[start : start + size], "big")
