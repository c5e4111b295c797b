"""A seed is a run: whoever lives through it again sees the same."""

import os
import subprocess
import sys

import pytest

from asgard_basis.simulation.batch import one, shrunk
from asgard_basis.simulation.plan import Plan, drawn
from asgard_basis.simulation.run import simulate
from asgard_basis.simulation.story import Verdict
from tests.simulation.mutants import MUTANTS

_ALONE = """
import sys
from asgard_basis.simulation.batch import one, quiet
quiet()
for seed in sys.argv[1:]:
    print(one(int(seed)).trace_hash)
"""
_TOGETHER = """
from asgard_basis.simulation.batch import many, quiet
quiet()
for verdict in sorted(many(range(10), processes=2), key=lambda verdict: verdict.seed):
    print(verdict.trace_hash)
"""
SEEDS = (3, 7, 24, 50)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_lived_through_twice_is_the_same_to_the_last_request(seed: int) -> None:
    assert one(seed) == one(seed)


def elsewhere(script: str, *seeds: int, hash_seed: str = "0") -> list[str]:
    """What another process prints."""
    found = subprocess.run(
        [sys.executable, "-c", script, *map(str, seeds)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.split()


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_a_seed_is_the_same_in_another_process_with_other_hashes(hash_seed: str) -> None:
    alone = elsewhere(_ALONE, *reversed(SEEDS), hash_seed=hash_seed)
    assert alone == [one(seed).trace_hash for seed in reversed(SEEDS)]


def test_many_seeds_on_two_cores_are_each_lived_through_once() -> None:
    together = elsewhere(_TOGETHER)
    assert len(together) == len(set(together)) == 10
    assert [together[seed] for seed in SEEDS[:2]] == [one(seed).trace_hash for seed in SEEDS[:2]]


def test_seeds_differ() -> None:
    assert len({one(seed).trace_hash for seed in SEEDS}) == len(SEEDS)


def test_a_failure_is_told_by_what_it_needs_and_nothing_else() -> None:
    def run(plan: Plan) -> Verdict:
        return simulate(plan, build=MUTANTS["closes the long only"])

    many = (drawn(seed) for seed in range(60))
    rich = (plan for plan in many if len(plan.troubles) > 3 and len(plan.wishes) > 2)
    plan, verdict = shrunk(next(plan for plan in rich if run(plan).broken), run=run)
    assert verdict.broken is not None
    assert verdict.broken.startswith("I-1")
    assert plan.troubles == ()
    assert len(plan.wishes) == 1
    assert any("is hedged" in line for line in verdict.story)
    assert any("is closed" in line for line in verdict.story)
