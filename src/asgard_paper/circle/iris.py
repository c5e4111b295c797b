"""Circle's attestation service: sees what was burned, waits until it is final, and signs.

Everything is attested when it is final, whatever finality was asked for: the faster transfers for a
fee are not imitated. Nothing is attested while the service stands still.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from eth_utils.crypto import keccak

from asgard_paper.circle.messages import ARBITRUM, SOLANA, Message, attest, read
from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.journal import Journal
from asgard_paper.kernel.store import Store

VENUE = "circle"
FINAL_MS = {SOLANA: 25_000, ARBITRUM: 15 * 60_000}
"""About what finality takes: 32 slots, and the rollup's batches on Ethereum (Circle's words)."""
FINALIZED = 2000
_SEEN, _CURSOR, _STUCK = "circle.seen", "circle.cursor", "circle.stuck"


class ArbitrumSide(Protocol):
    """What the service reads of Arbitrum."""

    async def announced(self, from_block: int) -> list[tuple[bytes, str, int]]:
        """Messages, transaction hashes and blocks from a block on, in chain order."""
        ...

    async def is_received(self, nonce: bytes) -> bool:
        """Whether a message was received there."""
        ...


class SolanaSide(Protocol):
    """What the service reads of Solana."""

    def announced(self) -> Iterable[tuple[bytes, str]]:
        """Messages and transaction signatures, oldest first."""
        ...

    def is_received(self, nonce: bytes) -> bool:
        """Whether a message was received there."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One burn; `attested` is empty until the service has signed."""

    source: int
    transaction: str
    message: bytes
    market_ms: int
    host_ms: int
    attested: bytes = b""
    attestation: bytes = b""


class Iris:
    """One service for both chains; durable over kill -9."""

    def __init__(
        self,
        *,
        arbitrum: ArbitrumSide,
        solana: SolanaSide,
        clock: Clock,
        store: Store,
        journal: Journal,
        patience_ms: int = 4_000,
    ) -> None:
        self._arbitrum = arbitrum
        self._solana = solana
        self._clock = clock
        self._store = store
        self._journal = journal
        self._patience_ms = patience_ms
        self._seen = store.load(_SEEN, Seen)
        self._next_block = store.load(_CURSOR, int).get("next", 0)
        self._stuck = store.load(_STUCK, bool).get("stuck", False)

    @property
    def stuck(self) -> bool:
        """Whether nothing is attested just now."""
        return self._stuck

    def set_stuck(self, stuck: bool) -> None:
        """Stop attesting, or go on."""
        self._stuck = stuck
        self._store.put(_STUCK, "stuck", stuck)
        self._store.commit()

    async def observe(self) -> None:
        """See what was burned, and attest what is final."""
        for raw, transaction, block in await self._arbitrum.announced(self._next_block):
            self._note(ARBITRUM, transaction, raw)
            self._next_block = block + 1
            self._store.put(_CURSOR, "next", self._next_block)
        for raw, transaction in self._solana.announced():
            self._note(SOLANA, transaction, raw)
        if not self._stuck:
            for key, seen in self._seen.items():
                if not seen.attested and self._is_final(seen):
                    self._attest(key, seen)
        self._store.commit()

    def messages(self, source: int, transaction: str) -> list[Seen]:
        """What a transaction has burned; empty while the service does not know it."""
        wanted = transaction.lower() if source == ARBITRUM else transaction
        return [s for s in self._seen.values() if (s.source, s.transaction) == (source, wanted)]

    async def owed_usdc(self) -> Decimal:
        """USDC that was burned and is not minted yet, on either chain."""
        owed = 0
        for seen in self._seen.values():
            message = read(seen.attested or seen.message)
            if message is not None and not await self._is_received(message):
                owed += message.amount
        return Decimal(owed).scaleb(-6)

    async def _is_received(self, message: Message) -> bool:
        if message.nonce == bytes(32):
            return False
        if message.destination == ARBITRUM:
            return await self._arbitrum.is_received(message.nonce)
        return self._solana.is_received(message.nonce)

    def _note(self, source: int, transaction: str, raw: bytes) -> None:
        wanted = transaction.lower() if source == ARBITRUM else transaction
        key = f"{source}:{wanted}"
        if key in self._seen or read(raw) is None:
            return
        seen = Seen(source, wanted, raw, self._clock.now_ms(), self._clock.host_ms())
        self._seen[key] = seen
        self._store.put(_SEEN, key, seen)

    def _is_final(self, seen: Seen) -> bool:
        waited = self._clock.host_ms() - seen.host_ms
        is_due = self._clock.now_ms() >= seen.market_ms + FINAL_MS[seen.source]
        return is_due or waited >= self._patience_ms

    def _attest(self, key: str, seen: Seen) -> None:
        message = read(seen.message)
        if message is None:
            return
        final = replace(message, nonce=keccak(key.encode()), finality=FINALIZED).encoded()
        attested = replace(seen, attested=final, attestation=attest(final))
        self._seen[key] = attested
        self._store.put(_SEEN, key, attested)
        self._journal.effect(
            VENUE,
            "burn attested",
            transaction=seen.transaction,
            usdc=Decimal(message.amount).scaleb(-6),
        )
