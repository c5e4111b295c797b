"""Keeping a few processes running in order: start, watch, start again, stop in reverse."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from asgard_basis.adapters.embedded.child import Child, StartFailed

_BACKOFF_SECONDS_FIRST = 0.5
_BACKOFF_SECONDS_MAX = 30.0
_STEADY_SECONDS = 60.0

Say = Callable[[str], None]


@dataclass(slots=True)
class Service:
    """One process and how to start it anew."""

    name: str
    start: Callable[[], Child]
    """Called again after the process died; may raise StartFailed."""
    stop_seconds: float = 15.0
    child: Child | None = None
    failures: int = 0
    start_at: float = field(default=0.0)
    """Monotonic time of the next start while `child` is None."""


class Supervisor:
    """Owns the processes of one home, from one thread."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._services: list[Service] = []

    @property
    def pids(self) -> dict[str, int]:
        """The process numbers of what runs now."""
        return {s.name: s.child.pid for s in self._services if s.child is not None}

    def add(self, service: Service) -> Child:
        """Start a service and watch it from now on; raises StartFailed."""
        child = service.start()
        service.child = child
        self._services.append(service)
        return child

    def ended(self) -> Service | None:
        """A service whose process is not running, if any."""
        return next(
            (s for s in self._services if s.child is None or s.child.exit_code is not None), None
        )

    def watch(self) -> bool:
        """Notice the dead and start again what is due; True when a process was started."""
        now = time.monotonic()
        has_started = False
        for service in self._services:
            child = service.child
            if child is not None and child.exit_code is not None:
                self._bury(service, child, now)
            if service.child is None and now >= service.start_at:
                has_started |= self._start_again(service, now)
        return has_started

    def restart(self, name: str) -> None:
        """End one service's process; `watch` starts it again at once."""
        for service in self._services:
            if service.name == name and service.child is not None:
                service.child.stop(seconds=service.stop_seconds)
                service.child, service.start_at = None, 0.0

    def stop(self) -> None:
        """End everything, the last started first, and wait for each."""
        for service in reversed(self._services):
            if service.child is not None:
                service.child.stop(seconds=service.stop_seconds)
                service.child = None
        self._services.clear()

    def _bury(self, service: Service, child: Child, now: float) -> None:
        if now - child.born >= _STEADY_SECONDS:
            service.failures = 0
        service.failures += 1
        service.child = None
        service.start_at = now + _pause(service.failures)
        self._say(
            f"{service.name} ended ({_why(child.exit_code)}); starting it again in"
            f" {_pause(service.failures):.1f} s; log: {child.log}"
        )

    def _start_again(self, service: Service, now: float) -> bool:
        try:
            service.child = service.start()
        except StartFailed as failure:
            service.failures += 1
            service.start_at = now + _pause(service.failures)
            self._say(f"{service.name} did not start: {failure.what}; {failure.advice}")
            return False
        self._say(f"{service.name} runs again")
        return True


def _pause(failures: int) -> float:
    return float(min(_BACKOFF_SECONDS_MAX, _BACKOFF_SECONDS_FIRST * 2.0 ** (failures - 1)))


def _why(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
