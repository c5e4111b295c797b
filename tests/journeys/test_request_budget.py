"""Whatever people look at, whoever leaves is not kept waiting for the venues' request limits."""

import contextlib
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from asgard_basis.cli.visitor import ApiError, Visitor, wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import ENTRY, savers
from tests.journeys.stack import SOURCE, VENUES_OWN


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A product whose shorts are paid from the first hour on."""
    home = tmp_path_factory.mktemp("busy")
    found = Machine(home, BASIS_SEED="26", BASIS_START="2026-11-01T00:00:00Z", **VENUES_OWN)
    try:
        yield found
    finally:
        found.close()


@contextlib.contextmanager
def looking(browsers: list[Visitor]) -> Iterator[None]:
    """Each of them looks again and again, whatever it is told."""
    is_over = threading.Event()

    def look(browser: Visitor) -> None:
        while not is_over.is_set():
            with contextlib.suppress(ApiError, httpx.TransportError):
                browser.post("/positions/preflight", ENTRY)

    threads = [threading.Thread(target=look, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def doctor(home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "asgard_basis", "doctor"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "BASIS_HOME": str(home)},
    )
    return done.stdout


def test_a_storm_of_429_for_screens_does_not_delay_a_close(machine: Machine) -> None:
    (person,) = savers(machine, "leaving")
    position = person.open_pair()
    browsers = []
    for number in range(4):
        browser = machine.visitor()
        browser.sign_in(f"looker{number}@example.com", machine.world)
        browser.wallets()
        browsers.append(browser)
    before = max(entry["number"] for entry in machine.requests())

    def refused() -> list[dict[str, Any]] | None:
        return [e for e in machine.requests(before) if e["status"] == 429] or None

    # Only screens and openings ask what an account pays.
    machine.world.add_fault(kind="status", venue="hyperliquid", operation="userFees", status=429)
    try:
        with looking(browsers):
            wait_for(refused, seconds=60, what="the storm")
            key = str(uuid.uuid4())
            asked = person.visitor.post(f"/positions/{position['id']}/close", key=key)
            job = person.visitor.job(asked["job_id"])
    finally:
        machine.world.clear_faults()
    assert (job["status"], job["error"]) == ("completed", None)
    assert [step["attempt"] for step in job["steps"]] == [1] * len(job["steps"])
    assert {entry["operation"] for entry in refused() or ()} == {"userFees"}
    assert "Hyperliquid" in doctor(machine.home)
