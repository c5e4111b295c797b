"""The suite's seeds in parts, each in a file of its own, so that several processes share them."""

from collections.abc import Iterable
from typing import ClassVar

import pytest

from asgard_basis.cli.simulate import matrix
from asgard_basis.simulation.batch import Tally, one
from asgard_basis.simulation.plan import aim_of
from asgard_basis.simulation.troubles import CELLS, Cell

SEEDS = len(CELLS)
"""So many in a row aim at every cell of the matrix once."""
PARTS = 5
AGAIN = 8
"""So often a cell that was missed, because something else went wrong, is aimed at again."""


def seeds_of(part: int) -> range:
    """The seeds of one part; the parts are disjoint, and together they are all."""
    return range(part, SEEDS, PARTS)


def aims(seeds: Iterable[int]) -> set[Cell]:
    """All that they try to let meet."""
    return {aim_of(seed) for seed in seeds}


class SeedsOf:
    """Every promise holds in one part of the seeds, and what they aim at has met."""

    PART: ClassVar[int]

    @pytest.fixture(scope="class")
    @classmethod
    def tally(cls) -> Tally:
        """What they came to, lived through once for both tests."""
        tally = Tally()
        for seed in seeds_of(cls.PART):
            tally.add(one(seed))
        for seed in seeds_of(cls.PART):
            for further in range(seed + SEEDS, seed + SEEDS * AGAIN + 1, SEEDS):
                if aim_of(seed) not in tally.hits:
                    tally.add(one(further))
        return tally

    def test_every_promise_holds_in_every_seed(self, tally: Tally) -> None:
        assert tally.seeds >= len(seeds_of(self.PART))
        broken = [f"basis simulate --seed {v.seed} --trace: {v.broken}" for v in tally.failed]
        assert not broken, "\n".join(broken)

    def test_every_fault_that_is_aimed_at_has_met_its_step(self, tally: Tally) -> None:
        missed = aims(seeds_of(self.PART)) - tally.hits
        told = [f"{cell.kind} during {cell.step}" for cell in missed]
        assert not told, "\n".join([*told, matrix(tally)])
