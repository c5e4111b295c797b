"""What is held is judged, left and defended while the shared market is out of reach."""

import asyncio
from dataclasses import replace
from decimal import Decimal as D

import pytest

from asgard_basis.adapters.memory.coordination import MemorySnapshots
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.market.snapshot import MarketSnapshot
from tests.unit.application.pair import PERP
from tests.unit.application.test_risk_watch import Watched


@pytest.fixture
def watched() -> Watched:
    return Watched()


class Away(MemorySnapshots):
    """The shared market was known once, and is out of reach since."""

    async def latest(self) -> MarketSnapshot | None:
        if self.is_away:
            raise Unavailable(ErrorCode.NOT_READY)
        return await super().latest()

    is_away = False


async def test_without_the_shared_market_the_venue_itself_is_asked(watched: Watched) -> None:
    await watched.hold()
    watched.snapshots = away = Away()
    watched.watch = watched.fresh(away)
    await watched.mark("100")
    away.is_away = True
    watched.clock.pass_time(6)
    price = D(69)
    watched.pair.world.answers["market"] = replace(
        PERP, mark_price=price, oracle_price=price, observed_at=watched.clock.host()
    )
    await watched.watch.without_mark()
    assert len(await watched.closings()) == 1


async def test_who_begins_without_the_shared_market_judges_by_the_venue(watched: Watched) -> None:
    await watched.hold()
    away = Away()
    away.is_away = True
    watched.watch = watched.fresh(away)
    price = D(143)
    watched.pair.world.answers["market"] = replace(
        PERP, mark_price=price, oracle_price=price, observed_at=watched.clock.host()
    )
    async with asyncio.timeout(10):
        await watched.watch.without_mark()
    assert len(await watched.closings()) == 1


async def test_a_defence_without_the_shared_market_goes_by_what_the_venue_said(
    watched: Watched,
) -> None:
    position_id = await watched.hold()
    watched.snapshots = away = Away()
    watched.watch = watched.fresh(away)
    await watched.mark("100")
    away.is_away = True
    watched.clock.pass_time(60)
    now, price = watched.clock.host(), D(72)
    watched.pair.world.answers["market"] = replace(
        PERP, mark_price=price, oracle_price=price, observed_at=now
    )
    await watched.watch.without_mark()
    assert watched.defender.asked == [position_id]
    assert watched.defender.market is not None
    assert watched.defender.market.perp.observed_at == now
