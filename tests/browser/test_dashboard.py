"""The main job and what can go wrong with it, in Chromium, against the running product."""

import os
import shutil
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.journeys.stack import Stack, running

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
@pytest.mark.skipif(not (ROOT / "node_modules").is_dir(), reason="run `npm ci` first")
def test_the_dashboard_does_the_main_job(tmp_path: Path) -> None:
    with running(tmp_path / "home", BASIS_SEED="7") as stack:
        _until_shorts_earn(stack)
        done = subprocess.run(
            ["npm", "run", "--silent", "e2e", "-w", "frontend"],
            cwd=ROOT,
            env={
                **os.environ,
                "BASE_URL": stack.url,
                "PAPER_CONTROL_URL": stack.run["paper"]["control"],
                "CHROMIUM": CHROMIUM or "",
            },
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def _until_shorts_earn(stack: Stack) -> None:
    with stack.visitor() as visitor:
        for _ in range(200):
            funding = visitor.get("/rates", leverage="2")["funding"]
            predicted = funding["predicted_apr"]
            if Decimal(funding["now_apr"]) > 0 and predicted and Decimal(predicted) > 0:
                return
            stack.world().advance(hours=2)
            time.sleep(1)  # the product looks at the market once a second
    raise AssertionError("shorts never earned")
