"""The lab: the same seed finds the same, and policies come out in their order."""

from decimal import Decimal

import numpy as np
import pytest

from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.lab.lane import Lane, Policy, opening, walls
from asgard_basis.lab.paths import STEADY, STORMY, days
from asgard_basis.lab.plot import drawing
from asgard_basis.lab.report import Finding, lines, page
from asgard_basis.lab.study import Plan, Tally, study

TWO = Decimal(2)
SMALL = Plan(paths=120, days=60, seed=5, leverages=(TWO, Decimal("2.5")))


@pytest.fixture(scope="module")
def finding() -> Finding:
    return Finding(SMALL, study(SMALL))


def of(finding: Finding, policy: Policy, leverage: Decimal) -> Tally:
    return next(t for t in finding.tallies if (t.policy, t.leverage) == (policy, leverage))


@pytest.mark.parametrize("leverage", SMALL.leverages)
def test_who_does_nothing_is_liquidated_far_more_often(finding: Finding, leverage: Decimal) -> None:
    nobody = of(finding, Policy.NONE, leverage).liquidated
    late = of(finding, Policy.EQUALISE, leverage).liquidated
    local = of(finding, Policy.LOCAL, leverage).liquidated
    both = of(finding, Policy.BOTH, leverage).liquidated
    assert nobody > 0.25
    assert nobody > 5 * max(late, local, both)
    assert local <= late
    assert both <= late


def test_a_bridge_keeps_more_of_the_size_than_cuts_alone(finding: Finding) -> None:
    local, both = (of(finding, policy, TWO) for policy in (Policy.LOCAL, Policy.BOTH))
    assert np.mean(both.kept) > np.mean(local.kept)
    assert np.median(local.moves) <= 2


def test_the_same_seed_finds_the_same_and_another_something_else() -> None:
    plan = Plan(paths=20, days=20, seed=5, leverages=(TWO,), policies=(Policy.LOCAL,))
    (first,), (again,) = study(plan), study(plan)
    assert first == again
    (other,) = study(Plan(**{**_fields(plan), "seed": 6}))
    assert other != first


def test_more_paths_continue_the_fewer() -> None:
    plan = Plan(paths=1250, days=2, seed=5, leverages=(TWO,), policies=(Policy.NONE,))
    (whole,) = study(Plan(**{**_fields(plan), "paths": 1260}))
    (begun,) = study(plan)
    assert whole.costs[:1250] == begun.costs


@pytest.mark.parametrize("market", [STEADY, STORMY])
def test_paths_move_as_their_market_says(market: object) -> None:
    seed = np.random.SeedSequence(3)
    prices = np.concatenate(list(days(market, seed=seed, paths=50, length=40)))  # type: ignore[arg-type]
    moves = np.diff(np.log(prices), axis=0)
    yearly = float(moves.std() * np.sqrt(365 * 288))
    expected = np.sqrt(0.49 * np.exp(2 * market.wandering**2) + 12 * 0.06**2)  # type: ignore[attr-defined]
    assert yearly == pytest.approx(expected, rel=0.1)


def test_a_lane_sleeps_exactly_where_the_rule_does_nothing() -> None:
    begun = opening(TWO, RiskLimits())
    low, high = walls(begun.facts)
    lane = Lane(Policy.LOCAL, begun)
    assert low < lane.wakes[0] < 150 < lane.wakes[1] < high
    assert Lane(Policy.NONE, begun).wakes == (low, high)


def test_the_page_says_what_was_found(finding: Finding) -> None:
    told = page([finding])
    assert f"{of(finding, Policy.NONE, TWO).liquidated:.2%}" in told
    assert len(lines(finding)) == 2 + len(finding.tallies)
    assert drawing(finding).count("<title>") == 1 + len(finding.tallies)


def _fields(plan: Plan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in plan.__dataclass_fields__}
