"""One home for all crashes: each test leaves it running, or ended for the next to start."""

from collections.abc import Iterator

import pytest

from tests.crashes.machine import Machine


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A product in paper mode that may be killed; shorts are paid from the first hour on."""
    home = tmp_path_factory.mktemp("crashes")
    found = Machine(home, BASIS_SEED="26", BASIS_START="2026-11-01T00:00:00Z")
    try:
        yield found
    finally:
        found.close()
