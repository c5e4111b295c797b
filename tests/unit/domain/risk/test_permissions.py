"""Kill switch over operator over breaker over user."""

import pytest

from asgard_basis.domain.risk.permissions import PauseSetter, may_lift, strongest

K, O, S, U = PauseSetter  # noqa: E741


@pytest.mark.parametrize(
    ("who", "lifts"), [(K, set()), (O, {K, O, S}), (S, {S}), (U, {U})], ids=list(PauseSetter)
)
def test_who_ends_whose_pause(who: PauseSetter, lifts: set[PauseSetter]) -> None:
    assert {setter for setter in PauseSetter if may_lift(who, setter)} == lifts


def test_the_strongest_word_counts() -> None:
    assert strongest([U, S, O, K]) is K
    assert strongest([U, O, S]) is O
    assert strongest([U, S]) is S
    assert strongest([]) is None
