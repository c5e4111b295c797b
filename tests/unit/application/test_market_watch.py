"""One part of the market may fail; the others go on, and what is old looks old."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.market.market_watch import MarketWatch
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import MarketSnapshot, PerpMarket
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from tests.unit.application.pair import LENDER, PERP, SNAPSHOT
from tests.unit.application.world import START, Outside, StillClock


class YieldingClock(StillClock):
    """Lets the other tasks go on while it sleeps."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(0)


class Watched:
    """A market watch over answers, and what it has published."""

    def __init__(self) -> None:
        self.clock = YieldingClock()
        self.published: list[MarketSnapshot] = []
        self.world = Outside(
            markets=lambda: [replace(LENDER, observed_at=self.clock.host())],
            spot_prices={Asset.SOL: Decimal(170)},
            lst_markets={},
            funding_history=[],
            publish=self._publish,
        )
        self._enough = asyncio.Event()
        self.third = asyncio.Event()
        self._count = 0
        self.streams: list[AsyncIterator[PerpMarket]] = []
        self.world.watch = lambda: self.streams.pop(0) if self.streams else for_ever()
        world: Any = self.world
        self.watch = MarketWatch(
            perp=world,
            margin=world,
            solana=world,
            snapshots=world,
            transactions=MemoryTransactions(),
            clock=self.clock,
        )

    async def until(self, count: int) -> None:
        """Run until so many snapshots were published; it must not have ended by itself."""
        self._count = count
        task = asyncio.create_task(self.watch.run())
        enough = asyncio.create_task(self._enough.wait())
        async with asyncio.timeout(10):
            await asyncio.wait({task, enough}, return_when=asyncio.FIRST_COMPLETED)
        for each in (task, enough):
            each.cancel()
        ended, _ = await asyncio.gather(task, enough, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError), ended

    def _publish(self, snapshot: MarketSnapshot) -> None:
        self.published.append(snapshot)
        if len(self.published) >= 3:
            self.third.set()
        if len(self.published) >= self._count:
            self._enough.set()


async def for_ever() -> AsyncIterator[PerpMarket]:
    yield PERP
    await asyncio.Event().wait()


async def broken() -> AsyncIterator[PerpMarket]:
    yield PERP
    raise KeyError("a venue's surprise")


async def short() -> AsyncIterator[PerpMarket]:
    yield PERP


async def test_marks_that_end_or_break_are_watched_again_and_stop_nobody() -> None:
    watched = Watched()
    later = replace(PERP, mark_price=Decimal(171))

    async def back_again() -> AsyncIterator[PerpMarket]:
        yield later
        await asyncio.Event().wait()

    watched.streams = [short(), broken(), back_again()]
    await watched.until(6)
    assert watched.published[-1].perp == later


async def test_a_part_that_breaks_does_not_stop_the_others() -> None:
    watched = Watched()
    watched.world.answers |= {
        "lst_markets": KeyError("a node's surprise"),
        "funding_history": Unavailable(ErrorCode.HYPERLIQUID_API, "away"),
    }
    await watched.until(12)
    snapshot = watched.published[-1]
    assert snapshot.lenders[0].observed_at > START
    assert snapshot.lsts == {}


async def test_prices_that_cannot_be_read_age_with_their_lenders() -> None:
    watched = Watched()
    away = Unavailable(ErrorCode.ASGARD_API, "away")
    watched.world.answers["spot_prices"] = lambda: (
        away if watched.world.calls.count("spot_prices") > 1 else {Asset.SOL: Decimal(170)}
    )
    await watched.until(40)
    assert watched.published[-1].lenders[0].observed_at == START


async def test_a_price_that_is_hard_to_believe_is_confirmed_at_once_by_the_other_venue() -> None:
    watched = Watched()
    seen: list[int] = []

    def spot() -> dict[Asset, Decimal]:
        seen.append(len(watched.published))
        return {Asset.SOL: Decimal(150 if len(watched.published) > 3 else 170)}

    async def falling() -> AsyncIterator[PerpMarket]:
        yield replace(PERP, observed_at=watched.clock.host())
        await watched.third.wait()
        crashed = replace(PERP, mark_price=Decimal(150), oracle_price=Decimal(150))
        yield replace(crashed, observed_at=watched.clock.host())
        await asyncio.Event().wait()

    watched.world.answers["spot_prices"] = spot
    watched.streams = [falling()]
    await watched.until(12)
    disputed = [bool(snapshot.disputes) for snapshot in watched.published]
    assert True in disputed
    assert disputed[-1] is False
    assert watched.published[-1].perp.mark_price == 150
    at_first = disputed.index(True)
    assert any(at_first < count <= at_first + 2 for count in seen)


async def test_a_fast_market_asks_the_other_venue_before_anything_is_disputed() -> None:
    watched = Watched()
    price = Decimal(170)
    watched.world.answers["spot_prices"] = lambda: {Asset.SOL: price}
    lenders = [[LENDER]]
    watched.world.answers["markets"] = lambda: (
        lenders.pop() if lenders else Unavailable(ErrorCode.ASGARD_API, "away")
    )

    async def falling() -> AsyncIterator[PerpMarket]:
        nonlocal price
        yield replace(PERP, observed_at=watched.clock.host())
        await watched.third.wait()
        before = watched.world.calls.count("spot_prices")
        for _ in range(8):
            price *= Decimal("0.98")
            mark = replace(PERP, mark_price=price, oracle_price=price)
            yield replace(mark, observed_at=watched.clock.host())
            for _ in range(200):
                if watched.world.calls.count("spot_prices") > before:
                    break
                await asyncio.sleep(0)
            before = watched.world.calls.count("spot_prices")
        await asyncio.Event().wait()

    watched.streams = [falling()]
    await watched.until(40)
    assert watched.published[-1].perp.mark_price < 150
    assert not any(snapshot.disputes for snapshot in watched.published)


async def test_what_is_disputed_is_published_with_its_figure_and_its_reason() -> None:
    watched = Watched()
    mad = replace(LENDER, usdc_borrow=AnnualYield(Decimal(9)))
    watched.world.answers["markets"] = lambda: [replace(mad, observed_at=watched.clock.host())]
    await watched.until(3)
    snapshot = watched.published[-1]
    (dispute,) = snapshot.disputes
    assert "900.00%" in dispute.reason
    assert snapshot.lenders[0].usdc_borrow.value == 9


async def test_rates_without_any_lender_are_stale() -> None:
    clock = StillClock()
    board = RateBoard(
        reader=Outside(latest=replace(SNAPSHOT, lenders=())),  # type: ignore[arg-type]
        transactions=MemoryTransactions(),
        clock=clock,
        limits=RiskLimits(),
        fees=FeeSchedule(),
        enabled=frozenset({LendingProtocol.KAMINO}),
    )
    clock.pass_time(timedelta(seconds=1).total_seconds())
    assert (await board.at(Leverage(Decimal(2)))).is_stale
