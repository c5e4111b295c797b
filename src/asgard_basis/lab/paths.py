"""Seeded price paths in five-minute steps, all at once.

No drift: a hedged pair is not paid for a trend. Jumps come on top of the volatility.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS_A_DAY = 288
_DAYS_A_YEAR = 365

Prices = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Market:
    """How a made-up market moves; figures a year."""

    name: str
    told: str
    """In one sentence."""
    volatility: float
    """Its median where it wanders."""
    wandering: float = 0.0
    """Standard deviation of the daily volatility's logarithm."""
    memory: float = 0.6
    """How much of that is still there a day later."""
    jumps: float = 12.0
    jump_size: float = 0.06
    """Standard deviation of a jump's logarithm."""

    @property
    def step_volatility(self) -> float:
        """Of one step, at the median."""
        return self.volatility / float(np.sqrt(_DAYS_A_YEAR * STEPS_A_DAY))


STEADY = Market(
    "steady", "70 % a year at every moment, and a jump of about 6 % once a month.", 0.70
)
STORMY = Market(
    "stormy",
    "Calm days and storms as in the recorded prices of 2025: a day's volatility is under 35 %,"
    " 70 % and 140 % a year on 5, 50 and 95 of a hundred days; and the same jumps.",
    0.70,
    wandering=0.42,
)


def days(
    market: Market, *, seed: np.random.SeedSequence, paths: int, length: int
) -> Iterator[Prices]:
    """Prices of each day, (steps, paths), where every path began at 1."""
    rng = np.random.Generator(np.random.PCG64(seed))
    level = np.zeros(paths)
    mood = rng.standard_normal(paths)
    fresh = float(np.sqrt(1 - market.memory**2))
    chance = market.jumps / (_DAYS_A_YEAR * STEPS_A_DAY)
    for _ in range(length):
        mood = market.memory * mood + fresh * rng.standard_normal(paths)
        spread = market.step_volatility * np.exp(market.wandering * mood)
        steps = rng.standard_normal((STEPS_A_DAY, paths)) * spread
        jumped = rng.random((STEPS_A_DAY, paths)) < chance
        steps[jumped] += rng.standard_normal(int(jumped.sum())) * market.jump_size
        walked = level + np.cumsum(steps, axis=0)
        level = walked[-1]
        yield np.exp(walked)
