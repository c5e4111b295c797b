"""Child processes that end with us, and that a later run can still find after a crash."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asgard_basis.adapters.embedded import trampoline

_TRAMPOLINE = Path(trampoline.__file__)
_POLL_SECONDS = 0.02
_LOG_BYTES_MAX = 20_000_000


class StartFailed(Exception):
    """A program did not come up. `advice` says what to do, `log` where to read more."""

    def __init__(self, what: str, *, advice: str, log: Path | None = None) -> None:
        self.what = what
        self.advice = advice
        self.log = log
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a child runs."""

    kind: str = "same"
    """same, namespace or account."""
    uid: int = 0
    gid: int = 0


SAME = Identity()


def started_at(pid: int) -> str | None:
    """When the process with this number began, in the system's own words; None if there is none.

    Together with the number it names one process for ever: numbers are used again, the pair is not.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@dataclass(slots=True)
class Child:
    """One running program."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals
    record: Path | None = None
    born: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        """Its process number."""
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self.process.poll()

    def stop(self, *, seconds: float) -> None:
        """Ask it to end, wait that long, then insist; returns when it is gone and reaped."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.record is not None:
            self.record.unlink(missing_ok=True)

    def last_lines(self, count: int = 12) -> list[str]:
        """The end of its log."""
        return last_lines(self.log, count)


def last_lines(log: Path, count: int = 12) -> list[str]:
    """The end of a log file; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 16384))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def spawn(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    record: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    identity: Identity = SAME,
) -> Child:
    """Start a program in its own session, output appended to `log`.

    Ctrl-C in a terminal does not reach it; when we die for whatever reason, the system sends it
    `stop_signal` (Linux). `record` names it for `end_previous` of a later run.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.replace(log.with_name(log.name + ".1"))
    plan = {
        "parent": os.getpid(),
        "death_signal": int(stop_signal),
        "identity": {"kind": identity.kind, "uid": identity.uid, "gid": identity.gid},
    }
    with open(log, "ab", opener=_private) as output:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_TRAMPOLINE), json.dumps(plan), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
        )
    if record is not None:
        facts = {"name": name, "pid": process.pid, "started": started_at(process.pid)}
        write_private(record, json.dumps(facts))
    return Child(name, process, log, stop_signal, record)


def end_previous(
    record: Path, *, stop_signal: signal.Signals = signal.SIGTERM, seconds: float = 10
) -> bool:
    """End the process a crashed run left behind; True when there was one.

    It is recognised by number and start time together, never by name.
    """
    try:
        facts = json.loads(record.read_text())
        pid, started = int(facts["pid"]), facts["started"]
    except (OSError, ValueError, KeyError, TypeError):
        record.unlink(missing_ok=True)
        return False
    found = started is not None and started_at(pid) == started
    if found:
        end_process(pid, stop_signal=stop_signal, seconds=seconds)
    record.unlink(missing_ok=True)
    return found


def end_process(pid: int, *, stop_signal: signal.Signals, seconds: float) -> None:
    """Ask a process that is not our child to end, wait, then insist."""
    started = started_at(pid)
    for number, patience in ((stop_signal, seconds), (signal.SIGKILL, seconds)):
        if started is None or started_at(pid) != started:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience
        while started_at(pid) == started and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
