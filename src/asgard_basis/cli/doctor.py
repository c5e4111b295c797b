"""`basis doctor`: what is missing on this machine, and what to do about it."""

import asyncio
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from asgard_basis.adapters.asgard.client import ALLOWANCE as ASGARD
from asgard_basis.adapters.embedded.addresses import is_free
from asgard_basis.adapters.embedded.child import StartFailed
from asgard_basis.adapters.embedded.identity import lodging
from asgard_basis.adapters.embedded.postgres import default_installation
from asgard_basis.adapters.embedded.valkey import default_binary
from asgard_basis.adapters.hyperliquid.weights import allowance
from asgard_basis.adapters.redis.budget import RedisRequestBudget
from asgard_basis.adapters.redis.connection import open_redis
from asgard_basis.cli.home import AlreadyRunning, Home
from asgard_basis.cli.running import settings_here
from asgard_basis.domain.errors import Unavailable
from asgard_basis.ports.coordination import Allowance, Priority
from asgard_basis.settings import SettingsRefused, load_settings

_DISK_BYTES_MIN = 1_000_000_000
_BUSY_PERCENT = 75


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` is None when it is as it should be."""

    what: str
    advice: str | None = None


def doctor() -> list[Finding]:
    """Look at everything `basis up` needs, or, outside paper mode, at the settings."""
    home = Home.from_environment()
    if (os.environ.get("BASIS_MODE") or "paper") != "paper":
        return [_python(), *_settings(), _requests(home)]
    looks: list[Callable[[Home], Finding]] = [
        lambda _: _python(),
        lambda _: _node(),
        _disk,
        _postgres,
        lambda _: _valkey(),
        _dashboard,
        _running,
        _requests,
    ]
    return [look(home) for look in looks]


def _python() -> Finding:
    return Finding(
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    )


def _node() -> Finding:
    node = shutil.which("node")
    if node is None:
        return Finding("Node.js is not installed", "install Node.js 20 or newer")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = said.stdout.strip().lstrip("v")
    major = version.split(".")[0]
    if not major.isdigit() or int(major) < 20:
        return Finding(f"Node.js {version or 'does not run'}", "install Node.js 20 or newer")
    return Finding(f"Node.js {version}")


def _disk(home: Home) -> Finding:
    place = next(p for p in (home.folder, *home.folder.parents) if p.exists())
    free = shutil.disk_usage(place).free
    text = f"{home.folder}: {free / 1e9:.1f} GB free"
    if not os.access(place, os.W_OK):
        return Finding(f"{home.folder} is not writable", "choose another folder by BASIS_HOME")
    if free < _DISK_BYTES_MIN:
        return Finding(text, "make room, or choose another folder by BASIS_HOME")
    return Finding(text)


def _postgres(home: Home) -> Finding:
    if os.environ.get("DATABASE_URL"):
        return Finding("PostgreSQL: your own, by DATABASE_URL")
    try:
        place = lodging(home.folder / "postgresql" / "server", default_installation())
    except StartFailed as failure:
        return Finding(failure.what, failure.advice)
    how = {
        "same": "as this user",
        "namespace": "in a user namespace, since root may not run it",
        "account": f"as nobody, since root may not run it; data in {place.data}",
    }[place.identity.kind]
    return Finding(f"PostgreSQL: embedded, {how}")


def _valkey() -> Finding:
    if os.environ.get("REDIS_URL"):
        return Finding("Redis: your own, by REDIS_URL")
    try:
        default_binary()
    except StartFailed as failure:
        return Finding(failure.what, failure.advice)
    return Finding("Valkey: embedded")


def _dashboard(_: Home) -> Finding:
    folder = Path(os.environ.get("DASHBOARD_FOLDER") or "frontend/dist")
    if not (folder / "index.html").exists():
        return Finding("the dashboard is not built", "run `make run`, which builds it")
    return Finding("the dashboard is built")


def _running(home: Home) -> Finding:
    port = os.environ.get("PORT") or str(home.remembered_port("dashboard") or 8080)
    try:
        with home.locked():
            pass
    except AlreadyRunning as running:
        where = (running.run or {}).get("dashboard")
        return Finding(f"running at {where}" if where else "just starting or stopping")
    if not port.isdigit():
        return Finding(f"PORT is {port!r}", "PORT must be a number, e.g. 8080")
    if os.environ.get("PORT") and not is_free(int(port)):
        return Finding(f"port {port} is taken", "stop that program or choose another PORT")
    return Finding("not running")


def _requests(home: Home) -> Finding:
    is_paper = (os.environ.get("BASIS_MODE") or "paper") == "paper"
    if is_paper and home.read_run() is None:
        return Finding("venues are not being asked for anything")
    try:
        here = settings_here()
        used = asyncio.run(_used(here.redis_url, allowance(here.hyperliquid_weight)))
    except (SettingsRefused, typer.Exit):
        return Finding("how much venues are asked for is not known")
    except Unavailable:
        return Finding(
            "Redis does not answer: each process asks venues by a share of its own",
            "start Redis; people's screens are slow until then, closing is not",
        )
    told = [_told(allowance, by_class) for allowance, by_class in used]
    text = f"asked for in the last minute: {', '.join(told)}"
    if any(
        sum(by_class.values()) > allowance.venue_minute * _BUSY_PERCENT / 100
        for allowance, by_class in used
    ):
        return Finding(text, "close to what a venue allows one address: screens wait for the rest")
    return Finding(text)


async def _used(
    redis_url: str, hyperliquid: Allowance
) -> list[tuple[Allowance, Mapping[Priority, int]]]:
    redis = open_redis(redis_url)
    try:
        budget = RedisRequestBudget(redis)
        return [(a, await budget.used_last_minute(a)) for a in (hyperliquid, ASGARD)]
    finally:
        await redis.aclose()


def _told(allowance: Allowance, by_class: Mapping[Priority, int]) -> str:
    parts = [
        f"{p.name.lower()} {weight}"
        for p, weight in sorted(by_class.items(), reverse=True)
        if weight
    ]
    text = f"{allowance.name.title()} {sum(by_class.values())} of {allowance.venue_minute}"
    return f"{text} ({', '.join(parts)})" if parts else text


def _settings() -> list[Finding]:
    try:
        settings = load_settings()
    except SettingsRefused as refused:
        return [Finding(problem, "correct this setting") for problem in refused.problems]
    return [Finding(f"settings: {settings.mode} mode, complete")]
