"""Ways to be in: priced like an entry, ranked by what remains, honest about their worst."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import FundingObservation, FundingRate, FundingYear, year_of
from asgard_basis.domain.market.rates import AnnualYield, HourlyRate
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule, rebalancing_yearly
from asgard_basis.domain.strategy.opportunity import Opportunity, opportunities, price
from tests.unit.domain.strategy.test_checks import LENDER, NOW, SNAPSHOT

LIMITS, FEES = RiskLimits(), FeeSchedule()
SOL_LENDER = replace(LENDER, asset=Asset.SOL, collateral_supply=AnnualYield(Decimal("0.05")))
OTHER = replace(
    SOL_LENDER, protocol=LendingProtocol.SOLEND, usdc_borrow=AnnualYield(Decimal("0.01"))
)
MARKET = replace(SNAPSHOT, lenders=(LENDER, SOL_LENDER, OTHER))
ENABLED = frozenset({LendingProtocol.KAMINO})
YEAR = FundingYear(8760, HourlyRate(Decimal("0.00001")), HourlyRate(Decimal("-0.00001")), 720, 75)


def ranked(*leverages: str, year: FundingYear | None = None) -> tuple[Opportunity, ...]:
    return opportunities(
        MARKET,
        size_usd=Decimal(10_000),
        leverages=[Decimal(each) for each in leverages or ("1.5", "2", "3", "4")],
        fees=FEES,
        limits=LIMITS,
        enabled=ENABLED,
        now=NOW,
        year=year,
    )


def test_what_can_be_entered_comes_first_and_pays_less_and_less() -> None:
    found = ranked()
    free = [each for each in found if not each.obstacles]
    barred = found[len(free) :]
    assert len(found) == 12
    assert all(each.obstacles for each in barred)
    nets = [each.net(each.carry).value for each in free]
    assert nets == sorted(nets, reverse=True)


def test_a_lender_that_is_switched_off_or_too_much_leverage_says_so() -> None:
    told = {(each.protocol, each.leverage): each.obstacles for each in ranked("2", "4")}
    assert told[LendingProtocol.SOLEND, Decimal(2)] == ("Solend is switched off by the operator",)
    assert told[LendingProtocol.KAMINO, Decimal(4)] == ("4x leaves too little room on Kamino",)
    assert told[LendingProtocol.KAMINO, Decimal(2)] == ()


def test_it_is_priced_as_an_entry_is() -> None:
    for each in ranked():
        lender = MARKET.lender(each.protocol, each.asset)
        assert lender is not None
        entry = price(
            MARKET,
            lender,
            leverage=each.leverage,
            size_usd=each.size_usd,
            fees=FEES,
            limits=LIMITS,
        )
        assert entry is not None
        assert (each.split, each.carry) == (entry.split, entry.carry)


def test_a_staking_token_whose_yield_is_unknown_is_left_out() -> None:
    lst = replace(SNAPSHOT.lsts[Asset.JITOSOL], staking=None)
    unknown = replace(MARKET, lsts={Asset.JITOSOL: lst})
    found = opportunities(
        unknown,
        size_usd=Decimal(1000),
        leverages=[Decimal(2)],
        fees=FEES,
        limits=LIMITS,
        enabled=ENABLED,
        now=NOW,
    )
    assert {each.asset for each in found} == {Asset.SOL}


def test_the_worst_case_changes_funding_alone() -> None:
    for each in ranked(year=YEAR):
        assert each.worst is not None
        exposure = each.leverage * each.split.collateral_usdc / each.size_usd
        assert each.worst.funding.value == exposure * Decimal("-0.00001") * 8760
        assert replace(each.worst, funding=each.carry.funding) == each.carry
    assert all(each.worst is None for each in ranked())


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=120), st.integers(1, 30))
def test_the_worst_weeks_are_those_of_every_window(rates: list[int], window: int) -> None:
    hours = [
        FundingObservation(
            NOW + timedelta(hours=n), FundingRate(Decimal(rate).scaleb(-6)), Decimal(0)
        )
        for n, rate in enumerate(rates)
    ]
    year = year_of(hours, window_hours=window)
    if len(rates) < window:
        assert year is None
        return
    assert year is not None
    means = [sum(rates[n : n + window]) for n in range(len(rates) - window + 1)]
    assert year.worst.value == Decimal(min(means)).scaleb(-6) / window
    runs = "".join("-" if rate < 0 else "+" for rate in rates).split("+")
    assert year.longest_paid_hours == max(len(run) for run in runs)


@given(st.decimals("1.1", 4, places=2), st.decimals("1.1", 4, places=2))
def test_more_leverage_costs_more_to_defend(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert rebalancing_yearly(low).value <= rebalancing_yearly(high).value


def test_half_a_year_of_the_round_trip_weighs_less_than_a_month() -> None:
    best = ranked("2")[0]
    month = best.net(best.carry).value
    half = best.net(best.carry, planned_days=Decimal(180)).value
    spread = best.cost.total_usd / best.size_usd * 365
    assert half - month == spread / 30 - spread / 180
