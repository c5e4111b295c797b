"""A product broken in one place is found out, and soon; a whole one is not accused."""

from collections.abc import Callable

import pytest

from asgard_basis.simulation.build import Build
from asgard_basis.simulation.plan import Plan, WishKind, drawn
from asgard_basis.simulation.run import simulate
from tests.simulation.mutants import MUTANTS

SEEDS_MAX = 300
CAUGHT_AS = {
    "forgets the intention": {"I-1"},
    "retries without looking": {"I-5"},
    "without a fence": {"fence", "I-5", "rest"},
    "closes the long only": {"I-1", "I-3"},
    "claims a credit twice": {"I-5"},
    "places under another key": {"I-1"},
}


def deposits(plan: Plan) -> bool:
    return any(wish.kind is WishKind.DEPOSIT for wish in plan.wishes)


SHOWN_BY: dict[str, Callable[[Plan], bool]] = {"claims a credit twice": deposits}
"""In other plans nothing of it can be seen, and living through them would only take time."""


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_product_is_caught(name: str) -> None:
    for seed in range(SEEDS_MAX):
        plan = drawn(seed)
        if name in SHOWN_BY and not SHOWN_BY[name](plan):
            continue
        broken = simulate(plan, build=MUTANTS[name]).broken
        if broken is not None:
            assert broken.partition(":")[0] in CAUGHT_AS[name], f"seed {seed}: {broken}"
            return
    pytest.fail(f"a product that {name} passes {SEEDS_MAX} seeds")


def test_a_whole_product_is_not_accused_where_the_broken_ones_are() -> None:
    assert [simulate(drawn(seed), build=Build()).broken for seed in range(15)] == [None] * 15
