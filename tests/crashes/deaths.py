"""Bring many people's work to chosen points, and let one process die there."""

import os
import signal
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from asgard_basis.cli.visitor import wait_for
from tests.crashes.crowd import Life
from tests.crashes.gates import Gates
from tests.crashes.machine import Machine
from tests.crashes.points import REQUESTS, Moment, Point

_LATE_MS = 20_000
"""A request that the venue does after the death, about when somebody else looks it up; a slow
machine takes some of that until everybody stands where the process dies."""
_SOON_MS = 6_000
"""Long enough to stop the worker before the venue answers the first of several requests."""
_GATE = {
    Moment.INTENDING: Moment.INTENDING,
    Moment.SENT: Moment.INTENDING,
    Moment.ACTED: Moment.INTENDING,
    Moment.CONCLUDING: Moment.CONCLUDING,
    Moment.CONCLUDED: Moment.CONCLUDED,
}
"""Where one waits until all are there."""
_IN_JOURNAL = {
    Moment.INTENDING: None,
    Moment.SENT: "intended",
    Moment.ACTED: "intended",
    Moment.CONCLUDING: "intended",
    Moment.CONCLUDED: "done",
}
"""What the journal holds of the step when the process dies."""

Places = Sequence[tuple[Life, Point]]
Request = tuple[tuple[str, str], ...]


class Deaths:
    """Kills one process of a machine at many points at once."""

    def __init__(self, machine: Machine, gates: Gates) -> None:
        self.machine = machine
        self.gates = gates
        self._stopped: list[tuple[Life, Point]] = []

    def prepare(self, places: Places) -> None:
        """From now on these people stop at these points."""
        for life, point in places:
            self.gates.shut(life.user_id, point.step, _GATE[point.moment])
        self._stopped += places

    def die(self, process: str, places: Places, *, afterwards: Places = ()) -> None:
        """The process dies among people who stand at their points; then everything goes on.

        `afterwards` is where people are stopped next: they leave where they are for it.
        """
        worker, seen = self.machine.pids()["work"], _newest(self.machine)
        self._ask(places, Moment.SENT, delay_ms=_LATE_MS)
        self._ask(places, Moment.ACTED, delay_ms=_SOON_MS)
        os.kill(worker, signal.SIGSTOP)
        try:
            self._wait_until_acted(places, seen)
            self._check_there(places, seen)
            pid = self.machine.pids()[process]
            self.machine.kill(process)
        finally:
            if process != "work":
                os.kill(worker, signal.SIGCONT)
        if process == "postgresql":
            self.gates.reconnect()
        passed = self.gates.of(life.user_id for life, _ in (*places, *afterwards))
        self.prepare(afterwards)
        self.gates.open(passed)
        self.machine.wait_for_successor(process, pid)
        self.machine.wait_until_ready()

    def let_go(self) -> None:
        """Nobody is stopped any more."""
        self.gates.open(self.gates.of(life.user_id for life, _ in self._stopped))
        self._stopped.clear()

    def gather(self, places: Places) -> None:
        """Wait until everybody stands before their gate."""
        wanted = {life.user_id for life, _ in places}

        def missing() -> bool | None:
            return True if wanted <= self.gates.arrived() else None

        try:
            wait_for(missing, seconds=90, what="coming to the gates")
        except TimeoutError as error:
            away = wanted - self.gates.arrived()
            raise AssertionError(
                [f"{point} was not reached" for life, point in places if life.user_id in away]
            ) from error

    def _ask(self, places: Places, moment: Moment, *, delay_ms: int) -> None:
        """Let those of this moment commit their intention and ask a venue that is slow."""
        asking = [(life, point) for life, point in places if point.moment is moment]
        rules = [
            self.machine.world.add_fault(
                kind="delay", delay_ms=delay_ms, remaining=count, **dict(request)
            )
            for request, count in Counter(_request(point) for _, point in asking).items()
        ]
        self.gates.open(self.gates.of(life.user_id for life, _ in asking))

        def caught() -> bool | None:
            left = sum(rule["remaining"] for rule in self.machine.faults() if rule["id"] in rules)
            return None if left else True

        wait_for(caught, seconds=20, what=f"the requests {moment}")

    def _wait_until_acted(self, places: Places, seen: int) -> None:
        acted = Counter(_request(p) for _, p in places if p.moment is Moment.ACTED)

        def done() -> bool | None:
            return True if acted <= _delayed(self.machine, seen, acted) else None

        wait_for(done, seconds=20, what="the venues")

    def _check_there(self, places: Places, seen: int) -> None:
        """That everybody is where they should be: in the journal, and at the venue."""
        sent = {_request(p) for _, p in places if p.moment is Moment.SENT}
        acted = Counter(_request(p) for _, p in places if p.moment is Moment.ACTED)
        answered = _delayed(self.machine, seen, sent | set(acted))
        arrived = self.gates.arrived()
        for life, point in places:
            rows = self.gates.ask(
                "SELECT status FROM saga_steps WHERE job_id = %s AND name = %s"
                " ORDER BY attempt DESC LIMIT 1",
                life.job_id,
                point.step,
            )
            status = rows[0][0] if rows else None
            life.expect(
                status == _IN_JOURNAL[point.moment], f"{point} found the journal at {status}"
            )
            if point.moment in (Moment.SENT, Moment.ACTED):
                request = _request(point)
                life.expect(
                    answered[request] == acted[request],
                    f"{point}: {answered[request]} requests were answered, not {acted[request]}",
                )
            else:
                life.expect(life.user_id in arrived, f"{point} was left too early")


def _request(point: Point) -> Request:
    return tuple(sorted(REQUESTS[point.step].items()))


def _newest(machine: Machine) -> int:
    return max((entry["number"] for entry in machine.requests()), default=0)


def _delayed(machine: Machine, since: int, requests: Iterable[Request]) -> Counter[Request]:
    """How many requests of each kind the venues did after the delay we had asked for."""
    entries = [entry for entry in machine.requests(since) if entry["fault"] == "delay"]
    found: Counter[Request] = Counter()
    for request in set(requests):
        rule = dict(request)
        found[request] = sum(
            entry["venue"] == rule["venue"]
            and fnmatchcase(entry["operation"], rule.get("operation", "*"))
            and fnmatchcase(entry["route"], rule.get("route", "*"))
            for entry in entries
        )
    return found
