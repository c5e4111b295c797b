"""Leaving at any price, decided from the journal alone."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.saga import emergency
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.step import (
    Journal,
    LongClosed,
    Perform,
    Plain,
    Step,
    StepName,
    StepStatus,
)
from tests.unit.domain.saga.test_entry import done, order, refused
from tests.unit.domain.saga.test_exit import FLAT, OBSERVED, PLAN

SOLD = done(StepName.CLOSE_LONG, LongClosed("sig", Decimal(560), Decimal("0.001")))


def silent(name: StepName) -> Step:
    refusal = refused(name, ErrorCode.VENUE_DOWN, 1)
    return replace(refusal, status=StepStatus.UNAVAILABLE)


SHORT_SILENT = silent(StepName.CLOSE_SHORT)
NEXT = {
    "nothing has happened": ((), StepName.OBSERVE_SHORT),
    "the exchange cannot be looked at": (
        (silent(StepName.OBSERVE_SHORT),),
        StepName.OBSERVE_LONG,
    ),
    "the exchange is silent": ((SHORT_SILENT,), StepName.OBSERVE_LONG),
    "the long was looked at": ((SHORT_SILENT, OBSERVED), StepName.CLOSE_LONG),
    "both are silent": (
        (SHORT_SILENT, silent(StepName.OBSERVE_LONG)),
        StepName.CLOSE_SHORT,
    ),
    "both are silent again": (
        (SHORT_SILENT, silent(StepName.OBSERVE_LONG), SHORT_SILENT),
        StepName.OBSERVE_LONG,
    ),
    "the long could not be sold": (
        (SHORT_SILENT, OBSERVED, refused(StepName.CLOSE_LONG, ErrorCode.ASGARD_BUILD, 1)),
        StepName.CLOSE_SHORT,
    ),
    "the long is sold": ((SHORT_SILENT, OBSERVED, SOLD), StepName.CLOSE_SHORT),
    "the long is sold and the exchange still silent": (
        (SHORT_SILENT, OBSERVED, SOLD, SHORT_SILENT),
        StepName.CLOSE_SHORT,
    ),
    "the short is bought back last": (
        (SHORT_SILENT, OBSERVED, SOLD, *FLAT),
        StepName.SETTLE,
    ),
    "the margin venue is silent": ((*FLAT, silent(StepName.OBSERVE_LONG)), StepName.OBSERVE_LONG),
    "the exchange says no": (
        (refused(StepName.CLOSE_SHORT, ErrorCode.HYPERLIQUID_ORDER, 1),),
        StepName.CLOSE_SHORT,
    ),
    "the short was bought back in part": (
        (order("1.00", name=StepName.CLOSE_SHORT), SHORT_SILENT),
        StepName.OBSERVE_LONG,
    ),
}


@pytest.mark.parametrize("case", NEXT)
def test_the_leg_that_can_be_reached_is_closed(case: str) -> None:
    steps, expected = NEXT[case]
    decision = emergency.next_step(PLAN, Journal(steps))
    assert isinstance(decision, Perform)
    assert decision.name is expected


def test_it_ends_where_ordinary_leaving_ends() -> None:
    settled = done(StepName.SETTLE, Plain())
    for steps in ((*FLAT, OBSERVED, SOLD, settled), (SHORT_SILENT, OBSERVED, SOLD, *FLAT, settled)):
        decision = emergency.next_step(PLAN, Journal(steps))
        assert decision == exit_saga.next_step(PLAN, Journal(steps)) == exit_saga.Finished()
