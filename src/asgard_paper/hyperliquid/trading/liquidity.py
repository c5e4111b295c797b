"""The outside market as a counterparty: its book, less what our accounts just took from it."""

from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.records import BookUse
from asgard_paper.hyperliquid.market.depth import Depth, epoch_of, walk, without
from asgard_paper.hyperliquid.market.quotes import Quotes


class Liquidity:
    """Depth that trades shrink until the next refresh of the book."""

    def __init__(self, quotes: Quotes, books: Books) -> None:
        self._quotes = quotes
        self._books = books

    def depth(self, coin: str, at_ms: int) -> Depth:
        """What can be traded with now."""
        whole = self._quotes.depth(coin, at_ms)
        use = self._books.book_use.get(coin)
        if use is None or use.epoch != epoch_of(at_ms):
            return whole
        return Depth(bids=without(whole.bids, use.sold), asks=without(whole.asks, use.bought))

    def take(
        self, coin: str, *, is_buy: bool, size: Decimal, limit: Decimal | None, at_ms: int
    ) -> list[tuple[Decimal, Decimal]]:
        """Trade up to `size` down to the limit; prices and sizes of the parts, best first."""
        levels = self.depth(coin, at_ms).side(is_buy=is_buy)
        taken = walk(levels, is_buy=is_buy, size=size, limit=limit)
        if not taken:
            return taken
        epoch = epoch_of(at_ms)
        use = self._books.book_use.get(coin)
        if use is None or use.epoch != epoch:
            use = BookUse(epoch=epoch)
        total = sum((part for _, part in taken), Decimal(0))
        if is_buy:
            use.bought += total
        else:
            use.sold += total
        self._books.save_book_use(coin, use)
        return taken
