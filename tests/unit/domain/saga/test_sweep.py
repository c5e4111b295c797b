"""What belongs to no position is closed as far as the venues let it, and accounted for."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.position.legs import LongState, OrderResult
from asgard_basis.domain.saga.exit import ALREADY_FLAT
from asgard_basis.domain.saga.hedge import SECOND_LEG
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.step import (
    Finished,
    Journal,
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
)
from asgard_basis.domain.saga.sweep import SweepPlan, Swept, next_step, swept

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
LOT = Decimal("0.01")
SHORT = SweepPlan(Decimal(3), size_step=LOT)
TURNED = replace(SHORT, perp_size=Decimal(-2))
LONG = SweepPlan(holds_long=True)
HELD = LongState("k", LendingProtocol.KAMINO, Asset.SOL, Decimal("6.13"), Decimal(541), None, NOON)


def done(name: StepName, outcome: Outcome) -> Step:
    return Step(name, 1, StepStatus.DONE, PlainIntent(), NOON, outcome, NOON)


def bought(size: str, status: str = "filled") -> Step:
    price = Decimal(170) if Decimal(size) else None
    result = OrderResult(1, Decimal(size), price, status)
    return done(StepName.CLOSE_SHORT, OrderDone(result, Decimal("0.1")))


def account(short: str, others: str) -> Step:
    return done(StepName.OBSERVE_SHORT, AccountMeasured(Decimal(short), Decimal(others)))


def refused(name: StepName, code: str = "HLQ-0005") -> Step:
    step = Step(name, 1, StepStatus.REFUSED, PlainIntent(), NOON)
    return replace(step, error_code=code, error="no")


def seen(state: LongState | None) -> Step:
    return done(StepName.OBSERVE_LONG, LongObserved(state, Decimal(1)))


MAY = done(StepName.APPROVE_AGENT, Plain())
SOLD = done(StepName.CLOSE_LONG, LongClosed("sig", Decimal("500.5"), Decimal("0.001")))


@pytest.mark.parametrize(
    ("plan", "steps", "expected"),
    [
        (SHORT, [], Perform(StepName.APPROVE_AGENT)),
        (SHORT, [refused(StepName.APPROVE_AGENT)], Perform(StepName.APPROVE_AGENT)),
        (SHORT, [MAY], Perform(StepName.OBSERVE_SHORT, Decimal(3))),
        (SHORT, [MAY, account("5", "2")], Perform(StepName.CLOSE_SHORT, Decimal(3))),
        (SHORT, [MAY, bought("1")], Perform(StepName.OBSERVE_SHORT, Decimal(2))),
        (SHORT, [MAY, bought("1"), account("4", "2")], Perform(StepName.CLOSE_SHORT, Decimal(2))),
        (
            SHORT,
            [MAY, account("5", "2"), bought("0", "iocCancelRejected")],
            Perform(StepName.OBSERVE_SHORT, Decimal(3)),
        ),
        (SHORT, [MAY, bought("1"), bought("2")], Finished()),
        (SHORT, [MAY, bought("0", ALREADY_FLAT)], Finished()),
        (SHORT, [MAY, bought("2.99"), refused(StepName.CLOSE_SHORT, "VAL-0005")], Finished()),
        (TURNED, [MAY, account("-5", "0")], Perform(StepName.CLOSE_SHORT, Decimal(2))),
        (TURNED, [MAY, account("3", "3")], Finished()),
        (LONG, [], Perform(StepName.OBSERVE_LONG)),
        (LONG, [seen(HELD)], Perform(StepName.CLOSE_LONG)),
        (LONG, [seen(None)], Finished()),
        (LONG, [seen(HELD), refused(StepName.CLOSE_LONG)], Perform(StepName.OBSERVE_LONG)),
        (LONG, [seen(HELD), SOLD], Finished()),
    ],
)
def test_the_way_out(plan: SweepPlan, steps: list[Step], expected: object) -> None:
    assert next_step(plan, Journal(tuple(steps))) == expected


@pytest.mark.parametrize(
    ("account_short", "expected"),
    [
        ("6", Perform(StepName.CLOSE_SHORT, Decimal(1))),
        ("5", Finished()),
        ("4", Finished()),
    ],
)
def test_what_is_gone_by_itself_is_not_bought_from_a_positions_short(
    account_short: str, expected: object
) -> None:
    """Three were nobody's and five a position's; the venue was away for an hour."""
    away = replace(refused(StepName.CLOSE_SHORT), status=StepStatus.UNAVAILABLE)
    steps = (MAY, account("8", "5"), away, account(account_short, "5"))
    assert next_step(SHORT, Journal(steps)) == expected


@pytest.mark.parametrize(
    ("plan", "given", "name"),
    [
        (SHORT, [MAY, account("3", "0")], StepName.CLOSE_SHORT),
        (SHORT, [MAY], StepName.OBSERVE_SHORT),
        (SHORT, [], StepName.APPROVE_AGENT),
        (LONG, [], StepName.CLOSE_LONG),
    ],
)
def test_after_enough_refusals_a_person_is_needed(
    plan: SweepPlan, given: list[Step], name: StepName
) -> None:
    ended = next_step(plan, Journal((*given, *(refused(name),) * SECOND_LEG.leaving_refusals_max)))
    assert isinstance(ended, Finished)
    assert ended.is_stuck
    assert ended.reason == "no"


def test_what_it_brought_is_what_the_venues_said() -> None:
    orders = Journal((bought("1"), bought("2")))
    assert swept(SHORT, orders) == Swept(Decimal(3), Decimal(510), Decimal("0.2"))
    turned = replace(SHORT, perp_size=Decimal(-3))
    assert swept(turned, orders) == Swept(Decimal(-3), Decimal(-510), Decimal("0.2"))
    sold = Swept(Decimal("6.13"), Decimal("500.5"), network_fee_sol=Decimal("0.001"))
    assert swept(LONG, Journal((seen(HELD), SOLD))) == sold
    assert swept(LONG, Journal((seen(None),))) == Swept()
