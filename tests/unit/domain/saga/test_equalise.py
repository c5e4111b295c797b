"""After a cut, what it set free goes back into both legs; nothing else is ever put there."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.saga import equalise
from asgard_basis.domain.saga.hedge import HedgeTerms
from asgard_basis.domain.saga.leave import Manner
from asgard_basis.domain.saga.outcome import LongObserved, LongReduced, LongRepaid
from asgard_basis.domain.saga.reduce import ReducePlan
from asgard_basis.domain.saga.step import (
    Finished,
    Journal,
    Perform,
    Plain,
    SolanaIntent,
    Step,
    StepName,
)
from tests.unit.domain.saga.journals import STATE, done, measured, order, refused, silent

HALF = Decimal("0.5")
TERMS = HedgeTerms(Decimal("0.01"), Decimal(10), Decimal(150))
PLAN = equalise.EqualisePlan(ReducePlan(HALF, Decimal("7.32"), TERMS), Decimal(448))
LEFT = replace(STATE, collateral=STATE.collateral / 2, debt_usdc=STATE.debt_usdc / 2)
SOLD = LongReduced("sig", Decimal(270), Decimal(0), 50, Decimal("3.662"), Decimal(275))


def look(state: object, attempt: int = 1) -> Step:
    seen = LongObserved(state, Decimal(1), Decimal(150))  # type: ignore[arg-type]
    return done(StepName.OBSERVE_LONG, seen, attempt)


def on_chain(step: Step) -> Step:
    return replace(step, intent=SolanaIntent("sig", (), "", 0, None, Decimal(150)))


CUT = (
    look(STATE),
    order("3.66", name=StepName.CLOSE_SHORT),
    on_chain(done(StepName.REDUCE_LONG, SOLD)),
    look(LEFT, 2),
    measured("3.66"),
)
MARGIN = done(StepName.ADD_MARGIN, Plain())
REPAID = on_chain(done(StepName.REPAY_LONG, LongRepaid("sig-2", Decimal(270), Decimal(0))))


def after(*steps: Step, plan: equalise.EqualisePlan = PLAN, **more: Manner) -> object:
    return equalise.next_step(plan, Journal(steps), **more)


def test_until_both_legs_are_cut_it_is_any_reduction() -> None:
    assert after() == Perform(StepName.OBSERVE_LONG)
    assert after(CUT[0]) == Perform(StepName.CLOSE_SHORT, size=Decimal("3.66"))
    assert after(*CUT[:2]) == Perform(StepName.REDUCE_LONG, size=HALF)


def test_then_margin_is_added_and_what_the_sale_brought_repays_debt() -> None:
    assert after(*CUT) == Perform(StepName.ADD_MARGIN, size=Decimal(448))
    assert after(*CUT, MARGIN) == Perform(StepName.REPAY_LONG, size=Decimal(270))
    assert after(*CUT, MARGIN, REPAID) == Finished()


def test_what_is_moved_besides_repays_with_it() -> None:
    plan = replace(PLAN, moved_usdc=Decimal(30))
    assert after(*CUT, MARGIN, plan=plan) == Perform(StepName.REPAY_LONG, size=Decimal(300))


@pytest.mark.parametrize("name", [StepName.ADD_MARGIN, StepName.REPAY_LONG])
def test_what_cannot_be_put_back_is_told_and_the_other_is_done_all_the_same(
    name: StepName,
) -> None:
    vain = [refused(name, ErrorCode.HYPERLIQUID_MARGIN, n) for n in (1, 2, 3)]
    other = REPAID if name is StepName.ADD_MARGIN else MARGIN
    told = after(*CUT, *vain, other)
    assert isinstance(told, Finished)
    assert told.failure is ErrorCode.REDUCE_FAILED
    assert "could not be put back" in (told.reason or "")


def test_silence_is_not_waited_for_endlessly() -> None:
    steps = [silent(StepName.ADD_MARGIN, n) for n in range(1, 9)]
    assert after(*CUT, *steps[:7]) == Perform(StepName.ADD_MARGIN, size=Decimal(448))
    assert after(*CUT, *steps) == Perform(StepName.REPAY_LONG, size=Decimal(270))


def test_nothing_is_put_into_a_pair_that_is_to_be_closed() -> None:
    assert after(*CUT, manner=Manner.WISHED) == Perform(StepName.LEAVE)
