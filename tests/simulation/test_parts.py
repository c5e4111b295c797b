"""The parts are the whole: no seed and no cell of the matrix is left to nobody."""

from asgard_basis.simulation.troubles import CELLS
from tests.simulation import test_seeds_fifth as fifth
from tests.simulation import test_seeds_first as first
from tests.simulation import test_seeds_fourth as fourth
from tests.simulation import test_seeds_second as second
from tests.simulation import test_seeds_third as third
from tests.simulation.parts import PARTS, SEEDS, SeedsOf, aims, seeds_of

LIVED: tuple[type[SeedsOf], ...] = (
    first.TestFirst,
    second.TestSecond,
    third.TestThird,
    fourth.TestFourth,
    fifth.TestFifth,
)


def test_every_seed_is_lived_through_in_one_part() -> None:
    assert sorted(part.PART for part in LIVED) == list(range(PARTS))
    assert sorted(seed for part in LIVED for seed in seeds_of(part.PART)) == list(range(SEEDS))
    assert SEEDS >= 300


def test_together_they_aim_at_everything_that_can_meet() -> None:
    assert aims(seed for part in LIVED for seed in seeds_of(part.PART)) == set(CELLS)
