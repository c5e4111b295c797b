"""Slots, block heights and blockhashes: what host time makes of the chain."""

import hashlib
from dataclasses import dataclass

from solders.hash import Hash

from asgard_paper.kernel.clock import Clock

SLOT_MS = 400
SLOTS_PER_EPOCH = 432_000
FIRST_SLOT = 380_000_000
"""A plausible mainnet slot; far from zero so that clients cannot confuse it with an index."""
SKIPPED_SLOTS = 21_000_000
"""Slots without a block so far: block height is this much below the slot, as on mainnet."""
BLOCKHASH_BLOCKS = 150
"""A blockhash is good for this many blocks after its own."""
FINALIZED_SLOTS = 32


@dataclass(frozen=True, slots=True)
class SlotOrigin:
    """Where the chain's slots started; stored, so that a restarted world continues them."""

    host_ms: int
    slot: int
    halted_at_ms: int | None = None


class SlotClock:
    """Turns host time into slots of 400 ms and derives one blockhash for each."""

    def __init__(self, clock: Clock, *, seed: int, origin: SlotOrigin | None) -> None:
        self._clock = clock
        self._seed = seed
        self._origin = origin or SlotOrigin(host_ms=clock.host_ms(), slot=FIRST_SLOT)
        self._slot_by_hash: dict[Hash, int] = {}
        self._hash_by_slot: dict[int, Hash] = {}
        self._derived_to = 0

    @property
    def origin(self) -> SlotOrigin:
        """What to store to continue later."""
        return self._origin

    def slot(self, depth: int = 0) -> int:
        """The slot `depth` behind the newest."""
        host_ms = self._origin.halted_at_ms
        if host_ms is None:
            host_ms = self._clock.host_ms()
        passed = max(0, host_ms - self._origin.host_ms) // SLOT_MS
        return self._origin.slot + passed - depth

    def halt(self) -> None:
        """Stop producing slots, as the whole network sometimes did."""
        if self._origin.halted_at_ms is None:
            now = self._clock.host_ms()
            self._origin = SlotOrigin(self._origin.host_ms, self._origin.slot, now)

    def resume(self) -> None:
        """Continue from the slot where the network stopped."""
        if self._origin.halted_at_ms is not None:
            self._origin = SlotOrigin(self._clock.host_ms(), self.slot())

    @property
    def halted(self) -> bool:
        """Whether the network stands still."""
        return self._origin.halted_at_ms is not None

    def blockhash(self, slot: int) -> Hash:
        """The blockhash of one slot."""
        known = self._hash_by_slot.get(slot)
        if known is not None:
            return known
        return Hash(hashlib.sha256(f"{self._seed}:blockhash:{slot}".encode()).digest())

    def height(self, slot: int) -> int:
        """The block height at a slot."""
        return slot - SKIPPED_SLOTS

    def slot_of(self, blockhash: Hash) -> int | None:
        """The slot of a blockhash that is still good now, else None."""
        newest = self.slot()
        oldest = newest - BLOCKHASH_BLOCKS
        for slot in range(max(self._derived_to + 1, oldest), newest + 1):
            derived = self.blockhash(slot)
            self._slot_by_hash[derived] = slot
            self._hash_by_slot[slot] = derived
        self._derived_to = max(self._derived_to, newest)
        for slot in [slot for slot in self._hash_by_slot if slot < oldest]:
            del self._slot_by_hash[self._hash_by_slot.pop(slot)]
        return self._slot_by_hash.get(blockhash)
