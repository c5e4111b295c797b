"""What stops the bot's openings stops a person's too, and the checklist says so beforehand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.oversight.account_review import AccountReview
from asgard_basis.application.trading.preflight import EntryOrder, Preflight, PreflightReport
from asgard_basis.domain.assets import PROTOCOLS_ON_BY_DEFAULT, Asset
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.chains import SolanaBalances
from asgard_basis.ports.venues import PerpFees
from tests.builders_platform import a_position
from tests.unit.application.pair import LENDER, PERP, SNAPSHOT, Pair
from tests.unit.application.world import ADA, CONTEXT

ORDER = EntryOrder(Asset.SOL, D(1000), Leverage(D(2)), None)


class Nobody:
    """Nothing is held that no position claims."""

    async def before_opening(self, _user: object) -> None:
        return None


class Manual(Pair):
    """Ada, with the real checklist over a market that is read a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self.lenders_age = timedelta(0)
        self.world.answers |= {
            "latest": lambda *_: self.snapshot,
            "fees": PerpFees(D("0.00045"), D("0.00015")),
            "depth": D(1000),
            "balances": lambda *_: SolanaBalances(D(1), D(10_000), {}),
        }
        world: Any = self.world
        board = RateBoard(
            reader=world,
            transactions=self.transactions,
            clock=self.clock,
            limits=RiskLimits(),
            fees=FeeSchedule(),
            enabled=PROTOCOLS_ON_BY_DEFAULT,
        )
        self.preflight = Preflight(
            transactions=self.transactions,
            gate=self.opening_gate,
            reader=world,
            board=board,
            perp=world,
            solana=world,
            clock=self.clock,
            limits=RiskLimits(),
            fees=FeeSchedule(),
            existence=Nobody(),
        )

    @property
    def snapshot(self) -> Any:
        now = self.clock.host()
        lender = replace(LENDER, observed_at=now - self.lenders_age)
        return replace(SNAPSHOT, perp=replace(PERP, observed_at=now), lenders=(lender,))

    async def checks(self) -> dict[str, Check]:
        report: PreflightReport = await self.preflight.check(CONTEXT, ORDER)
        return {check.key: check for check in report.checks}

    async def begun(self, count: int, state: PositionState) -> None:
        """So many openings more, a minute apart, that have come to this."""
        for number in range(count):
            self.clock.pass_time(60)
            now = self.clock.now()
            position = replace(
                a_position(ADA, key=f"{state}-{number}-{now}"),
                state=state,
                requested_at=now,
                hedged_at=now if state is PositionState.CLOSED else None,
                closed_at=now,
            )
            async with self.transactions.for_user(ADA) as work:
                await work.positions.add(position)

    async def refused(self) -> DomainError:
        with pytest.raises(DomainError) as caught:
            await self.opening.request(ADA, ORDER, None)
        return caught.value


@pytest.fixture
def ada() -> Manual:
    return Manual()


async def test_three_failures_in_a_row_stop_a_persons_opening_too(ada: Manual) -> None:
    await ada.begun(3, PositionState.UNWOUND)
    ada.clock.pass_time(timedelta(hours=12).total_seconds())

    async def nothing(*_: object) -> None:
        return None

    review = AccountReview(
        transactions=ada.transactions,
        pauses=ada.pauses,
        result_usd=nothing,
        balance_usd=nothing,
        market=nothing,
        clock=ada.clock,
        limits=RiskLimits(),
        ids=ada.desk.fresh_id,
    )
    await review.review(ADA)
    check = (await ada.checks())["not_paused"]
    assert (check.passed, check.code) == (False, ErrorCode.PAUSED.code)
    assert "circuit_breaker" in check.figure
    assert (await ada.refused()).code is ErrorCode.PAUSED


async def test_a_pause_of_the_system_stops_it_with_its_reason(ada: Manual) -> None:
    assert (await ada.checks())["not_paused"].passed
    await ada.pauses.pause(ADA, by=PauseSetter.SYSTEM, reason="drawdown_limit: fallen 21%")
    check = (await ada.checks())["not_paused"]
    assert not check.passed
    assert "drawdown_limit" in check.figure
    error = await ada.refused()
    assert (error.code, "drawdown_limit" in error.message) == (ErrorCode.PAUSED, True)


async def test_the_days_limit_of_openings_holds_for_a_person(ada: Manual) -> None:
    await ada.begun(20, PositionState.CLOSED)
    check = (await ada.checks())["not_held_back"]
    assert (check.passed, check.code) == (False, ErrorCode.HELD_BACK.code)
    assert check.figure == "20 openings today"
    assert (await ada.refused()).code is ErrorCode.HELD_BACK


async def test_nobody_opens_at_a_lender_that_cannot_be_read(ada: Manual) -> None:
    assert (await ada.checks())["fresh_data"].passed
    ada.lenders_age = timedelta(seconds=91)
    check = (await ada.checks())["fresh_data"]
    assert (check.passed, check.code) == (False, ErrorCode.STALE_MARKET.code)
