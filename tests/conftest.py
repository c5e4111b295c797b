"""What every test may use."""

from pathlib import Path

import pytest
import structlog

pytest_plugins = ("tests.services",)

# Drawing a traceback with all locals takes long enough to be taken for a hang.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded market data; the test is skipped where it is absent."""
    if not RECORDED.is_dir():
        pytest.skip(f"recorded data is not at {RECORDED}")
    return RECORDED
