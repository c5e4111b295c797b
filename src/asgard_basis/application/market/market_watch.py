"""Watching the market once for everybody, and publishing one snapshot of it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import structlog

from asgard_basis.application.market.funding_record import FundingRecord
from asgard_basis.application.market.redemption_record import RedemptionRecord
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.market import plausibility
from asgard_basis.domain.market.funding import FundingObservation
from asgard_basis.domain.market.quality import Dispute
from asgard_basis.domain.market.snapshot import LenderMarket, LstMarket, MarketSnapshot, PerpMarket
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import Priority, SnapshotStore, asking_as
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import MarginVenue, PerpVenue

log = structlog.get_logger(__name__)

_SHOWN_HOURS = 168
_MARKS_APART_SECONDS = 0.1
"""Marks that come closer together go out as one."""
_OPINIONS_APART_SECONDS = 2.0
"""Of the one request a second that Asgard grants without a key, half is left to orders."""

_YEAR_PAGE_SECONDS = 15.0
"""Between two pages of the past year: nobody waits for them."""
_YEAR_AGAIN_SECONDS = 3600.0


class MarketWatch:
    """Marks by websocket, lenders and staking pools by polling, funding hours without gaps."""

    def __init__(
        self,
        *,
        perp: PerpVenue,
        margin: MarginVenue,
        solana: SolanaChain,
        snapshots: SnapshotStore,
        transactions: Transactions,
        clock: Clock,
    ) -> None:
        self._perp = perp
        self._margin = margin
        self._solana = solana
        self._snapshots = snapshots
        self._transactions = transactions
        self._clock = clock
        self._record = FundingRecord(perp=perp, transactions=transactions, clock=clock)
        self._redemptions = RedemptionRecord(transactions=transactions, clock=clock)
        self._perp_market: PerpMarket | None = None
        self._lenders: tuple[LenderMarket, ...] = ()
        self._lsts: dict[Asset, LstMarket] = {}
        self._spot: dict[Asset, Decimal] = {}
        self._spot_seen: tuple[datetime, datetime] | None = None
        """Host and market time of the second opinion."""
        self._funding: tuple[FundingObservation, ...] = ()
        self._funding_seen: datetime | None = None
        self._memory = plausibility.Memory()
        self._disputes: tuple[Dispute, ...] = ()
        self._is_marked = asyncio.Event()
        self._is_doubted = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled; a part that fails ages visibly and is tried again."""
        with asking_as(Priority.RECONCILE):
            await self._watch()

    async def _watch(self) -> None:
        await self._every_once()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat("marks", self._marks, 1))
            group.create_task(self._repeat("lenders", self._read_lenders, 5))
            group.create_task(
                self._repeat("second opinion", self._confirm, _OPINIONS_APART_SECONDS)
            )
            group.create_task(self._repeat("staking", self._read_staking, 30))
            group.create_task(self._repeat("funding", self._read_funding, 10))
            group.create_task(self._repeat("year", self._read_year, _YEAR_PAGE_SECONDS))
            group.create_task(self._repeat("snapshot", self._publish, 1))
            group.create_task(self._repeat("mark", self._spread_mark, _MARKS_APART_SECONDS))

    async def look(self) -> None:
        """Read every part once and publish; for who cannot keep a websocket open.

        Raises DomainError when there is no price; another part that fails shows by its age.
        """
        self._perp_market = await self._perp.market()
        await self._every_once()
        await self._publish()

    async def _every_once(self) -> None:
        for name, reading in (
            ("lenders", self._read_lenders),
            ("staking", self._read_staking),
            ("funding", self._read_funding),
        ):
            await self._guarded(name, reading)

    async def _marks(self) -> None:
        # Nobody's position can be defended while its price is not known.
        with asking_as(Priority.RISK):
            async for market in self._perp.watch():
                self._perp_market = market
                self._is_marked.set()

    async def _spread_mark(self) -> None:
        """A new mark goes out at once: positions may have to be left because of it."""
        await self._is_marked.wait()
        await self._spread()

    async def _repeat(
        self, name: str, reading: Callable[[], Coroutine[object, object, None]], seconds: float
    ) -> None:
        while True:
            await self._guarded(name, reading)
            await self._clock.sleep(seconds)

    async def _guarded(
        self, name: str, reading: Callable[[], Coroutine[object, object, None]]
    ) -> None:
        """One part's failure, of whatever kind, is told and leaves the other parts alone."""
        (failure,) = await asyncio.gather(reading(), return_exceptions=True)
        if isinstance(failure, DomainError):
            log.warning(
                "market_part_failed", part=name, code=failure.code.code, why=failure.message
            )
        elif isinstance(failure, Exception):
            log.error("market_part_broke", part=name, error=repr(failure), exc_info=failure)

    async def _read_lenders(self) -> None:
        """Both or neither: the lenders' ages tell how old the prices are."""
        lenders = await self._margin.markets()
        await self._read_spot()
        self._lenders = tuple(lenders)

    async def _read_spot(self) -> None:
        self._spot = await self._margin.spot_prices()
        self._spot_seen = self._clock.host(), self._clock.now()

    async def _confirm(self) -> None:
        """Ask the other venue at once about a price that is, or soon will be, hard to believe."""
        await self._is_doubted.wait()
        self._is_doubted.clear()
        with asking_as(Priority.RISK):
            await self._read_spot()
        await self._spread()

    async def _read_staking(self) -> None:
        self._lsts = await self._redemptions.completed(await self._solana.lst_markets())

    async def _read_funding(self) -> None:
        self._funding = tuple((await self._record.complete())[-_SHOWN_HOURS:])
        self._funding_seen = self._clock.host()

    async def _read_year(self) -> None:
        with asking_as(Priority.SCREENS):
            is_all = await self._record.reach_back()
        if is_all:
            await self._clock.sleep(_YEAR_AGAIN_SECONDS)

    async def _publish(self) -> None:
        snapshot = await self._spread()
        if snapshot is None:
            return
        async with self._transactions.for_system() as work:
            await work.outbox.append(
                Event("rate_update", {"mark_price": str(snapshot.perp.mark_price)})
            )

    async def _spread(self) -> MarketSnapshot | None:
        """What is known now, to everybody; None while there is no price."""
        self._is_marked.clear()
        if self._perp_market is None:
            return None
        snapshot = self._judged(
            MarketSnapshot(
                taken_at=self._clock.now(),
                perp=self._perp_market,
                lenders=self._lenders,
                lsts=self._with_market_rates(),
                spot_prices=self._spot,
                recent_funding=self._funding,
                spot_observed_at=self._spot_seen[0] if self._spot_seen else None,
                funding_observed_at=self._funding_seen,
            )
        )
        await self._snapshots.publish(snapshot)
        return snapshot

    def _judged(self, snapshot: MarketSnapshot) -> MarketSnapshot:
        """With everything that must not be decided on marked as such; new disputes are told."""
        moment = plausibility.Moment(
            host=self._clock.host(),
            market=snapshot.taken_at,
            spot_at=self._spot_seen[1] if self._spot_seen else None,
        )
        disputes, self._memory = plausibility.judge(snapshot, self._memory, moment)
        if self._memory.wants_second_opinion:
            self._is_doubted.set()
        before = {dispute.part for dispute in self._disputes}
        for dispute in disputes:
            if dispute.part not in before:
                log.warning("market_disputed", part=str(dispute.part), why=dispute.reason)
        self._disputes = disputes
        return replace(snapshot, disputes=disputes)

    def _with_market_rates(self) -> dict[Asset, LstMarket]:
        """Redemption from the pools joined with what the tokens trade at."""
        sol = self._spot.get(Asset.SOL)
        joined: dict[Asset, LstMarket] = {}
        for asset, lst in self._lsts.items():
            price = self._spot.get(asset)
            rate = price / sol if price is not None and sol else None
            joined[asset] = replace(lst, market_rate=rate)
        return joined
