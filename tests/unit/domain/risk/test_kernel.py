"""The kernel never misses what the exact rules would act on, and flags little besides."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.risk.engine import decide, judge
from asgard_basis.domain.risk.facts import Belief, PriceFacts, RiskFacts
from asgard_basis.domain.risk.kernel import Columns, Flag, Mark, columns_of, read_all
from tests.unit.domain.risk.pairs import LIMITS, PRICE, THRESHOLD, facts, legs

EDGES = ["0.10", "0.12", "0.15", "0.1046", "0.3", "0.45", "0", "-0.3"]
NUDGES = [
    "0",
    "1E-12",
    "-1E-12",
    "1E-8",
    "-1E-8",
    "1E-5",
    "-1E-5",
    "0.0005",
    "-0.0005",
    "0.003",
    "-0.003",
]
WIDE = D("0.00001")
"""Beyond float error and the kernel's slack."""

near_edges = st.builds(lambda e, n: D(e) + D(n), st.sampled_from(EDGES), st.sampled_from(NUDGES))
anywhere = st.decimals(D("-0.5"), D("0.9"), places=6)
rooms = near_edges | anywhere
drifts = st.sampled_from(["0", "0.005", "0.00500001", "0.00499999", "-0.005", "0.2"]).map(D)
prices = st.builds(
    lambda mark, basis, market, change, belief: replace(
        PRICE,
        mark_price=mark,
        oracle_price=mark * basis,
        redemption_rate=D("1.2"),
        market_rate=None if market is None else D(market),
        market_rate_change=None if change is None else D(change),
        belief=belief,
    ),
    st.decimals(D(1), D(900), places=4),
    st.sampled_from([D(1), D("0.999"), D("1.002")]),
    st.sampled_from([None, "1.2", "1.188", "1.176", "1.19", "1.236", "1.3"]),
    st.sampled_from([None, None, "0", "0.02", "-0.05", "0.0199"]),
    st.sampled_from([Belief.FRESH, Belief.FRESH, Belief.FRESH, Belief.STALE, Belief.DISPUTED]),
)
pairs = st.fixed_dictionaries(
    {},
    optional={
        "health": rooms,
        "margin": rooms.map(lambda room: max(room, D("-0.9"))),
        "drift": drifts,
        "collateral": st.decimals(D("0.5"), D(100_000), places=9),
        "leverage": st.sampled_from([D("1.1"), D(2), D("2.7"), D("3.3")]),
        "seen_seconds": st.sampled_from([None, 0, 119, 120, 121, 899, 900, 901, 5000]),
        "stated_health": st.none() | near_edges.map(lambda h: min(D(1), max(D(0), h))),
    },
)
missing = st.sets(st.sampled_from(["short_raw_usd", "short_sol"]), max_size=1) | st.just(set[str]())


def flagged(found: RiskFacts) -> tuple[Flag, Columns]:
    mark = Mark(
        found.legs.asset, found.legs.protocol, found.price, found.legs.liquidation_threshold
    )
    columns = columns_of([found.legs])
    return Flag(int(read_all(columns, mark, LIMITS).flags[0])), columns


def built(pair: dict[str, Any], price: PriceFacts, gone: set[str], protocol: Any) -> RiskFacts:
    made = legs(price=price, protocol=protocol, asset=Asset.JITOSOL, **pair)
    if "short_raw_usd" in gone:
        made = replace(made, short_raw_usd=None)
    if "short_sol" in gone:
        made = replace(made, short_sol=D(0), short_raw_usd=None)
    return RiskFacts(price, made)


@settings(max_examples=400, deadline=None)
@given(
    pairs,
    prices,
    missing,
    st.sampled_from([LendingProtocol.KAMINO, LendingProtocol.MARGINFI]),
    st.sampled_from([THRESHOLD, None]),
)
def test_what_is_not_flagged_is_a_plain_hold(
    pair: dict[str, Any],
    price: PriceFacts,
    gone: set[str],
    protocol: LendingProtocol,
    threshold: D | None,
) -> None:
    found = built(pair, price, gone, protocol)
    found = replace(found, legs=replace(found.legs, liquidation_threshold=threshold))
    flags, _ = flagged(found)
    judged = judge(found, LIMITS)
    if flags:
        return
    assert judged.ruling.verdict is Verdict.HOLD
    assert judged.near == ()
    if price.belief is Belief.FRESH:
        assert judged.ruling.failing == ()


@settings(max_examples=400, deadline=None)
@given(pairs, prices.filter(lambda price: price.belief is Belief.FRESH), missing)
def test_what_is_flagged_is_within_a_hair_of_failing(
    pair: dict[str, Any], price: PriceFacts, gone: set[str]
) -> None:
    found = built(pair, price, gone, LendingProtocol.KAMINO)
    flags, _ = flagged(found)
    if not flags:
        return
    stricter = replace(
        LIMITS,
        health_exit=LIMITS.health_exit + WIDE,
        health_near=LIMITS.health_near + WIDE,
        margin_near=LIMITS.margin_near + WIDE,
        defence_buffer=LIMITS.defence_buffer + WIDE,
        defence_share=LIMITS.defence_share + WIDE * 10,
        drift_max=LIMITS.drift_max - WIDE,
        legs_age_seconds_max=LIMITS.legs_age_seconds_max - 2,
        stated_health_seconds_max=LIMITS.stated_health_seconds_max + 2,
    )
    judged = judge(found, stricter)
    assert judged.ruling.failing or judged.near


def test_figures_are_those_of_the_rules() -> None:
    found = facts(health=D("0.31"), margin=D("0.42"), drift=D("0.003"))
    mark = Mark(Asset.SOL, LendingProtocol.KAMINO, PRICE, THRESHOLD)
    read = read_all(columns_of([found.legs]), mark, LIMITS)
    assert abs(read.long_distance[0] - 0.31) < 1e-12
    assert abs(read.margin_fraction[0] - 0.42) < 1e-12
    assert found.short_distance is not None
    assert abs(read.short_distance[0] - float(found.short_distance)) < 1e-12
    assert abs(read.drift[0] - 0.003) < 1e-12
    assert read.flags[0] == 0


def test_each_row_is_read_by_itself() -> None:
    """Over several blocks, with the dangerous ones far apart."""
    good = legs()
    rows = [good] * 40_000
    rows[7] = legs(health=D("0.09"))
    rows[20_000] = legs(margin=D("0.09"))
    rows[39_999] = replace(good, stated_health=None)
    mark = Mark(Asset.SOL, LendingProtocol.KAMINO, PRICE, THRESHOLD)
    flags = read_all(columns_of(rows), mark, LIMITS).flags
    assert list(flags.nonzero()[0]) == [7, 20_000, 39_999]
    assert Flag.HEALTH in Flag(int(flags[7]))
    assert Flag.MARGIN in Flag(int(flags[20_000]))
    assert Flag(int(flags[39_999])) == Flag.UNKNOWN


def test_figures_age_between_two_refreshes() -> None:
    mark = Mark(Asset.SOL, LendingProtocol.KAMINO, PRICE, THRESHOLD, aged_seconds=100)
    aged = columns_of([legs(seen_seconds=801), legs(seen_seconds=10)])
    assert list(read_all(aged, mark, LIMITS).flags) == [Flag.AGE, 0]


def test_the_exact_rules_say_hold_between_hair_and_threshold() -> None:
    """A row the slack alone has flagged costs one exact look and nothing else."""
    found = facts(health=D("0.1500001"))
    assert Flag.ROOM in flagged(found)[0]
    assert decide(found, LIMITS).verdict is Verdict.HOLD
