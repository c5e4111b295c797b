"""What an emergency does for one leg while nobody tells what became of a step of the other."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.saga import emergency, reduce, repair
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.hedge import SECOND_LEG, HedgeTerms
from asgard_basis.domain.saga.leave import Manner
from asgard_basis.domain.saga.step import (
    AccountMeasured,
    Finished,
    Journal,
    Leg,
    LongClosed,
    LongObserved,
    OrderDone,
    Outcome,
    Perform,
    Plain,
    PlainIntent,
    Step,
    StepName,
    StepStatus,
    leg_of,
)
from tests.unit.domain.saga.journals import LEFT, NOW, STATE, measured, order, refused
from tests.unit.domain.saga.test_emergency import SHORT_SILENT, SOLD, silent
from tests.unit.domain.saga.test_exit import FLAT, OBSERVED, PLAN

SIZE = Decimal("7.32")
TERMS = HedgeTerms(Decimal("0.01"), Decimal(10), Decimal(150))
REPAIR = repair.RepairPlan(SIZE, TERMS)
REDUCE = reduce.ReducePlan(Decimal("0.25"), SIZE, TERMS)


def unanswered(name: StepName, attempt: int = 1) -> Step:
    return Step(name, attempt, StepStatus.INTENDED, PlainIntent(), NOW)


ORDER = unanswered(StepName.CLOSE_SHORT)
SALE = unanswered(StepName.CLOSE_LONG)
GONE = replace(OBSERVED, outcome=LongObserved(None, Decimal(1)))
SEEN = measured("7.32", name=StepName.OBSERVE_SHORT)


def no(name: StepName) -> tuple[Step, ...]:
    count = range(1, SECOND_LEG.leaving_refusals_max + 1)
    return tuple(refused(name, ErrorCode.HYPERLIQUID_ORDER, n) for n in count)


BESIDE: dict[str, tuple[tuple[Step, ...], StepName | None]] = {
    "an order is unanswered": ((SEEN, ORDER), StepName.OBSERVE_LONG),
    "the long cannot be looked at": (
        (ORDER, silent(StepName.OBSERVE_LONG)),
        StepName.OBSERVE_LONG,
    ),
    "the long was looked at": ((ORDER, OBSERVED), StepName.CLOSE_LONG),
    "the long could not be sold": (
        (ORDER, OBSERVED, refused(StepName.CLOSE_LONG, ErrorCode.ASGARD_BUILD)),
        StepName.OBSERVE_LONG,
    ),
    "the long is sold": ((ORDER, OBSERVED, SOLD), None),
    "the long is gone": ((ORDER, GONE), None),
    "nobody buys the long": ((ORDER, OBSERVED, *no(StepName.CLOSE_LONG)), None),
    "a look at the short is unanswered": (
        (unanswered(StepName.OBSERVE_SHORT),),
        StepName.OBSERVE_LONG,
    ),
    "a sale is unanswered": ((SHORT_SILENT, OBSERVED, SALE), StepName.CLOSE_SHORT),
    "a sale is unanswered and the short was never looked at": (
        (silent(StepName.OBSERVE_SHORT), OBSERVED, SALE),
        StepName.OBSERVE_SHORT,
    ),
    "a sale is unanswered and the short bought back": ((*FLAT, OBSERVED, SALE), None),
    "a sale is unanswered and the exchange says no": ((*no(StepName.CLOSE_SHORT), SALE), None),
    "both are unanswered": ((ORDER, OBSERVED, SALE), None),
    "our own books are unanswered": (
        (*FLAT, OBSERVED, SOLD, unanswered(StepName.SETTLE)),
        None,
    ),
}


@pytest.mark.parametrize("case", BESIDE)
def test_the_other_leg_goes_on(case: str) -> None:
    steps, expected = BESIDE[case]
    journal = Journal(steps)
    decision = emergency.beside(PLAN, journal, journal.open_legs())
    assert (decision and decision.name) is expected


def test_without_a_long_there_is_only_waiting() -> None:
    journal = Journal((ORDER,))
    assert emergency.beside(replace(PLAN, holds_long=False), journal, journal.open_legs()) is None


UNTIL_LEFT = {
    "an order of a repair": unanswered(StepName.OPEN_SHORT),
    "an order of a reduction": ORDER,
    "a part of the long": unanswered(StepName.REDUCE_LONG),
}


@pytest.mark.parametrize("case", UNTIL_LEFT)
def test_a_repair_or_a_reduction_is_left_first(case: str) -> None:
    step = UNTIL_LEFT[case]
    leg = leg_of(step.name)
    then = StepName.OBSERVE_SHORT if leg is Leg.LONG else StepName.OBSERVE_LONG
    begun = Journal((OBSERVED, step))
    for found, left in (
        (repair.beside(REPAIR, begun), repair.beside(REPAIR, Journal((*begun.steps, LEFT)))),
        (reduce.beside(REDUCE, begun), reduce.beside(REDUCE, Journal((*begun.steps, LEFT)))),
    ):
        assert found == Perform(StepName.LEAVE)
        assert left is not None
        assert left.name is then


def test_a_decision_that_is_being_written_is_not_written_twice() -> None:
    journal = Journal((ORDER, unanswered(StepName.LEAVE)))
    assert repair.beside(REPAIR, journal) is None
    turned = Journal((unanswered(StepName.TURN_BACK),))
    assert reduce.beside(REDUCE, turned) is None


def test_what_a_lost_order_sold_is_bought_back_too() -> None:
    """It counts from the moment it is known, wherever it stands in the journal."""
    sold = order("1.53", name=StepName.OPEN_SHORT)
    left = Journal((sold, LEFT, OBSERVED, SOLD))
    decision = repair.next_step(REPAIR, left, manner=Manner.EMERGENCY)
    assert decision == Perform(StepName.OBSERVE_SHORT, size=SIZE + Decimal("1.53"))


class Venues:
    """Do what is asked, and answer as somebody wills who means no good."""

    def __init__(self) -> None:
        self.short, self.long = SIZE, True
        self.fates: dict[StepName, Step] = {}
        self.steps: list[Step] = []

    @property
    def journal(self) -> Journal:
        return Journal(tuple(self.steps))

    def do(self, command: Perform, how: str) -> None:
        """Begin a step; it is done, or lost on the way, and answered or not."""
        attempt = self.journal.attempts(command.name) + 1
        begun = replace(unanswered(command.name, attempt), is_beside=bool(self.fates))
        legs = {leg_of(name) for name in self.fates}
        assert leg_of(command.name) not in legs
        assert not (legs and leg_of(command.name) is Leg.NEITHER)
        if how == "away":
            away = StepStatus.UNAVAILABLE
            self.steps.append(replace(begun, status=away, finished_at=NOW, error_code="NET-0003"))
            return
        if how == "lost":
            never = replace(begun, status=StepStatus.REFUSED, finished_at=NOW, error_code="-")
            self._unanswered(begun, never)
            return
        done = replace(
            begun,
            status=StepStatus.DONE,
            outcome=self._done(command, whole=how != "half"),
            finished_at=NOW,
        )
        if how == "unanswered":
            self._unanswered(begun, done)
        else:
            self.steps.append(done)

    def tell(self, name: StepName) -> None:
        """The fate of an unanswered step is looked up."""
        place = next(i for i, s in enumerate(self.steps) if s.status is StepStatus.INTENDED
                     and s.name is name)  # fmt: skip
        self.steps[place] = self.fates.pop(name)

    def _unanswered(self, begun: Step, fate: Step) -> None:
        self.steps.append(begun)
        self.fates[begun.name] = fate

    def _done(self, command: Perform, *, whole: bool) -> Outcome:
        match command.name:
            case StepName.OBSERVE_SHORT:
                return AccountMeasured(self.short, Decimal(0), Decimal(150))
            case StepName.CLOSE_SHORT:
                assert command.size <= self.short, "more is bought back than there is"
                filled = command.size if whole else Decimal(1).min(command.size)
                self.short -= filled
                return OrderDone(
                    OrderResult(1, filled, Decimal(150), "filled"), Decimal("0.1"), filled_at=NOW
                )
            case StepName.OBSERVE_LONG:
                return LongObserved(STATE if self.long else None, Decimal(1), Decimal(150))
            case StepName.CLOSE_LONG:
                assert self.long, "the long is sold twice"
                self.long = False
                return LongClosed("sig", Decimal(560), Decimal("0.001"))
            case StepName.SETTLE:
                assert not self.long
                assert not self.short
                return Plain()
        raise AssertionError(f"nobody asked for {command.name}")


HOW = st.sampled_from(["done", "half", "away", "lost", "unanswered"])


@given(st.lists(st.tuples(HOW, st.booleans(), st.booleans()), max_size=30))
def test_whatever_is_answered_when_both_legs_are_closed_once(
    moves: list[tuple[str, bool, bool]],
) -> None:
    venues = Venues()
    for how, is_told, is_first in [*moves, *[("done", True, True)] * 60]:
        journal = venues.journal
        waiting = [step.name for step in journal.open_steps()]
        if waiting and is_told:
            venues.tell(waiting[0 if is_first else -1])
            continue
        command: Perform | Finished | None
        if waiting:
            command = emergency.beside(PLAN, journal, journal.open_legs())
        else:
            command = emergency.next_step(PLAN, journal)
        if isinstance(command, Finished):
            assert not command.is_stuck or _is_refused_for_good(journal)
            assert command.is_stuck or (venues.short, venues.long) == (0, False)
            return
        if command is not None:
            venues.do(command, how)
    raise AssertionError(f"no end: {[(s.name, s.status) for s in venues.steps]}")


def _is_refused_for_good(journal: Journal) -> bool:
    most = SECOND_LEG.leaving_refusals_max
    return any(
        journal.refusals(name) >= most for name in (StepName.CLOSE_SHORT, StepName.CLOSE_LONG)
    )


def test_it_ends_where_ordinary_leaving_ends() -> None:
    """The order of the legs in the journal is that of their beginnings."""
    answered = replace(FLAT[-1], status=StepStatus.DONE)
    steps = (*FLAT[:-1], answered, OBSERVED, replace(SOLD, is_beside=True))
    assert emergency.next_step(PLAN, Journal(steps)) == exit_saga.next_step(PLAN, Journal(steps))
