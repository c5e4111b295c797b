"""Names of things, as types that cannot be mistaken for one another."""

import hashlib
from typing import NewType

UserId = NewType("UserId", str)
PositionId = NewType("PositionId", str)
IntentId = NewType("IntentId", str)
JobId = NewType("JobId", str)
SagaId = NewType("SagaId", str)
WalletId = NewType("WalletId", str)

EvmAddress = NewType("EvmAddress", str)
"""Lower-case 0x-prefixed 20-byte address."""
SolanaAddress = NewType("SolanaAddress", str)
"""Base58 of 32 bytes."""
ClientOrderId = NewType("ClientOrderId", str)
"""0x-prefixed 16 bytes: the key under which an order can always be found again."""
TransactionSignature = NewType("TransactionSignature", str)
"""Base58 Solana signature."""
TransactionHash = NewType("TransactionHash", str)
"""0x-prefixed EVM transaction hash."""


def client_order_id(*, saga: JobId, step: str, attempt: int) -> ClientOrderId:
    """The order key of one attempt of one step: the same inputs always give the same key.

    The saga's and not the position's: closing again after a failure counts from one again, and
    its first order must not be taken for the first order of the time before.
    """
    digest = hashlib.sha256(f"{saga}:{step}:{attempt}".encode()).hexdigest()
    return ClientOrderId("0x" + digest[:32])
