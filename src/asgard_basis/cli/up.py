"""`basis up`: everything on one machine in paper mode, under one supervisor."""

import asyncio
import contextlib
import functools
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from asgard_basis.adapters.embedded.addresses import free_port, is_free
from asgard_basis.adapters.embedded.child import (
    Child,
    StartFailed,
    end_previous,
    last_lines,
    spawn,
)
from asgard_basis.adapters.embedded.postgres import EmbeddedPostgres, start_postgres
from asgard_basis.adapters.embedded.valkey import EmbeddedValkey, start_valkey
from asgard_basis.adapters.postgres.failures import LOST
from asgard_basis.adapters.postgres.migrate import MigrationRefused, migrate
from asgard_basis.cli.home import AlreadyRunning, Home
from asgard_basis.cli.paper_process import PaperAddresses, read_addresses, start_paper
from asgard_basis.cli.supervisor import Service, Supervisor

_PORT = 8080
_WORKERS_MAX = 8
_PAPER_SECONDS = 60.0
_READY_SECONDS = 90.0
_POLL_SECONDS = 0.1
_LEFTOVER_SECONDS = 3.0
"""For what a crashed run left: its database is gone, so there is little to finish."""


def up() -> int:
    """Run until SIGTERM or Ctrl-C; the exit status: 0 after a clean stop."""
    home = Home.from_environment()
    mode = os.environ.get("BASIS_MODE") or "paper"
    if mode != "paper":
        _complain(
            f"`basis up` starts paper mode, but BASIS_MODE is {mode}",
            "run `basis serve` and `basis work` with your own PostgreSQL and Redis instead",
        )
        return 2
    try:
        with home.locked(), _stop_signals() as stop:
            return _Stack(home, stop).run()
    except AlreadyRunning as running:
        where = (running.run or {}).get("dashboard")
        pid = ((running.run or {}).get("pids") or {}).get("supervisor")
        _complain(
            f"Asgard Basis is running here already{f' at {where}' if where else ''}"
            f"{f' (process {pid})' if pid else ', and is just starting or stopping'}",
            f"use it, stop it, or choose another folder than {home.folder} by BASIS_HOME",
        )
        return 1


class _Stopped(Exception):
    """Asked to stop while starting."""


class _Stack:
    """One run."""

    def __init__(self, home: Home, stop: Callable[[], bool]) -> None:
        self._home = home
        self._is_stopping = stop
        self._supervisor = Supervisor(self._warn)
        self._servers: dict[str, EmbeddedPostgres | EmbeddedValkey] = {}
        self._paper: PaperAddresses | None = None
        self._port = 0
        self._workers: list[str] = []
        self._told: dict[str, str] = {}
        self._began = time.monotonic()

    def run(self) -> int:
        status = 0
        try:
            self._start()
            self._greet()
            self._watch()
        except _Stopped:
            pass
        except StartFailed as failure:
            _complain(failure.what, failure.advice)
            if failure.log is not None:
                for line in last_lines(failure.log):
                    print("    " + line, file=sys.stderr)
                print(f"  log: {failure.log}", file=sys.stderr)
            status = 1
        finally:
            self._home.forget_run()
            if status == 0:
                _say("Stopping ...")
            self._supervisor.stop()
        if status == 0:
            _say("Stopped. Everything is saved.")
        return status

    def _start(self) -> None:
        home, add = self._home, self._supervisor.add
        home.forget_run()
        for name in ("serve", *_workers(_WORKERS_MAX), "paper"):
            end_previous(home.record(name), seconds=_LEFTOVER_SECONDS)
        self._workers = _workers(_chosen_workers())
        self._port = self._chosen_port()
        add(Service("paper", lambda: start_paper(home)))
        if not os.environ.get("DATABASE_URL"):
            with self._step("PostgreSQL"):
                add(Service("postgresql", self._start_postgres, stop_seconds=20))
        if not os.environ.get("REDIS_URL"):
            with self._step("Valkey"):
                add(Service("valkey", self._start_valkey))
        with self._step("database schema"):
            self._migrate()
        with self._step("paper world"):
            self._paper = self._await_paper()
        with self._step("API, worker and market data"):
            for name in self._workers:
                add(Service(name, functools.partial(self._start_door, name)))
            add(Service("serve", lambda: self._start_door("serve")))
            self._await_ready()
        self._publish()

    def _watch(self) -> None:
        while not self._is_stopping():
            if self._supervisor.watch():
                self._follow()
                self._publish()
            time.sleep(_POLL_SECONDS)

    def _start_postgres(self) -> Child:
        server = start_postgres(
            self._home.folder / "postgresql",
            port=self._known_port("postgresql"),
            log=self._home.log("postgresql"),
        )
        self._servers["postgresql"] = server
        return server.child

    def _start_valkey(self) -> Child:
        server = start_valkey(
            self._home.folder / "valkey",
            port=self._known_port("valkey"),
            log=self._home.log("valkey"),
        )
        self._servers["valkey"] = server
        return server.child

    def _known_port(self, name: str) -> int | None:
        running = self._servers.get(name)
        return running.port if running else self._home.remembered_port(name)

    def _url(self, variable: str, name: str) -> str:
        return os.environ.get(variable) or self._servers[name].url

    def _migrate(self) -> None:
        try:
            asyncio.run(_migrate(self._url("DATABASE_URL", "postgresql")))
        except MigrationRefused as error:
            raise StartFailed(str(error), advice="use the version that made this data") from error
        except LOST as error:
            raise StartFailed(
                f"the database could not be reached: {error}",
                advice="check DATABASE_URL, or leave it unset to use the embedded PostgreSQL",
            ) from error

    def _await_paper(self) -> PaperAddresses:
        deadline = time.monotonic() + _PAPER_SECONDS
        while True:
            addresses = read_addresses(self._home)
            if addresses is not None:
                return addresses
            self._go_on_waiting(deadline, "the paper world did not come up", "paper")

    def _follow(self) -> None:
        """What came back under another address needs an API and a worker that know it."""
        deadline = time.monotonic() + _PAPER_SECONDS
        addresses = read_addresses(self._home)
        while addresses is None and not self._is_stopping() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            addresses = read_addresses(self._home)
        self._paper = addresses or self._paper
        if self._environment() != self._told:
            for name in ("serve", *self._workers):
                self._supervisor.restart(name)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        missing = "it does not answer"
        with httpx.Client(trust_env=False, timeout=3) as client:
            while True:
                try:
                    answer = client.get(f"http://127.0.0.1:{self._port}/health/ready")
                    if answer.status_code == 200 and self._is_ours(client):
                        return
                    missing = "not ready: " + _down(answer)
                except httpx.TransportError:
                    pass
                self._move_if_taken()
                self._go_on_waiting(deadline, f"the service did not become ready ({missing})")

    def _is_ours(self, client: httpx.Client) -> bool:
        """Whether it is our own service that answers: it lives in our own paper world."""
        config = client.get(f"http://127.0.0.1:{self._port}/api/v1/config")
        world = (config.json().get("paper") or {}) if config.status_code == 200 else {}
        return self._paper is not None and world.get("control_url") == self._paper.control

    def _move_if_taken(self) -> None:
        """Another program can take the port between our look at it and our own server's."""
        ended = self._supervisor.ended()
        if ended is None or ended.name != "serve" or is_free(self._port):
            return
        self._port = self._chosen_port()
        self._supervisor.restart(ended.name)
        self._supervisor.watch()

    def _go_on_waiting(self, deadline: float, what: str, name: str = "serve") -> None:
        if self._is_stopping():
            raise _Stopped
        ended = self._supervisor.ended()
        if ended is not None:
            raise StartFailed(
                f"{ended.name} ended while everything was starting",
                advice="its last lines say why",
                log=self._home.log(ended.name),
            )
        if time.monotonic() > deadline:
            raise StartFailed(what, advice="its last lines may say why", log=self._home.log(name))
        time.sleep(_POLL_SECONDS / 2)

    def _start_door(self, name: str) -> Child:
        self._told = self._environment()
        return spawn(
            name,
            [sys.executable, "-m", "asgard_basis", name.split("-")[0]],
            log=self._home.log(name),
            record=self._home.record(name),
            environment={**os.environ, **self._told},
        )

    def _environment(self) -> dict[str, str]:
        paper = self._paper
        if paper is None:
            raise RuntimeError("the paper world is not known yet")
        return {
            **paper.environment,
            "BASIS_HOME": str(self._home.folder),
            "BASIS_MODE": "paper",
            "PORT": str(self._port),
            "DATABASE_URL": self._url("DATABASE_URL", "postgresql"),
            "REDIS_URL": self._url("REDIS_URL", "valkey"),
            "SERVER_SECRET": os.environ.get("SERVER_SECRET") or self._home.secret("server_secret"),
            "PRIVY_AUTHORIZATION_KEY": os.environ.get("PRIVY_AUTHORIZATION_KEY")
            or self._home.secret("privy_authorization_key"),
        }

    def _chosen_port(self) -> int:
        asked = os.environ.get("PORT")
        if asked:
            if not asked.isdigit() or not 1 <= int(asked) <= 65535:
                raise StartFailed(f"PORT must be a port number, was {asked!r}", advice="e.g. 8080")
            if not is_free(int(asked)):
                raise StartFailed(
                    f"port {asked} is taken by another program",
                    advice="stop that program or choose another PORT",
                )
            return int(asked)
        remembered = self._home.remembered_port("dashboard")
        wanted = [*([remembered] if remembered else []), *range(_PORT, _PORT + 20)]
        return next((port for port in wanted if is_free(port)), free_port())

    def _publish(self) -> None:
        self._home.remember_ports(
            {"dashboard": self._port, **{name: s.port for name, s in self._servers.items()}}
        )
        self._home.tell(self._environment())
        self._home.write_run(self._run_facts())

    def _run_facts(self) -> dict[str, Any]:
        paper = self._paper.public if self._paper else {}
        address = f"http://127.0.0.1:{self._port}"
        return {
            "dashboard": address,
            "api": f"{address}/api/v1",
            "paper": paper,
            "postgresql": self._public("DATABASE_URL", "postgresql"),
            "redis": self._public("REDIS_URL", "valkey"),
            "pids": {"supervisor": os.getpid(), **self._supervisor.pids},
            "logs": str(self._home.logs),
        }

    def _public(self, variable: str, name: str) -> str:
        given = os.environ.get(variable)
        return _without_password(given) if given else self._servers[name].public_url

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        _say(f"  {name:<30}ready  {time.monotonic() - began:4.1f} s")

    def _greet(self) -> None:
        paper = self._paper
        facts = self._home.read_run()
        if paper is None or facts is None:
            return
        _say("")
        _say(f"Asgard Basis is running in paper mode ({time.monotonic() - self._began:.1f} s).")
        _say("")
        _say(f"  Dashboard    {facts['dashboard']}")
        _say(
            f"  Sign in      with any e-mail address; the code is in the mailbox: {paper.control}/"
        )
        _say(f"  API          {facts['dashboard']}/api/docs")
        _say(f"  Logs         {self._home.logs}")
        _say("")
        _say("No real money is involved. Ctrl-C stops everything and loses nothing.")

    def _warn(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _chosen_workers() -> int:
    asked = os.environ.get("WORKERS") or "1"
    if not asked.isdigit() or not 1 <= int(asked) <= _WORKERS_MAX:
        raise StartFailed(f"WORKERS must be 1 to {_WORKERS_MAX}, was {asked!r}", advice="e.g. 2")
    return int(asked)


def _workers(count: int) -> list[str]:
    return ["work", *(f"work-{number}" for number in range(2, count + 1))]


async def _migrate(url: str) -> None:
    await migrate(url)


def _down(answer: httpx.Response) -> str:
    try:
        state = answer.json()
    except json.JSONDecodeError:
        return f"HTTP {answer.status_code}"
    return ", ".join(name for name, is_up in state.items() if is_up is False) or "unknown"


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    login = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{login}{parts.hostname}{port}"))


@contextlib.contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Note the first signal; a second one, when somebody insists, interrupts at once."""
    caught: list[int] = []

    def note(number: int, _frame: object) -> None:
        caught.append(number)
        if len(caught) > 1:
            raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield lambda: bool(caught)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(text, flush=True)


def _complain(what: str, advice: str) -> None:
    print(f"{what}.\n  What to do: {advice}.", file=sys.stderr, flush=True)
