"""The generated market: one answer per question, prices that move, and recorded statistics."""

import itertools
import math
from decimal import Decimal
from statistics import correlation, fmean, pstdev, quantiles

import pytest

from asgard_paper.kernel.generated import GeneratedPath
from asgard_paper.kernel.market import HOUR_MS, LENDERS

START = 1_761_955_200_000  # 2025-11-01T00:00Z
YEAR = 8760
SEEDS = (5, 6, 8, 11, 13, 15)


def path(seed: int = 7) -> GeneratedPath:
    return GeneratedPath(seed=seed, start_ms=START, history_days=210)


def test_the_same_question_has_the_same_answer_in_any_order() -> None:
    forward, backward = path(), path()
    moments = [START + hour * HOUR_MS + 123_456 for hour in (-4000, -1, 0, 1, 700)]
    first = [forward.at(moment) for moment in moments]
    second = [backward.at(moment) for moment in reversed(moments)][::-1]
    assert first == second
    assert path(seed=8).at(START + HOUR_MS) != path(seed=7).at(START + HOUR_MS)


def test_the_settlement_price_is_the_price_at_the_hour() -> None:
    market = path()
    for hour in (START - 300 * HOUR_MS, START, START + HOUR_MS):
        assert market.settlement_price(hour) == market.at(hour).oracle_price
    assert market.at(START).oracle_price == Decimal("150.0000")


def test_the_premium_of_an_hour_is_named_by_its_end() -> None:
    market = path()
    assert market.premium_of_hour(START + HOUR_MS) == market.at(START + 59 * 60_000).premium
    assert market.premium_of_hour(START) == market.at(START - 1).premium


def test_prices_move_each_second_and_join_at_the_hour() -> None:
    market = path()
    prices = [market.at(START + second * 1000).oracle_price for second in range(3590, 3611)]
    assert len(set(prices)) > 15
    steps = [abs(math.log(b / a)) for a, b in itertools.pairwise(prices)]
    assert max(steps) < 0.002


def test_motion_inside_the_hour_has_the_hours_volatility() -> None:
    market = path()
    inside, across = [], []
    for hour in range(300):
        prices = [
            market.at(START + hour * HOUR_MS + minute * 60_000).oracle_price
            for minute in range(0, 61, 10)
        ]
        inside += [math.log(b / a) for a, b in itertools.pairwise(prices)]
        across.append(math.log(prices[-1] / prices[0]))
    assert pstdev(inside) * math.sqrt(6) == pytest.approx(pstdev(across), rel=0.2)


def test_before_its_history_the_path_says_so() -> None:
    market = path()
    market.at(START - 200 * 24 * HOUR_MS)
    with pytest.raises(LookupError):
        market.at(market.earliest_ms - 1)


def test_every_lender_and_token_is_quoted() -> None:
    now = path().at(START)
    assert set(now.lenders) == set(LENDERS)
    assert set(now.lsts) == {"jitoSOL", "jupSOL", "INF"}
    for rates in now.lenders.values():
        assert Decimal("0.01") < rates.collateral_supply_apy["SOL"] < Decimal("0.25")
        assert rates.usdc_supply_apy < rates.usdc_borrow_apy
        assert rates.collateral_supply_apy["SOL"] < rates.collateral_borrow_apy["SOL"]


def test_redemption_steps_once_per_epoch_and_never_falls() -> None:
    market = path()
    rates = [
        market.at(START + hour * HOUR_MS).lsts["jitoSOL"].redemption_rate for hour in range(480)
    ]
    steps = [b / a - 1 for a, b in itertools.pairwise(rates) if b != a]
    assert len(steps) == 10
    assert all(Decimal("0.0002") < step < Decimal("0.0005") for step in steps)


def test_jitosol_is_worth_what_it_was_in_august_2025() -> None:
    august = 1_754_006_400_000
    rate = GeneratedPath(seed=1, start_ms=august).at(august).lsts["jitoSOL"].redemption_rate
    assert rate == pytest.approx(Decimal("1.2246"), rel=Decimal("0.003"))


def _acf(values: list[float], lag: int) -> float:
    return correlation(values[:-lag], values[lag:])


def _percentile(values: list[float], percent: float) -> float:
    return sorted(values)[int(len(values) * percent / 100)]


class Year:
    """One simulated year, by the hour."""

    def __init__(self, seed: int) -> None:
        market = path(seed)
        hours = [market.at(START + hour * HOUR_MS) for hour in range(YEAR)]
        self.log_price = [math.log(hour.oracle_price) for hour in hours]
        self.returns = [b - a for a, b in zip(self.log_price, self.log_price[1:], strict=False)]
        self.premium = [float(hour.premium) for hour in hours]
        self.supply = {
            name: [float(hour.lenders[name].collateral_supply_apy["SOL"]) * 100 for hour in hours]
            for name in LENDERS
        }
        self.borrow = {
            name: [float(hour.lenders[name].usdc_borrow_apy) * 100 for hour in hours]
            for name in LENDERS
        }
        self.staking = [float(hour.lsts["jitoSOL"].staking_apy) for hour in hours]
        self.discount = [float(hour.lsts["jitoSOL"].discount) for hour in hours]
        self.rate = [
            (premium + min(max(0.0001 - premium, -0.0005), 0.0005)) / 8 for premium in self.premium
        ]


@pytest.fixture(scope="module")
def years() -> list[Year]:
    return [Year(seed) for seed in SEEDS]


def test_price_volatility_tails_and_clustering(years: list[Year]) -> None:
    def mean(measure) -> float:  # type: ignore[no-untyped-def]
        return fmean(measure(year) for year in years)

    assert mean(lambda y: pstdev(y.returns) * YEAR**0.5) == pytest.approx(0.88, abs=0.08)
    assert mean(lambda y: _percentile(y.returns, 1)) == pytest.approx(-0.0266, abs=0.003)
    assert mean(lambda y: _percentile(y.returns, 99)) == pytest.approx(0.0248, abs=0.003)
    assert mean(lambda y: _percentile(y.returns, 0.1)) == pytest.approx(-0.0497, abs=0.009)
    assert mean(lambda y: _percentile(y.returns, 99.9)) == pytest.approx(0.0515, abs=0.009)
    squares = [[r * r for r in year.returns] for year in years]
    assert fmean(_acf(s, 1) for s in squares) == pytest.approx(0.23, abs=0.1)
    assert fmean(_acf(s, 6) for s in squares) == pytest.approx(0.10, abs=0.07)
    assert 0.0 < fmean(_acf(s, 24) for s in squares) < 0.12
    daily = [(sum(s[i : i + 24]) * 365) ** 0.5 for s in squares for i in range(0, len(s) - 24, 6)]
    for percent, expected in ((5, 0.40), (25, 0.55), (50, 0.70), (75, 0.92), (95, 1.49)):
        assert _percentile(daily, percent) == pytest.approx(expected, rel=0.15)


def test_premium_and_funding_distribution(years: list[Year]) -> None:
    every = [premium for year in years for premium in year.premium]
    assert fmean(every) == pytest.approx(-0.000146, abs=0.0001)
    assert fmean(pstdev(year.premium) for year in years) == pytest.approx(0.00050, abs=0.00008)
    expected = ((1, -0.0010), (5, -0.0007), (50, -0.0003), (95, 0.0007), (99, 0.0010))
    for percent, value in expected:
        assert _percentile(every, percent) == pytest.approx(value, abs=0.00016)
    rates = [rate for year in years for rate in year.rate]
    assert fmean(rate > 0 for rate in rates) == pytest.approx(0.79, abs=0.06)
    assert fmean(abs(rate - 0.0000125) < 1e-9 for rate in rates) == pytest.approx(0.52, abs=0.06)
    assert 0.0 < fmean(rates) * YEAR < 0.12


def test_premium_memory_and_its_tie_to_returns(years: list[Year]) -> None:
    for lag, expected, slack in (
        (1, 0.88, 0.08), (2, 0.78, 0.11), (6, 0.68, 0.11),
        (24, 0.52, 0.13), (72, 0.27, 0.13), (168, 0.12, 0.13),
    ):  # fmt: skip
        assert fmean(_acf(y.premium, lag) for y in years) == pytest.approx(expected, abs=slack)
    for lag, expected in ((24, 0.21), (168, 0.37)):
        ties = [
            correlation(
                y.premium[lag:],
                [b - a for a, b in zip(y.log_price, y.log_price[lag:], strict=False)],
            )
            for y in years
        ]
        assert fmean(ties) == pytest.approx(expected, abs=0.11)


@pytest.mark.parametrize(
    ("lender", "supply", "borrow"),
    [
        ("kamino", (5.31, 1.31, 0.49), (6.39, 1.94, 0.55)),
        ("marginfi", (4.55, 1.19, 0.58), (7.84, 0.99, 0.88)),
        ("drift", (3.64, 1.67, 0.55), (9.25, 2.07, 0.64)),
    ],
)
def test_lending_rates(
    years: list[Year],
    lender: str,
    supply: tuple[float, float, float],
    borrow: tuple[float, float, float],
) -> None:
    for series, (mean, spread, day) in (
        ([y.supply[lender] for y in years], supply),
        ([y.borrow[lender] for y in years], borrow),
    ):
        assert fmean(fmean(s) for s in series) == pytest.approx(mean, rel=0.08)
        assert fmean(pstdev(s) for s in series) == pytest.approx(spread, rel=0.25)
        assert fmean(_acf(s, 24) for s in series) == pytest.approx(day, abs=0.15)


def test_dollars_are_dear_when_funding_is_high(years: list[Year]) -> None:
    def weekly(values: list[float]) -> list[float]:
        return [fmean(values[i : i + 168]) for i in range(0, len(values) - 168, 168)]

    ties = [correlation(weekly(y.premium), weekly(y.borrow["kamino"])) for y in years]
    assert fmean(ties) == pytest.approx(0.37, abs=0.25)
    floor = min(min(y.borrow["kamino"]) for y in years)
    spike = max(max(y.borrow["kamino"]) for y in years)
    assert floor == pytest.approx(4.4, abs=0.2)
    assert spike > 18


def test_staking_yield_and_discount(years: list[Year]) -> None:
    staking = [apy for year in years for apy in year.staking]
    assert fmean(staking) == pytest.approx(0.0675, abs=0.003)
    assert min(staking) >= 0.057
    assert max(staking) <= 0.0740
    discounts = [discount for year in years for discount in year.discount]
    tenths = quantiles(discounts, n=100)
    assert tenths[94] < 0.003
    assert 0.004 < max(discounts) < 0.01
