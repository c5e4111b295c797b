"""Leaving, decided from the journal alone."""

from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.hedge import SECOND_LEG
from asgard_basis.domain.saga.step import (
    Finished,
    Journal,
    LongClosed,
    LongObserved,
    OrderDone,
    Perform,
    Plain,
    StepName,
)
from tests.unit.domain.saga.journals import STATE, done, measured, order, refused, silent

PLAN = exit_saga.ExitPlan(Decimal("7.32"), Decimal("0.01"), holds_long=True)
FLAT = (order("7.32", name=StepName.CLOSE_SHORT),)
OBSERVED = done(StepName.OBSERVE_LONG, LongObserved(STATE, Decimal(1)))


def test_the_short_is_bought_back_first() -> None:
    size = Decimal("7.32")
    assert exit_saga.next_step(PLAN, Journal()) == Perform(StepName.OBSERVE_SHORT, size=size)
    seen = measured("7.32", name=StepName.OBSERVE_SHORT)
    assert exit_saga.next_step(PLAN, Journal((seen,))) == Perform(StepName.CLOSE_SHORT, size=size)


def test_what_the_venue_took_is_not_bought_from_another_position() -> None:
    seen = measured("7.00", others="5.00", name=StepName.OBSERVE_SHORT)
    closing = Perform(StepName.CLOSE_SHORT, size=Decimal("2.00"))
    assert exit_saga.next_step(PLAN, Journal((seen,))) == closing


def test_an_account_that_does_not_show_itself_is_asked_until_it_does() -> None:
    quiet = tuple(silent(StepName.OBSERVE_SHORT, n, after=30.0 * n) for n in range(1, 100))
    decided = exit_saga.next_step(PLAN, Journal(quiet))
    assert decided == Perform(StepName.OBSERVE_SHORT, size=Decimal("7.32"))


def test_dust_the_venue_does_not_take_keeps_nobody_from_leaving() -> None:
    journal = Journal(
        (
            order("7.30", name=StepName.CLOSE_SHORT),
            refused(StepName.CLOSE_SHORT, ErrorCode.SIZE_TOO_SMALL, 2),
        )
    )
    assert exit_saga.next_step(PLAN, journal) == Perform(StepName.OBSERVE_LONG)
    sold = done(StepName.CLOSE_LONG, LongClosed("sig", Decimal(560), Decimal("0.001")))
    left = Journal((*journal.steps, OBSERVED, sold, done(StepName.SETTLE, Plain())))
    finished = exit_saga.next_step(PLAN, left)
    assert isinstance(finished, Finished)
    assert finished.failure is None
    assert "0.02 SOL" in (finished.reason or "")


def test_a_partial_fill_is_not_taken_for_closed() -> None:
    journal = Journal((order("1.00", name=StepName.CLOSE_SHORT),))
    assert exit_saga.next_step(PLAN, journal) == Perform(StepName.CLOSE_SHORT, size=Decimal("6.32"))


def test_already_flat_counts_as_done() -> None:
    flat = OrderDone(OrderResult(None, Decimal(0), None, exit_saga.ALREADY_FLAT), Decimal(0))
    journal = Journal((done(StepName.CLOSE_SHORT, flat),))
    assert exit_saga.next_step(PLAN, journal) == Perform(StepName.OBSERVE_LONG)


def test_a_long_that_is_gone_is_not_closed_again() -> None:
    gone = done(StepName.OBSERVE_LONG, LongObserved(None, Decimal(1)))
    assert exit_saga.next_step(PLAN, Journal((*FLAT, gone))) == Perform(StepName.SETTLE)


def test_the_books_are_settled_after_the_sale() -> None:
    sold = done(StepName.CLOSE_LONG, LongClosed("sig", Decimal(560), Decimal("0.001")))
    assert exit_saga.next_step(PLAN, Journal((*FLAT, OBSERVED, sold))) == Perform(StepName.SETTLE)


def test_settled_is_finished() -> None:
    sold = done(StepName.CLOSE_LONG, LongClosed("sig", Decimal(560), Decimal("0.001")))
    journal = Journal((*FLAT, OBSERVED, sold, done(StepName.SETTLE, Plain())))
    assert exit_saga.next_step(PLAN, journal) == Finished()


def test_a_leg_that_cannot_be_closed_calls_for_a_person() -> None:
    tries = tuple(
        refused(StepName.CLOSE_SHORT, ErrorCode.HYPERLIQUID_ORDER, n)
        for n in range(1, SECOND_LEG.leaving_refusals_max + 1)
    )
    finished = exit_saga.next_step(PLAN, Journal(tries))
    assert isinstance(finished, Finished)
    assert finished.is_stuck
