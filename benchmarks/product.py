"""The product, started for measuring, and what its database holds."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgard_basis.adapters.embedded.postgres import DATABASE, LOGIN
from asgard_basis.cli.visitor import wait_for

ROOT = Path(__file__).resolve().parents[1]
UP = (sys.executable, "-m", "asgard_basis", "up")
_ELSEWHERE = {"PORT", "DATABASE_URL", "REDIS_URL", "BASIS_HISTORY"}


@dataclass(frozen=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str
    target: float | None
    note: str = ""
    """Said on the screen only."""


@contextmanager
def running(
    command: tuple[str, ...], home: Path, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[dict[str, Any], float]]:
    """The product started by `command`; yields run.json and the seconds until ready."""
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    environment |= {"BASIS_HOME": str(home), **(settings or {})}
    file = home / "run.json"
    file.unlink(missing_ok=True)
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:

        def ready() -> dict[str, Any] | None:
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended with {process.returncode}")
            return json.loads(file.read_text()) if file.is_file() else None

        run = wait_for(ready, seconds=900, what="starting")
        yield run, time.perf_counter() - started
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def database_url(home: Path, *, login: str = LOGIN) -> str:
    """The embedded database of a home, as the product's login or as "postgres"."""
    file = "password" if login == LOGIN else "superuser_password"
    password = (home / "postgresql" / file).read_text().strip()
    port = json.loads((home / "ports.json").read_text())["postgresql"]
    return f"postgresql://{login}:{password}@127.0.0.1:{port}/{DATABASE}"
