"""Random walks with the product's own patience; and shortened journals decide as whole ones."""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from hypothesis.strategies import DataObject, data

from asgard_basis.domain.saga import emergency, entry, equalise, reduce, repair
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.step import Decision, Finished, Journal, StepName
from asgard_basis.simulation.exploration.journals import shortened, with_late
from asgard_basis.simulation.exploration.scenes import (
    ENTRY,
    HALF,
    closing,
    equalising,
    hurried_closing,
    opening,
    reducing,
    repairing,
    scenes,
)
from asgard_basis.simulation.exploration.situation import Scene, State
from asgard_basis.simulation.exploration.states import Stepper
from asgard_basis.simulation.exploration.world import FULL, TERMS, Truth

PAIR = Truth(FULL, FULL)


class Walk(RuleBasedStateMachine):
    """One saga among venues that do as they like; every step checks the invariants."""

    scene: ClassVar[Scene]

    def __init__(self) -> None:
        super().__init__()
        self.stepper = Stepper(replace(self.scene, acts=2), is_short=False)
        self.state: State = self.stepper.first()

    @precondition(lambda self: not self.stepper.is_end(self.state))
    @rule(choose=data())
    def go_on(self, choose: DataObject) -> None:
        ways = list(self.stepper.after(self.state))
        self.state = ways[choose.draw(st.integers(0, len(ways) - 1))][1]

    @precondition(lambda self: self.stepper.is_end(self.state))
    @rule()
    def rest(self) -> None:
        assert list(self.stepper.after(self.state)) == []


class Opening(Walk):
    scene = replace(opening("empty books"), decide=partial(entry.next_step, ENTRY))


class Leaving(Walk):
    plan = exit_saga.ExitPlan(Decimal(FULL), TERMS.size_step, holds_long=True)
    scene = replace(closing(PAIR, booked=FULL, others=3), decide=partial(exit_saga.next_step, plan))


class Reducing(Walk):
    plan = reduce.ReducePlan(HALF, Decimal(FULL), TERMS)
    scene = replace(reducing("empty books"), decide=partial(reduce.next_step, plan))


class Equalising(Walk):
    plan = equalise.EqualisePlan(Reducing.plan, margin_usdc=Decimal(20))
    scene = replace(equalising("empty books"), decide=partial(equalise.next_step, plan))


class Repairing(Walk):
    plan = repair.RepairPlan(Decimal(FULL), TERMS)
    scene = replace(
        repairing(Truth(FULL, 0), borne="empty books"), decide=partial(repair.next_step, plan)
    )


class Hurrying(Walk):
    plan = exit_saga.ExitPlan(Decimal(FULL), TERMS.size_step, holds_long=True)
    scene = replace(
        hurried_closing(PAIR, others=3),
        decide=partial(exit_saga.next_step, plan),
        urgent=partial(emergency.next_step, plan),
    )


_QUICK = settings(max_examples=40, stateful_step_count=40, deadline=None)
for _walk in (Opening, Leaving, Reducing, Equalising, Repairing, Hurrying):
    _walk.TestCase.settings = _QUICK
TestOpening, TestLeaving = Opening.TestCase, Leaving.TestCase
TestReducing, TestRepairing = Reducing.TestCase, Repairing.TestCase
TestEqualising = Equalising.TestCase
TestHurrying = Hurrying.TestCase


@pytest.mark.parametrize("scene", list(scenes()), ids=lambda scene: scene.name)
@settings(max_examples=30, deadline=None)
@given(choose=st.data())
def test_a_shortened_journal_decides_as_the_whole_one(scene: Scene, choose: st.DataObject) -> None:
    stepper = Stepper(scene, is_short=False)
    state, short = stepper.first(), Journal()
    for _ in range(40):
        ways = list(stepper.after(state))
        if not ways:
            return
        before = stepper.journal_of(state)
        state = ways[choose.draw(st.integers(0, len(ways) - 1))][1]
        whole = stepper.journal_of(state)
        if len(whole.steps) > len(before.steps):
            short = longer(scene, short, whole, before)
            assert settled(scene.decide(short)) == settled(scene.decide(whole))
            assert scene.urgent is None or settled(scene.urgent(short)) == settled(
                scene.urgent(whole)
            )
        if state.late is not None:
            line = stepper.late_line(state)
            besides = [scene.beside(Journal((*j.steps, line))) for j in (short, whole)]  # type: ignore[misc]
            assert besides[0] == besides[1]


def longer(scene: Scene, short: Journal, whole: Journal, before: Journal) -> Journal:
    """With the line that is new in the whole journal, at its end or where it was intended."""
    place = next(i for i, s in enumerate(whole.steps) if before.steps[i : i + 1] != (s,))
    line, start = whole.steps[place], Decimal(scene.booked_short)
    if place == len(before.steps):
        has_turns = scene.urgent is not None
        return shortened(short, line, start=start, is_exit=scene.is_exit, has_turns=has_turns)
    has_left = Journal(before.steps[:place]).attempts(StepName.LEAVE) > 0
    return with_late(short, line, start=start, is_exit=scene.is_exit, is_early=not has_left)


def settled(decision: Decision) -> Decision:
    """Words apart."""
    return replace(decision, reason=None) if isinstance(decision, Finished) else decision
