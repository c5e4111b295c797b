"""Ids, codes and keys that look random and are a function of the world's seed."""

import hashlib
import hmac

from asgard_paper.kernel.store import Store

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
COUNTERS = "privy.counters"
Seed = int | str | bytes


class Secrets:
    """Derives everything unpredictable from the seed; a stored counter never repeats itself."""

    def __init__(self, seed: Seed, store: Store) -> None:
        self._seed = seed if isinstance(seed, bytes) else str(seed).encode()
        self._store = store
        self._drawn = store.load(COUNTERS, int).get("drawn", 0)

    def derive(self, purpose: str) -> bytes:
        """32 bytes that are always the same for the same seed and purpose."""
        return hmac.new(self._seed, f"privy:{purpose}".encode(), hashlib.sha256).digest()

    def draw(self, purpose: str) -> bytes:
        """32 bytes never returned before."""
        self._drawn += 1
        self._store.put(COUNTERS, "drawn", self._drawn)
        return self.derive(f"{purpose}:{self._drawn}")

    def new_id(self, purpose: str, length: int = 24) -> str:
        """A lower-case id that starts with a letter, like the service's cuid2."""
        number = int.from_bytes(self.draw(purpose), "big")
        number, first = divmod(number, 26)
        letters = [ALPHABET[10 + first]]
        for _ in range(length - 1):
            number, digit = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[digit])
        return "".join(letters)

    def new_code(self) -> str:
        """Six decimal digits."""
        return f"{int.from_bytes(self.draw('code'), 'big') % 1_000_000:06d}"
