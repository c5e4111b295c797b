"""Opening, decided from the journal alone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import entry, hedge
from asgard_basis.domain.saga.hedge import SECOND_LEG
from asgard_basis.domain.saga.step import (
    Finished,
    Journal,
    LongClosed,
    LongObserved,
    LongRead,
    Perform,
    Plain,
    Step,
    StepName,
)
from tests.unit.domain.saga.journals import (
    BOUGHT,
    LEFT,
    LONG,
    NOW,
    PLAN,
    READ,
    READY,
    STATE,
    done,
    measured,
    order,
    refused,
    silent,
)

LEAVE = Perform(StepName.LEAVE)
SHORT, BACK = StepName.OPEN_SHORT, StepName.CLOSE_SHORT


def then(*steps: Step) -> entry.Decision:
    """What comes after the long was opened, read, and these steps."""
    return entry.next_step(PLAN, Journal((*READY, *LONG, *steps)))


def test_long_comes_first_and_short_is_sized_from_its_fill() -> None:
    assert entry.next_step(PLAN, Journal()) == Perform(StepName.APPROVE_AGENT)
    assert entry.next_step(PLAN, Journal(READY)) == Perform(StepName.OPEN_LONG)
    assert entry.next_step(PLAN, Journal((*READY, LONG[0]))) == Perform(StepName.READ_LONG)
    placing = entry.next_step(PLAN, Journal((*READY, *LONG)))
    assert placing == Perform(StepName.OPEN_SHORT, size=Decimal("7.32"))


@pytest.mark.parametrize("name", [StepName.APPROVE_AGENT, StepName.SET_LEVERAGE])
def test_a_venue_asked_too_often_does_not_end_an_opening_at_once(name: StepName) -> None:
    before = READY[:1] if name is StepName.SET_LEVERAGE else ()
    quiet = tuple(silent(name, n, ErrorCode.HYPERLIQUID_API) for n in (1, 2, 3, 4))
    assert entry.next_step(PLAN, Journal((*before, *quiet))) == Perform(name)
    once_more = silent(name, 5, ErrorCode.HYPERLIQUID_API)
    ended = entry.next_step(PLAN, Journal((*before, *quiet, once_more)))
    assert ended == Finished(ErrorCode.HYPERLIQUID_API, once_more.error)


def test_two_refusals_before_anything_is_bought_end_an_opening() -> None:
    no = tuple(refused(StepName.APPROVE_AGENT, ErrorCode.HYPERLIQUID_API) for _ in (1, 2))
    assert isinstance(entry.next_step(PLAN, Journal(no)), Finished)
    assert entry.next_step(PLAN, Journal(no[:1])) == Perform(StepName.APPROVE_AGENT)


def test_a_staking_token_is_hedged_by_what_it_redeems_for() -> None:
    inf = done(StepName.READ_LONG, LongRead(STATE, Decimal("1.4078"), Decimal(150)))
    placing = entry.next_step(PLAN, Journal((*READY, LONG[0], inf)))
    assert placing == Perform(StepName.OPEN_SHORT, size=Decimal("10.31"))


def test_a_partly_filled_short_is_completed_with_the_rest() -> None:
    journal = Journal((*READY, *LONG, order("5.00")))
    assert entry.next_step(PLAN, journal) == Perform(StepName.OPEN_SHORT, size=Decimal("2.32"))


def test_a_rest_too_small_to_order_is_lived_with() -> None:
    journal = Journal((*READY, *LONG, order("7.30")))
    assert entry.next_step(PLAN, journal) == Perform(StepName.ADD_MARGIN, size=Decimal(448))


@pytest.mark.parametrize(
    ("failed", "times"),
    [
        (lambda n: refused(SHORT, ErrorCode.HYPERLIQUID_ORDER, n), hedge.SECOND_LEG.refusals_max),
        (lambda n: order("0", n), hedge.SECOND_LEG.unfilled_max),
        (lambda n: silent(SHORT, n), hedge.SECOND_LEG.silences_max),
    ],
    ids=["refused", "unfilled", "silent"],
)
def test_a_short_that_cannot_be_filled_unwinds_the_long(failed: object, times: int) -> None:
    assert callable(failed)
    tries = [failed(n) for n in range(1, times + 1)]
    assert then(*tries[:-1]) == Perform(SHORT, size=Decimal("7.32"))
    assert then(*tries) == LEAVE
    assert then(*tries, LEFT) == Perform(StepName.OBSERVE_LONG)


def test_a_naked_long_is_given_up_when_its_time_is_over() -> None:
    asked = [silent(SHORT, n, ErrorCode.SIGNING_UNAVAILABLE, after=10 * n) for n in range(1, 8)]
    assert then(*asked[:5]) == Perform(SHORT, size=Decimal("7.32"))
    assert then(*asked[:7]) == LEAVE


def test_an_answer_that_was_long_in_coming_does_not_end_the_tries() -> None:
    late = replace(order("0"), finished_at=NOW + timedelta(minutes=10))
    assert then(late) == Perform(SHORT, size=Decimal("7.32"))


def test_giving_up_stands_whatever_is_found_later() -> None:
    denied = refused(SHORT, ErrorCode.POLICY_DENIED)
    journal = Journal((*READY, *LONG, denied, LEFT))
    assert entry.state_of(journal) is PositionState.UNWINDING
    assert entry.next_step(PLAN, journal) == Perform(StepName.OBSERVE_LONG)


def test_a_policy_denial_is_not_repeated() -> None:
    denied = refused(SHORT, ErrorCode.POLICY_DENIED)
    journal = Journal((*READY, *LONG, denied))
    assert entry.next_step(PLAN, journal) == LEAVE
    assert entry.state_of(journal) is PositionState.OPENING_SHORT


@pytest.mark.parametrize("name", [StepName.APPROVE_AGENT, StepName.OPEN_LONG])
def test_a_policy_denial_before_anything_is_held_ends_the_opening(name: StepName) -> None:
    before = READY if name is StepName.OPEN_LONG else ()
    journal = Journal((*before, refused(name, ErrorCode.POLICY_DENIED)))
    assert entry.next_step(PLAN, journal) == Finished(ErrorCode.POLICY_DENIED, "no")


def test_a_partly_filled_short_is_bought_back_before_the_long_is_sold() -> None:
    given_up = (order("3.00"), refused(SHORT, ErrorCode.POLICY_DENIED, 2), LEFT)
    size = Decimal("3.00")
    assert then(*given_up) == Perform(StepName.OBSERVE_SHORT, size=size)
    seen = measured("3", name=StepName.OBSERVE_SHORT)
    assert then(*given_up, seen) == Perform(BACK, size=size)


def test_signing_that_is_away_while_unwinding_is_waited_for_without_end() -> None:
    denied = refused(SHORT, ErrorCode.POLICY_DENIED)
    seen = done(StepName.OBSERVE_LONG, LongObserved(STATE, Decimal(1)))
    steps = [denied, LEFT]
    for n in range(1, 200):
        away = silent(StepName.CLOSE_LONG, n, ErrorCode.SIGNING_UNAVAILABLE, after=30.0 * n)
        steps += [replace(seen, attempt=n), away]
    assert isinstance(then(*steps), Perform)


def test_an_unwound_entry_says_why() -> None:
    finished = then(
        refused(SHORT, ErrorCode.POLICY_DENIED),
        LEFT,
        done(StepName.OBSERVE_LONG, LongObserved(STATE, Decimal(1))),
        done(StepName.CLOSE_LONG, LongClosed("sig2", Decimal(547), Decimal("0.001"))),
        done(StepName.SETTLE, Plain()),
    )
    assert finished == Finished(ErrorCode.HYPERLIQUID_RETRIES, "no")


def test_an_entry_that_cannot_be_undone_calls_for_a_person() -> None:
    sales = tuple(
        refused(StepName.CLOSE_LONG, ErrorCode.ASGARD_SUBMIT, n)
        for n in range(1, SECOND_LEG.leaving_refusals_max + 1)
    )
    denied = refused(SHORT, ErrorCode.POLICY_DENIED)
    seen = done(StepName.OBSERVE_LONG, LongObserved(STATE, Decimal(1)))
    finished = then(denied, LEFT, seen, *sales)
    assert finished == Finished(ErrorCode.POSITION_UNWIND_FAILED, "no", is_stuck=True)


def test_a_rest_too_small_for_an_order_is_sold_together_with_more() -> None:
    small = replace(PLAN, reference_price=Decimal(1), min_order_usd=Decimal(1))
    journal = Journal((*READY, *LONG, order("6.82")))
    assert entry.next_step(small, journal) == Perform(BACK, size=Decimal("1.20"))
    back = order("1.20", name=BACK)
    journal = Journal((*READY, *LONG, order("6.82"), back))
    assert entry.next_step(small, journal) == Perform(SHORT, size=Decimal("1.70"))


def test_a_rest_the_venue_calls_too_small_is_not_asked_for_again() -> None:
    too_small = refused(SHORT, ErrorCode.SIZE_TOO_SMALL, 2)
    assert then(order("7.20"), too_small) == Perform(BACK, size=Decimal("0.08"))


def test_a_large_hedge_that_lacks_a_little_is_not_given_up_for_it() -> None:
    tries = [order("0", n) for n in range(2, 8)]
    large = replace(PLAN, min_order_usd=Decimal(1))
    journal = Journal((*READY, *LONG, order("7.30"), *tries))
    assert entry.next_step(large, journal) == Perform(StepName.ADD_MARGIN, size=Decimal(448))


class TestEstimate:
    """A landed long that Asgard does not list is hedged by what was paid for it."""

    def test_it_is_read_in_vain_a_few_times_first(self) -> None:
        vain = [silent(StepName.READ_LONG, n) for n in range(1, hedge.SECOND_LEG.reads_max + 1)]
        begun = (*READY, BOUGHT)
        reading = Perform(StepName.READ_LONG)
        assert entry.next_step(PLAN, Journal((*begun, *vain[:-1]))) == reading
        # 550 USDC at 2x and 150 USD, less what opening costs.
        selling = Perform(SHORT, size=Decimal("7.32"))
        assert entry.next_step(PLAN, Journal((*begun, *vain))) == selling
        late = silent(StepName.READ_LONG, 2, after=20)
        assert entry.next_step(PLAN, Journal((*begun, vain[0], late))) == selling

    @pytest.mark.parametrize(("really", "trim"), [("8.50", "1.18"), ("6.00", "-1.32")])
    def test_once_it_is_listed_the_difference_is_trimmed(self, really: str, trim: str) -> None:
        vain = [silent(StepName.READ_LONG, n) for n in range(1, hedge.SECOND_LEG.reads_max + 1)]
        hedged = (*READY, BOUGHT, *vain, order("7.32"), done(StepName.ADD_MARGIN, Plain()))
        assert entry.next_step(PLAN, Journal(hedged)) == Perform(StepName.OBSERVE_LONG)
        read = LongObserved(replace(STATE, collateral=Decimal(really)), Decimal(1), Decimal(150))
        size = Decimal(trim)
        trimming = Perform(SHORT if size > 0 else BACK, size=abs(size))
        seen = (*hedged, done(StepName.OBSERVE_LONG, read))
        assert entry.next_step(PLAN, Journal(seen)) == trimming

    def test_an_estimate_that_was_read_is_read_again_too(self) -> None:
        guess = done(StepName.READ_LONG, replace(READ, is_estimate=True))
        hedged = (*READY, BOUGHT, guess, order("7.32"), done(StepName.ADD_MARGIN, Plain()))
        assert entry.next_step(PLAN, Journal(hedged)) == Perform(StepName.OBSERVE_LONG)

    def test_one_that_was_lost_before_it_was_listed_is_not_hedged_any_more(self) -> None:
        guess = done(StepName.READ_LONG, replace(READ, is_estimate=True))
        hedged = (*READY, BOUGHT, guess, order("7.32"), done(StepName.ADD_MARGIN, Plain()))
        gone = done(StepName.OBSERVE_LONG, LongObserved(None, Decimal(1)))
        assert entry.next_step(PLAN, Journal((*hedged, gone))) == LEAVE


class TestTheVenueTakesFromTheShort:
    """Liquidation and ADL in the middle of an opening."""

    HEDGED = (order("7.32"), done(StepName.ADD_MARGIN, Plain()))

    def test_what_is_missing_is_sold_again_and_measured_again(self) -> None:
        taken = (*self.HEDGED, measured("4.32"))
        assert then(*taken) == Perform(SHORT, size=Decimal("3.00"))
        again = (*taken, order("3.00", 2), done(StepName.ADD_MARGIN, Plain(), 2))
        assert then(*again) == Perform(StepName.VALIDATE, size=Decimal("7.32"))
        assert then(*again, measured("7.32")) == Finished()

    def test_the_tries_begin_anew(self) -> None:
        vain = [order("0", n) for n in range(1, 6)]
        taken = (*vain, order("7.32", 6), done(StepName.ADD_MARGIN, Plain()), measured("0"))
        assert then(*taken) == Perform(SHORT, size=Decimal("7.32"))

    def test_what_other_positions_sold_is_not_taken_for_its_own(self) -> None:
        taken = (*self.HEDGED, measured("10", others="7.32"))
        assert then(*taken) == Perform(SHORT, size=Decimal("4.64"))

    def test_a_venue_that_keeps_taking_is_left(self) -> None:
        steps: list[Step] = list(self.HEDGED)
        for n in range(2, hedge.LOSSES_MAX + 3):
            steps += [measured("4.32"), order("3.00", n), done(StepName.ADD_MARGIN, Plain(), n)]
        assert then(*steps) == LEAVE


def test_a_long_refused_twice_ends_with_nothing_held() -> None:
    journal = Journal(
        (
            *READY,
            refused(StepName.OPEN_LONG, ErrorCode.ASGARD_BUILD),
            refused(StepName.OPEN_LONG, ErrorCode.ASGARD_BUILD, 2),
        )
    )
    assert entry.next_step(PLAN, journal) == Finished(ErrorCode.ASGARD_BUILD, "no")


def test_all_done_is_hedged() -> None:
    journal = Journal(
        (
            *READY,
            *LONG,
            order("7.32"),
            done(StepName.ADD_MARGIN, Plain()),
            measured("7.32"),
        )
    )
    assert entry.next_step(PLAN, journal) == Finished()
