"""One home for all crashes: each test leaves it running, or ended for the next to start."""

from collections.abc import Iterator

import pytest

from tests.crashes.machine import Machine


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A product in paper mode that may be killed."""
    found = Machine(tmp_path_factory.mktemp("crashes"), BASIS_SEED="7")
    try:
        yield found
    finally:
        found.close()
