"""A synthetic order book: depth around the mid that a seed and a moment decide."""

import functools
import random
from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.hyperliquid.market.universe import ASSETS, Asset
from asgard_paper.hyperliquid.numbers import ZERO, floored, tick_size

LEVELS = 60
SPAN_BPS = 150
"""Where the last resting order sits; beyond it there is nothing to trade with."""
DEPTH_BPS = 50
SHAPE = 1.6
"""Levels are dense at the touch and sparse far out."""
REFRESH_MS = 2_000
"""How long taken liquidity stays away."""


@dataclass(frozen=True, slots=True)
class Level:
    """One price with everything that rests there."""

    price: Decimal
    size: Decimal
    orders: int


@dataclass(frozen=True, slots=True)
class Depth:
    """Both sides of a book, best price first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    def side(self, *, is_buy: bool) -> tuple[Level, ...]:
        """The levels an order of this side would take."""
        return self.asks if is_buy else self.bids


def epoch_of(at_ms: int) -> int:
    """The number of the interval between two refreshes of the book."""
    return at_ms // REFRESH_MS


def draw_depth(asset: Asset, *, bid: Decimal, ask: Decimal, epoch: int, seed: int) -> Depth:
    """The untouched book of one interval around a best bid and a best ask."""
    draw = random.Random(f"{seed}:depth:{asset.name}:{epoch}")
    return Depth(
        bids=_side(asset, bid, -1, draw),
        asks=_side(asset, ask, 1, draw),
    )


def _side(asset: Asset, best: Decimal, sign: int, draw: random.Random) -> tuple[Level, ...]:
    found: list[Level] = []
    for price, fair in _ladder(asset.name, best, sign):
        noise = Decimal(draw.randrange(600, 1401)) / 1000
        size = floored(fair * noise / price, asset.size_step)
        if size > 0:
            found.append(Level(price, size, draw.randrange(1, 6)))
    return tuple(found)


@functools.lru_cache(maxsize=256)
def _ladder(coin: str, best: Decimal, sign: int) -> tuple[tuple[Decimal, Decimal], ...]:
    """Each price of a side with the USD that rest there on average."""
    asset = ASSETS[coin]
    tick = tick_size(best, asset.size_decimals)
    usd_per_bps = asset.depth_usd / DEPTH_BPS
    found: list[tuple[Decimal, Decimal]] = []
    reached = ZERO
    last = best - sign * tick
    for number in range(LEVELS):
        share = Decimal(int(1_000_000 * (number / (LEVELS - 1)) ** SHAPE)) / 1_000_000
        offset = best * share * SPAN_BPS / 10_000
        price = best + sign * floored(offset, tick)
        if (price - last) * sign < tick:
            price = last + sign * tick
        if price <= 0:
            break
        last = price
        gap_bps = max((price - best) * sign / best * 10_000 - reached, Decimal("0.25"))
        reached = (price - best) * sign / best * 10_000
        found.append((price, usd_per_bps * gap_bps))
    return tuple(found)


@functools.lru_cache(maxsize=16_384)
def impact_prices(
    coin: str, *, bid: Decimal, ask: Decimal, epoch: int, seed: int
) -> tuple[Decimal, Decimal] | None:
    """What an order of the coin's impact notional gets on either side of the untouched book."""
    asset = ASSETS[coin]
    depth = draw_depth(asset, bid=bid, ask=ask, epoch=epoch, seed=seed)
    sold = impact_price(depth.bids, asset.impact_usd)
    bought = impact_price(depth.asks, asset.impact_usd)
    return None if sold is None or bought is None else (sold, bought)


def without(levels: tuple[Level, ...], taken: Decimal) -> tuple[Level, ...]:
    """The levels left when `taken` coins have been bought or sold from the touch on."""
    left: list[Level] = []
    for level in levels:
        if taken >= level.size:
            taken -= level.size
            continue
        left.append(Level(level.price, level.size - taken, level.orders))
        taken = ZERO
    return tuple(left)


def walk(
    levels: tuple[Level, ...], *, is_buy: bool, size: Decimal, limit: Decimal | None
) -> list[tuple[Decimal, Decimal]]:
    """Prices and sizes an order of `size` takes, down to its limit or the end of the book."""
    taken: list[tuple[Decimal, Decimal]] = []
    for level in levels:
        beyond = limit is not None and (level.price > limit if is_buy else level.price < limit)
        if size <= 0 or beyond:
            break
        part = min(size, level.size)
        taken.append((level.price, part))
        size -= part
    return taken


def impact_price(levels: tuple[Level, ...], notional: Decimal) -> Decimal | None:
    """The average price of an order worth `notional` USD; None where the book ends first."""
    cost = size = ZERO
    for level in levels:
        room = notional - cost
        part = min(level.size, room / level.price)
        cost += part * level.price
        size += part
        if cost >= notional:
            return cost / size
    return None
