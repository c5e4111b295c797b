"""Which processes die when, so that every point is visited once and nobody waits idly."""

from collections.abc import Sequence
from itertools import chain

from tests.crashes.crowd import Crowd, Life, Stage
from tests.crashes.deaths import Deaths, Places
from tests.crashes.gates import Gates
from tests.crashes.machine import Machine
from tests.crashes.points import CLOSE, MOVING, OPEN, Moment, Point, around, everywhere

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
        """The worker dies twice in the same openings, then twice in the same closings."""
        for stage, steps, half in ((Stage.OPENING, OPEN, 4), (Stage.CLOSING, CLOSE, 2)):
            lives = self._ready(stage, _PEOPLE)
            early, late = everywhere("work", *steps[:half]), everywhere("work", *steps[half:])
            first, second = _dealt(early, lives), _dealt(late, lives[::-1])
            self._begin(stage, [*first, *_aside(lives[len(early) :], steps[0])])
            aside = _aside(lives[: len(lives) - len(late)], steps[half])
            self._deaths.die("work", first, afterwards=[*second, *aside])
            self._deaths.gather([*second, *aside])
            self._deaths.die("work", second)
            self._deaths.let_go()
        self._end()

    def _neighbours(self) -> None:
        """Each of the others dies in openings and in closings, two after one another in each.

        What the world has not done when it dies is lost. A lost transaction is waited for until
        it can no longer land; those whom that happens to are left to themselves meanwhile.
        """
        for one, other in (("paper", "postgresql"), ("valkey", "serve")):
            for stage, steps in ((Stage.OPENING, OPEN), (Stage.CLOSING, CLOSE)):
                first, second = around(one, *steps), around(other, *steps)
                lives = self._ready(stage, len(first) + len(second))
                among_first = _dealt(first, lives)
                among_second = _dealt(second, lives[len(first) :])
                self._begin(stage, [*among_first, *among_second])
                aside = [_aside(lives[: len(first)], step) for step in steps if step in MOVING]
                self._deaths.die(one, among_first, afterwards=[*chain(*aside)])
                self._deaths.gather(among_second)
                self._deaths.die(other, among_second)
                self._deaths.let_go()
                if stage is Stage.CLOSING:
                    self.crowd.begin_closing(self._at(Stage.HEDGED))
        self._end()

    def _begin(self, stage: Stage, places: Places) -> None:
        """They ask for it, and will stop at their points."""
        self._deaths.prepare(places)
        begin = self.crowd.begin_opening if stage is Stage.OPENING else self.crowd.begin_closing
        begin([life for life, _ in places])
        self._deaths.gather(places)

    def _at(self, stage: Stage) -> list[Life]:
        return [life for life in self.crowd.lives if life.stage is stage]

    def _end(self) -> None:
        """Everybody comes to rest, and gets out of what they still hold."""
        self._settle(self.crowd.lives)
        self.crowd.begin_closing(self._at(Stage.HEDGED))
        self._settle(self.crowd.lives)

    def _ready(self, stage: Stage, count: int) -> list[Life]:
        """So many people who are at rest and ready for that stage."""
        start = Stage.FLAT if stage is Stage.OPENING else Stage.HEDGED
        lives = self.crowd.lives
        for awaited in ([], [life for life in lives if not _is_slow(life)], lives):
            self._settle(awaited)
            ready = self._at(start)
            if len(ready) >= count:
                return ready[:count]
        raise AssertionError(f"only {len(ready)} people are {start}, {count} are needed")

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


def _dealt(points: Sequence[Point], lives: Sequence[Life]) -> Places:
    """A point for each of the first people."""
    places = list(zip(lives, points, strict=False))
    for life, point in places:
        life.points.append(point)
    return places


def _aside(lives: Sequence[Life], step: str) -> Places:
    """They wait before a step, so that they take no slow answer that is meant for others."""
    return [(life, Point("nobody", step, Moment.INTENDING)) for life in lives]


def _is_slow(life: Life) -> bool:
    """Whether a transaction of theirs was lost."""
    newest = life.points[-1] if life.points else None
    return newest is not None and (
        (newest.process, newest.moment) == ("paper", Moment.SENT)
        and newest.step in ("open_long", "close_long")
    )
