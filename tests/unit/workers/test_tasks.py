"""When a job that did not end is delivered again."""

import asyncio

import pytest

from asgard_basis.application.operations.dispatch import Unwilling
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Superseded, Unavailable
from asgard_basis.workers.tasks import HeldElsewhere, Redelivery


@pytest.mark.parametrize("attempts", [0, 5, 10_000])
@pytest.mark.parametrize(
    "error",
    [
        HeldElsewhere(),
        Unavailable(ErrorCode.VENUE_DOWN),
        OutcomeUnknown(ErrorCode.UNKNOWN),
        Refused(ErrorCode.POLICY_DENIED),
        Superseded(ErrorCode.SUPERSEDED),
        OSError(),
    ],
    ids=repr,
)
def test_work_on_somebodys_money_is_never_put_off(error: Exception, attempts: int) -> None:
    assert Redelivery(lambda: False).seconds(error, attempts) <= 2


def test_what_is_refused_and_can_wait_waits_ever_longer_up_to_five_minutes() -> None:
    waits = [Redelivery(lambda: False).seconds(Unwilling(), n) for n in (0, 1, 2, 7, 8, 10_000)]
    assert waits == [2, 4, 8, 256, 300, 300]


@pytest.mark.parametrize("error", [Unavailable(ErrorCode.NOT_READY), Unwilling(), HeldElsewhere()])
def test_a_worker_that_stops_hands_its_work_on_at_once(error: Exception) -> None:
    assert Redelivery(lambda: True).seconds(error, 9) == 0


def test_work_that_was_broken_off_is_delivered_again_at_once() -> None:
    assert Redelivery(lambda: False).seconds(asyncio.CancelledError(), 9) == 0
