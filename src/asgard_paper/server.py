"""One process that is the whole paper world: seven listeners, one clock, one data folder."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx
import msgspec
import uvicorn

from asgard_paper.arbitrum.rpc import create_app as arbitrum_app
from asgard_paper.asgard.http import create_app as asgard_app
from asgard_paper.circle.http import create_app as circle_app
from asgard_paper.control.http import create_app as control_app
from asgard_paper.hyperliquid.http import create_app as hyperliquid_app
from asgard_paper.hyperliquid.limits import WEIGHT_PER_MINUTE
from asgard_paper.kernel.gate import Application, Gate
from asgard_paper.kernel.store import SqliteStore
from asgard_paper.privy.http import create_app as privy_app
from asgard_paper.scenarios import SCENARIOS, start_scenario
from asgard_paper.solana.rpc import create_app as solana_app
from asgard_paper.world import TICK_SECONDS, Wish, World

LISTENERS = ("hyperliquid", "asgard", "privy", "solana", "arbitrum", "circle", "control")
_START_SECONDS = 30.0


class CannotServe(RuntimeError):
    """The world cannot be served as asked: a port or the data folder is taken."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where a world lives and where it listens. A port that is None is chosen and remembered."""

    data: Path
    wish: Wish
    ports: Mapping[str, int | None] = field(default_factory=dict)
    host: str = "127.0.0.1"
    public_host: str | None = None
    """The name under which others reach `host`, where it differs."""
    ready_file: Path | None = None
    weight_per_minute: int = WEIGHT_PER_MINUTE
    """Hyperliquid's request budget for each address."""


async def serve(served: Served) -> None:
    """Run the world until SIGTERM or SIGINT. Raises CannotServe, WorldMismatch, HistoryError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    served.data.mkdir(parents=True, exist_ok=True)
    with _locked(served.data / "lock"):
        sockets = _bind(served)
        store = SqliteStore(served.data / "world.sqlite")
        try:
            world = World(store=store, wish=served.wish)
            await _run(world, served, sockets, stop)
        finally:
            for bound in sockets.values():
                bound.close()
            store.close()


async def _run(
    world: World, served: Served, sockets: Mapping[str, socket.socket], stop: asyncio.Event
) -> None:
    host = served.public_host or served.host
    urls = {name: f"http://{host}:{bound.getsockname()[1]}" for name, bound in sockets.items()}
    listeners = {name: _Listener(app) for name, app in _applications(world, served, urls).items()}
    try:
        await world.start()
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(listener.serve(sockets=[sockets[name]]))
            for name, listener in listeners.items()
        ]
        tasks.append(asyncio.create_task(_tick_forever(world)))
        tasks.append(asyncio.create_task(stop.wait()))
        try:
            await _until_started(list(listeners.values()), tasks)
            _announce(world, served, urls)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _wind_down(list(listeners.values()), tasks)
    finally:
        await world.stop()
        if served.ready_file is not None:
            served.ready_file.unlink(missing_ok=True)


async def _tick_forever(world: World) -> None:
    while True:
        # anvil may be killed at any moment; the chain rebuilds it when it is next spoken to
        with contextlib.suppress(httpx.TransportError):
            await world.tick()
        await asyncio.sleep(TICK_SECONDS)


async def _until_started(
    listeners: Sequence["_Listener"], tasks: Sequence[asyncio.Task[object]]
) -> None:
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    while not all(listener.started for listener in listeners):
        for task in tasks[:-1]:
            if task.done():
                raise CannotServe("a listener ended before it had started") from task.exception()
        if asyncio.get_running_loop().time() > deadline:
            raise CannotServe(f"the listeners did not start within {_START_SECONDS:.0f} s")
        await asyncio.sleep(0.01)


async def _wind_down(
    listeners: Sequence["_Listener"], tasks: Sequence[asyncio.Task[object]]
) -> None:
    """Let listeners finish, stop the rest, and pass on what went wrong."""
    for listener in listeners:
        listener.should_exit = True
    for task in tasks[len(listeners) :]:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def _applications(world: World, served: Served, urls: Mapping[str, str]) -> dict[str, Application]:
    venues = {
        "hyperliquid": hyperliquid_app(
            world.hyperliquid, weight_per_minute=served.weight_per_minute
        ),
        "asgard": asgard_app(world.asgard),
        "privy": privy_app(world.privy, public_url=urls["privy"]),
        "solana": solana_app(world.solana),
        "arbitrum": arbitrum_app(world.arbitrum),
        "circle": circle_app(world.circle),
    }
    gated: dict[str, Application] = {
        name: Gate(app, venue=name, faults=world.faults, journal=world.journal, clock=world.clock)
        for name, app in venues.items()
    }
    gated["control"] = control_app(
        world,
        scenarios={name: scenario.says for name, scenario in SCENARIOS.items()},
        begin=_begin,
        urls=urls,
    )
    return gated


async def _begin(world: World, name: str, hours: int | None) -> None:
    await start_scenario(world, name, hours=hours)


def _announce(world: World, served: Served, urls: Mapping[str, str]) -> None:
    if served.ready_file is None:
        return
    ready = {
        "pid": os.getpid(),
        "anvil_pid": world.arbitrum.pid,
        "mode": world.setup.mode,
        "seed": world.setup.seed,
        "urls": urls,
        "hyperliquid_ws": urls["hyperliquid"].replace("http://", "ws://") + "/ws",
        "asgard_vault": str(world.solana.vault.pubkey()),
        "privy": {"app_id": world.setup.app_id, "app_secret": world.setup.app_secret},
    }
    partial = served.ready_file.with_suffix(".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(ready)))
    partial.replace(served.ready_file)


class _Listener(uvicorn.Server):
    """One port; signals are the process's business, not a listener's."""

    def __init__(self, app: Application) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="critical",
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: `serve` listens for signals."""
        yield


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        _lock(file, path)
        yield


def _lock(file: IO[str], path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CannotServe(f"another world runs in {path.parent}") from error


def _bind(served: Served) -> dict[str, socket.socket]:
    """A socket for every listener: the port asked for, the one of last time, or a free one."""
    remembered = served.data / "ports.json"
    last: dict[str, int] = {}
    if remembered.exists():
        last = msgspec.json.decode(remembered.read_bytes(), type=dict[str, int])
    bound: dict[str, socket.socket] = {}
    for name in LISTENERS:
        asked = served.ports.get(name)
        found = _listen(served.host, asked if asked is not None else last.get(name, 0))
        if found is None and asked is not None:
            for taken in bound.values():
                taken.close()
            raise CannotServe(f"port {asked} for {name} is taken")
        if found is None:
            found = _listen(served.host, 0)
        if found is None:
            raise CannotServe(f"no free port on {served.host} for {name}")
        bound[name] = found
    ports = {name: each.getsockname()[1] for name, each in bound.items()}
    remembered.write_bytes(msgspec.json.encode(ports))
    return bound


def _listen(host: str, port: int) -> socket.socket | None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        return None
    return listener
