"""Each reason to leave is judged by the data it needs, and by none that cannot be believed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.quality import (
    FUNDING,
    FUNDING_HISTORY,
    PRICE,
    Dispute,
    Part,
    staking_part,
)
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import LstMarket, MarketSnapshot
from asgard_basis.ports.repositories import JobKind
from tests.unit.application.pair import LENDER
from tests.unit.application.test_autonomous_strategy import COSTING, Desk, a_market
from tests.unit.application.world import START

LOST = Decimal(-500)
STALE = replace(a_market(), funding_observed_at=START - timedelta(hours=1))


def disputed(part: Part, market: MarketSnapshot | None = None) -> MarketSnapshot:
    return replace(market or a_market(), disputes=(Dispute(part, "it is out of its bounds"),))


@pytest.mark.parametrize("market", [disputed(FUNDING), disputed(FUNDING_HISTORY), STALE])
async def test_a_stop_loss_works_while_funding_cannot_be_believed(market: MarketSnapshot) -> None:
    desk = Desk()
    await desk.joins()
    await desk.holds(by_strategy=True, funding_usdc=LOST)
    desk.pair.world.answers["latest"] = market
    assert await desk.strategy.cycle() == 1
    (job,) = await desk.jobs()
    assert "a loss under" in job.details["reason"]


@pytest.mark.parametrize("part", [FUNDING, FUNDING_HISTORY])
async def test_funding_that_cannot_be_believed_is_no_reason_to_leave(part: Part) -> None:
    desk = Desk()
    await desk.joins()
    await desk.holds(by_strategy=True, funding_usdc=Decimal(200))
    desk.pair.world.answers["latest"] = disputed(part, COSTING)
    assert await desk.strategy.cycle() == 0


async def test_a_disputed_price_is_no_reason_to_stop_a_loss() -> None:
    desk = Desk()
    await desk.joins()
    await desk.holds(by_strategy=True, funding_usdc=LOST)
    desk.pair.world.answers["latest"] = disputed(PRICE)
    assert await desk.strategy.cycle() == 0


async def test_a_disputed_redemption_rate_is_no_reason_to_stop_a_loss() -> None:
    desk = Desk()
    await desk.joins()
    await desk.holds(by_strategy=True, funding_usdc=Decimal(10), asset=Asset.JITOSOL)
    jito = LstMarket(Asset.JITOSOL, Decimal("0.1"), AnnualYield(Decimal("0.06")), None, START)
    market = replace(
        a_market(),
        lsts={Asset.JITOSOL: jito},
        lenders=(LENDER, replace(LENDER, asset=Asset.JITOSOL)),
    )
    desk.pair.world.answers["latest"] = disputed(staking_part(Asset.JITOSOL), market)
    await desk.strategy.cycle()
    assert not [job for job in await desk.jobs() if job.kind is JobKind.CLOSE]
