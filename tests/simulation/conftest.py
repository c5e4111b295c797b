"""The suite's seeds, lived through once for all tests that look at them."""

from collections.abc import Iterator

import pytest
import structlog

from asgard_basis.simulation.batch import Tally, many, quiet
from asgard_basis.simulation.plan import aim_of
from asgard_basis.simulation.troubles import CELLS

SEEDS = 2 * len(CELLS)
"""Every cell of the matrix is aimed at twice within so many."""
MORE = 8 * len(CELLS)
"""Among these are further ones for cells that were missed, because something else went wrong."""
PROCESSES = 2


@pytest.fixture(scope="session")
def tally() -> Tally:
    tally = Tally()
    for verdict in many(range(SEEDS), processes=PROCESSES):
        tally.add(verdict)
    missed = set(tally.missed)
    further = [seed for seed in range(SEEDS, SEEDS + MORE) if aim_of(seed) in missed]
    for verdict in many(further, processes=PROCESSES):
        tally.add(verdict)
    return tally


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Thousands of simulated failures would be logged."""
    before = structlog.get_config()
    quiet()
    yield
    structlog.configure(**before)
