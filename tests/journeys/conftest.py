"""One running product for all journeys that do not break it."""

from collections.abc import Iterator

import pytest

from tests.journeys.stack import Stack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product in paper mode with a generated market in real time."""
    with running(tmp_path_factory.mktemp("home"), BASIS_SEED="7") as started:
        yield started
