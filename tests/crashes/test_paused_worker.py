"""One of two workers stands still, stops or dies in the middle of an opening: the other goes on."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from asgard_basis.cli.visitor import wait_for
from tests.crashes.machine import Machine
from tests.crashes.points import MOVING
from tests.crashes.saver import Saver, savers
from tests.crashes.test_interrupted import ORDER, SUBMIT
from tests.crashes.workers import Workers

FILLS = {"venue": "hyperliquid", "operation": "userFillsByTime"}
TAKEOVER_SECONDS = 15.0
HANDOVER_SECONDS = 3.0


@pytest.fixture(scope="module")
def pair_of_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("paused")
    found = Machine(
        home,
        BASIS_SEED="26",
        BASIS_START="2026-11-01T00:00:00Z",
        WORKERS="2",
    )
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def workers(pair_of_workers: Machine) -> Iterator[Workers]:
    found = Workers(pair_of_workers)
    assert pair_of_workers.stack.run["pids"].keys() >= {"work", "work-2"}
    yield found
    for name in found.names:
        found.resume(name)
    pair_of_workers.world.clear_faults()


def _sent(person: Saver) -> tuple[list[tuple[str, str]], list[str]]:
    return person.books.orders(), person.books.longs("")


@pytest.mark.parametrize(
    ("caught", "step", "is_done_already"),
    [
        pytest.param(ORDER, "open_short", False, id="while its order is on the way"),
        pytest.param(SUBMIT, "open_long", False, id="while its transaction is on the way"),
        pytest.param(FILLS, "open_short", True, id="before it can write what came of it"),
    ],
)
def test_a_paused_worker_is_succeeded_and_can_do_nothing_more(
    pair_of_workers: Machine,
    workers: Workers,
    caught: dict[str, str],
    step: str,
    is_done_already: bool,
) -> None:
    machine = pair_of_workers
    (person,) = savers(machine, f"paused.{step}.{is_done_already}")
    machine.world.add_fault(kind="delay", delay_ms=12_000, remaining=1, **caught)
    job = person.begin_opening()
    person.wait_for_step(job, step)
    if is_done_already:
        wait_for(lambda: person.books.orders() or None, seconds=20, what="the order")
    slow, fence = workers.tenure(person)
    workers.pause(slow)
    try:
        successor = workers.successor(person, fence=fence, seconds=TAKEOVER_SECONDS)
        assert successor != slow
        person.hedged(job)
        done = workers.steps(job)
        sent = _sent(person)
        heard = len(workers.said(slow))
    finally:
        workers.resume(slow)

    def gave_up() -> list[dict[str, Any]] | None:
        said = workers.said(slow, since=heard)
        return [line for line in said if _is_refusal(line)] or None

    assert wait_for(gave_up, seconds=20, what="the refusal")
    assert workers.steps(job) == done
    assert _sent(person) == sent
    person.hedged(job)
    assert machine.world.audit()["balanced"]

    # It lives on: with the other one paused, everything is its to do.
    workers.pause(successor)
    try:
        closed = person.visitor.close(person.visitor.get("/positions")["positions"][0]["id"])
        assert closed["status"] == "completed", closed
    finally:
        workers.resume(successor)


def _is_refusal(line: dict[str, Any]) -> bool:
    return line["event"] == "tenure_lost" or line.get("code") == "GEN-0008"


def test_a_worker_that_was_written_off_comes_back_and_works(
    pair_of_workers: Machine, workers: Workers
) -> None:
    machine = pair_of_workers
    (person,) = savers(machine, "returning")
    workers.pause("work")
    try:
        # A worker that begins forgets those that have not been heard of for a while.
        pid = machine.pids()["work-2"]
        known = workers.registered()
        wait_for(lambda: workers.silent() or None, seconds=15, what="silence")
        workers.end("work-2", signal.SIGKILL)
        machine.wait_for_successor("work-2", pid)
        wait_for(lambda: workers.registered() - known or None, seconds=30, what="a beginning")
    finally:
        workers.resume("work")
    workers.pause("work-2")
    try:
        job = person.visitor.job(person.begin_deposit("20"))
        assert job["status"] == "completed", job
    finally:
        workers.resume("work-2")


def test_a_killed_worker_is_succeeded(pair_of_workers: Machine, workers: Workers) -> None:
    machine = pair_of_workers
    (person,) = savers(machine, "killed")
    machine.world.add_fault(kind="delay", delay_ms=12_000, remaining=1, **ORDER)
    job = person.begin_opening()
    person.wait_for_step(job, "open_short")
    holder, fence = workers.tenure(person)
    workers.end(holder, signal.SIGKILL)
    workers.successor(person, fence=fence, seconds=TAKEOVER_SECONDS)
    person.hedged(job)


def test_a_worker_that_is_told_to_stop_concludes_its_step_and_hands_the_rest_on(
    pair_of_workers: Machine, workers: Workers
) -> None:
    machine = pair_of_workers
    (person,) = savers(machine, "stopped")
    machine.world.add_fault(kind="delay", delay_ms=3_000, remaining=1, **SUBMIT)
    job = person.begin_opening()
    person.wait_for_step(job, "open_long")
    holder, fence = workers.tenure(person)
    workers.end(holder, signal.SIGTERM)
    workers.let_go(person, fence=fence, seconds=8)
    name, attempt, status = workers.steps(job)[-1]
    assert (name, attempt, status) == ("open_long", 1, "done")
    workers.successor(person, fence=fence, seconds=HANDOVER_SECONDS)
    person.hedged(job)
    # What moves money was done at the first attempt; a look may have been asked for twice.
    moving = [row for row in workers.steps(job) if row[0] in MOVING]
    assert moving == [(name, 1, "done") for name in ("open_long", "open_short", "add_margin")]


def test_a_step_that_takes_too_long_for_a_worker_that_stops_is_found_by_the_next(
    pair_of_workers: Machine, workers: Workers
) -> None:
    machine = pair_of_workers
    (person,) = savers(machine, "overdue")
    machine.world.add_fault(kind="delay", delay_ms=20_000, remaining=1, **SUBMIT)
    job = person.begin_opening()
    person.wait_for_step(job, "open_long")
    holder, fence = workers.tenure(person)
    workers.end(holder, signal.SIGTERM)
    workers.let_go(person, fence=fence, seconds=12)
    workers.successor(person, fence=fence, seconds=HANDOVER_SECONDS)
    person.hedged(job)


def test_an_opening_goes_on_while_redis_is_silent(
    pair_of_workers: Machine, workers: Workers
) -> None:
    machine = pair_of_workers
    (person,) = savers(machine, "offline")
    machine.world.add_fault(kind="delay", delay_ms=2_000, remaining=1, **SUBMIT)
    job = person.begin_opening()
    person.wait_for_step(job, "open_long")
    valkey = machine.pids()["valkey"]
    os.kill(valkey, signal.SIGSTOP)
    try:

        def validated() -> bool | None:
            return True if ("validate", 1, "done") in workers.steps(job) else None

        wait_for(validated, seconds=90, what="the opening")
    finally:
        os.kill(valkey, signal.SIGCONT)
    machine.wait_until_ready()
    person.hedged(job)
