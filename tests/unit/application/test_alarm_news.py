"""Who was told of an alarm is told again when something changed that a person would see."""

from dataclasses import replace
from decimal import Decimal

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.snapshot import LstMarket
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.repositories import JobKind
from tests.unit.application.guards import GuardedPair
from tests.unit.application.pair import SNAPSHOT
from tests.unit.application.test_monitor import SOLD, bought, write
from tests.unit.application.world import ADA, START


def redeems(pair: GuardedPair, rate: str) -> None:
    lst = LstMarket(Asset.INF, Decimal(rate), None, None, START)
    pair.world.answers |= {
        "latest": replace(SNAPSHOT, lsts={Asset.INF: lst}),
        "lst_markets": {Asset.INF: lst},
    }


async def announced(pair: GuardedPair) -> int:
    async with pair.transactions.for_system() as work:
        taken = await work.outbox.take(100)
    return len([event for _, event in taken if event.kind == "alarm_update"])


async def test_an_exposed_leg_is_not_told_again_for_every_move_of_what_its_token_redeems_for() -> (
    None
):
    pair = GuardedPair()
    redeems(pair, "1.4")
    position = await pair.hedged()
    async with pair.transactions.for_user(ADA) as work:
        position = await work.positions.save(replace(position, asset=Asset.INF))
    job = await pair.job(JobKind.CLOSE, position)
    await pair.moved(position, PositionState.CLOSING_SHORT)
    await write(pair, job.id, bought(pair, SOLD))
    pair.clock.pass_time(121)
    await pair.watchers.monitor.cycle()
    once = await announced(pair)
    for rate in ("1.4000003", "1.4000006"):
        redeems(pair, rate)
        pair.clock.pass_time(5)
        await pair.watchers.monitor.cycle()
    (alarm,) = await pair.alarms()
    assert alarm.kind is AlarmKind.LEG_EXPOSED
    assert await announced(pair) == once > 0
    redeems(pair, "1.5")
    await pair.watchers.monitor.cycle()
    assert await announced(pair) > once


async def test_an_orphan_is_not_told_again_for_every_move_of_what_it_redeems_for() -> None:
    pair = GuardedPair()
    await pair.hedged()
    pair.stray("other")
    pair.longs["other"] = replace(pair.longs["other"], asset=Asset.INF)
    redeems(pair, "1.4")
    await pair.settle()
    once = await announced(pair)
    for rate in ("1.4000003", "1.4000006"):
        redeems(pair, rate)
        await pair.settle()
    assert [a.kind for a in await pair.alarms()] == [AlarmKind.ORPHAN_EXPOSURE]
    assert await announced(pair) == once > 0
