"""Checking that what Privy returns is our wallet's signature over exactly what was sent."""

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_account.messages import encode_typed_data
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.ports.wallets import EvmTransaction, TypedData

_TYPE_2 = 2
_SIGNATURE_BYTES = 65


def check_evm_transaction(raw: bytes, sent: EvmTransaction, address: str) -> None:
    """Raises Refused WAL-0007 unless `raw` is `sent`, signed by `address`."""
    if not raw or raw[0] != _TYPE_2:
        raise _mismatch("another kind of transaction")
    try:
        fields = rlp.decode(raw[1:])
        signer = str(Account.recover_transaction(raw))
    except (rlp.DecodingError, ValueError, TypeError) as error:
        raise _mismatch("bytes that are not a transaction") from error
    expected = [
        *(_minimal(number) for number in (sent.chain_id, sent.nonce)),
        *(_minimal(n) for n in (sent.max_priority_fee_per_gas, sent.max_fee_per_gas)),
        _minimal(sent.gas_limit),
        bytes.fromhex(sent.to[2:]),
        _minimal(sent.value),
        bytes.fromhex(sent.data.removeprefix("0x")),
        [],
    ]
    if [list(f) if isinstance(f, list | tuple) else f for f in fields[:9]] != expected:
        raise _mismatch("a transaction that differs from the one sent")
    if signer.lower() != address.lower():
        raise _mismatch("a signature of another wallet")


def check_typed_data(signature: bytes, sent: TypedData, address: str) -> bytes:
    """The signature with v as 27 or 28; raises Refused WAL-0007 unless it is `address`'s."""
    if len(signature) != _SIGNATURE_BYTES:
        raise _mismatch("a signature of another length")
    v = signature[64]
    normal = signature[:64] + bytes([v + 27 if v in {0, 1} else v])
    signable = encode_typed_data(
        full_message={
            "domain": dict(sent.domain),
            "types": {name: list(fields) for name, fields in sent.types.items()},
            "primaryType": sent.primary_type,
            "message": dict(sent.message),
        }
    )
    try:
        signer = str(Account.recover_message(signable, signature=normal))
    except (ValueError, TypeError) as error:
        raise _mismatch("bytes that are not a signature") from error
    if signer.lower() != address.lower():
        raise _mismatch("a signature of another wallet")
    return normal


def check_solana_transaction(signed: bytes, sent: bytes, address: str) -> None:
    """Raises Refused WAL-0007 unless `signed` is `sent` with only `address`'s signature added."""
    before = VersionedTransaction.from_bytes(sent)
    try:
        after = VersionedTransaction.from_bytes(signed)
    except ValueError as error:
        raise _mismatch("bytes that are not a transaction") from error
    signatures_before, signatures_after = list(before.signatures), list(after.signatures)
    length = len(sent) - len(_message_of(sent, before))
    if len(signed) != len(sent) or signed[length:] != sent[length:]:
        raise _mismatch("a transaction that differs from the one sent")
    signers = list(after.message.account_keys)[: after.message.header.num_required_signatures]
    own = Pubkey.from_string(address)
    if own not in signers:
        raise _mismatch("a transaction this wallet does not sign")
    index = signers.index(own)
    if any(
        new != old
        for i, (new, old) in enumerate(zip(signatures_after, signatures_before, strict=True))
        if i != index
    ):
        raise _mismatch("changed signatures of others")
    if not signatures_after[index].verify(own, _message_of(signed, after)):
        raise _mismatch("a signature of another wallet")


def _message_of(raw: bytes, transaction: VersionedTransaction) -> bytes:
    # At most 127 signatures: the count takes one byte.
    return raw[1 + 64 * len(transaction.signatures) :]


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _mismatch(what: str) -> Refused:
    return Refused(ErrorCode.CUSTODY_API, f"the signing service returned {what}")
