"""Messages of Circle's transfer protocol, version 2, and the keys that attest them.

Layouts from `MessageV2.sol` and `BurnMessageV2.sol` (circlefin/evm-cctp-contracts). The chain that
burns leaves nonce, executed finality, fee and expiry empty; whoever attests fills them in.
"""

from dataclasses import dataclass

from eth_keys.datatypes import PrivateKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

ARBITRUM, SOLANA = 3, 5
MESSAGE_BYTES = 376
_ATTESTERS = sorted(
    (PrivateKey(keccak(f"asgard-paper attester {number}".encode())) for number in (1, 2)),
    key=lambda key: key.public_key.to_canonical_address(),
)
ATTESTERS = tuple(key.public_key.to_checksum_address() for key in _ATTESTERS)
"""In the order their signatures have to be in: by address."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message about burned USDC; addresses are 32 bytes, amounts native units."""

    source: int
    destination: int
    nonce: bytes
    sender: bytes
    recipient: bytes
    caller: bytes
    finality_asked: int
    finality: int
    burn_token: bytes
    mint_recipient: bytes
    amount: int
    depositor: bytes
    fee_max: int
    fee: int
    expires: int

    def encoded(self) -> bytes:
        """As it stands on the wire."""
        return b"".join(
            (
                _word(1, 4), _word(self.source, 4), _word(self.destination, 4), self.nonce,
                self.sender, self.recipient, self.caller, _word(self.finality_asked, 4),
                _word(self.finality, 4), _word(1, 4), self.burn_token, self.mint_recipient,
                _word(self.amount, 32), self.depositor, _word(self.fee_max, 32),
                _word(self.fee, 32), _word(self.expires, 32),
            )
        )  # fmt: skip


def read(raw: bytes) -> Message | None:
    """The message in these bytes; None when they are not exactly one."""
    if len(raw) != MESSAGE_BYTES or raw[:4] != _word(1, 4) or raw[148:152] != _word(1, 4):
        return None

    def number(start: int, size: int) -> int:
        return int.from_bytes(raw[start : start + size], "big")

    return Message(
        source=number(4, 4),
        destination=number(8, 4),
        nonce=raw[12:44],
        sender=raw[44:76],
        recipient=raw[76:108],
        caller=raw[108:140],
        finality_asked=number(140, 4),
        finality=number(144, 4),
        burn_token=raw[152:184],
        mint_recipient=raw[184:216],
        amount=number(216, 32),
        depositor=raw[248:280],
        fee_max=number(280, 32),
        fee=number(312, 32),
        expires=number(344, 32),
    )


def attest(message: bytes) -> bytes:
    """Both signatures, in the order the contracts ask for."""
    digest = keccak(message)
    signed = [key.sign_msg_hash(digest) for key in _ATTESTERS]
    return b"".join(each.to_bytes()[:64] + bytes([each.v + 27]) for each in signed)


def is_attested(message: bytes, attestation: bytes) -> bool:
    """Whether exactly the attesters have signed it, in their order."""
    if len(attestation) != 65 * len(ATTESTERS):
        return False
    signers = []
    for start in range(0, len(attestation), 65):
        part = attestation[start : start + 65]
        try:
            signature = Signature(part[:64] + bytes([part[64] - 27 if part[64] >= 27 else 9]))
            key = signature.recover_public_key_from_msg_hash(keccak(message))
        except (BadSignature, ValidationError):
            return False
        signers.append(key.to_checksum_address())
    return tuple(signers) == ATTESTERS


def _word(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")
