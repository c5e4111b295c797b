"""The outside market as a counterparty: its book, less what our accounts just took from it."""

from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.records import BookUse
from asgard_paper.hyperliquid.market.depth import Depth, Level, epoch_of, walk, without
from asgard_paper.hyperliquid.market.quotes import Quotes
from asgard_paper.hyperliquid.market.universe import ASSETS
from asgard_paper.hyperliquid.numbers import floored


class Liquidity:
    """Depth that trades shrink until the next refresh of the book."""

    def __init__(self, quotes: Quotes, books: Books) -> None:
        self._quotes = quotes
        self._books = books
        self._thinned: tuple[Decimal, int] | None = None

    def thin(self, share: Decimal, *, until_ms: int) -> None:
        """Leave only a share of every book until a market moment; 1 restores it."""
        self._thinned = (share, until_ms)

    def depth(self, coin: str, at_ms: int) -> Depth:
        """What can be traded with now."""
        whole = self._whole(coin, at_ms)
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

    def _whole(self, coin: str, at_ms: int) -> Depth:
        depth = self._quotes.depth(coin, at_ms)
        if self._thinned is None or at_ms >= self._thinned[1]:
            return depth
        share, lot = self._thinned[0], Decimal(1).scaleb(-ASSETS[coin].size_decimals)
        return Depth(_shrunk(depth.bids, share, lot), _shrunk(depth.asks, share, lot))


def _shrunk(levels: tuple[Level, ...], share: Decimal, lot: Decimal) -> tuple[Level, ...]:
    left = ((level, floored(level.size * share, lot)) for level in levels)
    return tuple(Level(level.price, size, level.orders) for level, size in left if size > 0)
