"""A pair that lost a part of a leg is a pair again, or closed, and its result stays true."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.repositories import JobKind, JobStatus
from tests.unit.application.guards import GuardedPair
from tests.unit.application.pair import PERP, STATE
from tests.unit.application.world import ADA


async def lost(pair: GuardedPair, *, short: str) -> Position:
    """Let the venue take so much of the short, and the gate see it."""
    position = await pair.hedged()
    size, pair.sold_short = pair.sold_short, Decimal(short)
    pair.flat_by_venue("172")
    pair.sold_short = size - Decimal(short)
    await pair.settle()
    return position


async def test_a_short_that_was_taken_is_sold_again_and_what_it_cost_is_booked() -> None:
    pair = GuardedPair(repairs=True)
    position = await lost(pair, short="4")
    await pair.work_off()
    now = await pair.position(position)
    assert (now.state, pair.sold_short) == (PositionState.HEDGED, Decimal("6.12"))
    assert now.short is not None
    assert now.short.size == Decimal("6.12")
    # 4 SOL sold at 176.50 were bought back at 172, and sold again at 170.
    assert now.short.realised_usd == 4 * (Decimal("176.50") - 172)
    entry = (Decimal("2.12") * Decimal("176.50") + 4 * 170) / Decimal("6.12")
    assert abs(now.short.entry_price - entry) < Decimal("0.000001")
    await pair.settle()
    assert await pair.alarms() == []


async def test_a_long_that_is_gone_takes_the_short_with_it() -> None:
    pair = GuardedPair(repairs=True)
    position = await pair.hedged()
    pair.end_long()
    await pair.settle()
    await pair.work_off()
    now = await pair.position(position)
    assert (now.state, pair.sold_short) == (PositionState.CLOSED, Decimal(0))
    assert now.long is not None
    assert (now.long.usdc_returned, now.long.redemption_closed) == (Decimal(0), Decimal(1))
    assert now.failure_code == ErrorCode.POSITION_ASYMMETRIC.code
    assert now.closed_at is not None
    await pair.settle()
    assert await pair.alarms() == []


async def test_a_short_is_cut_to_what_a_liquidator_left_of_the_long() -> None:
    pair = GuardedPair(repairs=True)
    position = await pair.hedged()
    left = replace(STATE, collateral=Decimal("5.12"), debt_usdc=Decimal(380))
    pair.world.answers["state"] = left
    await pair.settle()
    await pair.work_off()
    now = await pair.position(position)
    assert (now.state, pair.sold_short) == (PositionState.HEDGED, Decimal("5.12"))
    assert now.long is not None
    assert (now.long.collateral_bought, now.long.debt_opened) == (Decimal("5.12"), Decimal(380))
    assert position.long is not None
    taken = position.long.collateral_bought - Decimal("5.12")
    premium = taken * 170 - (position.long.debt_opened - 380)
    assert now.long.cost_usd == position.long.cost_usd + premium
    await pair.settle()
    assert await pair.alarms() == []
    assert len(await pair.jobs(JobKind.REPAIR)) == 1


async def test_a_repair_is_taken_on_once_and_not_beside_a_closing() -> None:
    pair = GuardedPair(repairs=True)
    position = await pair.hedged()
    repairs = pair.watchers.repairs
    first = await repairs.request(ADA, position.id, "a test")
    assert (await repairs.request(ADA, position.id, "again")).id == first.id
    await pair.work_off()
    (job,) = await pair.jobs(JobKind.REPAIR)
    assert job.status is JobStatus.COMPLETED
    await pair.closing.request(ADA, position.id, None)
    with pytest.raises(DomainError) as refusal:
        await repairs.request(ADA, position.id, "too late")
    assert refusal.value.code is ErrorCode.POSITION_BUSY


NO_REDIS = Unavailable(ErrorCode.NOT_READY, "Redis does not answer")


async def test_a_lost_leg_is_repaired_by_a_process_that_has_never_had_redis() -> None:
    pair = GuardedPair(repairs=True)
    pair.world.answers["latest"] = NO_REDIS
    position = await lost(pair, short="4")
    await pair.work_off()
    now = await pair.position(position)
    assert (now.state, pair.sold_short) == (PositionState.HEDGED, Decimal("6.12"))


async def test_a_long_that_is_gone_is_seen_while_only_asgard_knows_a_price() -> None:
    pair = GuardedPair(repairs=True)
    pair.world.answers |= {
        "latest": NO_REDIS,
        "market": Unavailable(ErrorCode.HYPERLIQUID_API, "away"),
    }
    position = await pair.hedged()
    pair.end_long()
    await pair.settle()
    pair.world.answers["market"] = PERP
    await pair.work_off()
    now = await pair.position(position)
    assert (now.state, pair.sold_short) == (PositionState.CLOSED, Decimal(0))
