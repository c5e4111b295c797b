"""Since when a leg stands alone, by a journal in which both legs were worked on at once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.position.delta import Exposure
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.booked import leg_exposure
from asgard_basis.domain.saga.step import (
    LongClosed,
    OrderIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)
from tests.builders_platform import a_long, a_position, a_short
from tests.unit.domain.saga.journals import NOW, done, order

SIZE = a_short().size
SOLD_AT = NOW + timedelta(minutes=5)
INTENT = OrderIntent("key", True, SIZE, Decimal(150), True, Decimal(150))
ORDER = Step(StepName.CLOSE_SHORT, 1, StepStatus.INTENDED, INTENT, NOW)
SOLD = replace(
    done(StepName.CLOSE_LONG, LongClosed("sig", Decimal(560), Decimal("0.001"))),
    finished_at=SOLD_AT,
)


def exposure(*steps: Step) -> Exposure | None:
    return leg_exposure(pair(), steps, redemption=Decimal(1), band=Decimal("0.02"))


def pair() -> Position:
    return replace(
        a_position(UserId("ada")), long=replace(a_long(), collateral_bought=SIZE), short=a_short()
    )


def test_a_short_whose_order_has_no_answer_may_stand_alone_since_the_long_was_sold() -> None:
    assert exposure(ORDER, SOLD) == Exposure(SOLD_AT, -SIZE, is_certain=False)


def test_an_order_that_never_arrived_leaves_it_alone_for_certain() -> None:
    refused = replace(ORDER, status=StepStatus.REFUSED, finished_at=SOLD_AT + timedelta(minutes=1))
    assert exposure(refused, SOLD) == Exposure(SOLD_AT, -SIZE)


def test_what_was_bought_back_all_the_while_stands_no_more() -> None:
    bought = replace(order(str(SIZE), name=StepName.CLOSE_SHORT), finished_at=SOLD_AT)
    assert exposure(bought, SOLD) is None


def test_the_exposure_begins_with_the_leg_that_went_first_and_not_with_the_line() -> None:
    """The order was intended first and bought the half back last."""
    half = replace(
        order(str(SIZE / 2), name=StepName.CLOSE_SHORT),
        finished_at=SOLD_AT + timedelta(minutes=3),
    )
    assert exposure(half, SOLD) == Exposure(SOLD_AT, -SIZE / 2)


def test_with_both_unanswered_either_may_have_been_done_alone() -> None:
    sale = Step(
        StepName.CLOSE_LONG,
        1,
        StepStatus.INTENDED,
        SolanaIntent("sig", ("tx",), "{}", 100, None, Decimal(150)),
        SOLD_AT,
    )
    assert exposure(ORDER, sale) == Exposure(NOW, SIZE, is_certain=False)
    bought = order(str(SIZE), name=StepName.CLOSE_SHORT)
    assert exposure(bought, sale) == Exposure(NOW, SIZE, is_certain=False)
