"""Every pair of states: the table allows what is written here, and nothing else."""

from itertools import product

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import data, sampled_from

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.position.lifecycle import (
    CLOSEABLE,
    ENDED,
    MEANING,
    TRANSITIONS,
    PositionState,
    moved,
)

ALLOWED = {
    "requested": "opening_long failed",
    "opening_long": "opening_short unwinding failed",
    "opening_short": "hedged unwinding",
    "hedged": "closing_short closing_long reducing repairing quarantined",
    "reducing": "hedged closing_short closing_long stuck_unwind",
    "repairing": "hedged closing_short closing_long closed stuck_unwind",
    "closing_short": "closing_long stuck_unwind",
    "closing_long": "closed stuck_unwind",
    "closed": "",
    "unwinding": "unwound stuck_unwind",
    "unwound": "",
    "failed": "",
    "stuck_unwind": "closing_short closing_long unwinding quarantined",
    "quarantined": "hedged closing_short closing_long repairing",
}
PAIRS = list(product(PositionState, repeat=2))
RESTING = ENDED | CLOSEABLE
"""Where a position may stay without anybody working on it."""


@pytest.mark.parametrize(("present", "to"), PAIRS, ids=lambda state: state.value)
def test_every_pair(present: PositionState, to: PositionState) -> None:
    if present is to or to.value in ALLOWED[present.value].split():
        assert moved(present, to) is to
        return
    with pytest.raises(DomainError) as refused:
        moved(present, to)
    assert refused.value.code is ErrorCode.POSITION_ASYMMETRIC


def test_every_state_is_described() -> None:
    assert set(MEANING) == set(TRANSITIONS) == set(PositionState)


def test_from_everywhere_there_is_a_way_to_an_end() -> None:
    leading = set(ENDED)
    while more := {s for s in TRANSITIONS if TRANSITIONS[s] & leading} - leading:
        leading |= more
    assert leading == set(PositionState)


def test_every_state_can_be_reached() -> None:
    reached, fresh = set(), {PositionState.REQUESTED}
    while fresh:
        reached |= fresh
        fresh = {later for state in fresh for later in TRANSITIONS[state]} - reached
    assert reached == set(PositionState)


class Life(RuleBasedStateMachine):
    """A position that is moved along any ways there are."""

    def __init__(self) -> None:
        super().__init__()
        self.state = PositionState.REQUESTED
        self.was_hedged = self.was_held = False

    @precondition(lambda self: self.state not in ENDED)
    @rule(choose=data())
    def go(self, choose: data) -> None:  # type: ignore[valid-type]
        ways = sorted(TRANSITIONS[self.state])
        self.state = moved(self.state, choose.draw(sampled_from(ways)))  # type: ignore[attr-defined]
        self.was_hedged |= self.state is PositionState.HEDGED
        self.was_held |= self.state is PositionState.OPENING_SHORT

    @rule(to=sampled_from(PositionState))
    def be_pushed(self, to: PositionState) -> None:
        if self.state in ENDED and to is not self.state:
            with pytest.raises(DomainError):
                moved(self.state, to)

    @invariant()
    def what_was_hedged_never_ends_as_never_opened(self) -> None:
        assert not (self.was_held and self.state is PositionState.FAILED)
        assert not (self.was_hedged and self.state is PositionState.OPENING_LONG)

    @invariant()
    def only_what_rests_waits_for_somebody(self) -> None:
        if self.state not in RESTING:
            assert TRANSITIONS[self.state]


TestLife = Life.TestCase
