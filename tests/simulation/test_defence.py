"""The price moves in seeded worlds, and what judges every mark in production acts in them."""

from decimal import Decimal

import pytest

from asgard_basis.domain.saga.step import StepName
from asgard_basis.simulation.plan import Plan, Trouble, Wish, WishKind
from asgard_basis.simulation.run import simulate
from asgard_basis.simulation.story import Verdict
from asgard_basis.simulation.troubles import CELLS, Cell, Kind

NOTICED_SECONDS = 8.0
"""The price moves for one, a mark is at most four seconds old, and judged every two."""
UP, DOWN = Decimal(1), Decimal("0.3")


def swung(
    leverage: str, share: Decimal, *, after: float = 20.0, at_step: Kind = Kind.DELAY
) -> Plan:
    """One pair, and a price that moves once it is hedged; the monitor looks seldom."""
    wish = Wish(0, 0, WishKind.OPEN, 1.0, size_usd=Decimal(3000), leverage=Decimal(leverage))
    troubles = (
        Trouble(0, Kind.SWING, after_hedged=after, share=share),
        Trouble(1, at_step, step=StepName.REPAY_LONG),
    )
    return Plan(1, 1, 2, (0.0, 0.0, 0.0), 900.0, (wish,), troubles)


def moment(verdict: Verdict, said: str) -> float:
    """When it was told for the first time."""
    return next(float(line.split()[0]) for line in verdict.story if line.endswith(said))


@pytest.mark.parametrize("share", [UP, DOWN])
@pytest.mark.parametrize("after", [13.0, 15.5, 18.0, 20.5])
def test_a_swing_is_defended_within_seconds(share: Decimal, after: float) -> None:
    verdict = simulate(swung("2", share, after=after))
    assert verdict.broken is None
    assert Cell(StepName.REPAY_LONG, Kind.DELAY) in verdict.hits
    waited = moment(verdict, "is reducing") - moment(verdict, "hedged: swing")
    assert waited < NOTICED_SECONDS


def test_a_pair_with_room_enough_is_left_alone() -> None:
    verdict = simulate(swung("1.5", UP))
    assert verdict.broken is None
    assert not any(line.endswith("is reducing") for line in verdict.story)


@pytest.mark.parametrize("kind", [Kind.TIMEOUT_AFTER, Kind.DUPLICATE, Kind.LATE, Kind.KILL])
def test_a_debt_is_repaid_once_whatever_becomes_of_the_answer(kind: Kind) -> None:
    verdict = simulate(swung("2", DOWN, at_step=kind))
    assert verdict.broken is None
    assert Cell(StepName.REPAY_LONG, kind) in verdict.hits


def test_everything_that_can_meet_a_repayment_is_aimed_at() -> None:
    met = {cell.kind for cell in CELLS if cell.step is StepName.REPAY_LONG}
    assert set(Kind) - met == {Kind.BRIDGE_DELAY, Kind.THIN_BOOK}
