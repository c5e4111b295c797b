"""How many deterministic worlds an hour has."""

import time
from collections.abc import Iterator

from asgard_basis.simulation.batch import Tally, many
from benchmarks.product import Figure

PROCESSES = 2
SECONDS = 60.0
_FAR = 10**9


def seeds_per_hour() -> Iterator[Figure]:
    """Seeds with all checks, from starting the processes on."""
    tally, began = Tally(), time.perf_counter()
    for verdict in many(range(_FAR), processes=PROCESSES, seconds=SECONDS):
        tally.add(verdict)
    if tally.failed:
        raise RuntimeError(f"seed {tally.failed[0].seed}: {tally.failed[0].broken}")
    hours = (time.perf_counter() - began) / 3600
    yield Figure("simulated_seeds_per_hour", tally.seeds / hours, "seeds", 10_000)
