"""A product broken in one place is found out, and soon; a whole one is not accused."""

import pytest

from asgard_basis.simulation.build import Build
from asgard_basis.simulation.plan import drawn
from asgard_basis.simulation.run import simulate
from tests.simulation.mutants import MUTANTS

SEEDS_MAX = 300
CAUGHT_AS = {
    "forgets the intention": {"I-1"},
    "retries without looking": {"I-5"},
    "without a fence": {"fence", "I-5", "rest"},
    "closes the long only": {"I-1"},
    "claims a credit twice": {"I-5"},
    "places under another key": {"I-1"},
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_product_is_caught(name: str) -> None:
    for seed in range(SEEDS_MAX):
        broken = simulate(drawn(seed), build=MUTANTS[name]).broken
        if broken is not None:
            assert broken.partition(":")[0] in CAUGHT_AS[name], f"seed {seed}: {broken}"
            return
    pytest.fail(f"a product that {name} passes {SEEDS_MAX} seeds")


def test_a_whole_product_is_not_accused_where_the_broken_ones_are() -> None:
    assert [simulate(drawn(seed), build=Build()).broken for seed in range(15)] == [None] * 15
