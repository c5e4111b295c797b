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

from asgard_basis.domain.saga import entry, reduce, repair
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.step import Decision, Finished, Journal
from asgard_basis.simulation.exploration.journals import shortened
from asgard_basis.simulation.exploration.scenes import (
    ENTRY,
    HALF,
    closing,
    opening,
    reducing,
    repairing,
    scenes,
)
from asgard_basis.simulation.exploration.states import Scene, State, Stepper
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


class Repairing(Walk):
    plan = repair.RepairPlan(Decimal(FULL), TERMS)
    scene = replace(
        repairing(Truth(FULL, 0), borne="empty books"), decide=partial(repair.next_step, plan)
    )


_QUICK = settings(max_examples=40, stateful_step_count=40, deadline=None)
for _walk in (Opening, Leaving, Reducing, Repairing):
    _walk.TestCase.settings = _QUICK
TestOpening, TestLeaving = Opening.TestCase, Leaving.TestCase
TestReducing, TestRepairing = Reducing.TestCase, Repairing.TestCase


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
            start = Decimal(scene.booked_short)
            short = shortened(short, whole.steps[-1], start=start, is_exit=scene.is_exit)
            assert settled(scene.decide(short)) == settled(scene.decide(whole))


def settled(decision: Decision) -> Decision:
    """Words apart."""
    return replace(decision, reason=None) if isinstance(decision, Finished) else decision
