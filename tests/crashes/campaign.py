"""Which processes die when, so that every point is visited once and nobody waits idly."""

from collections.abc import Sequence

from tests.crashes.crowd import Crowd, Life, Stage
from tests.crashes.deaths import Deaths
from tests.crashes.gates import Gates
from tests.crashes.machine import Machine
from tests.crashes.points import CLOSE, OPEN, Moment, Point, around, everywhere

_PEOPLE = 20
"""As many jobs as a worker has in hand at once."""


class Campaign:
    """All kills on one machine; what was found is kept for each point."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.steps: dict[Stage, set[str]] = {Stage.OPENING: set(), Stage.CLOSING: set()}
        """Names of the steps that openings and closings had."""
        self._gates = Gates(machine.home)
        self._deaths = Deaths(machine, self._gates)
        self._crowd: Crowd | None = None
        self._found: dict[Point, list[str]] = {}

    def close(self) -> None:
        """Take away what was installed."""
        self.machine.world.clear_faults()
        self._gates.close()

    def troubles(self, point: Point) -> list[str]:
        """What was wrong after this process died at this point; the tour is made when needed."""
        if point not in self._found:
            if point.process == "work":
                self._worker()
            else:
                self._neighbours()
        return self._found[point]

    @property
    def crowd(self) -> Crowd:
        """Those it happens to."""
        if self._crowd is None:
            self._crowd = Crowd(self.machine, self._gates, _PEOPLE)
        return self._crowd

    def _worker(self) -> None:
        """The worker dies twice in an opening and once in a closing."""
        first = self._places(Stage.OPENING, everywhere("work", *OPEN[:4]))
        second = self._places(Stage.OPENING, everywhere("work", *OPEN[4:]))
        self._deaths.prepare(first)
        self.crowd.begin_opening([life for life, _ in first])
        self._deaths.die("work", first, afterwards=second)
        self._deaths.die("work", second)
        places = self._places(Stage.CLOSING, everywhere("work", *CLOSE))
        self._deaths.prepare(places)
        self.crowd.begin_closing(self._at(Stage.HEDGED))
        self._deaths.die("work", places)
        self._settle(self.crowd.lives)

    def _neighbours(self) -> None:
        """Each of the others dies in openings and in closings, two after one another in each.

        What the world has not done when it dies is lost. A lost transaction is waited for until
        it can no longer land; those whom that happens to are left to themselves meanwhile.
        """
        for processes in (("paper", "postgresql"), ("valkey", "serve")):
            visits = [(process, around(process, *OPEN)) for process in processes]
            self._visit(Stage.OPENING, visits)
            visits = [(process, around(process, *CLOSE)) for process in processes]
            self._visit(Stage.CLOSING, visits)
        self._settle(self.crowd.lives)
        self.crowd.begin_closing(self._at(Stage.HEDGED))
        self._settle(self.crowd.lives)

    def _visit(self, stage: Stage, visits: Sequence[tuple[str, tuple[Point, ...]]]) -> None:
        """Processes die one after another among people who all open, or all close."""
        points = [point for _, there in visits for point in there]
        places = self._places(stage, points)
        self._deaths.prepare(places)
        if stage is Stage.OPENING:
            self.crowd.begin_opening([life for life, _ in places])
        else:
            self.crowd.begin_closing(self._at(Stage.HEDGED))
        for process, there in visits:
            self._deaths.die(process, [(life, p) for life, p in places if p in there])

    def _at(self, stage: Stage) -> list[Life]:
        return [life for life in self.crowd.lives if life.stage is stage]

    def _places(self, stage: Stage, points: Sequence[Point]) -> list[tuple[Life, Point]]:
        """Somebody for each point, at rest and ready for that stage."""
        start = Stage.FLAT if stage is Stage.OPENING else Stage.HEDGED
        lives = self.crowd.lives
        for awaited in ([], [life for life in lives if not _is_slow(life)], lives):
            self._settle(awaited)
            ready = self._at(start)
            if len(ready) >= len(points):
                break
        places = list(zip(ready, points, strict=False))
        assert len(places) == len(points), f"only {len(ready)} people are {start}"
        for life, point in places:
            life.points.append(point)
        return places

    def _settle(self, lives: Sequence[Life]) -> None:
        """Wait until they are at rest, and note what was found wrong with them."""
        for stage, check in (
            (Stage.OPENING, self.crowd.check_hedged),
            (Stage.CLOSING, self.crowd.check_closed),
        ):
            moving = [life for life in lives if life.stage is stage]
            if not moving:
                continue
            check(moving)
            self.steps[stage] |= self.crowd.steps(moving)
            for life in moving:
                self._found.update({point: list(life.troubles) for point in life.points})
                if life.stage is Stage.FLAT:
                    life.points.clear()


def _is_slow(life: Life) -> bool:
    """Whether a transaction of theirs was lost."""
    newest = life.points[-1] if life.points else None
    return newest is not None and (
        (newest.process, newest.moment) == ("paper", Moment.SENT)
        and newest.step in ("open_long", "close_long")
    )
