"""The strategy acts for everybody apart, once, and only for who wishes it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.accounts.strategy_settings import StrategySettings
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.strategy.autonomous_strategy import AutonomousStrategy, subject_of
from asgard_basis.application.strategy.strategy_views import StrategyState, StrategyViews
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.entry_choice import LastClose
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.chains import SolanaBalances
from asgard_basis.ports.oversight import AuditKind
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import a_long, a_position, a_short, a_user, a_wallet
from tests.unit.application.pair import LENDER, PERP, Pair
from tests.unit.application.world import ADA, START

BOB = UserId("bob")
WISH = StrategyConfig(enabled=True, min_carry_apy=Decimal(8), max_leverage=Decimal(2))
RICH = SolanaBalances(Decimal(1), Decimal(5000), {})


def a_market(rate: str = "0.00005", premium: str = "0.0009", **perp: Any) -> MarketSnapshot:
    funding = FundingRate(Decimal(rate))
    hour = START.replace(minute=0)
    return MarketSnapshot(
        taken_at=START,
        perp=replace(PERP, funding_now=funding, premium=Decimal(premium), **perp),
        lenders=(LENDER,),
        recent_funding=tuple(
            FundingObservation(hour - timedelta(hours=n), funding, Decimal(premium))
            for n in range(168, -1, -1)
        ),
    )


COSTING = a_market("-0.0001", "-0.0013")


class Desk:
    """The strategy over a pair of venues where everything goes well."""

    def __init__(self) -> None:
        self.pair = Pair()
        pair, world = self.pair, self.pair.world
        world.answers |= {"latest": a_market(), "balances": RICH}
        pair.free = Decimal(5000)
        reader: Any = world
        common: dict[str, Any] = {"clock": pair.clock, "limits": RiskLimits()}
        board = RateBoard(
            reader=reader,
            transactions=pair.transactions,
            fees=FeeSchedule(),
            enabled=frozenset({LendingProtocol.KAMINO}),
            **common,
        )
        self.strategy = AutonomousStrategy(
            transactions=pair.transactions,
            reader=reader,
            board=board,
            kill_switch=pair.kill_switch,
            gate=pair.opening_gate,
            openings=pair.opening,
            closings=pair.closing,
            perp=reader,
            solana=reader,
            fees=FeeSchedule(),
            desk=pair.desk,
            **common,
        )
        self.settings = StrategySettings(pair.transactions, pair.clock)
        self.views = StrategyViews(
            transactions=pair.transactions,
            strategy=self.strategy,
            reader=reader,
            limits=RiskLimits(),
        )

    async def joins(self, user: UserId = ADA, wish: StrategyConfig = WISH) -> None:
        async with self.pair.transactions.for_user(user) as work:
            await work.users.save(a_user(user))
            for role in WalletRole:
                await work.wallets.add(user, a_wallet(user, role))
        await self.settings.change(user, 0, lambda _: wish)

    async def holds(self, *, by_strategy: bool, user: UserId = ADA, **more: Any) -> Position:
        position = replace(
            a_position(user),
            state=PositionState.HEDGED,
            hedged_at=START - timedelta(days=3),
            long=replace(a_long(), redemption_opened=Decimal(1)),
            short=a_short(),
            **more,
        )
        async with self.pair.transactions.for_user(user) as work:
            await work.positions.add(position)
            job = self.pair.desk.new(
                user,
                JobKind.OPEN,
                position_id=position.id,
                key="strategy:1" if by_strategy else "mine-1234",
            )
            await work.jobs.add(job)
        await self.pair.desk.finished(job)
        return position

    async def jobs(self, user: UserId = ADA) -> list[Job]:
        async with self.pair.transactions.for_user(user) as work:
            return list(await work.jobs.unfinished())

    async def ruling(self, user: UserId = ADA) -> Ruling:
        async with self.pair.transactions.for_user(user) as work:
            (kept,) = await work.decisions.of_subject(subject_of(user), limit=1)
        return kept.card.ruling


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_it_opens_for_who_wishes_it_with_the_reason_in_the_log(desk: Desk) -> None:
    await desk.joins()
    await desk.joins(BOB, replace(WISH, enabled=False))
    assert await desk.strategy.cycle() == 1
    (job,) = await desk.jobs()
    assert job.kind is JobKind.OPEN
    assert await desk.jobs(BOB) == []
    assert (await desk.ruling()).verdict is Verdict.ENTER
    assert job.position_id is not None
    async with desk.pair.transactions.for_user(ADA) as work:
        position = await work.positions.get(job.position_id)
        records = await work.audit.of_position(job.position_id)
    assert position is not None
    assert (position.size_usd, position.leverage) == (2500, 2)
    (command,) = [r.entry.body for r in records if r.entry.kind is AuditKind.COMMAND]
    assert command["by"] == "strategy"
    assert "is left after costs" in command["reason"]


async def test_it_opens_one_at_a_time(desk: Desk) -> None:
    await desk.joins()
    await desk.strategy.cycle()
    assert await desk.strategy.cycle() == 0
    assert len(await desk.jobs()) == 1
    assert (await desk.ruling()).failing == ("one_at_a_time",)


async def test_two_who_look_at_once_open_once(desk: Desk) -> None:
    await desk.joins()
    await asyncio.gather(desk.strategy.cycle(), desk.strategy.cycle())
    assert len(await desk.jobs()) == 1


async def test_ones_failure_stops_nobody_else(desk: Desk) -> None:
    await desk.joins()
    await desk.joins(BOB)
    good = desk.pair.account()

    def account(address: str) -> Any:
        if "ada" in address:
            raise RuntimeError("this account breaks everything")
        return good

    desk.pair.world.answers["account"] = account
    assert await desk.strategy.cycle() == 1
    assert await desk.jobs() == []
    assert len(await desk.jobs(BOB)) == 1


async def test_an_answer_that_is_not_there_opens_nothing(desk: Desk) -> None:
    await desk.joins()
    desk.pair.world.answers["account"] = Unavailable(ErrorCode.VENUE_DOWN, "no answer")
    assert await desk.strategy.cycle() == 0
    assert (await desk.ruling()).failing == ("funds",)


async def test_without_a_market_nothing_is_decided(desk: Desk) -> None:
    await desk.joins()
    desk.pair.world.answers["latest"] = DomainError(ErrorCode.STALE_MARKET)
    assert await desk.strategy.cycle() == 0
    view = await desk.views.of(ADA)
    assert (view.status.state, view.funding) == (StrategyState.WAITING, None)


async def test_old_data_opens_nothing_and_leaves_nothing(desk: Desk) -> None:
    await desk.joins()
    await desk.holds(by_strategy=True, funding_usdc=Decimal(-5000))
    desk.pair.clock.pass_time(31)
    assert await desk.strategy.cycle() == 0
    assert await desk.jobs() == []


async def test_who_has_no_money_is_left_alone_for_a_while(desk: Desk) -> None:
    await desk.joins()
    desk.pair.free = Decimal(0)
    for _ in range(3):
        assert await desk.strategy.cycle() == 0
    assert desk.pair.world.calls.count("account") == 1
    view = await desk.views.of(ADA)
    assert view.status.state is StrategyState.WAITING_FOR_DEPOSIT
    assert "Hyperliquid" in next(c.remedy or "" for c in view.status.criteria if c.key == "funds")
    desk.pair.free = Decimal(5000)
    desk.pair.clock.pass_time(301)
    fresh = a_market(observed_at=desk.pair.clock.host())
    lender = replace(LENDER, observed_at=desk.pair.clock.host())
    desk.pair.world.answers["latest"] = replace(fresh, lenders=(lender,))
    assert await desk.strategy.cycle() == 1


async def test_a_check_before_sending_that_fails_is_told_and_tried_again(desk: Desk) -> None:
    await desk.joins()
    good = desk.pair.world.answers["check"]
    desk.pair.world.answers["check"] = DomainError(ErrorCode.STALE_MARKET, "no price of INF")
    assert await desk.strategy.cycle() == 0
    ruling = await desk.ruling()
    assert (ruling.verdict, ruling.failing) == (Verdict.REFUSE, ("preflight",))
    assert "no price of INF" in ruling.reason
    desk.pair.world.answers["check"] = good
    assert await desk.strategy.cycle() == 1


@pytest.mark.parametrize("by", [PauseSetter.USER, PauseSetter.OPERATOR, PauseSetter.SYSTEM])
async def test_a_pause_forbids_entering_and_never_leaving(desk: Desk, by: PauseSetter) -> None:
    await desk.joins()
    position = await desk.holds(by_strategy=True, funding_usdc=Decimal(-500))
    await desk.pair.pauses.pause(ADA, by=by, reason="drawdown_limit")
    assert await desk.strategy.cycle() == 1
    (job,) = await desk.jobs()
    assert (job.kind, job.position_id) == (JobKind.CLOSE, position.id)
    view = await desk.views.of(ADA)
    assert view.status.state is StrategyState.PAUSED
    assert "drawdown_limit" in view.status.label
    assert view.paused_at is not None


async def test_the_kill_switch_forbids_entering_and_never_leaving(desk: Desk) -> None:
    await desk.joins()
    await desk.joins(BOB)
    await desk.holds(by_strategy=True, funding_usdc=Decimal(-500))
    await desk.pair.kill_switch.throw("drill")
    assert await desk.strategy.cycle() == 1
    assert [job.kind for job in await desk.jobs()] == [JobKind.CLOSE]
    assert await desk.jobs(BOB) == []
    assert (await desk.ruling(BOB)).failing == ("not_paused",)


@pytest.mark.parametrize(
    ("is_on", "by_strategy", "leaves"),
    [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
)
async def test_what_it_opened_it_watches_also_when_it_is_off(
    desk: Desk, is_on: bool, by_strategy: bool, leaves: bool
) -> None:
    await desk.joins(wish=replace(WISH, enabled=is_on))
    await desk.holds(by_strategy=by_strategy, funding_usdc=Decimal(-500))
    assert (await desk.strategy.cycle() == 1) is leaves


async def test_it_leaves_once_and_says_why(desk: Desk) -> None:
    await desk.joins()
    position = await desk.holds(by_strategy=True, funding_usdc=Decimal(200))
    desk.pair.world.answers["latest"] = COSTING
    assert await desk.strategy.cycle() == 1
    assert await desk.strategy.cycle() == 0
    (job,) = await desk.jobs()
    assert "The short earned over 24 h: -87.60%" in job.details["reason"]
    async with desk.pair.transactions.for_user(ADA) as work:
        kept = await work.decisions.of_subject(f"position:{position.id}")
    assert [k.card.ruling.verdict for k in kept] == [Verdict.EXIT]


async def test_a_wish_saved_in_the_middle_of_a_look_counts_from_the_next(desk: Desk) -> None:
    await desk.joins()
    good = desk.pair.world.answers["check"]

    async def changed() -> None:
        await desk.settings.switch(ADA, is_on=False)

    def check(*_: Any, **__: Any) -> Any:
        tasks.append(asyncio.ensure_future(changed()))
        return good

    tasks: list[asyncio.Future[None]] = []
    desk.pair.world.answers["check"] = check
    outcome = await desk.strategy.cycle()
    await asyncio.gather(*tasks)
    # Whoever came first: nothing is opened by a wish that was taken back before.
    assert outcome == len(await desk.jobs())


async def test_closing_freezes_the_cooldown_that_was_wished(desk: Desk) -> None:
    await desk.joins(wish=replace(WISH, cooldown_minutes=90))
    position = await desk.pair.hedged()
    job = await desk.pair.job(JobKind.CLOSE, position)
    assert await desk.pair.closing.run(job) is None
    await desk.settings.change(ADA, 1, lambda config: replace(config, cooldown_minutes=5))
    async with desk.pair.transactions.for_user(ADA) as work:
        record = await work.strategies.of(ADA)
        (closed,) = await work.positions.ended(limit=1)
    assert closed.closed_at is not None
    assert record.last_close == LastClose(closed.closed_at, 90)
    assert record.trades_on(closed.closed_at.date()) == 1
    desk.pair.clock.pass_time(60)
    view = await desk.views.of(ADA)
    assert view.status.state is StrategyState.COOLING_DOWN
    assert view.status.until == closed.closed_at + timedelta(minutes=90)
