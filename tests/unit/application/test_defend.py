"""A pair near liquidation is cut, once, and what the cut set free is put back into its legs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.trading.move_consents import MoveConsentDesk
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.decision.card import Verdict, WhyCard
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.market.quality import PRICE as PRICE_PART
from asgard_basis.domain.market.quality import Dispute
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence import Act
from asgard_basis.domain.risk.defence_facts import opening_distance
from asgard_basis.domain.risk.defence_reading import facts_of
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.rulebook import replayed
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.chains import SolanaBalances, WalletChange
from asgard_basis.ports.consents import MoveConsent
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from tests.builders_platform import an_observation
from tests.unit.application.guards import GuardedPair
from tests.unit.application.pair import PERP, PRICE, SNAPSHOT, STATE
from tests.unit.application.world import ADA

D = Decimal
AIM = opening_distance(D(2), D("0.8"))
NEAR_LONG, NEAR_SHORT = D(128), D(209)


class Threatened(GuardedPair):
    """Ada's pair, on venues whose price a test moves and that pay out what a cut sets free."""

    def __init__(self) -> None:
        super().__init__()
        self.price = PRICE
        self.state = STATE
        self.wallet = D(0)
        self.world.answers |= {
            "latest": lambda *_: self.snapshot,
            "market": lambda *_: self.snapshot.perp,
            "state": lambda *_, **__: self.state,
            "prepare_reduce": lambda *_, percentage, **__: self._cut_prepared(percentage),
            "submit_reduce": lambda *_: self._landed(),
            "prepare_repay": lambda *_, amount_usdc: self._repay_prepared(amount_usdc),
            "submit_close": lambda *_: None,
            "balances": lambda *_: SolanaBalances(D(1), self.wallet, {}),
        }
        self._prepared = STATE
        self._change = D(0)

    @property
    def snapshot(self) -> Any:
        perp = replace(
            PERP,
            mark_price=self.price,
            oracle_price=self.price,
            mid_price=self.price,
            observed_at=self.clock.host(),
        )
        return replace(SNAPSHOT, perp=perp)

    def account(self) -> Any:
        account = super().account()
        if account.position is None:
            return account
        raw = self.margin_usdc + self.sold_short * self.price
        return replace(account, position=replace(account.position, isolated_raw_usd=raw))

    def moved(self, price: Decimal) -> None:
        self.margin_usdc -= self.sold_short * (price - self.price)
        self.price = price

    async def watched(self) -> Position:
        position = await self.hedged()
        assert position.short is not None
        return await self.seen(replace(position, short=replace(position.short, entry_price=PRICE)))

    async def seen(self, position: Position) -> Position:
        observed = replace(
            an_observation(),
            collateral=self.state.collateral,
            debt_usdc=self.state.debt_usdc,
            health=None,
            account_signed_size=-self.sold_short,
            isolated_raw_usd=self.margin_usdc + self.sold_short * self.price,
            observed_at=self.clock.host(),
        )
        async with self.transactions.for_user(ADA) as work:
            return await work.positions.save(replace(position, observation=observed))

    async def jobs(self) -> list[Job]:
        async with self.transactions.for_user(ADA) as work:
            return [j for j in await work.jobs.recent(limit=20) if j.kind is not JobKind.OPEN]

    async def cards(self, position: Position) -> list[WhyCard]:
        async with self.transactions.for_user(ADA) as work:
            return [kept.card for kept in await work.decisions.of_position(position.id)]

    async def allow(self, per_move: str = "500", per_day: str = "500") -> None:
        consent = MoveConsent(ADA, True, D(per_move), D(per_day), self.clock.host())
        async with self.transactions.for_user(ADA) as work:
            await work.move_consents.save(consent)

    def _place(self, trader: Any, order: Any, nonce: Any) -> Any:
        before, margin = self.sold_short, self.margin_usdc
        result = super()._place(trader, order, nonce)
        self.margin_usdc = margin * self.sold_short / before
        self.free += margin - self.margin_usdc
        return replace(result, average_price=self.price)

    def _cut_prepared(self, percentage: int) -> Any:
        part = D(percentage) / 100
        sold, owed = self.state.collateral * part, self.state.debt_usdc * part
        self._prepared = replace(
            self.state,
            collateral=self.state.collateral - sold,
            debt_usdc=self.state.debt_usdc - owed,
        )
        self._change = sold * self.price - owed
        return self._submission()

    def _repay_prepared(self, amount: Decimal) -> Any:
        self._prepared = replace(self.state, debt_usdc=self.state.debt_usdc - amount)
        self._change = -amount
        return self._submission()

    def _landed(self) -> None:
        self.state = self._prepared
        self.wallet += self._change
        change = WalletChange(D("-0.00001"), self._change, D("0.00001"))
        self.world.answers["wallet_change"] = change


@pytest.fixture
def pair() -> Threatened:
    return Threatened()


def defender(pair: Threatened) -> Any:
    return pair.watchers.defender


async def test_a_pair_with_room_is_left_alone_and_that_is_noted_once(pair: Threatened) -> None:
    position = await pair.watched()
    for _ in range(3):
        assert await defender(pair).defend(position.id) is Act.NOTHING
    (card,) = await pair.cards(position)
    assert card.ruling.verdict is Verdict.HOLD
    assert not await pair.jobs()


@pytest.mark.parametrize("price", [NEAR_LONG, NEAR_SHORT])
async def test_near_liquidation_both_legs_are_cut_and_have_room_again(
    pair: Threatened, price: Decimal
) -> None:
    position = await pair.watched()
    pair.moved(price)
    assert await defender(pair).defend(position.id) is Act.CUT
    (job,) = await pair.jobs()
    assert await pair.reducing.run(job) is None
    after, job, journal = await pair.now(job)
    assert (after.state, job.status) == (PositionState.HEDGED, JobStatus.COMPLETED)
    assert journal.is_done(StepName.ADD_MARGIN)
    assert journal.is_done(StepName.REPAY_LONG)
    facts = facts_of(await pair.seen(after), pair.snapshot)
    assert facts is not None
    assert facts.long_sol == pytest.approx(facts.short_sol, rel=D("0.005"))
    assert min(facts.legs.long_distance, facts.legs.short_distance) > AIM - D("0.01")
    owed = pair.state.debt_usdc
    assert pair.wallet < 1 or owed < 5, "what the sale brought was put back, while any is owed"
    card = (await pair.cards(position))[0]
    assert card.ruling.verdict is Verdict.REDUCE
    assert replayed(card) == card.ruling


async def test_the_equity_of_a_pair_does_not_jump_when_it_is_defended(pair: Threatened) -> None:
    position = await pair.watched()
    pair.moved(NEAR_SHORT)
    before = position.long.usdc_spent - position.long.usdc_returned + position.short.margin_usdc
    await defender(pair).defend(position.id)
    (job,) = await pair.jobs()
    await pair.reducing.run(job)
    after, _, _ = await pair.now(job)
    put_in = after.long.usdc_spent - after.long.usdc_returned + after.short.margin_usdc
    assert put_in == pytest.approx(before - pair.wallet, abs=D(1))


async def test_one_defence_is_asked_for_however_many_marks_come(pair: Threatened) -> None:
    position = await pair.watched()
    for price in (NEAR_SHORT, D(210), D(211)):
        pair.moved(price)
        position = await pair.seen(position)
        await defender(pair).defend(position.id, pair.snapshot)
    assert len(await pair.jobs()) == 1


async def test_after_a_defence_there_is_a_pause_unless_it_comes_nearer(pair: Threatened) -> None:
    position = await pair.watched()
    pair.moved(NEAR_SHORT)
    await defender(pair).defend(position.id)
    (job,) = await pair.jobs()
    pair.world.answers["add_margin"] = Refused(ErrorCode.HYPERLIQUID_MARGIN, "no")
    failure = await pair.reducing.run(job)
    assert failure is not None
    assert "put back" in failure.message
    position = await pair.seen((await pair.now(job))[0])
    pair.clock.pass_time(30)
    assert await defender(pair).defend(position.id) is Act.WAIT
    pair.clock.pass_time(3600)
    await pair.seen(position)
    assert await defender(pair).defend(position.id) is Act.CUT


async def test_the_kill_switch_and_a_pause_forbid_no_defence(pair: Threatened) -> None:
    position = await pair.watched()
    await pair.kill_switch.throw("a drill")
    await pair.pauses.pause(ADA, by=PauseSetter.USER, reason="away")
    pair.moved(NEAR_LONG)
    assert await defender(pair).defend(position.id) is Act.CUT
    (job,) = await pair.jobs()
    assert await pair.reducing.run(job) is None


async def test_a_lender_that_sells_no_parts_has_the_pair_closed(pair: Threatened) -> None:
    position = await pair.watched()
    async with pair.transactions.for_user(ADA) as work:
        present = await work.positions.get(position.id)
        assert present is not None
        await work.positions.save(replace(present, protocol=LendingProtocol.MARGINFI))
    pair.moved(NEAR_SHORT)
    assert await defender(pair).defend(position.id) is Act.CLOSE
    (job,) = await pair.jobs()
    assert job.kind is JobKind.CLOSE


async def test_a_stale_price_moves_nothing(pair: Threatened) -> None:
    position = await pair.watched()
    pair.moved(NEAR_SHORT)
    old = pair.snapshot
    pair.world.answers["latest"] = old
    pair.clock.pass_time(60)
    assert await defender(pair).defend(position.id) is Act.UNKNOWN
    assert not await pair.jobs()


async def test_a_disputed_price_moves_nothing(pair: Threatened) -> None:
    position = await pair.watched()
    pair.moved(NEAR_SHORT)
    dispute = Dispute(PRICE_PART, "the venues are 12% apart")
    pair.world.answers["latest"] = replace(pair.snapshot, disputes=(dispute,))
    assert await defender(pair).defend(position.id) is Act.UNKNOWN
    await defender(pair).consider_all([position])
    assert not await pair.jobs()


async def test_a_mark_of_the_venue_is_defended_at_while_redis_is_away(pair: Threatened) -> None:
    position = await pair.watched()
    pair.world.answers["latest"] = pair.snapshot
    pair.clock.pass_time(60)
    pair.moved(NEAR_SHORT)
    await pair.seen(position)
    assert await defender(pair).defend(position.id, pair.snapshot) is Act.CUT
    assert len(await pair.jobs()) == 1


async def test_free_money_is_used_only_where_its_owner_allows_it(pair: Threatened) -> None:
    position = await pair.watched()
    pair.moved(NEAR_SHORT)
    assert await defender(pair).defend(position.id) is Act.CUT
    (job,) = await pair.jobs()
    assert "moved_usd" not in job.details


@pytest.mark.parametrize("price", [NEAR_LONG, NEAR_SHORT])
async def test_with_leave_free_money_makes_the_cut_smaller(
    pair: Threatened, price: Decimal
) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.moved(price)
    pair.wallet, pair.free = D(300), D(300)
    assert await defender(pair).defend(position.id) is Act.EQUALISE
    (job,) = await pair.jobs()
    assert D(job.details["moved_usd"]) <= 300
    assert await pair.reducing.run(job) is None
    after, _, _ = await pair.now(job)
    facts = facts_of(await pair.seen(after), pair.snapshot)
    assert facts is not None
    assert min(facts.legs.long_distance, facts.legs.short_distance) > AIM - D("0.01")


async def test_caps_of_a_day_count_what_was_moved_before(pair: Threatened) -> None:
    position = await pair.watched()
    await pair.allow(per_move="100", per_day="60")
    pair.moved(NEAR_SHORT)
    await defender(pair).defend(position.id)
    (job,) = await pair.jobs()
    assert D(job.details["moved_usd"]) == 60
    await pair.reducing.run(job)
    position = (await pair.now(job))[0]
    pair.moved(pair.price * D("1.25"))
    pair.clock.pass_time(timedelta(hours=2).total_seconds())
    await pair.seen(position)
    assert await defender(pair).defend(position.id) is Act.CUT


async def test_two_pairs_defended_at_once_share_the_cap_of_the_day(pair: Threatened) -> None:
    position = await pair.watched()
    await pair.allow(per_move="100", per_day="60")
    pair.moved(NEAR_SHORT)
    position = await pair.seen(position)
    other = replace(position, id=PositionId("another"))
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.add(other)
    await defender(pair).consider_all([position, other])
    jobs = await pair.jobs()
    assert len(jobs) == 2
    assert sum(D(job.details.get("moved_usd", "0")) for job in jobs) == 60


async def test_a_long_that_has_grown_is_hedged_again(pair: Threatened) -> None:
    position = await pair.watched()
    pair.state = replace(pair.state, collateral=pair.state.collateral * D("1.02"))
    await pair.seen(position)
    assert await defender(pair).defend(position.id) is Act.TRIM
    assert pair.asked.repairs


async def test_caps_are_checked_when_they_are_chosen(pair: Threatened) -> None:
    await pair.watched()
    desk = MoveConsentDesk(pair.transactions, pair.clock, RiskLimits())
    assert not (await desk.of(ADA)).is_given
    for move, day in (("0", "10"), ("20", "10"), ("10", "25001")):
        with pytest.raises(DomainError, match="VAL-0006"):
            await desk.change(ADA, is_given=True, per_move_usd=D(move), per_day_usd=D(day))
    given = await desk.change(ADA, is_given=True, per_move_usd=D(50), per_day_usd=D(100))
    assert given == await desk.of(ADA)
