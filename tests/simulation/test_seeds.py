"""Every promise holds in every seed, and the seeds meet everything there is to be met."""

from asgard_basis.cli.simulate import matrix
from asgard_basis.simulation.batch import Tally
from tests.simulation.conftest import SEEDS


def test_every_promise_holds_in_every_seed(tally: Tally) -> None:
    assert tally.seeds >= SEEDS >= 300
    broken = [f"basis simulate --seed {v.seed} --trace: {v.broken}" for v in tally.failed]
    assert not broken, "\n".join(broken)


def test_every_fault_that_can_meet_a_step_has_met_it(tally: Tally) -> None:
    missed = [f"{cell.kind} during {cell.step}" for cell in tally.missed]
    assert not missed, "\n".join([*missed, matrix(tally)])
