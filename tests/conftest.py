"""What every test may use."""

from pathlib import Path

import pytest

pytest_plugins = ("tests.services",)

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded market data; the test is skipped where it is absent."""
    if not RECORDED.is_dir():
        pytest.skip(f"recorded data is not at {RECORDED}")
    return RECORDED
