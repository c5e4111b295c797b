"""What the venues hold and what the books say are brought together, and the user is told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable
from asgard_basis.domain.position.existence import Matched
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.rulebook import replayed
from asgard_basis.ports.orphans import OrphanEnding
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.repositories import JobKind, JobStatus
from asgard_basis.ports.venues import PerpOrder
from tests.unit.application.guards import GuardedPair
from tests.unit.application.world import ADA

AWAY = Unavailable(ErrorCode.VENUE_DOWN, "away")
MINUTES = 60


async def test_a_pair_that_is_there_gives_no_alarm_and_one_look_is_enough() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    look = await pair.guard.settle(ADA)
    assert [type(v) for v in look.verdicts] == [Matched]
    assert await pair.alarms() == []
    assert pair.world.calls.count("account") == 1
    assert (await pair.position(position)).state is PositionState.HEDGED


@pytest.mark.parametrize("what", ["account", "positions"])
async def test_a_venue_that_is_away_is_no_mismatch(what: str) -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.world.answers[what] = AWAY
    await pair.settle()
    assert await pair.alarms() == []
    assert pair.asked.repairs == []


async def test_a_short_taken_by_the_venue_is_told_and_repaired() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    pair.sold_short -= 4
    await pair.settle()
    (alarm,) = await pair.alarms()
    assert (alarm.kind, alarm.position_id) == (AlarmKind.LEG_LOST, position.id)
    assert (alarm.exposure_sol, alarm.exposure_usd) == (Decimal(4), Decimal(680))
    assert "4.00 SOL of its short" in alarm.message
    assert pair.asked.repairs == [(position.id, "lost a part of its short")]


async def test_what_was_decided_of_a_lost_leg_is_kept_and_can_be_made_again() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    pair.sold_short -= 4
    await pair.settle()
    await pair.settle()
    pair.sold_short += 4
    await pair.settle()
    pair.end_long()
    await pair.settle()
    async with pair.transactions.for_user(ADA) as work:
        kept = [each.card for each in await work.decisions.of_position(position.id)]
    told = [(card.ruling.verdict, card.ruling.failing) for card in reversed(kept)]
    assert told == [
        (Verdict.REDUCE, ("short_whole",)),
        (Verdict.HOLD, ()),
        (Verdict.REDUCE, ("long_whole",)),
    ]
    assert "4.00 SOL of the short" in kept[-1].ruling.reason
    assert all(replayed(card) == card.ruling for card in kept)


async def test_a_glitch_of_one_look_is_nothing() -> None:
    pair = GuardedPair()
    await pair.hedged()
    whole = pair.account()
    looks = iter([replace(whole, position=None), whole])
    pair.world.answers["account"] = lambda *_: next(looks)
    await pair.settle()
    assert await pair.alarms() == []
    assert pair.asked.repairs == []


async def test_an_alarm_about_a_lost_leg_is_over_when_the_pair_matches_again() -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.sold_short -= 4
    await pair.settle()
    pair.sold_short += 4
    await pair.settle()
    assert await pair.alarms() == []


async def test_a_liquidated_long_is_told_and_repaired() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    pair.end_long()
    await pair.settle()
    (alarm,) = await pair.alarms()
    assert alarm.kind is AlarmKind.LEG_LOST
    assert alarm.exposure_sol is not None
    assert alarm.exposure_sol < -6
    assert pair.asked.repairs == [(position.id, "lost a part of its long")]


async def test_a_long_under_another_name_is_quarantined_then_closed() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    pair.longs["key"] = replace(pair.longs["key"], asset=Asset.INF)
    await pair.settle()
    (alarm,) = await pair.alarms()
    assert alarm.kind is AlarmKind.BOOK_MISMATCH
    assert alarm.acts_at == alarm.raised_at + timedelta(minutes=10)
    quarantined = await pair.position(position)
    assert quarantined.state is PositionState.QUARANTINED
    assert quarantined.failure == "the venue lists the long as INF at KAMINO"
    await pair.settle(after=9 * MINUTES)
    assert await pair.jobs(JobKind.CLOSE) == []
    await pair.settle(after=MINUTES)
    (job,) = await pair.jobs(JobKind.CLOSE)
    assert job.position_id == position.id
    (again,) = await pair.alarms()
    assert again.acts_at == alarm.acts_at


async def test_a_quarantine_ends_when_the_venue_agrees_again() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    pair.longs["key"] = replace(pair.longs["key"], asset=Asset.INF)
    await pair.settle()
    pair.longs["key"] = replace(pair.longs["key"], asset=Asset.SOL)
    await pair.settle()
    released = await pair.position(position)
    assert (released.state, released.failure) == (PositionState.HEDGED, None)
    assert await pair.alarms() == []


async def test_a_long_listed_nowhere_is_never_closed_by_itself() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    del pair.longs["key"]
    await pair.settle()
    await pair.settle(after=60 * MINUTES)
    (alarm,) = await pair.alarms()
    assert (alarm.kind, alarm.acts_at) == (AlarmKind.BOOK_MISMATCH, None)
    assert (await pair.position(position)).state is PositionState.QUARANTINED
    assert await pair.jobs(JobKind.CLOSE) == []


async def test_a_short_of_nobody_is_counted_down_and_bought_back() -> None:
    pair = GuardedPair()
    position = await pair.hedged()
    pair.sold_short += 3
    await pair.settle()
    (alarm,) = await pair.alarms()
    assert (alarm.kind, alarm.exposure_sol) == (AlarmKind.ORPHAN_EXPOSURE, Decimal(-3))
    await pair.settle(after=9 * MINUTES)
    assert await pair.jobs(JobKind.SWEEP) == []
    (orphan,) = await pair.orphans()
    assert orphan.acts_at == alarm.acts_at == alarm.raised_at + timedelta(minutes=10)

    await pair.settle(after=2 * MINUTES)
    await pair.settle()
    await pair.work_off()

    assert pair.sold_short == Decimal("6.12")
    (ended,) = await pair.orphans()
    assert (ended.ending, ended.swept, ended.swept_usd) == (
        OrphanEnding.SWEPT, Decimal(3), Decimal(510),
    )  # fmt: skip
    assert ended.fee_usdc == Decimal("0.4")
    assert await pair.alarms() == []
    assert (await pair.position(position)).state is PositionState.HEDGED
    (job,) = await pair.jobs(JobKind.SWEEP)
    assert job.status is JobStatus.COMPLETED


async def test_a_long_of_nobody_is_counted_down_and_sold() -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.stray("stray")
    await pair.settle()
    (alarm,) = await pair.alarms()
    assert alarm.exposure_sol == Decimal("6.12")
    await pair.settle(after=11 * MINUTES)
    await pair.work_off()
    assert not pair.longs["stray"].is_open
    assert pair.longs["key"].is_open
    (ended,) = await pair.orphans()
    assert (ended.ending, ended.swept) == (OrphanEnding.SWEPT, Decimal("6.12"))
    assert await pair.alarms() == []


async def test_what_is_gone_before_its_time_is_not_swept() -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.sold_short += 3
    await pair.settle()
    await pair.settle(after=11 * MINUTES)
    pair.sold_short -= 3  # by hand, before a worker takes the job
    await pair.work_off()
    assert pair.sold_short == Decimal("6.12")
    (ended,) = await pair.orphans()
    assert (ended.ending, ended.swept) == (OrphanEnding.GONE, Decimal(0))
    assert pair.fills == []
    await pair.settle()
    assert await pair.alarms() == []


async def test_a_perpetual_held_long_is_sold() -> None:
    pair = GuardedPair()
    await pair.hedged()
    held = pair.account().position
    assert held is not None
    turned = replace(pair.account(), position=replace(held, signed_size=Decimal(2)))
    pair.world.answers["account"] = turned
    await pair.settle()
    kinds = sorted(alarm.kind for alarm in await pair.alarms())
    assert kinds == [AlarmKind.BOOK_MISMATCH, AlarmKind.ORPHAN_EXPOSURE]
    placed: list[PerpOrder] = []
    place = pair.world.answers["place"]

    def noted(who: Any, order: PerpOrder, *more: Any) -> Any:
        placed.append(order)
        return place(who, order, *more)

    pair.world.answers["place"] = noted
    await pair.settle(after=11 * MINUTES)
    await pair.work_off()
    (order,) = placed
    assert (order.is_buy, order.reduce_only, order.size) == (False, True, Decimal(2))
    assert order.limit_price < 170


async def test_a_sweep_that_fails_is_told_and_begun_again() -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.sold_short += 3
    place = pair.world.answers["place"]
    await pair.settle()
    await pair.settle(after=11 * MINUTES)
    pair.world.answers["place"] = Refused(ErrorCode.HYPERLIQUID_ORDER, "no such asset")
    await pair.work_off()
    (job,) = await pair.jobs(JobKind.SWEEP)
    assert job.status is JobStatus.FAILED
    await pair.settle(after=5)
    assert len(await pair.jobs(JobKind.SWEEP)) == 1
    (alarm,) = await pair.alarms()
    assert alarm.tried == "Closing it: no such asset"
    pair.world.answers["place"] = place
    await pair.settle(after=2 * MINUTES)
    await pair.work_off()
    assert pair.sold_short == Decimal("6.12")
    assert await pair.alarms() == []


async def test_nothing_is_opened_before_the_first_look_nor_beside_an_orphan() -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.world.answers["positions"], known = AWAY, pair.world.answers["positions"]
    with pytest.raises(Unavailable):
        await pair.guard.before_opening(ADA)
    pair.world.answers["positions"] = known
    await pair.guard.before_opening(ADA)
    pair.stray("stray")
    await pair.settle()
    with pytest.raises(DomainError) as refusal:
        await pair.guard.before_opening(ADA)
    assert refusal.value.code is ErrorCode.UNCLAIMED_EXPOSURE


async def test_a_difference_too_small_for_an_order_is_told() -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.sold_short -= Decimal("0.02")
    await pair.settle()
    (alarm,) = await pair.alarms()
    assert alarm.kind is AlarmKind.LEDGER_MISMATCH
    assert pair.asked.repairs == []
    pair.sold_short += Decimal("0.02")
    await pair.settle()
    assert await pair.alarms() == []


async def test_everybody_with_wallets_is_looked_at() -> None:
    pair = GuardedPair()
    await pair.hedged()
    ((user, look),) = await pair.guard.everybody()
    assert user == ADA
    assert look is not None
    assert look.is_complete
