"""The suite's seeds, lived through once for all tests that look at them."""

from collections.abc import Iterator

import pytest
import structlog

from asgard_basis.simulation.batch import Tally, many, quiet

SEEDS = 620
"""Every cell of the matrix is aimed at twice within so many."""
PROCESSES = 2


@pytest.fixture(scope="session")
def tally() -> Tally:
    tally = Tally()
    for verdict in many(range(SEEDS), processes=PROCESSES):
        tally.add(verdict)
    return tally


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Thousands of simulated failures would be logged."""
    before = structlog.get_config()
    quiet()
    yield
    structlog.configure(**before)
