"""Bring many people's work to chosen points, let one process die, and see what becomes of it."""

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from asgard_basis.cli.visitor import wait_for
from tests.crashes.crowd import Crowd, Life
from tests.crashes.gates import Gates
from tests.crashes.machine import Machine
from tests.crashes.points import CLOSE, OPEN, REQUESTS, Moment, Point, around, everywhere

_LATE_MS = 12_000
"""A request that the venue does after the death, about when somebody else looks it up."""
_SOON_MS = 2_500
"""Long enough to stop the worker before the venue answers."""
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
_BEGUN = 10

Plan = Mapping[int, Point]
"""Which person stops where, by number."""
Places = Sequence[tuple[Life, Point]]
Request = tuple[tuple[str, str], ...]


def _dealt(points: Sequence[Point], start: int = 0) -> Plan:
    return dict(enumerate(points, start))


class Campaign:
    """All kills on one machine; what was found is kept for each point."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.gates = Gates(machine.home)
        self.steps: dict[str, set[str]] = {}
        """Names of the steps that openings and closings had."""
        self._crowd: Crowd | None = None
        self._found: dict[Point, list[str]] = {}
        self._tours: dict[str, Callable[[Crowd], None]] = {
            "work": self._worker,
            "postgresql": self._databases_and_world,
            "paper": self._databases_and_world,
            "valkey": self._bystanders,
            "serve": self._bystanders,
        }

    def close(self) -> None:
        """Take away what was installed."""
        self.machine.world.clear_faults()
        self.gates.close()

    def troubles(self, point: Point) -> list[str]:
        """What was wrong after this process died at this point; the tour is made when needed."""
        if point not in self._found:
            self._tours[point.process](self.crowd)
        return self._found[point]

    @property
    def crowd(self) -> Crowd:
        """Those it happens to."""
        if self._crowd is None:
            self._crowd = Crowd(self.machine, self.gates, 20)
        return self._crowd

    def _worker(self, crowd: Crowd) -> None:
        """The worker dies twice in an opening and once in a closing."""
        early = everywhere("work", *OPEN[:4])
        late = everywhere("work", *OPEN[4:])
        leaving = everywhere("work", *CLOSE)
        with self._opening(crowd, [_dealt(early), _dealt(late)]) as lives:
            self._die(
                "work", _dealt(early), partial(crowd.begin_opening, lives), after=_dealt(late)
            )
            self._die("work", _dealt(late))
        with self._closing(crowd, [_dealt(leaving)]) as lives:
            self._die("work", _dealt(leaving), partial(crowd.begin_closing, lives))

    def _databases_and_world(self, crowd: Crowd) -> None:
        """The two that everything goes through: what is asked of them meanwhile is lost."""
        self._neighbours(crowd, "postgresql", "paper")

    def _bystanders(self, crowd: Crowd) -> None:
        """Those the worker hardly needs."""
        self._neighbours(crowd, "valkey", "serve")

    def _neighbours(self, crowd: Crowd, one: str, other: str) -> None:
        """Both die in the middle of openings, then in the middle of closings."""
        for flow, begin, steps in (
            (self._opening, crowd.begin_opening, OPEN),
            (self._closing, crowd.begin_closing, CLOSE),
        ):
            first = _dealt(around(one, *steps))
            second = _dealt(around(other, *steps), start=_BEGUN)
            with flow(crowd, [first, second]) as lives:
                self._die(one, first, partial(begin, lives[:_BEGUN]))
                self._die(other, second, partial(begin, lives[_BEGUN:]))

    @contextlib.contextmanager
    def _opening(self, crowd: Crowd, plans: Sequence[Plan]) -> Iterator[list[Life]]:
        yield crowd.lives
        crowd.check_hedged(crowd.lives)
        self._note("open", crowd.lives, plans)

    @contextlib.contextmanager
    def _closing(self, crowd: Crowd, plans: Sequence[Plan]) -> Iterator[list[Life]]:
        lives = [life for life in crowd.lives if life.position]
        yield crowd.lives
        crowd.check_closed(lives)
        self._note("close", lives, plans)

    def _note(self, kind: str, lives: Sequence[Life], plans: Sequence[Plan]) -> None:
        for plan in plans:
            for number, point in plan.items():
                self._found[point] = list(self.crowd.lives[number].troubles)
        jobs = [life.job_id for life in lives]
        rows = self.gates.ask("SELECT DISTINCT name FROM saga_steps WHERE job_id = ANY(%s)", jobs)
        self.steps[kind] = {row[0] for row in rows}

    def _die(
        self,
        process: str,
        plan: Plan,
        begin: Callable[[], None] | None = None,
        *,
        after: Plan | None = None,
    ) -> None:
        """Everybody is brought to their point; then the process dies, and everything goes on.

        `after` is where some are stopped next, so that nobody runs past it meanwhile.
        """
        places = [(self.crowd.lives[number], point) for number, point in plan.items()]
        if begin is not None:
            for life, point in places:
                self.gates.shut(life.user_id, point.step, _GATE[point.moment])
            begin()
        self._gather(places)
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
        for number, point in (after or {}).items():
            self.gates.shut(self.crowd.lives[number].user_id, point.step, _GATE[point.moment])
        moved_on = {self.crowd.lives[number].user_id for number in after or {}}
        self.gates.open(life.user_id for life, _ in places if life.user_id not in moved_on)
        self.machine.wait_for_successor(process, pid)
        self.machine.wait_until_ready()

    def _gather(self, places: Places) -> None:
        """Until everybody stands before their gate."""
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
        self.gates.open(life.user_id for life, _ in asking)

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
