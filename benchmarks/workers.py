"""Two worker processes: how soon one takes over from the other, and how much both get done."""

import os
import shutil
import signal
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from asgard_basis.cli.visitor import ApiError, PaperWorld, Visitor, opened_now, wait_for
from benchmarks.product import ROOT, UP, Figure, database_url, running

_PEOPLE = 24
_TRIALS = 20
_JOBS = 1000
_ENTRY = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
_SETTINGS = {
    "WORKERS": "2",
    "POOL_SIZE": "30",
    # A crowd at one address would spend the venue's minute; that is measured elsewhere.
    "PAPER_HYPERLIQUID_WEIGHT": "1000000",
    "HYPERLIQUID_WEIGHT": "1000000",
}
_OPENING = ("set_leverage", {"venue": "hyperliquid", "operation": "updateLeverage"})
_CLOSING = ("observe_long", {"venue": "asgard", "route": "*/refresh-positions"})
"""The step in whose middle a worker dies, and the request that is slow meanwhile."""
_SLOW_MS = 7_000


@dataclass
class _Person:
    visitor: Visitor
    job_id: str = ""
    position_id: str = ""


@dataclass
class _Bench:
    home: Path
    run: dict[str, Any]
    world: PaperWorld
    people: list[_Person] = field(default_factory=list)

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        url = database_url(self.home, login="postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(question.encode(), values).fetchall()


def worker_figures() -> Iterator[Figure]:
    """Everything that needs two workers."""
    home = Path(tempfile.mkdtemp(prefix="basis-bench-workers-"))
    try:
        with running(UP, home, ROOT, _SETTINGS) as (run, _):
            bench = _Bench(home, run, PaperWorld(run["paper"]["control"]))
            yield _jobs_per_second(bench)
            yield _takeover(bench)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _jobs_per_second(bench: _Bench) -> Figure:
    """Jobs with nothing left to do, one for each of as many people: delivered, locked, ended."""
    made = uuid.uuid4().hex
    url = database_url(bench.home, login="postgres")
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO users (id, created_at, last_sign_in_at)"
            " SELECT %s || n, now(), now() FROM generate_series(1, %s) AS n",
            (made, _JOBS),
        )
        connection.execute(
            "INSERT INTO wallets (user_id, role, wallet_id, address, policy_id)"
            " SELECT %(made)s || n, role, role || %(made)s || n, role || %(made)s || n, 'none'"
            " FROM generate_series(1, %(count)s) AS n,"
            " unnest(ARRAY['solana', 'evm', 'agent']) AS role",
            {"made": made, "count": _JOBS},
        )
        connection.execute(
            "INSERT INTO position_jobs (id, user_id, kind, status, created_at, details)"
            " SELECT %(made)s || n, %(made)s || n, 'provision', 'pending', now(), '{}'"
            " FROM generate_series(1, %(count)s) AS n",
            {"made": made, "count": _JOBS},
        )
        connection.execute(
            "SELECT basis_defer('jobs', 'run_job', 'job:' || id,"
            " jsonb_build_object('job_id', id, 'user_id', user_id))"
            " FROM position_jobs WHERE id LIKE %s || '%%'",
            (made,),
        )
    started = time.time()

    def done() -> float | None:
        rows = bench.ask(
            "SELECT count(*), extract(epoch FROM max(finished_at)) FROM position_jobs"
            " WHERE id LIKE %s || '%%' AND status = 'completed'",
            made,
        )
        return float(rows[0][1]) if rows[0][0] == _JOBS else None

    ended: float = wait_for(done, seconds=180, what=f"{_JOBS} jobs")
    note = f"{_JOBS} wallet jobs of as many people, with nothing left to make"
    return Figure("jobs_per_second_2_workers", _JOBS / (ended - started), "jobs/s", None, note)


def _takeover(bench: _Bench) -> Figure:
    """From the kill of a worker to the first word of another one in each journal it had open."""
    bench.people = _each(lambda number: _arrived(bench, number), range(_PEOPLE))
    _until_it_pays(bench)
    seconds: list[float] = []
    kills = 0
    while len(seconds) < _TRIALS:
        kills += 1
        _each(_ask_to_open, bench.people, before=lambda: _slow_down(bench, _OPENING[1]))
        seconds += _killed(bench, _OPENING[0])
        _each(_until_ended, bench.people)
        _each(_ask_to_close, bench.people, before=lambda: _slow_down(bench, _CLOSING[1]))
        seconds += _killed(bench, _CLOSING[0])
        kills += 1
        _each(_until_ended, bench.people)
    seconds.sort()
    value = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    middle = seconds[len(seconds) // 2]
    note = f"{len(seconds)} positions in {kills} kills, half of them within {middle:.1f} s"
    return Figure("takeover_p99_s", value, "s", 15, note)


def _killed(bench: _Bench, step: str) -> list[float]:
    """Kill the worker that has more in hand; seconds until each of its journals goes on."""
    jobs = [person.job_id for person in bench.people]

    def everywhere() -> bool | None:
        rows = bench.ask(
            "SELECT count(*) FROM saga_steps WHERE job_id = ANY(%s) AND name = %s"
            " AND status = 'intended'",
            jobs,
            step,
        )
        return True if rows[0][0] == len(jobs) else None

    wait_for(everywhere, seconds=60, what=f"everybody at {step}")
    held = bench.ask(
        "SELECT job.id, split_part(lease.holder, ':', 2)::int FROM position_jobs AS job"
        " JOIN leases AS lease ON lease.name = 'user:' || job.user_id"
        " WHERE job.id = ANY(%s) AND lease.holder IS NOT NULL",
        jobs,
    )
    (victim, _), *_ = Counter(pid for _, pid in held).most_common(1)
    left = {job for job, pid in held if pid == victim}
    before = _written(bench, left)
    os.kill(victim, signal.SIGKILL)
    killed_at = time.perf_counter()
    bench.world.clear_faults()
    taken: dict[str, float] = {}
    while left - taken.keys():
        now = _written(bench, left)
        for job in left - taken.keys():
            if now[job] != before[job]:
                taken[job] = time.perf_counter() - killed_at
        if time.perf_counter() - killed_at > 120:
            raise RuntimeError(f"{len(left) - len(taken)} positions were not taken over")
        time.sleep(0.05)
    return list(taken.values())


def _written(bench: _Bench, jobs: set[str]) -> dict[str, tuple[int, int]]:
    """How many steps of each journal were begun and ended."""
    rows = bench.ask(
        "SELECT job_id, count(*), count(finished_at) FROM saga_steps WHERE job_id = ANY(%s)"
        " GROUP BY job_id",
        list(jobs),
    )
    return {job: (begun, ended) for job, begun, ended in rows}


def _slow_down(bench: _Bench, request: dict[str, str]) -> None:
    bench.world.add_fault(kind="delay", delay_ms=_SLOW_MS, **request)


def _arrived(bench: _Bench, number: int) -> _Person:
    visitor = Visitor(bench.run["dashboard"])
    visitor.sign_in(f"bench-{number}@example.com", bench.world)
    wallets = visitor.wallets(seconds=90)
    bench.world.faucet(
        solana_address=wallets["solana_address"],
        evm_address=wallets["evm_address"],
        sol="1",
        usdc_solana="1500",
        eth="0.01",
        usdc_arbitrum="1100",
    )
    visitor.deposit("1000")
    return _Person(visitor)


def _until_it_pays(bench: _Bench) -> None:
    for _ in range(200):
        if bench.people[0].visitor.post("/positions/preflight", _ENTRY)["passed"]:
            return
        bench.world.advance(hours=2)
        time.sleep(1.5)
    raise RuntimeError("the checks never held")


def _ask_to_open(person: _Person) -> None:
    accepted = _patiently(
        lambda: person.visitor.post("/positions/open", opened_now(_ENTRY), key=str(uuid.uuid4()))
    )
    person.job_id, person.position_id = accepted["job_id"], accepted["position_id"]


def _ask_to_close(person: _Person) -> None:
    close = f"/positions/{person.position_id}/close"
    person.job_id = _patiently(lambda: person.visitor.post(close, key=str(uuid.uuid4())))["job_id"]


def _until_ended(person: _Person) -> None:
    job = person.visitor.job(person.job_id, seconds=180)
    if job["status"] != "completed":
        raise RuntimeError(f"a job ended with {job['error']}")


def _patiently(ask: Callable[[], Any]) -> Any:
    """What an hour that has just turned refuses may be allowed in a moment."""
    for _ in range(20):
        try:
            return ask()
        except ApiError as error:
            if error.status < 500 and error.code != "NET-0003":
                raise
            time.sleep(1)
    return ask()


def _each(action: Any, items: Sequence[Any], *, before: Callable[[], None] | None = None) -> Any:
    if before is not None:
        before()
    with ThreadPoolExecutor(_PEOPLE) as hands:
        return list(hands.map(action, items))
