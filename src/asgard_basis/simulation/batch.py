"""Many seeds on several cores, and a failing one made small enough to read."""

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice

import structlog

from asgard_basis.simulation.plan import Plan, drawn
from asgard_basis.simulation.prehistory import prehistory
from asgard_basis.simulation.run import simulate
from asgard_basis.simulation.story import Verdict
from asgard_basis.simulation.troubles import CELLS, Cell

_CHUNK = 8
_SHRINKING_MAX = 80
"""Runs spent on making one failure smaller."""

Simulate = Callable[[Plan], Verdict]


@dataclass(slots=True)
class Tally:
    """What a number of seeds came to."""

    seeds: int = 0
    failed: list[Verdict] = field(default_factory=list)
    hits: set[Cell] = field(default_factory=set)
    requests: int = 0
    virtual_seconds: float = 0.0

    def add(self, verdict: Verdict) -> None:
        """Count one more."""
        self.seeds += 1
        self.hits |= verdict.hits
        self.requests += verdict.requests
        self.virtual_seconds += verdict.virtual_seconds
        if verdict.broken is not None:
            self.failed.append(verdict)

    @property
    def missed(self) -> list[Cell]:
        """What can meet and never did."""
        return [cell for cell in CELLS if cell not in self.hits]


def quiet() -> None:
    """Let a simulated product log nothing: thousands of days would fill the disk."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def one(seed: int) -> Verdict:
    """One seed."""
    return simulate(drawn(seed))


def many(
    seeds: Iterable[int], *, processes: int, seconds: float | None = None
) -> Iterator[Verdict]:
    """The verdict of each seed as it comes, until all are done or the time is over."""
    numbers = iter(seeds)
    deadline = None if seconds is None else time.monotonic() + seconds
    if processes <= 1:
        for seed in numbers:
            if deadline is not None and time.monotonic() > deadline:
                return
            yield one(seed)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        running: set[Future[list[Verdict]]] = set()
        while True:
            is_over = deadline is not None and time.monotonic() > deadline
            while not is_over and len(running) < processes + 1:
                chunk = list(islice(numbers, _CHUNK))
                if not chunk:
                    break
                running.add(pool.submit(_chunk, chunk))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()


def shrunk(plan: Plan, *, run: Simulate = simulate) -> tuple[Plan, Verdict]:
    """A smaller plan that breaks the same promise, by leaving out what is not needed for it."""
    verdict = run(plan)
    promise = _promise(verdict)
    if promise is None:
        return plan, verdict
    runs = 0
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in _smaller(plan):
            if runs >= _SHRINKING_MAX:
                return plan, verdict
            runs += 1
            found = run(smaller)
            if _promise(found) == promise:
                plan, verdict, is_smaller = smaller, found, True
                break
    return plan, verdict


def _smaller(plan: Plan) -> Iterator[Plan]:
    """Everything with one thing less."""
    for trouble in plan.troubles:
        yield plan.without(wishes=frozenset(), troubles=frozenset({trouble.number}))
    for wish in plan.wishes:
        yield plan.without(wishes=frozenset({wish.number}), troubles=frozenset())


def _promise(verdict: Verdict) -> str | None:
    return None if verdict.broken is None else verdict.broken.partition(":")[0]


def _begin() -> None:
    quiet()
    prehistory()


def _chunk(seeds: list[int]) -> list[Verdict]:
    return [one(seed) for seed in seeds]
