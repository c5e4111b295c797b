"""Getting out always works: paused, without Redis, without a market, an API or a worker."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from asgard_basis.adapters.embedded.valkey import EmbeddedValkey, start_valkey
from asgard_basis.cli.visitor import ApiError, Visitor, opened_now, wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import ENTRY, Saver, savers
from tests.journeys.stack import SOURCE

SMALL = {"asset": "SOL", "size_usd": "300", "leverage": "2"}


@pytest.fixture(scope="module")
def valkey_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("valkey")


@pytest.fixture(scope="module")
def valkey(valkey_home: Path) -> Iterator[EmbeddedValkey]:
    """A server of the operator's own, which nobody starts again when it ends."""
    server = start_valkey(valkey_home, durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, valkey: EmbeddedValkey) -> Iterator[Machine]:
    """A product whose shorts are paid from the first hour on."""
    home = tmp_path_factory.mktemp("leaving")
    found = Machine(home, BASIS_SEED="26", BASIS_START="2026-11-01T00:00:00Z", REDIS_URL=valkey.url)
    try:
        yield found
    finally:
        found.close()


def is_flat(person: Saver) -> bool:
    """Whether the venues hold nothing of this person."""
    return person.books.short() == "0" and person.books.longs() == []


def basis(machine: Machine, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """An operator's command, as typed beside the running product."""
    return subprocess.run(
        [sys.executable, "-m", "asgard_basis", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SOURCE),
            "BASIS_HOME": str(machine.home),
        },
    )


@contextlib.contextmanager
def frozen(machine: Machine, *names: str) -> Iterator[None]:
    """Processes that do nothing at all, while the supervisor believes them to be well."""
    pids = [machine.pids()[name] for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def closed(job: dict[str, Any]) -> None:
    assert (job["status"], job["error"]) == ("completed", None), job
    assert job["remains"] == []


def test_a_pair_is_closed_while_everything_forbids_opening(machine: Machine) -> None:
    (person,) = savers(machine, "paused")
    visitor = person.visitor
    position = person.open_pair()
    visitor.post("/control/pause", {"reason": "holidays"})
    (machine.home / "emergency.stop").touch()
    try:
        with pytest.raises(ApiError) as refusal:
            visitor.post("/positions/open", opened_now(ENTRY))
        assert refusal.value.code == "RSK-0007"
        assert "kill switch" in refusal.value.message
        wait_for(
            lambda: visitor.get("/control")["paused_by"] == "kill_switch" or None,
            seconds=15,
            what="the kill switch to reach the database",
        )
        closed(visitor.close(position["id"]))
        assert is_flat(person)
        (machine.home / "emergency.stop").unlink()
        assert visitor.get("/control")["paused_by"] == "kill_switch"  # it stays latched
    finally:
        done = basis(machine, "unkill")
    assert done.returncode == 0, done.stderr
    assert "The kill switch is off." in done.stdout
    assert visitor.get("/control")["paused_by"] == "user"
    visitor.post("/control/resume")
    assert visitor.get("/control")["may_open"]


def test_a_pair_is_closed_without_a_market_watch_and_without_a_snapshot(
    machine: Machine, valkey: EmbeddedValkey
) -> None:
    (person,) = savers(machine, "unwatched")
    position = person.open_pair()
    with contextlib.closing(redis.Redis.from_url(valkey.url)) as store:
        store.set("basis:lease:market-watch", "nobody")  # whoever watches loses the lease
        try:
            wait_for(
                lambda: store.get("basis:lease:market-watch") == b"nobody" or None,
                seconds=5,
                what="the lease",
            )
            pid = machine.pids()["work"]
            machine.kill("work")
            machine.wait_for_successor("work", pid)
            store.delete("basis:market:snapshot")
            closed(person.visitor.close(position["id"]))
            assert store.get("basis:market:snapshot") is None
        finally:
            store.delete("basis:lease:market-watch")
    assert is_flat(person)
    machine.wait_until_ready()


def test_a_pair_is_closed_by_an_operator_while_the_api_does_not_answer(machine: Machine) -> None:
    (person,) = savers(machine, "unanswered")
    position = person.open_pair()
    with frozen(machine, "serve"):
        listed = basis(machine, "positions")
        assert position["id"] in listed.stdout, listed.stderr
        done = basis(machine, "close", position["id"], "--wait")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Short being bought back done" in done.stdout
        assert is_flat(person)
    assert person.visitor.get("/positions")["positions"] == []


def test_a_pair_is_closed_by_an_operator_without_api_and_worker(machine: Machine) -> None:
    (person,) = savers(machine, "alone")
    position = person.open_pair()
    with frozen(machine, "serve", "work"):
        done = basis(machine, "close", position["id"], "--run")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "No worker is alive: it is done here." in done.stdout
        assert is_flat(person)
    machine.wait_until_ready()
    assert [side for _, side in person.books.orders()] == ["A", "B"]
    assert is_flat(person)
    assert machine.world.audit()["balanced"]
    told = basis(machine, "audit", "show", position["id"])
    assert "by the operator" in told.stdout


def test_two_browsers_closing_everything_at_once_get_the_same_jobs(machine: Machine) -> None:
    (person,) = savers(machine, "hasty")
    for _ in range(2):
        assert person.visitor.open(**SMALL)["status"] == "completed"
    other = machine.visitor()
    other.sign_in("hasty@example.com", machine.world)
    answers: list[set[str]] = []

    def ask(browser: Visitor, key: str) -> None:
        leaving = browser.post("/control/close-all", key=key)
        assert leaving["not_taken"] == []
        answers.append({job["job_id"] for job in leaving["jobs"]})

    browsers = [(person.visitor, "from the left"), (other, "from the right")]
    threads = [threading.Thread(target=ask, args=pair) for pair in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert len(answers[0]) == 2
    for job_id in answers[0]:
        closed(person.visitor.job(job_id))
    assert is_flat(person)
    again = person.visitor.post("/control/close-all", key="from the left")
    assert {job["job_id"] for job in again["jobs"]} == answers[0]


def test_a_stop_without_asgard_buys_the_short_back_says_what_remains_and_finishes_later(
    machine: Machine,
) -> None:
    (person,) = savers(machine, "stopped")
    position = person.open_pair()
    machine.world.start_scenario("asgard_down")
    try:
        patient = person.visitor.post(f"/positions/{position['id']}/close")

        def shown(**wanted: object) -> dict[str, Any]:
            def there() -> dict[str, Any] | None:
                job: dict[str, Any] = person.visitor.get(f"/positions/jobs/{patient['job_id']}")
                return job if all(job[name] == value for name, value in wanted.items()) else None

            found: dict[str, Any] = wait_for(there, seconds=60, what=str(wanted))
            return found

        waiting = shown(waiting_for="Asgard")
        assert waiting["waiting_since"] is not None
        assert len(waiting["remains"]) == 2
        assert person.books.short() != "0"

        stop = person.visitor.post("/control/emergency-stop", {"reason": "enough"})
        assert [job["job_id"] for job in stop["jobs"]] == [patient["job_id"]]
        wait_for(lambda: person.books.short() == "0" or None, seconds=60, what="the short's end")
        left = shown(waiting_for="Asgard", status="running")
        assert len(left["remains"]) == 1
        assert left["remains"][0].startswith("long of ")
        with pytest.raises(ApiError, match="RSK-0007"):
            person.visitor.post("/positions/open", opened_now(ENTRY))
    finally:
        machine.world.start_scenario("calm")
    closed(person.visitor.job(patient["job_id"]))
    assert is_flat(person)
    person.visitor.post("/control/resume")


def test_a_pair_is_closed_without_redis(
    machine: Machine, valkey: EmbeddedValkey, valkey_home: Path
) -> None:
    """The last test of this file: it ends the server that the others use."""
    (person,) = savers(machine, "cacheless")
    position = person.open_pair()
    valkey.stop()
    closed(person.visitor.close(position["id"]))
    assert is_flat(person)
    history = person.visitor.get("/positions/history")["positions"]
    assert history[0]["result"] is not None
