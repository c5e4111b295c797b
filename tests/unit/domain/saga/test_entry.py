"""Opening, decided from the journal alone."""

from datetime import UTC, datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.position.legs import LongState, OrderResult
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.saga import entry
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.step import (
    Finished,
    Journal,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    OrderDone,
    Outcome,
    Perform,
    Plain,
    PlainIntent,
    Step,
    StepName,
    StepStatus,
)

NOW = datetime(2025, 7, 1, tzinfo=UTC)
PLAN = entry.EntryPlan(
    collateral_usdc=Decimal(550),
    long_leverage=Decimal(2),
    short_margin_usdc=Decimal(448),
    short_leverage=3,
    size_step=Decimal("0.01"),
    min_order_usd=Decimal(10),
    reference_price=Decimal(150),
)
STATE = LongState(
    "key",
    LendingProtocol.KAMINO,
    Asset.SOL,
    Decimal("7.324"),
    Decimal(550),
    HealthFactor(Decimal("0.375")),
    NOW,
)
READ = LongRead(STATE, Decimal(1), Decimal(150))


def done(name: StepName, outcome: Outcome, attempt: int = 1) -> Step:
    return Step(name, attempt, StepStatus.DONE, PlainIntent(), NOW, outcome, NOW)


def refused(name: StepName, code: ErrorCode, attempt: int = 1) -> Step:
    return Step(name, attempt, StepStatus.REFUSED, PlainIntent(), NOW, None, NOW, code.code, "no")


def order(size: str, attempt: int = 1, name: StepName = StepName.OPEN_SHORT) -> Step:
    result = OrderResult(1, Decimal(size), Decimal(150), "filled")
    return done(name, OrderDone(result, Decimal("0.1")), attempt)


READY = (done(StepName.APPROVE_AGENT, Plain()), done(StepName.SET_LEVERAGE, Plain()))
LONG = (
    done(StepName.OPEN_LONG, LongOpened("key", "sig", Decimal(550), Decimal("0.001"))),
    done(StepName.READ_LONG, READ),
)


def test_long_comes_first_and_short_is_sized_from_its_fill() -> None:
    assert entry.next_step(PLAN, Journal()) == Perform(StepName.APPROVE_AGENT)
    assert entry.next_step(PLAN, Journal(READY)) == Perform(StepName.OPEN_LONG)
    assert entry.next_step(PLAN, Journal((*READY, LONG[0]))) == Perform(StepName.READ_LONG)
    placing = entry.next_step(PLAN, Journal((*READY, *LONG)))
    assert placing == Perform(StepName.OPEN_SHORT, size=Decimal("7.32"))


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


def test_a_short_that_cannot_be_filled_unwinds_the_long() -> None:
    tries = tuple(
        refused(StepName.OPEN_SHORT, ErrorCode.HYPERLIQUID_ORDER, n)
        for n in range(1, entry.SHORT_ATTEMPTS_MAX + 1)
    )
    journal = Journal((*READY, *LONG, *tries))
    assert entry.next_step(PLAN, journal) == Perform(StepName.OBSERVE_LONG)


def test_a_policy_denial_is_not_repeated() -> None:
    denied = refused(StepName.OPEN_SHORT, ErrorCode.POLICY_DENIED)
    journal = Journal((*READY, *LONG, denied))
    assert entry.next_step(PLAN, journal) == Perform(StepName.OBSERVE_LONG)
    assert entry.state_of(journal) is PositionState.OPENING_SHORT


def test_a_partly_filled_short_is_bought_back_before_the_long_is_sold() -> None:
    journal = Journal(
        (*READY, *LONG, order("3.00"), refused(StepName.OPEN_SHORT, ErrorCode.POLICY_DENIED, 2))
    )
    assert entry.next_step(PLAN, journal) == Perform(StepName.CLOSE_SHORT, size=Decimal("3.00"))


def test_an_unwound_entry_says_why() -> None:
    journal = Journal(
        (
            *READY,
            *LONG,
            refused(StepName.OPEN_SHORT, ErrorCode.POLICY_DENIED),
            done(StepName.OBSERVE_LONG, LongObserved(STATE, Decimal(1))),
            done(StepName.CLOSE_LONG, LongClosed("sig2", Decimal(547), Decimal("0.001"))),
            done(StepName.SETTLE, Plain()),
        )
    )
    finished = entry.next_step(PLAN, journal)
    assert isinstance(finished, Finished)
    assert finished.failure is ErrorCode.HYPERLIQUID_RETRIES
    assert not finished.is_stuck


def test_an_entry_that_cannot_be_undone_calls_for_a_person() -> None:
    sales = tuple(
        refused(StepName.CLOSE_LONG, ErrorCode.ASGARD_SUBMIT, n)
        for n in range(1, exit_saga.REFUSALS_MAX + 1)
    )
    denied = refused(StepName.OPEN_SHORT, ErrorCode.POLICY_DENIED)
    seen = done(StepName.OBSERVE_LONG, LongObserved(STATE, Decimal(1)))
    finished = entry.next_step(PLAN, Journal((*READY, *LONG, denied, seen, *sales)))
    assert finished == Finished(ErrorCode.POSITION_UNWIND_FAILED, "no", is_stuck=True)


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
            done(StepName.VALIDATE, Plain()),
        )
    )
    assert entry.next_step(PLAN, journal) == Finished()
