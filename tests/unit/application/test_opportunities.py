"""What could be entered now: the same choice and the same doubts as an opening has."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.market.evaluation import MarketEvaluator
from asgard_basis.application.market.opportunities import OpportunitiesView, OpportunityBoard
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.quality import PRICE, Dispute, lender_part
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from tests.unit.application.pair import LENDER, SNAPSHOT
from tests.unit.application.world import START, Outside, StillClock

BOTH = frozenset({LendingProtocol.KAMINO, LendingProtocol.MARGINFI})
CHEAPER = replace(
    LENDER, protocol=LendingProtocol.MARGINFI, usdc_borrow=AnnualYield(Decimal("0.001"))
)
DISPUTE = Dispute(lender_part(LendingProtocol.MARGINFI, Asset.SOL), "That is too cheap.")


class Board:
    """Opportunities of one snapshot at a time that passes only when told."""

    def __init__(self, snapshot: MarketSnapshot) -> None:
        self.clock, self.transactions = StillClock(), MemoryTransactions()
        reader: Any = Outside(latest=snapshot)
        self.board = OpportunityBoard(
            reader=reader,
            transactions=self.transactions,
            clock=self.clock,
            limits=RiskLimits(),
            fees=FeeSchedule(),
            enabled=BOTH,
        )

    async def ranked(self) -> OpportunitiesView:
        return await self.board.ranked(Decimal(1000), [Decimal(2)])


async def test_the_worst_of_the_year_is_told_as_soon_as_its_hours_are_there() -> None:
    board = Board(SNAPSHOT)
    assert (await board.ranked()).year is None
    last = START.replace(minute=0)
    rate = FundingRate(Decimal("0.00001"))
    async with board.transactions.for_system() as work:
        await work.funding.save(
            [FundingObservation(last - timedelta(hours=n), rate, Decimal(0)) for n in range(800)]
        )
    board.clock.pass_time(20)
    view = await board.ranked()
    assert view.year is not None
    assert view.opportunities[0].worst_net_apr is not None


async def test_nothing_can_be_entered_on_figures_that_are_too_old() -> None:
    board = Board(SNAPSHOT)
    (fresh,) = (await board.ranked()).opportunities
    assert fresh.obstacles == ()
    board.clock.pass_time(100)
    (stale,) = (await board.ranked()).opportunities
    told = " ".join(stale.obstacles)
    assert "price: 100 s old, at most 30 s" in told
    assert "Kamino SOL lender: 100 s old, at most 90 s" in told


async def test_a_disputed_price_is_an_obstacle_everywhere() -> None:
    board = Board(replace(SNAPSHOT, disputes=(Dispute(PRICE, "It jumped."),)))
    (found,) = (await board.ranked()).opportunities
    assert found.obstacles == ("price: It jumped.",)


def test_who_waits_looks_at_the_lender_that_an_opening_would_take() -> None:
    snapshot = replace(SNAPSHOT, lenders=(CHEAPER, LENDER), disputes=(DISPUTE,))
    board = RateBoard(
        reader=Outside(latest=snapshot),  # type: ignore[arg-type]
        transactions=MemoryTransactions(),
        clock=StillClock(),
        limits=RiskLimits(),
        fees=FeeSchedule(),
        enabled=BOTH,
    )
    way = (Asset.SOL, None, Decimal(2))
    evaluator = MarketEvaluator(board, FeeSchedule())
    (market,) = evaluator.evaluations(snapshot, {way}, now=START).values()
    assert (market.protocol, market.unfit) == (LendingProtocol.KAMINO, ())
    settled = replace(snapshot, disputes=())
    (market,) = evaluator.evaluations(settled, {way}, now=START).values()
    assert market.protocol is LendingProtocol.MARGINFI
