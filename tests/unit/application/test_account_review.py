"""Breakers trip once, pause opening and nothing else, and only an operator lifts them."""

import itertools
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.operations.pause import ControlView, PauseControl
from asgard_basis.application.oversight.account_review import AccountReview
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.quality import PRICE, Dispute, Part, staking_part
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.rulebook import replayed
from tests.builders_platform import a_position, a_user
from tests.unit.application.pair import PERP, SNAPSHOT
from tests.unit.application.world import ADA, StillClock

BOB = UserId("bob")


class Account:
    """Ada's and Bob's, with balances and results as laid out."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.transactions = OverseenTransactions(MemoryTransactions(), self.clock)
        self.pauses = PauseControl(self.transactions, self.clock)
        self.balance: D | None = D(10_000)
        self.result: D | None = D(0)
        self.snapshot: MarketSnapshot | None = self.observed()
        self.numbers = itertools.count(1)
        self.review = AccountReview(
            transactions=self.transactions,
            pauses=self.pauses,
            result_usd=self._result,
            balance_usd=self._balance,
            market=self._market,
            clock=self.clock,
            limits=RiskLimits(),
            ids=lambda: f"id-{next(self.numbers)}",
        )

    async def begin(self) -> None:
        for user in (ADA, BOB):
            async with self.transactions.for_user(user) as work:
                await work.users.save(a_user(user))

    async def failed(self, count: int, user: UserId = ADA) -> None:
        """So many openings more that were unwound."""
        for _ in range(count):
            self.clock.pass_time(60)
            unwound = replace(
                a_position(user, key=f"p{next(self.numbers)}"),
                state=PositionState.UNWOUND,
                requested_at=self.clock.now(),
                closed_at=self.clock.now(),
            )
            async with self.transactions.for_user(user) as work:
                await work.positions.add(unwound)

    async def denied(self) -> None:
        """One opening that the wallet's policy did not allow."""
        self.clock.pass_time(60)
        failed = replace(
            a_position(ADA, key=f"p{next(self.numbers)}"),
            state=PositionState.FAILED,
            closed_at=self.clock.now(),
            failure_code=ErrorCode.POLICY_DENIED.code,
            failure="rule 3 forbids it",
        )
        async with self.transactions.for_user(ADA) as work:
            await work.positions.add(failed)

    async def measured(self, balance: int, result: int) -> None:
        self.balance, self.result = D(balance), D(result)
        self.clock.pass_time(3600)
        self.snapshot = self.observed()
        await self.review.review(ADA)

    async def control(self, user: UserId = ADA) -> ControlView:
        return await self.pauses.control(user)

    def observed(self, **changes: Any) -> MarketSnapshot:
        perp = replace(PERP, observed_at=self.clock.host())
        return replace(SNAPSHOT, perp=perp, **changes)

    async def _market(self) -> MarketSnapshot | None:
        return self.snapshot

    async def _balance(self, _user: UserId) -> D | None:
        return self.balance

    async def _result(self, _user: UserId) -> D | None:
        return self.result


@pytest.fixture
async def account() -> Account:
    account = Account()
    await account.begin()
    return account


async def test_the_third_failure_in_a_row_pauses_its_user_alone(account: Account) -> None:
    await account.failed(2)
    await account.review.round()
    assert (await account.control()).may_open
    await account.failed(1)
    await account.review.round()
    view = await account.control()
    assert not view.may_open
    assert view.may_close
    (pause,) = view.pauses
    assert pause.by == "system"
    assert pause.reason.startswith("circuit_breaker: 3 consecutive failures")
    assert (pause.can_lift, pause.lifted_by) == (False, ("operator", "system"))
    assert (await account.control(BOB)).may_open


async def test_a_user_cannot_lift_it_an_operator_can_and_it_does_not_trip_again(
    account: Account,
) -> None:
    await account.failed(3)
    await account.review.round()
    with pytest.raises(DomainError) as refused:
        await account.pauses.resume(ADA, by=PauseSetter.USER)
    assert refused.value.code is ErrorCode.FORBIDDEN
    await account.pauses.resume(ADA, by=PauseSetter.OPERATOR, of=PauseSetter.SYSTEM)
    await account.review.round()
    assert (await account.control()).may_open
    await account.failed(3)
    await account.review.round()
    assert not (await account.control()).may_open


async def test_what_a_policy_denies_is_not_tried_again_until_an_operator_has_looked(
    account: Account,
) -> None:
    await account.denied()
    await account.review.round()
    (pause,) = (await account.control()).pauses
    assert (pause.by, pause.details["breaker"]) == ("system", "denied")
    assert pause.reason.startswith("policy_violation: ")
    assert "rule 3" in pause.reason
    async with account.transactions.for_user(ADA) as work:
        (kept,) = await work.decisions.of_subject(f"account:{ADA}")
    assert replayed(kept.card) == kept.card.ruling
    await account.pauses.resume(ADA, by=PauseSetter.OPERATOR, of=PauseSetter.SYSTEM)
    await account.review.round()
    assert (await account.control()).may_open
    await account.denied()
    await account.review.round()
    assert not (await account.control()).may_open


async def test_a_fall_of_a_fifth_pauses(account: Account) -> None:
    await account.measured(10_000, 0)
    await account.measured(8_010, -1_990)
    assert (await account.control()).may_open
    await account.measured(7_990, -2_010)
    view = await account.control()
    assert view.message is not None
    assert "drawdown_limit" in view.message


async def test_taking_money_out_is_no_fall(account: Account) -> None:
    await account.measured(10_000, 0)
    await account.measured(9_000, -1_000)
    await account.measured(5_000, -1_000)
    assert (await account.control()).may_open
    async with account.transactions.for_user(ADA) as work:
        kept = await work.risk.account(ADA)
    assert kept is not None
    assert round(kept.peak_usd) == 5_556


async def test_once_resumed_the_mark_begins_anew(account: Account) -> None:
    await account.measured(10_000, 0)
    await account.measured(7_000, -3_000)
    await account.pauses.resume(ADA, by=PauseSetter.OPERATOR, of=PauseSetter.SYSTEM)
    await account.measured(6_900, -3_100)
    assert (await account.control()).may_open
    await account.measured(5_500, -4_500)
    assert not (await account.control()).may_open


async def test_what_is_not_known_is_no_fall(account: Account) -> None:
    await account.measured(10_000, 0)
    account.balance = None
    await account.review.review(ADA)
    account.balance, account.result = D(1), None
    await account.review.review(ADA)
    assert (await account.control()).may_open


@pytest.mark.parametrize("part", [PRICE, staking_part(Asset.JITOSOL)])
async def test_a_balance_at_a_price_nobody_believes_is_no_fall(
    account: Account, part: Part
) -> None:
    held = replace(a_position(ADA), state=PositionState.HEDGED, asset=Asset.JITOSOL)
    async with account.transactions.for_user(ADA) as work:
        await work.positions.add(held)
    await account.measured(10_000, 0)
    account.balance, account.result = D(6_000), D(-4_000)
    disputed = account.observed(disputes=(Dispute(part, "it fell by half in a second"),))
    old = account.snapshot
    for market in (disputed, old, None):
        account.snapshot = market
        account.clock.pass_time(60)
        await account.review.review(ADA)
    assert (await account.control()).may_open
    account.snapshot = account.observed()
    await account.review.review(ADA)
    assert not (await account.control()).may_open


async def test_each_account_is_measured_once_a_minute_at_most(account: Account) -> None:
    position = replace(a_position(ADA), state=PositionState.HEDGED, hedged_at=account.clock.now())
    async with account.transactions.for_user(ADA) as work:
        await work.positions.add(position)
    assert await account.review.round() == 1
    account.clock.pass_time(59)
    assert await account.review.round() == 0
    account.clock.pass_time(1)
    assert await account.review.round() == 1


async def test_the_decision_is_kept_with_the_pause(account: Account) -> None:
    await account.failed(3)
    await account.review.round()
    async with account.transactions.for_user(ADA) as work:
        (kept,) = await work.decisions.of_subject(f"account:{ADA}")
        (pause,) = await work.pauses.in_force(ADA)
    assert kept.card.ruling.reason == pause.reason
    assert pause.since - account.clock.now() < timedelta(seconds=1)
