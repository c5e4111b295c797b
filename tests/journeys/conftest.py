"""One running product for all journeys that do not break it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.journeys.stack import SOURCE, UNLIMITED, Stack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product in paper mode with a generated market in real time.

    When it has been through everything, each decision it took is made again from its card.
    """
    with running(tmp_path_factory.mktemp("home"), BASIS_SEED="7", **UNLIMITED) as started:
        yield started
        replayed = _replay(started)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "0 came out differently" in replayed.stdout


def _replay(stack: Stack) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "asgard_basis", "replay"],
        env=kept | {"BASIS_HOME": str(stack.home), "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
