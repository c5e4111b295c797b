"""The prices leaving needs, from whoever can be asked: getting out never waits for our own cache.

Entering reads the shared snapshot and nothing else. What is held already must be hedged, looked
at and closed while Redis is down and the market watch is dead, so the venues are asked directly.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Generic, TypeVar

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.market.quality import QualityState
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ONE
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import MarginVenue, PerpVenue

T = TypeVar("T")

_FRESH = timedelta(seconds=30)
_SHARED = timedelta(seconds=5)
"""So long one answer of Hyperliquid or the chain serves whoever only looks."""
_OF_THIS_MOMENT = timedelta(seconds=2)
_LOT = Decimal("0.01")
"""Of SOL-PERP for as long as it has been listed: for when nobody can be asked."""


@dataclass(frozen=True, slots=True)
class LeavingPrices:
    """What a long is valued at while it is hedged, looked at or sold."""

    oracle_price: Decimal
    """USD per SOL."""
    redemption_rate: Decimal
    """SOL per token."""
    is_second_opinion: bool
    """The price is not the word of the venue that sells the long: it may judge that venue's."""


@dataclass(frozen=True, slots=True)
class ShortTerms:
    """What orders of the short are measured by."""

    mark_price: Decimal
    """USD per SOL."""
    size_step: Decimal
    """SOL: sizes are multiples of it."""


class LeavingMarket:
    """The shared snapshot while it is fresh, else Hyperliquid and the chain, else Asgard."""

    def __init__(
        self,
        *,
        reader: MarketReader,
        perp: PerpVenue,
        margin: MarginVenue,
        chain: SolanaChain,
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._perp = perp
        self._margin = margin
        self._chain = chain
        self._clock = clock
        self._perp_seen = _Seen(clock, perp.market)
        self._lsts_seen = _Seen(clock, chain.lst_markets)

    async def prices(self, asset: Asset) -> LeavingPrices:
        """The best that is to be had now; raises Unavailable RSK-0004 when nobody knows."""
        snapshot = await _answer(self._reader.latest())
        is_fresh = snapshot is not None and self._is_fresh(snapshot)
        redemption = await self._redemption(asset, snapshot, is_fresh=is_fresh)
        if snapshot is not None and is_fresh:
            return LeavingPrices(snapshot.perp.oracle_price, redemption, True)
        market = await _answer(self._perp.market())
        if market is not None:
            return LeavingPrices(market.oracle_price, redemption, True)
        spot = (await _answer(self._margin.spot_prices()) or {}).get(Asset.SOL)
        if spot is None:
            raise Unavailable(ErrorCode.STALE_MARKET, "nobody knows the price just now")
        return LeavingPrices(spot, redemption, False)

    async def lot(self) -> Decimal:
        """What sizes of the short are multiples of; the last known while nobody can be asked."""
        snapshot = await _answer(self._reader.latest())
        if snapshot is not None and self._is_fresh(snapshot):
            return snapshot.perp.size_step
        market = await _answer(self._perp.market())
        if market is not None:
            return market.size_step
        return _LOT if snapshot is None else snapshot.perp.size_step

    async def buying_price(self) -> Decimal:
        """What a first order that only reduces is measured by, USD per SOL.

        The shared snapshot's word while it is of this moment and undisputed, for in a crash
        hundreds leave at once and the exchange's own word is dear; else that. Raises what the
        exchange raises.
        """
        snapshot = await _answer(self._reader.latest())
        now = self._clock.host()
        is_young = snapshot is not None and now - snapshot.perp.observed_at < _OF_THIS_MOMENT
        if snapshot is not None and is_young and snapshot.quality(now).price.is_fresh:
            return snapshot.perp.mid_price or snapshot.perp.mark_price
        market = await self._perp.market()
        return market.mid_price or market.mark_price

    async def short_terms(self) -> ShortTerms:
        """The best that is known, however old; raises Unavailable RSK-0004 when nothing is.

        What is disputed is asked of the exchange: by its own word the short is liquidated.
        """
        snapshot = await _answer(self._reader.latest())
        market = snapshot.perp if snapshot is not None else None
        if snapshot is None or not self._is_believed(snapshot):
            market = await self._perp_seen.answer() or market
        if market is not None:
            return ShortTerms(market.mark_price, market.size_step)
        spot = (await _answer(self._margin.spot_prices()) or {}).get(Asset.SOL)
        if spot is None:
            raise Unavailable(ErrorCode.STALE_MARKET, "nobody knows the price just now")
        return ShortTerms(spot, _LOT)

    async def redemptions(self, assets: Collection[Asset]) -> dict[Asset, Decimal]:
        """SOL per token of those of the assets whose rate anybody knows."""
        snapshot = await _answer(self._reader.latest())
        is_fresh = snapshot is not None and self._is_fresh(snapshot)
        found: dict[Asset, Decimal] = {}
        for asset in assets:
            kept = None if snapshot is None else snapshot.redemption_rate(asset)
            if asset is not Asset.SOL and (kept is None or not is_fresh):
                market = (await self._lsts_seen.answer() or {}).get(asset)
                kept = market.redemption_rate if market is not None else kept
            rate = ONE if asset is Asset.SOL else kept
            if rate is not None:
                found[asset] = rate
        return found

    async def _redemption(
        self, asset: Asset, snapshot: MarketSnapshot | None, *, is_fresh: bool
    ) -> Decimal:
        if asset is Asset.SOL:
            return ONE
        kept = None if snapshot is None else snapshot.redemption_rate(asset)
        if is_fresh and kept is not None:
            return kept
        found = (await _answer(self._chain.lst_markets()) or {}).get(asset)
        if found is not None:
            return found.redemption_rate
        if kept is None:
            raise Unavailable(ErrorCode.STALE_MARKET, f"what {asset} redeems for is not known")
        return kept  # it moves once in two days, by some hundredths of a percent

    def _is_believed(self, snapshot: MarketSnapshot) -> bool:
        price = snapshot.quality(self._clock.host()).price
        return self._is_fresh(snapshot) and price.state is not QualityState.DISPUTED

    def _is_fresh(self, snapshot: MarketSnapshot) -> bool:
        return self._clock.host() - snapshot.perp.observed_at < _FRESH


class _Seen(Generic[T]):
    """One question's newest answer, or that there was none, asked again when it is old."""

    def __init__(self, clock: Clock, ask: Callable[[], Awaitable[T]]) -> None:
        self._clock = clock
        self._ask = ask
        self._kept: T | None = None
        self._ask_at = clock.host()

    async def answer(self) -> T | None:
        """The answer, at most some seconds old; None when it cannot be had now."""
        if self._clock.host() >= self._ask_at:
            self._kept = await _answer(self._ask())
            self._ask_at = self._clock.host() + _SHARED
        return self._kept


async def _answer(asking: Awaitable[T]) -> T | None:
    """The answer, or None when it cannot be had now."""
    try:
        return await asking
    except DomainError:
        return None
