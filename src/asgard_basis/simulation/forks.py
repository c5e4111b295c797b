"""A Solana whose transactions may be dropped, land late, or be seen and forgotten again."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from asgard_paper.kernel.clock import Clock
from asgard_paper.solana.chain import SignatureStatus, SolanaChain
from asgard_paper.solana.transactions import parse_transaction


class Fate(StrEnum):
    """What the network does with a transaction it was given."""

    LANDS = "lands"
    EXPIRES = "expires"
    """Nobody includes it: it is dead when its blockhash is."""
    LATE = "late"
    """It lands when nobody thinks of it any more, perhaps just before it expires."""
    REORG = "reorg"
    """Seen in a block that is then forgotten; it lands again later."""


@dataclass(frozen=True, slots=True)
class Fork:
    """One transaction's fate, and when it lands after all (seconds)."""

    fate: Fate
    seconds: float = 0.0


class ForkingChain(SolanaChain):
    """The paper chain, whose network asks `fork` about each transaction and lets it wait."""

    def __init__(self, *, clock: Clock, store: Any, seed: int) -> None:
        super().__init__(clock=clock, store=store, seed=seed)
        self.fork: Callable[[str], Fork] | None = None
        self.later: Callable[[float, Callable[[], None]], None] | None = None
        self._seen: dict[str, int] = {}
        self._held: dict[str, bytes] = {}

    def send(self, raw: bytes, *, skip_preflight: bool = False) -> str:
        """Offer a transaction to the network; see SolanaChain."""
        signature = str(parse_transaction(raw).signatures[0])
        if self.fork is None or self.later is None or self.history.get(signature) is not None:
            return super().send(raw, skip_preflight=skip_preflight)
        if signature in self._held:
            return signature
        fork = self.fork(signature)
        if fork.fate is Fate.LANDS:
            return super().send(raw, skip_preflight=skip_preflight)
        self._held[signature] = raw
        if fork.fate is Fate.REORG:
            self._seen[signature] = self.slot()
        if fork.fate is not Fate.EXPIRES:
            self.later(fork.seconds, lambda: self._land(signature))
        return signature

    def signature_status(self, signature: str) -> SignatureStatus | None:
        """How far a transaction is confirmed; a forgotten block is never confirmed."""
        seen = self._seen.get(signature)
        if seen is not None and seen == self.slot() and self.history.get(signature) is None:
            return SignatureStatus(seen, 0, None, "processed")
        return super().signature_status(signature)

    def _land(self, signature: str) -> None:
        raw = self._held.pop(signature, None)
        if raw is not None:
            super().send(raw, skip_preflight=True)
