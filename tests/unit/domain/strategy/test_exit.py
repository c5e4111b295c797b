"""When a position is left for its owner's sake, and that nobody hops in and out."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy import autonomous
from asgard_basis.domain.strategy.config import FundingExit, StrategyConfig, checked
from asgard_basis.domain.strategy.entry_choice import (
    LastClose,
    StrategyEntryFacts,
    entry_thresholds,
)
from asgard_basis.domain.strategy.evaluation import StrategyFunding, StrategyMarket
from asgard_basis.domain.strategy.exit import StrategyExitFacts, bled, decide
from tests.unit.domain.strategy.test_autonomous import FACTS as ENTRY
from tests.unit.domain.strategy.test_autonomous import OFFER

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTS = StrategyExitFacts(
    now=NOW,
    hedged_at=NOW - timedelta(hours=30),
    size_usd=Decimal(1000),
    result_usd=Decimal(3),
    earned_back=Decimal("0.6"),
    income_now=Decimal("0.1"),
    income_predicted=Decimal("0.1"),
    income_mean=Decimal("0.1"),
    carry_mean=Decimal("0.12"),
    bled_usd=Decimal(0),
    round_trip_usd=Decimal(4),
)
WISH = StrategyConfig()


def ruled(wish: dict[str, Any] | None = None, **facts: Any) -> Ruling:
    return decide(replace(FACTS, **facts), replace(WISH, **(wish or {})))


def test_a_position_that_earns_is_held() -> None:
    ruling = ruled()
    assert (ruling.verdict, ruling.failing) == (Verdict.HOLD, ())


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ("-99.99", Verdict.HOLD),
        ("-100", Verdict.EXIT),
        ("-500", Verdict.EXIT),
        (None, Verdict.HOLD),
    ],
)
def test_it_is_left_at_the_wished_loss(result: str | None, verdict: Verdict) -> None:
    ruling = ruled(result_usd=None if result is None else Decimal(result))
    assert ruling.verdict is verdict


@pytest.mark.parametrize(
    ("pct", "result", "verdict"),
    [
        ("20", "199.99", Verdict.HOLD),
        ("20", "200", Verdict.EXIT),
        (None, "99999", Verdict.HOLD),
        ("20", None, Verdict.HOLD),
    ],
)
def test_it_is_left_at_the_wished_gain_and_never_without_one(
    pct: str | None, result: str | None, verdict: Verdict
) -> None:
    ruling = ruled(
        {"take_profit_pct": None if pct is None else Decimal(pct)},
        result_usd=None if result is None else Decimal(result),
    )
    assert ruling.verdict is verdict


COSTING = {"income_mean": Decimal("-0.05"), "carry_mean": Decimal("0.06")}


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"earned_back": Decimal("0.6"), "bled_usd": Decimal("3.99")}, Verdict.HOLD),
        ({"earned_back": Decimal("0.6"), "bled_usd": Decimal(4)}, Verdict.EXIT),
        ({"earned_back": Decimal(1), "bled_usd": Decimal("0.5")}, Verdict.EXIT),
        ({"earned_back": None, "bled_usd": Decimal(1)}, Verdict.HOLD),
    ],
)
def test_patience_waits_for_the_costs_unless_staying_costs_more(
    facts: dict[str, Any], verdict: Verdict
) -> None:
    assert ruled(None, **COSTING, **facts).verdict is verdict


def test_one_bad_hour_is_no_reason_in_patience_and_two_are_at_once() -> None:
    bad = {"income_now": Decimal("-0.3"), "income_predicted": Decimal("-0.3")}
    assert ruled(None, **bad).verdict is Verdict.HOLD
    at_once = {"funding_exit": FundingExit.IMMEDIATE}
    assert ruled(at_once, **bad).verdict is Verdict.EXIT
    assert ruled(at_once, **{**bad, "income_predicted": Decimal("0.01")}).verdict is Verdict.HOLD
    assert ruled(at_once, **{**bad, "income_predicted": None}).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("carry", "hours", "verdict"),
    [
        ("0.05", 100, Verdict.HOLD),
        ("0.0499", 100, Verdict.EXIT),
        ("0.0499", 23, Verdict.HOLD),
        ("0.0499", 24, Verdict.EXIT),
        (None, 100, Verdict.HOLD),
    ],
)
def test_it_is_left_for_little_carry_but_not_when_it_is_young(
    carry: str | None, hours: int, verdict: Verdict
) -> None:
    ruling = ruled(
        carry_mean=None if carry is None else Decimal(carry),
        hedged_at=NOW - timedelta(hours=hours),
    )
    assert ruling.verdict is verdict


def test_nothing_is_left_on_data_that_cannot_be_believed() -> None:
    ruling = ruled(result_usd=Decimal(-900), unfit=("price: disputed",))
    assert (ruling.verdict, ruling.failing[0]) == (Verdict.HOLD, "fresh_data")


def test_leaving_knows_of_no_pause_and_of_no_kill_switch() -> None:
    names = {field.name for kind in (StrategyExitFacts, StrategyConfig) for field in fields(kind)}
    assert not [name for name in names if "pause" in name or "kill" in name]
    assert ruled({"enabled": False}, result_usd=Decimal(-100)).verdict is Verdict.EXIT


def hours(rates: list[Decimal], until: datetime = NOW) -> list[FundingObservation]:
    first = until.replace(minute=0) - timedelta(hours=len(rates) - 1)
    return [
        FundingObservation(first + timedelta(hours=n), FundingRate(rate), Decimal(0))
        for n, rate in enumerate(rates)
    ]


def test_what_staying_has_cost_counts_from_the_richest_hour() -> None:
    series = hours([Decimal(x) for x in ("-0.009", "0.001", "-0.002", "0.0005", "-0.001")])

    def cost(since_hours: int, other: str = "0") -> Decimal:
        return bled(
            series,
            since=NOW - timedelta(hours=since_hours),
            exposure_usd=Decimal(1000),
            other_apr=Decimal(other),
            size_usd=Decimal(900),
        )

    assert cost(4) == Decimal("2.5")  # after the rich hour: -2, +0.5, -1
    assert cost(99) == Decimal("10.5")  # never richer than at the beginning
    assert cost(1) == Decimal(1)
    assert cost(0) == 0
    assert cost(1, other="9.7333333333333333333333") == pytest.approx(
        Decimal(0), abs=Decimal("1e-9")
    )


class Trader:
    """One person's strategy hour by hour over a funding series, by the two rules alone."""

    def __init__(self, config: StrategyConfig) -> None:
        self.config = checked(config)
        self.past: list[FundingObservation] = []
        self.hedged_at: datetime | None = None
        self.last: LastClose | None = None
        self.earned = Decimal(0)
        self.trades: list[datetime] = []

    def mean(self, count: int) -> Decimal:
        tail = self.past[-count:]
        total = sum((o.rate.income_to_short.value for o in tail), Decimal(0))
        return total / len(tail) * 8760

    def hour(self, rate: Decimal) -> None:
        at = NOW + timedelta(hours=len(self.past))
        self.past.append(FundingObservation(at, FundingRate(rate), Decimal(0)))
        now = rate * 8760
        if self.hedged_at is None:
            self.enter(at, now)
        else:
            self.earned += rate * 1000
            self.leave(at, now)

    def enter(self, at: datetime, now: Decimal) -> None:
        funding = StrategyFunding(now, now, self.mean(24), Decimal("0.1"))
        offer = replace(OFFER, net_apr=self.mean(24))
        facts: StrategyEntryFacts = replace(
            ENTRY,
            now=at,
            market=StrategyMarket(funding, (offer,)),
            last_close=self.last,
            trades_today=sum(1 for trade in self.trades if trade.date() == at.date()),
        )
        ruling = autonomous.decide(facts, entry_thresholds(self.config, RiskLimits()))
        if ruling.verdict is Verdict.ENTER:
            self.hedged_at, self.earned = at, Decimal(0)
            self.trades.append(at)

    def leave(self, at: datetime, now: Decimal) -> None:
        assert self.hedged_at is not None
        cost = Decimal(4)
        facts = StrategyExitFacts(
            now=at,
            hedged_at=self.hedged_at,
            size_usd=Decimal(1000),
            result_usd=self.earned - cost,
            earned_back=self.earned / cost,
            income_now=now,
            income_predicted=now,
            income_mean=self.mean(self.config.patience_hours),
            carry_mean=self.mean(self.config.patience_hours),
            bled_usd=bled(
                self.past[-168:],
                since=self.hedged_at,
                exposure_usd=Decimal(1000),
                other_apr=Decimal(0),
                size_usd=Decimal(1000),
            ),
            round_trip_usd=cost,
        )
        if decide(facts, self.config).verdict is Verdict.EXIT:
            self.last = LastClose(at, self.config.cooldown_minutes)
            self.hedged_at = None
            self.trades.append(at)


def around(line: Decimal) -> st.SearchStrategy[list[Decimal]]:
    """Hourly rates that go back and forth over a yearly line, in whatever rhythm."""
    step = st.tuples(st.integers(1, 30), st.sampled_from([Decimal("-0.3"), Decimal("0.3")]))
    runs = st.lists(step, min_size=20, max_size=40)
    return runs.map(lambda r: [(line + away) / 8760 for count, away in r for _ in range(count)])


@settings(max_examples=30, deadline=None)
@given(
    rates=st.sampled_from([Decimal(0), Decimal("0.05"), Decimal("0.1"), Decimal("0.15")]).flatmap(
        around
    ),
    mode=st.sampled_from(list(FundingExit)),
)
def test_rates_around_the_thresholds_make_nobody_hop_in_and_out(
    rates: list[Decimal], mode: FundingExit
) -> None:
    trader = Trader(replace(WISH, funding_exit=mode, min_carry_apy=Decimal(7)))
    for rate in rates:
        trader.hour(rate)
    for day in {trade.date() for trade in trader.trades}:
        assert sum(1 for trade in trader.trades if trade.date() == day) <= 20
    if mode is FundingExit.PATIENCE:
        # A turn needs a day's mean to cross the band between the two lines.
        gaps = [b - a for a, b in zip(trader.trades[1:], trader.trades[2:], strict=False)]
        days = max(1, len(rates) // 24)
        assert len(trader.trades) <= 2 * days + 2
        assert all(gap > timedelta(minutes=WISH.cooldown_minutes) for gap in gaps)


def test_a_rate_that_flips_every_hour_at_the_line_is_sat_through() -> None:
    trader = Trader(replace(WISH, min_carry_apy=Decimal(7)))
    for n in range(24 * 30):
        trader.hour((Decimal("0.12") + (Decimal("0.5") if n % 2 else Decimal("-0.5"))) / 8760)
    assert len(trader.trades) <= 1
