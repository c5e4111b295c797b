"""Processes come back when they die and go when they are told."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from asgard_basis.adapters.embedded.child import Child, StartFailed, spawn, started_at
from asgard_basis.cli.home import AlreadyRunning, Home
from asgard_basis.cli.supervisor import Service, Supervisor

_SLEEPER = "import time\nwhile True: time.sleep(1)"


def _sleeper(folder: Path, name: str) -> Callable[[], Child]:
    return lambda: spawn(name, [sys.executable, "-c", _SLEEPER], log=folder / f"{name}.log")


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_that_dies_is_reported_and_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    first = supervisor.add(Service("work", _sleeper(tmp_path, "work")))
    os.kill(first.pid, signal.SIGKILL)
    _until(lambda: supervisor.watch())
    assert "work ended (signal 9)" in said[0]
    assert said[1] == "work runs again"
    assert supervisor.pids["work"] != first.pid
    supervisor.stop()


def test_a_start_that_fails_is_tried_again_later(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    start = _sleeper(tmp_path, "paper")
    first = supervisor.add(Service("paper", start))
    failing = [True]

    def sometimes() -> Child:
        if failing.pop() if failing else False:
            raise StartFailed("the disk is full", advice="make room")
        return start()

    supervisor._services[0].start = sometimes
    first.process.kill()
    _until(lambda: supervisor.watch())
    assert said[1] == "paper did not start: the disk is full; make room"
    supervisor.stop()


def test_everything_ends_in_reverse_order_and_is_gone(tmp_path: Path) -> None:
    order = tmp_path / "order"
    program = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(1)\n"
    )
    supervisor = Supervisor(print)
    children = []
    for name in ("postgresql", "paper", "serve"):
        command = [sys.executable, "-c", program, str(order), name]
        log = tmp_path / f"{name}.log"
        children.append(
            supervisor.add(
                Service(name, lambda c=command, n=name, g=log: spawn(n, c, log=g))  # type: ignore[misc]
            )
        )
        _until(lambda log=log: log.exists() and "up" in log.read_text())  # type: ignore[misc]
    supervisor.stop()
    assert order.read_text() == "serve paper postgresql "
    assert all(started_at(child.pid) is None for child in children)


def test_a_process_that_ignores_the_request_is_ended_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    program = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True)\nwhile True: time.sleep(1)"
    )
    child = spawn("deaf", [sys.executable, "-c", program], log=log)
    _until(lambda: "up" in log.read_text())
    child.stop(seconds=0.2)
    assert child.exit_code == -signal.SIGKILL


def test_a_home_is_used_by_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.locked():
        home.write_run({"dashboard": "http://127.0.0.1:1", "pids": {"supervisor": 7}})
        with pytest.raises(AlreadyRunning) as refused, Home(tmp_path).locked():
            pass
        assert refused.value.run is not None
        assert refused.value.run["pids"]["supervisor"] == 7
    with Home(tmp_path).locked():
        pass


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    made = {name: home.secret(name) for name in ("server_secret", "privy_authorization_key")}
    assert {name: Home(tmp_path).secret(name) for name in made} == made
    assert len(made["server_secret"]) >= 32
    assert made["privy_authorization_key"].startswith("wallet-auth:")
    assert all((home.secrets / name).stat().st_mode & 0o777 == 0o600 for name in made)


def test_ports_are_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.remembered_port("dashboard") is None
    home.remember_ports({"dashboard": 8081})
    home.remember_ports({"valkey": 9})
    assert Home(tmp_path).remembered_port("dashboard") == 8081
