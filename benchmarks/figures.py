"""One function a figure; names and targets are fixed."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asgard_basis.cli.visitor import PaperWorld, Visitor
from benchmarks import load
from benchmarks.journal import journal_figures
from benchmarks.product import ROOT, UP, Figure, running

PER_SECOND = 200
SECONDS = 15.0
BURST = 100


def start_cold() -> Figure:
    """`make run` in a fresh clone, with empty package caches."""
    with tempfile.TemporaryDirectory(prefix="basis-cold-") as temporary:
        clone = Path(temporary) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        os.environ["PIP_NO_CACHE_DIR"] = "1"
        os.environ["NPM_CONFIG_CACHE"] = str(Path(temporary) / "npm")
        with running(("make", "run"), clone / "var", clone) as (_, seconds):
            pass
        del os.environ["PIP_NO_CACHE_DIR"], os.environ["NPM_CONFIG_CACHE"]
    return Figure("start_cold_s", seconds, "s", None)


def live_figures() -> Iterator[Figure]:
    """Everything that is measured on a running product."""
    home = Path(tempfile.mkdtemp(prefix="basis-bench-"))
    try:
        with running(UP, home, ROOT):
            pass
        with running(UP, home, ROOT) as (run, seconds):
            yield Figure("start_warm_s", seconds, "s", 10)
            yield from _path(run, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _path(run: dict[str, Any], home: Path) -> Iterator[Figure]:
    world = PaperWorld(run["paper"]["control"])
    with Visitor(run["dashboard"]) as visitor:
        visitor.sign_in("bench@example.com", world)
        wallets = visitor.wallets()
        world.faucet(
            solana_address=wallets["solana_address"],
            evm_address=wallets["evm_address"],
            sol="1",
            usdc_solana="2000",
            eth="0.01",
            usdc_arbitrum="2000",
        )
        visitor.deposit("1500")
        entry = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
        for _ in range(200):
            if visitor.post("/positions/preflight", entry)["passed"]:
                break
            world.advance(hours=2)
            time.sleep(1.5)
        opened, opening_seconds = _timed(lambda: visitor.open(**entry))
        if opened["status"] != "completed":
            raise RuntimeError(f"opening ended with {opened['error']}")
        yield Figure("open_to_hedged_s", opening_seconds, "s", None)
        cookies = [dict(visitor.http.cookies), *_more_people(run["dashboard"], world)]
        api = f"{run['dashboard']}/api/v1"
        yield _p99("api_rates_p99_ms", f"{api}/rates?leverage=2", cookies)
        yield _p99("api_positions_p99_ms", f"{api}/positions", cookies)
        errors = load.burst(f"{api}/rates?leverage=3", cookies=cookies, count=BURST).errors
        yield Figure("api_burst_errors", errors, "errors", 0)
        closed, seconds = _timed(lambda: visitor.close(opened["position_id"]))
        if closed["status"] != "completed":
            raise RuntimeError(f"closing ended with {closed['error']}")
        yield Figure("close_s", seconds, "s", None)
        jobs = {"open": (opened["job_id"], opening_seconds), "close": (closed["job_id"], seconds)}
        yield from journal_figures(home, jobs)
    yield Figure("memory_mb", _memory_mb(run["pids"]["supervisor"]), "MB", 1500)


def _more_people(url: str, world: PaperWorld) -> Iterator[dict[str, str]]:
    """Sessions of other people, once they have wallets: one may ask 600 times a minute only."""
    for number in range(load.CONNECTIONS - 1):
        with Visitor(url) as person:
            person.sign_in(f"bench-{number}@example.com", world)
            person.wallets()
            yield dict(person.http.cookies)


def _p99(name: str, url: str, cookies: list[dict[str, str]]) -> Figure:
    load.steady(url, cookies=cookies, per_second=50, seconds=2)
    measured = load.steady(url, cookies=cookies, per_second=PER_SECOND, seconds=SECONDS)
    if measured.errors:
        raise RuntimeError(f"{measured.errors} answers of {url} were not 200")
    return Figure(name, measured.percentile(0.99), "ms", 50)


def _timed(work: Any) -> tuple[Any, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _memory_mb(supervisor: int) -> float:
    """Proportional share of memory of the supervisor and everything below it."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    waiting, total = [supervisor], 0
    while waiting:
        pid = waiting.pop()
        waiting += parents.get(pid, [])
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(x.split()[1]) for x in rollup.splitlines() if x.startswith("Pss:"))
    return total / 1024
