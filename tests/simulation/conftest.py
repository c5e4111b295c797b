"""Quiet, because thousands of simulated failures would be logged."""

from collections.abc import Iterator

import pytest
import structlog

from asgard_basis.simulation.batch import quiet


@pytest.fixture(autouse=True, scope="package")
def silence() -> Iterator[None]:
    """For as long as worlds are lived through."""
    before = structlog.get_config()
    quiet()
    yield
    structlog.configure(**before)
