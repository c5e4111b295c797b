"""`basis up` as a person, or a careless machine, meets it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from asgard_basis.adapters.embedded.child import started_at
from tests.serving import free_port

_SECONDS = 90


def _command(home: Path, **changes: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "BASIS_HOME": str(home), **changes}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    for name in ("DATABASE_URL", "REDIS_URL", "BASIS_HISTORY"):
        environment.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "-m", "asgard_basis", "up"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _until(found: Callable[[], Any], process: "subprocess.Popen[str]") -> Any:
    deadline = time.monotonic() + _SECONDS
    while not (value := found()):
        if process.poll() is not None:
            pytest.fail(f"`basis up` ended: {process.communicate()}")
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def _run_file(home: Path) -> dict[str, Any]:
    path = home / "run.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


@contextmanager
def _running(
    home: Path, **changes: str
) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    process = _command(home, **changes)
    try:

        def written_by_it() -> dict[str, Any] | None:
            run = _run_file(home)
            return run if run.get("pids", {}).get("supervisor") == process.pid else None

        yield process, _until(written_by_it, process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def _database(run: dict[str, Any], home: Path) -> str:
    password = (home / "postgresql" / "superuser_password").read_text()
    address = str(run["postgresql"]).replace("//basis@", f"//postgres:{password}@")
    return address


def _gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 30
    while any(started_at(pid) is not None for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_it_survives_what_people_do_to_it(tmp_path: Path) -> None:
    with _running(tmp_path) as (process, run):
        assert httpx.get(run["dashboard"] + "/health/ready", trust_env=False).status_code == 200
        assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600
        password = (tmp_path / "postgresql" / "password").read_text()
        assert password not in (tmp_path / "run.json").read_text()

        second = _command(tmp_path)
        _, complaint = second.communicate(timeout=30)
        assert second.returncode == 1
        assert run["dashboard"] in complaint
        assert str(process.pid) in complaint

        before = run["pids"]
        for name in ("serve", "paper"):
            os.kill(before[name], signal.SIGKILL)
        _until(
            lambda: all(
                _run_file(tmp_path)["pids"].get(name, before[name]) != before[name]
                for name in ("serve", "paper")
            ),
            process,
        )
        with httpx.Client(trust_env=False) as client:

            def is_ready() -> bool:
                try:
                    return client.get(run["dashboard"] + "/health/ready").status_code == 200
                except httpx.TransportError:
                    return False

            _until(is_ready, process)
        with psycopg.connect(_database(run, tmp_path), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        pids = list(_run_file(tmp_path)["pids"].values())
        process.kill()
        process.communicate()

    with _running(tmp_path) as (process, again):
        assert _gone(pids)
        assert again["dashboard"] == run["dashboard"]
        with psycopg.connect(_database(again, tmp_path)) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints
        assert "Everything is saved" in said
        assert _gone(list(again["pids"].values()))
        assert not (tmp_path / "run.json").exists()


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = _command(tmp_path, PORT=port)
        _, complaint = process.communicate(timeout=_SECONDS)
    assert process.returncode == 1
    assert f"port {port} is taken" in complaint
    assert "What to do" in complaint


def test_an_impossible_number_of_workers_is_named_with_what_to_do(tmp_path: Path) -> None:
    process = _command(tmp_path, WORKERS="0")
    _, complaint = process.communicate(timeout=_SECONDS)
    assert process.returncode == 1
    assert "WORKERS must be 1 to 8, was '0'" in complaint


def test_a_world_that_cannot_be_stops_the_start_with_its_own_words(tmp_path: Path) -> None:
    process = _command(tmp_path, BASIS_SEED="not-a-number", PORT=str(free_port()))
    _, complaint = process.communicate(timeout=_SECONDS)
    assert process.returncode == 1
    assert "not-a-number" in complaint
    assert str(tmp_path / "log" / "paper.log") in complaint


def test_live_money_is_not_for_this_command(tmp_path: Path) -> None:
    process = _command(tmp_path, BASIS_MODE="live")
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "BASIS_MODE is live" in complaint


def test_a_database_that_dies_is_brought_back_and_the_service_with_it(tmp_path: Path) -> None:
    with _running(tmp_path) as (process, run), httpx.Client(trust_env=False) as client:
        answers: list[int] = []

        def answer() -> int:
            answers.append(client.get(run["dashboard"] + "/health/ready").status_code)
            return answers[-1]

        for name in ("postgresql", "valkey"):
            os.kill(run["pids"][name], signal.SIGKILL)
        _until(lambda: answer() == 503, process)
        _until(lambda: answer() == 200, process)
        assert set(answers) == {200, 503}
        _until(
            lambda: _run_file(tmp_path)["pids"].get("postgresql", 0) != run["pids"]["postgresql"],
            process,
        )
        assert _run_file(tmp_path)["postgresql"] == run["postgresql"]
