"""`basis doctor`: what is missing on this machine, and what to do about it."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from asgard_basis.adapters.embedded.addresses import is_free
from asgard_basis.adapters.embedded.child import StartFailed
from asgard_basis.adapters.embedded.identity import lodging
from asgard_basis.adapters.embedded.postgres import default_installation
from asgard_basis.adapters.embedded.valkey import default_binary
from asgard_basis.cli.home import AlreadyRunning, Home
from asgard_basis.settings import SettingsRefused, load_settings

_DISK_BYTES_MIN = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` is None when it is as it should be."""

    what: str
    advice: str | None = None


def doctor() -> list[Finding]:
    """Look at everything `basis up` needs, or, outside paper mode, at the settings."""
    home = Home.from_environment()
    if (os.environ.get("BASIS_MODE") or "paper") != "paper":
        return [_python(), *_settings()]
    looks: list[Callable[[Home], Finding]] = [
        lambda _: _python(),
        lambda _: _node(),
        _disk,
        _postgres,
        lambda _: _valkey(),
        _dashboard,
        _running,
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


def _settings() -> list[Finding]:
    try:
        settings = load_settings()
    except SettingsRefused as refused:
        return [Finding(problem, "correct this setting") for problem in refused.problems]
    return [Finding(f"settings: {settings.mode} mode, complete")]
