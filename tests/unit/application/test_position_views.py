"""What people see: losses count, and what the venue took away is not shown as held."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from tests.builders_platform import an_observation
from tests.unit.application.pair import Pair
from tests.unit.application.world import ADA


@pytest.fixture
def pair() -> Pair:
    return Pair()


def views_of(pair: Pair) -> PositionViews:
    board = RateBoard(
        reader=pair.world,  # type: ignore[arg-type]
        transactions=pair.transactions,
        clock=pair.clock,
        limits=RiskLimits(),
        fees=FeeSchedule(),
        enabled=frozenset({LendingProtocol.KAMINO}),
    )
    return PositionViews(
        transactions=pair.transactions,
        reader=pair.world,  # type: ignore[arg-type]
        board=board,
        clock=pair.clock,
        limits=RiskLimits(),
        fees=FeeSchedule(),
    )


async def test_what_an_unwound_long_has_cost_is_in_the_history(pair: Pair) -> None:
    pair.world.answers["place"] = Refused(ErrorCode.HYPERLIQUID_MARGIN, "no")
    change = pair.world.answers["wallet_change"]

    def bought_then_sold(*_: object) -> object:
        is_sold = pair.world.calls.count("wallet_change") > 1
        return replace(change, usdc=Decimal(490)) if is_sold else change

    pair.world.answers["wallet_change"] = bought_then_sold
    job = await pair.open_job()
    assert await pair.opening.run(job) is not None
    history = await views_of(pair).history(ADA)
    (view,) = history.positions
    assert view.state == PositionState.UNWOUND
    assert view.result is not None
    # 540 USDC went in, 490 came back, and two transactions cost 0.01 SOL at 170 each.
    assert view.result.total == Decimal(490) - 540 - 2 * Decimal("1.70")
    assert history.totals == view.result


async def test_a_short_the_venue_took_away_is_not_shown_as_a_hedge(pair: Pair) -> None:
    position = await pair.hedged()
    gone = replace(an_observation(), account_signed_size=Decimal(0), isolated_raw_usd=None)
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, observation=gone))
    (view,) = await views_of(pair).held(ADA)
    assert view.short is None
    assert view.long is not None
    assert view.delta_sol == view.long.sol_equivalent
    assert (view.result, view.equity_usd) == (None, None)


async def test_a_short_that_was_cut_is_shown_as_what_is_left(pair: Pair) -> None:
    position = await pair.hedged()
    cut = replace(an_observation(), account_signed_size=Decimal("-2.12"))
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, observation=cut))
    (view,) = await views_of(pair).held(ADA)
    assert view.short is not None
    assert view.short.size_sol == Decimal("2.12")
    assert view.delta_sol is not None
    assert view.delta_sol > 4
    assert view.result is None
