"""Journals as sagas leave them, for tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.position.legs import LongState, OrderResult
from asgard_basis.domain.saga import entry
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.step import (
    LongOpened,
    LongRead,
    OrderDone,
    Outcome,
    Plain,
    PlainIntent,
    SolanaIntent,
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


def silent(
    name: StepName, attempt: int = 1, code: ErrorCode = ErrorCode.VENUE_DOWN, after: float = 0
) -> Step:
    """Nobody could be asked, so many seconds after the beginning."""
    at = NOW + timedelta(seconds=after)
    return Step(name, attempt, StepStatus.UNAVAILABLE, PlainIntent(), at, None, at, code.code, "-")


def measured(account: str, others: str = "0", name: StepName = StepName.VALIDATE) -> Step:
    """The account as the venue shows it."""
    return done(name, AccountMeasured(Decimal(account), Decimal(others), Decimal(160)))


def order(size: str, attempt: int = 1, name: StepName = StepName.OPEN_SHORT) -> Step:
    result = OrderResult(1, Decimal(size), Decimal(150), "filled")
    return done(name, OrderDone(result, Decimal("0.1")), attempt)


LEFT = done(StepName.LEAVE, Plain())
READY = (done(StepName.APPROVE_AGENT, Plain()), done(StepName.SET_LEVERAGE, Plain()))
BOUGHT = replace(
    done(StepName.OPEN_LONG, LongOpened("key", "sig", Decimal(550), Decimal("0.001"))),
    intent=SolanaIntent("sig", ("tx",), "{}", 100, None, Decimal(150)),
)
LONG = (
    BOUGHT,
    done(StepName.READ_LONG, READ),
)
