"""Bring many people's work to chosen points, and let one process die there."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from asgard_basis.cli.visitor import wait_for
from tests.crashes.crowd import Life
from tests.crashes.gates import Gates
from tests.crashes.machine import Machine
from tests.crashes.points import REQUESTS, Moment, Point

_LATE_SECONDS = 10.0
"""After the death the venue does what it was asked before: about when somebody else looks it up."""
_HELD = {Moment.SENT: "hold_before", Moment.ACTED: "hold_after"}
"""What becomes of a request until the process has died."""
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
        late, acted = (self._ask(places, moment) for moment in _HELD)
        self._wait_until_held(late | acted)
        self._check_there(places)
        pid = self.machine.pids()[process]
        self.machine.kill(process)
        late_at = time.monotonic() + _LATE_SECONDS
        if process == "postgresql":
            self.gates.reconnect()
        passed = self.gates.of(life.user_id for life, _ in (*places, *afterwards))
        self.prepare(afterwards)
        self.gates.open(passed)
        self.machine.wait_for_successor(process, pid)
        self.machine.wait_until_ready()
        self._lift(acted)
        if process != "paper":  # what it held died with it
            time.sleep(max(0.0, late_at - time.monotonic()))
        self._lift(late)

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

    def _ask(self, places: Places, moment: Moment) -> dict[str, int]:
        """Let those of this moment commit their intention and ask a venue that holds it.

        Gives how many requests each of the venue's rules will hold.
        """
        asking = [(life, point) for life, point in places if point.moment is moment]
        asked = Counter(_request(point) for _, point in asking)
        rules = {
            self.machine.world.add_fault(
                kind=_HELD[moment], remaining=count, **dict(request)
            ): count
            for request, count in asked.items()
        }
        self.gates.open(self.gates.of(life.user_id for life, _ in asking))
        self._wait_until_held(rules)
        return rules

    def _wait_until_held(self, rules: Mapping[str, int]) -> None:
        def held() -> bool | None:
            found = {rule["id"]: rule["held"] for rule in self.machine.faults()}
            return True if all(found[rule] == count for rule, count in rules.items()) else None

        wait_for(held, seconds=20, what="the requests")

    def _lift(self, rules: Iterable[str]) -> None:
        for rule in rules:
            self.machine.world.lift_fault(rule)

    def _check_there(self, places: Places) -> None:
        """That the journal has everybody where they should be, and the others stand at gates."""
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
            if point.moment not in _HELD:
                life.expect(life.user_id in arrived, f"{point} was left too early")


def _request(point: Point) -> Request:
    return tuple(sorted(REQUESTS[point.step].items()))
