"""A redemption rate that cannot be right sells, cuts and trims nothing."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.quality import Dispute, staking_part
from asgard_basis.domain.market.rates import AnnualYield, HealthFactor
from asgard_basis.domain.market.snapshot import LstMarket
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence_reading import facts_of
from asgard_basis.domain.risk.facts import NearKind
from tests.unit.application.pair import LENDER, SNAPSHOT
from tests.unit.application.test_risk_watch import Watched
from tests.unit.application.world import START

ASSET = Asset.JITOSOL
DISPUTES = (Dispute(staking_part(ASSET), "JitoSOL redeems for half of what it did."),)
LENDERS = (replace(LENDER, asset=ASSET),)


def redeeming(rate: str) -> LstMarket:
    return LstMarket(ASSET, D(rate), AnnualYield(D("0.06")), D(1), START)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def of_jitosol(position: Position) -> Position:
    return replace(position, asset=ASSET)


async def test_nobody_leaves_and_nothing_is_cut_by_it(watched: Watched) -> None:
    position_id = await watched.hold()
    await watched.observe(position_id, of_jitosol)
    lsts = {ASSET: redeeming("0.5")}
    await watched.mark("100", lsts=lsts, lenders=LENDERS, disputes=DISPUTES)
    assert await watched.closings() == []
    assert watched.defender.asked == []


async def test_the_lenders_own_word_still_counts(watched: Watched) -> None:
    position_id = await watched.hold(health=HealthFactor(D("0.09")))
    await watched.observe(position_id, of_jitosol)
    lsts = {ASSET: redeeming("0.5")}
    await watched.mark("100", lsts=lsts, lenders=LENDERS, disputes=DISPUTES)
    assert len(await watched.closings()) == 1
    async with watched.transactions.for_system() as work:
        (memory,) = await work.risk.near()
    assert [near.kind for near in memory.near] == [NearKind.LONG]


async def test_the_defence_goes_by_the_rate_of_the_opening(watched: Watched) -> None:
    position_id = await watched.hold()
    await watched.observe(position_id, of_jitosol)
    async with watched.transactions.for_system() as work:
        position = await work.positions.get(position_id)
    assert position is not None
    market = replace(SNAPSHOT, lsts={ASSET: redeeming("0.5")}, lenders=LENDERS)
    facts = facts_of(position, replace(market, disputes=DISPUTES))
    assert facts is not None
    assert facts.legs.value_usd == 10 * SNAPSHOT.perp.oracle_price
    assert facts.long_sol == facts.short_sol
    by_word = facts_of(position, market)
    assert by_word is not None
    assert by_word.legs.value_usd == 5 * SNAPSHOT.perp.oracle_price
