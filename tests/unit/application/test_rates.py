"""The rates people see: what is disputed is shown with its reason and makes no net rate."""

from dataclasses import replace
from decimal import Decimal

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.market.rates import RateBoard, RatesView
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.quality import (
    FUNDING_HISTORY,
    PRICE,
    Dispute,
    lender_part,
)
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from tests.unit.application.pair import LENDER, SNAPSHOT
from tests.unit.application.world import Outside, StillClock

MAD = replace(LENDER, protocol=LendingProtocol.MARGINFI, usdc_borrow=AnnualYield(Decimal(9)))
DISPUTE = Dispute(lender_part(LendingProtocol.MARGINFI, Asset.SOL), "Borrowing at 900%.")


async def rates(snapshot: MarketSnapshot, *, later: float = 0) -> RatesView:
    clock = StillClock()
    board = RateBoard(
        reader=Outside(latest=snapshot),  # type: ignore[arg-type]
        transactions=MemoryTransactions(),
        clock=clock,
        limits=RiskLimits(),
        fees=FeeSchedule(),
        enabled=frozenset({LendingProtocol.KAMINO, LendingProtocol.MARGINFI}),
    )
    clock.pass_time(later)
    return await board.at(Leverage(Decimal(2)))


async def test_a_disputed_lender_stays_visible_without_a_net_rate_and_behind_the_others() -> None:
    view = await rates(replace(SNAPSHOT, lenders=(MAD, LENDER), disputes=(DISPUTE,)))
    good, disputed = view.lenders
    assert (good.protocol_name, good.quality.state) == ("Kamino", "fresh")
    assert good.net_apr is not None
    assert (disputed.borrow_apy, disputed.net_apr, disputed.break_even_days) == (9, None, None)
    assert (disputed.quality.state, disputed.quality.reason) == ("disputed", "Borrowing at 900%.")


async def test_nothing_is_promised_on_a_disputed_price_or_history() -> None:
    for part in (PRICE, FUNDING_HISTORY):
        view = await rates(replace(SNAPSHOT, disputes=(Dispute(part, "No."),)))
        assert [lender.net_apr for lender in view.lenders] == [None]
        told = view.price if part == PRICE else view.funding.quality
        assert (told.state, told.reason) == ("disputed", "No.")
        assert view.mark_price == SNAPSHOT.perp.mark_price


async def test_what_is_old_says_how_old() -> None:
    view = await rates(SNAPSHOT, later=45)
    assert (view.price.state, view.price.reason) == ("stale", "45 s old, at most 30 s")
    assert view.lenders[0].quality.state == "fresh"
    assert view.lenders[0].age_seconds == 45
