"""Which nonces a signer may still use.

Source: the venue's page on nonces and API wallets. The hundred highest are kept per signer; a new
one must be unused, above the lowest kept, and within (T − 2 days, T + 1 day).
"""

from bisect import bisect_left, insort

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.records import Nonces
from asgard_paper.hyperliquid.refusal import Refused

KEPT = 100
DAY_MS = 86_400_000


def check_window(nonce: int, now_ms: int) -> None:
    """Refuse a nonce too far from the venue's time; done before a signature is looked at."""
    oldest, newest = now_ms - 2 * DAY_MS, now_ms + DAY_MS
    if nonce <= oldest:
        raise Refused(f"Invalid nonce: nonce too low {nonce} < {oldest}")
    if nonce >= newest:
        raise Refused(f"Invalid nonce: nonce too high {nonce} > {newest}")


def use_nonce(books: Books, signer: str, nonce: int) -> None:
    """Mark a nonce used; raises Refused for one used before or below the hundred kept."""
    nonces = books.nonces.get(signer) or Nonces()
    place = bisect_left(nonces.used, nonce)
    if place < len(nonces.used) and nonces.used[place] == nonce:
        raise Refused(f"Invalid nonce: duplicate nonce {nonce}")
    if len(nonces.used) >= KEPT and place == 0:
        raise Refused(f"Invalid nonce: nonce too low {nonce} < {nonces.used[0]}")
    insort(nonces.used, nonce)
    del nonces.used[:-KEPT]
    books.save_nonces(signer, nonces)
