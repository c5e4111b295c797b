"""The embedded servers keep what was committed, whatever ends them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from asgard_basis.adapters.embedded import identity
from asgard_basis.adapters.embedded.addresses import free_port
from asgard_basis.adapters.embedded.child import end_previous, spawn, started_at
from asgard_basis.adapters.embedded.postgres import default_installation, start_postgres
from asgard_basis.adapters.embedded.valkey import start_valkey


def _write(url: str, value: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", (value,))


def _read(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def _gone(pid: int, *, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while started_at(pid) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_postgres_keeps_committed_rows_over_stop_and_kill(tmp_path: Path) -> None:
    first = start_postgres(tmp_path)
    _write(first.url, 1)
    first.stop()

    second = start_postgres(tmp_path, port=first.port)
    assert second.port == first.port
    _write(second.url, 2)
    os.kill(second.child.pid, signal.SIGKILL)

    third = start_postgres(tmp_path)
    try:
        assert _read(third.url) == [1, 2]
    finally:
        third.stop()
        second.child.stop(seconds=1)


def test_postgres_asks_for_the_password(tmp_path: Path) -> None:
    server = start_postgres(tmp_path, durable=False)
    try:
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(server.url.replace(server.password, "wrong"))
        secrets = [tmp_path / "password", tmp_path / "superuser_password"]
        assert [path.stat().st_mode & 0o777 for path in secrets] == [0o600, 0o600]
        assert server.password not in server.public_url
        command = Path(f"/proc/{server.child.pid}/cmdline").read_text()
        assert server.password not in command
    finally:
        server.stop()


def test_a_lock_file_naming_a_stranger_does_not_stop_the_start(tmp_path: Path) -> None:
    server = start_postgres(tmp_path, durable=False)
    server.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        data = tmp_path / "server" / "data"
        lock = (
            f"{stranger.pid}\n{data}\n{int(time.time())}\n{server.port}\n\n127.0.0.1\n0 0\nready\n"
        )
        (data / "postmaster.pid").write_text(lock)
        again = start_postgres(tmp_path, durable=False)
        again.stop()
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_half_made_data_is_made_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "server" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("16\n")
    server = start_postgres(tmp_path, durable=False)
    try:
        _write(server.url, 1)
        assert not unfinished.exists()
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_runs_it_as_nobody(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shared = Path("/var/tmp") / f"asgard-basis-test-{os.getpid()}"
    with contextlib.ExitStack() as stack:
        stack.callback(subprocess.run, ["rm", "-rf", str(shared)], check=True)
        place = identity.account_lodging(closed / "server", default_installation(), shared)
        assert shared in place.data.parents
        for _ in range(2):
            server = start_postgres(closed, durable=False, place=place)
            try:
                _write(server.url, 1)
                assert Path(f"/proc/{server.child.pid}").stat().st_uid == place.identity.uid != 0
            finally:
                server.stop()
        assert identity.lodging(closed, default_installation()).identity.kind != "same"


def test_valkey_keeps_acknowledged_writes_over_kill(tmp_path: Path) -> None:
    first = start_valkey(tmp_path)
    with contextlib.closing(redis.Redis.from_url(first.url)) as client:
        for number in range(50):
            client.set(f"key:{number}", number)
    os.kill(first.child.pid, signal.SIGKILL)

    second = start_valkey(tmp_path, port=first.port)
    try:
        with contextlib.closing(redis.Redis.from_url(second.url)) as client:
            assert client.get("key:49") == b"49"
        with (
            contextlib.closing(
                redis.Redis(port=second.port, retry=Retry(NoBackoff(), 0))
            ) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
    finally:
        second.stop()
        first.child.stop(seconds=1)


_PARENT = """
import sys, time
from pathlib import Path
from asgard_basis.adapters.embedded.postgres import start_postgres
from asgard_basis.adapters.embedded.valkey import start_valkey
home = Path(sys.argv[1])
servers = start_postgres(home / "p", durable=False), start_valkey(home / "v")
print(*(s.child.pid for s in servers), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_servers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.kill()
    parent.communicate()
    assert all(_gone(pid) for pid in pids)


def test_the_process_of_an_earlier_run_is_ended_but_never_a_stranger(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    left = spawn("sleeper", ["sleep", "60"], log=tmp_path / "log", record=record)
    kept = record.read_text()
    assert end_previous(record)
    left.process.wait(10)
    assert not record.exists()

    stranger = spawn("sleeper", ["sleep", "60"], log=tmp_path / "log")
    try:
        record.write_text(kept.replace(str(left.pid), str(stranger.pid)))
        assert not end_previous(record)
        assert stranger.exit_code is None
    finally:
        stranger.stop(seconds=5)


def test_a_taken_port_is_not_chosen() -> None:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        assert free_port(taken) != taken
    assert free_port(taken) == taken
