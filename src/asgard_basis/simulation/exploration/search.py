"""Visiting every state, nearest first, so that a counter-example is the shortest there is."""

from collections import deque
from dataclasses import dataclass

from asgard_basis.simulation.exploration.situation import Scene, State, Wrong
from asgard_basis.simulation.exploration.states import Stepper


@dataclass(frozen=True, slots=True)
class Explored:
    """What was found in one scene."""

    scene: str
    states: int
    steps: int
    """Ways between them."""
    farthest: int
    """Steps from the beginning to the state that is farthest from it."""
    ends: int
    wrong: str | None = None
    """Which invariant does not hold."""
    story: tuple[str, ...] = ()
    """How to get there; or how to get to the farthest state."""


def explore(scene: Scene, *, states_max: int = 2_000_000) -> Explored:
    """Visit every state of the scene; stops at the first that breaks an invariant.

    Raises RuntimeError when there are more than `states_max`: the world is not small then.
    """
    stepper = Stepper(scene)
    first = stepper.first()
    came: dict[State, tuple[State, str] | None] = {first: None}
    depth = {first: 0}
    leads_to: dict[State, list[State]] = {}
    ends: list[State] = []
    queue, steps, last = deque([first]), 0, first
    while queue:
        last = state = queue.popleft()
        is_end = True
        found = stepper.after(state)
        while True:
            try:
                label, later = next(found)
            except StopIteration:
                break
            except Wrong as wrong:
                story = (*_story(came, state), stepper.doing, f"=> {wrong}")
                return Explored(
                    scene.name, len(came), steps, depth[state], len(ends), str(wrong), story
                )
            is_end, steps = False, steps + 1
            leads_to.setdefault(later, []).append(state)
            if later not in came:
                came[later], depth[later] = (state, label), depth[state] + 1
                queue.append(later)
        if is_end or stepper.is_end(state):
            ends.append(state)
        if len(came) > states_max:
            raise RuntimeError(f"{scene.name}: more than {states_max} states")
    lost = _without_end(came, leads_to, ends)
    if lost is not None:
        wrong_end = "from here no end can be reached any more"
        story = (*_story(came, lost), f"=> {wrong_end}")
        return Explored(scene.name, len(came), steps, depth[lost], len(ends), wrong_end, story)
    return Explored(scene.name, len(came), steps, depth[last], len(ends), story=_story(came, last))


def _story(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    told = []
    while (step := came[state]) is not None:
        before, label = step
        held = ""
        if before.truth != state.truth:
            held = f"  [now {state.truth.long} long, {state.truth.short} short]"
        told.append(label + held)
        state = before
    return tuple(reversed(told))


def _without_end(
    came: dict[State, tuple[State, str] | None],
    leads_to: dict[State, list[State]],
    ends: list[State],
) -> State | None:
    """A state from which no end can be reached, the nearest first."""
    good = set(ends)
    queue = deque(ends)
    while queue:
        for before in leads_to.get(queue.popleft(), []):
            if before not in good:
                good.add(before)
                queue.append(before)
    return next((state for state in came if state not in good), None)
