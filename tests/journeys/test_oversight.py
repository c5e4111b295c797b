"""A person pauses, trades, and reads afterwards what was done in their name."""

import os
import subprocess
import sys

import pytest

from asgard_basis.cli.visitor import ApiError
from tests.journeys.stack import SOURCE, Stack, fund, wait_until_it_pays

ENTRY = {"asset": "SOL", "size_usd": "500", "leverage": "2"}


def _basis(stack: Stack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "asgard_basis", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, "PYTHONPATH": str(SOURCE), "BASIS_HOME": str(stack.home)},
    )


def test_a_pause_forbids_opening_and_the_log_tells_what_was_done(stack: Stack) -> None:
    with stack.visitor() as visitor:
        visitor.sign_in("watchful@example.com", stack.world())
        fund(stack, visitor, solana="400", arbitrum="350")
        assert visitor.deposit("300")["status"] == "completed"
        wait_until_it_pays(stack, visitor, ENTRY)

        paused = visitor.post("/control/pause", {"reason": "holidays"})
        assert (paused["may_open"], paused["may_close"]) == (False, True)
        checks = visitor.post("/positions/preflight", ENTRY)["checks"]
        assert [c["code"] for c in checks if not c["passed"]] == ["RSK-0007"]
        with pytest.raises(ApiError, match="RSK-0007"):
            visitor.open(**ENTRY)
        assert visitor.get("/control")["pauses"][0]["reason"] == "holidays"
        assert visitor.post("/control/resume")["may_open"]

        wait_until_it_pays(stack, visitor, ENTRY)
        job = visitor.open(**ENTRY)
        assert job["status"] == "completed", job
        visitor.post("/control/pause", {"reason": "enough"})
        assert visitor.close(job["position_id"])["status"] == "completed"
        assert visitor.get("/alarms") == {"alarms": []}
        with pytest.raises(ApiError, match="GEN-0005"):
            visitor.post("/alarms/none/acknowledge")

        entries = visitor.get(f"/positions/{job['position_id']}/timeline")["entries"]
        states = [entry["name"] for entry in entries if entry["kind"] == "state"]
        assert (states[0], states[-1]) == ("requested", "closed")
        assert "hedged" in states
        asked = [entry for entry in entries if entry["kind"] == "command"]
        assert {entry["detail"] for entry in asked} == {"by the user"}
        kinds = {entry["kind"] for entry in entries}
        assert {"command", "step", "signed", "state", "outcome"} <= kinds
        assert all(len(entry["hash"]) == 64 for entry in entries)

        shown = _basis(stack, "audit", "show", job["position_id"])
        assert shown.returncode == 0, shown.stderr
        assert len(shown.stdout.splitlines()) > len(entries)
        whole = _basis(stack, "audit", "verify")
        assert (whole.returncode, whole.stderr) == (0, "")
        assert "nothing was changed" in whole.stdout
