"""`basis explore`: every reachable state of a position's sagas, and whether all is well there."""

from collections.abc import Callable, Iterable
from time import perf_counter

from asgard_basis.simulation.exploration.scenes import scenes
from asgard_basis.simulation.exploration.search import Explored, explore
from asgard_basis.simulation.exploration.situation import Scene


def explore_all(
    say: Callable[[str], None], *, only: Iterable[Scene] | None = None, is_long: bool = False
) -> bool:
    """Explore every scene and tell what was found; False when an invariant does not hold.

    `is_long` tells the way to the farthest state of each scene too.
    """
    began = perf_counter()
    found = []
    for scene in scenes() if only is None else only:
        explored = explore(scene)
        found.append(explored)
        say(
            f"{'ok   ' if explored.wrong is None else 'WRONG'} {explored.scene:<24}"
            f"{explored.states:>9,} states {explored.steps:>11,} steps"
            f"{explored.ends:>8,} ends, farthest {explored.farthest}"
        )
        if explored.wrong is not None or is_long:
            _tell(explored, say)
    states = sum(e.states for e in found)
    longest = max((e.farthest for e in found), default=0)
    seconds = perf_counter() - began
    say(f"{states:,} states, longest path {longest} steps, in {seconds:.1f} s")
    return all(e.wrong is None for e in found)


def explore_named(say: Callable[[str], None], part: str, *, is_long: bool = False) -> bool:
    """As `explore_all`, of the scenes with `part` in their name; False when there is none."""
    chosen = [scene for scene in scenes() if part in scene.name]
    return bool(chosen) and explore_all(say, only=chosen, is_long=is_long)


def _tell(explored: Explored, say: Callable[[str], None]) -> None:
    for number, line in enumerate(explored.story, start=1):
        say(f"  {number:>3}. {line}")
