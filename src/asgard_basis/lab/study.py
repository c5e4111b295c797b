"""Every policy at every leverage over the same paths, and what came of it.

Arrays only say when a position must be looked at: when a price leaves the range in which, by
the rule's own word, there is nothing to do. What is then done is decided by the rule itself.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

import numpy as np

from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.lab.lane import CAPITAL, FIRST_PRICE, Lane, Opening, Policy, opening
from asgard_basis.lab.paths import STEADY, STEPS_A_DAY, Market, days

LEVERAGES = (Decimal("1.5"), Decimal(2), Decimal("2.5"), Decimal(3))
POLICIES = tuple(Policy)
_BATCH = 1250
_BARRIER = 0.5826
"""A price watched at steps seems to reach a wall less often than one that is watched always: the
wall is moved by so many step volatilities (Broadie, Glasserman and Kou 1997)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated."""

    paths: int = 10_000
    days: int = 90
    seed: int = 2026
    market: Market = STEADY
    leverages: tuple[Decimal, ...] = LEVERAGES
    policies: tuple[Policy, ...] = POLICIES
    limits: RiskLimits = field(default_factory=RiskLimits)


@dataclass(slots=True)
class Tally:
    """One policy at one leverage."""

    policy: Policy
    leverage: Decimal
    paths: int = 0
    long_lost: int = 0
    short_lost: int = 0
    closed: int = 0
    moves: list[int] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    """As fractions of the capital."""
    kept: list[float] = field(default_factory=list)
    """Of the size at the opening, where it was not liquidated."""

    @property
    def liquidated(self) -> float:
        """Share of paths on which either leg was."""
        return (self.long_lost + self.short_lost) / self.paths

    @property
    def error(self) -> float:
        """Standard error of that; of one path where there was none, so that zero is no proof."""
        share = max(self.liquidated, 1 / self.paths)
        return float(np.sqrt(share * (1 - share) / self.paths))

    def add(self, other: "Tally") -> None:
        """Count another's paths too."""
        self.paths += other.paths
        self.long_lost += other.long_lost
        self.short_lost += other.short_lost
        self.closed += other.closed
        self.moves += other.moves
        self.costs += other.costs
        self.kept += other.kept


def study(plan: Plan, *, processes: int = 1) -> list[Tally]:
    """Live through all of it; the same plan gives the same figures however it is divided."""
    sizes = [min(_BATCH, plan.paths - begun) for begun in range(0, plan.paths, _BATCH)]
    work = [(plan, number, size) for number, size in enumerate(sizes)]
    if processes == 1:
        return _joined(map(_batch, work))
    with ProcessPoolExecutor(processes) as pool:
        return _joined(pool.map(_batch, work))


def _joined(parts: Iterable[Sequence[Tally]]) -> list[Tally]:
    whole: list[Tally] = []
    for part in parts:
        if not whole:
            whole = list(part)
            continue
        for tally, more in zip(whole, part, strict=True):
            tally.add(more)
    return whole


def _batch(work: tuple[Plan, int, int]) -> list[Tally]:
    plan, number, size = work
    return _Batch(plan, number, size).live()


class _Batch:
    """Rows are policies at leverages, columns are paths."""

    def __init__(self, plan: Plan, number: int, size: int) -> None:
        self._plan = plan
        self._size = size
        self._seed = np.random.SeedSequence((plan.seed, number))
        self._rows: list[tuple[Policy, Opening]] = []
        self._tallies: list[Tally] = []
        for policy, leverage in product(plan.policies, plan.leverages):
            self._rows.append((policy, opening(leverage, plan.limits)))
            self._tallies.append(Tally(policy, leverage, paths=size))
        self._margin = float(np.exp(_BARRIER * plan.market.step_volatility))
        self._low = np.empty((len(self._rows), size))
        self._high = np.empty((len(self._rows), size))
        for row, begun in enumerate(self._rows):
            self._low[row], self._high[row] = self._edges(Lane(*begun))
        self._lanes: dict[tuple[int, int], Lane] = {}
        self._calendar: dict[int, set[tuple[int, int]]] = {}
        self._ended: set[tuple[int, int]] = set()

    def live(self) -> list[Tally]:
        """All days."""
        plan = self._plan
        first = float(FIRST_PRICE)
        for day, prices in enumerate(
            days(plan.market, seed=self._seed, paths=self._size, length=plan.days)
        ):
            for number, row in enumerate(prices * first):
                self._step(day * STEPS_A_DAY + number + 1, row)
        self._count()
        return self._tallies

    def _step(self, step: int, prices: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
        out = (prices <= self._low) | (prices >= self._high)
        woken = self._calendar.pop(step, set())
        if out.any():
            woken |= set(zip(*(axis.tolist() for axis in np.nonzero(out)), strict=True))
        for place in sorted(woken):
            if place not in self._ended:
                self._wake(place, step, float(prices[place[1]]))

    def _wake(self, place: tuple[int, int], step: int, price: float) -> None:
        row, _ = place
        lane = self._lanes.get(place)
        if lane is None:
            lane = self._lanes[place] = Lane(*self._rows[row])
        low, high = lane.walls
        if price <= low * self._margin:
            self._tallies[row].long_lost += 1
            self._end(place)
        elif price >= high / self._margin:
            self._tallies[row].short_lost += 1
            self._end(place)
        elif not lane.wake(step, price):
            self._tallies[row].closed += 1
            self._end(place)
        else:
            self._low[place], self._high[place] = self._edges(lane)
            for due in lane.due(step):
                self._calendar.setdefault(due, set()).add(place)

    def _edges(self, lane: Lane) -> tuple[float, float]:
        low, high = lane.wakes
        wall_low, wall_high = lane.walls
        return max(low, wall_low * self._margin), min(high, wall_high / self._margin)

    def _end(self, place: tuple[int, int]) -> None:
        self._ended.add(place)
        self._low[place], self._high[place] = -1.0, np.inf

    def _count(self) -> None:
        for row, tally in enumerate(self._tallies):
            begun = float(self._rows[row][1].facts.long_sol)
            for path in range(self._size):
                lane = self._lanes.get((row, path))
                tally.moves.append(lane.moves if lane else 0)
                tally.costs.append(float(lane.cost / CAPITAL) if lane else 0.0)
                is_lost = (row, path) in self._ended
                left = 1.0 if lane is None else float(lane.size_left) / begun
                tally.kept.append(0.0 if is_lost else left)
