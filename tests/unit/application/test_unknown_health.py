"""The lender does not say how a long stands: that is neither failed nor healthy."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.risk.defence import Act
from asgard_basis.domain.rulebook import replayed
from asgard_basis.ports.oversight import AlarmKind
from tests.unit.application.test_defend import NEAR_LONG, Threatened
from tests.unit.application.test_risk_watch import Watched
from tests.unit.application.world import ADA

SILENT = Unavailable(ErrorCode.ASGARD_API, "the lender cannot be read")


class Unread(Threatened):
    """Ada's pair, at a lender that nobody can read."""

    def __init__(self) -> None:
        super().__init__()
        self.world.answers["state"] = SILENT

    @property
    def snapshot(self) -> Any:
        return replace(super().snapshot, lenders=())


@pytest.mark.parametrize("price", [D(170), NEAR_LONG])
async def test_no_defence_is_made_of_what_is_not_known(price: D) -> None:
    pair = Unread()
    position = await pair.watched()
    pair.moved(price)
    assert await pair.watchers.defender.defend(position.id) is Act.UNKNOWN
    assert not await pair.jobs()
    (card,) = await pair.cards(position)
    assert card.ruling.verdict is Verdict.HOLD
    assert card.ruling.failing == ("long_known",)
    assert replayed(card) == card.ruling


async def test_a_look_in_vain_keeps_what_was_known_and_takes_nothing_for_lost() -> None:
    pair = Unread()
    position = await pair.watched()
    for _ in range(6):
        await pair.watchers.monitor.cycle()
        pair.clock.pass_time(5)
    async with pair.transactions.for_user(ADA) as work:
        after = await work.positions.get(position.id)
        assert await work.alarms.unresolved() == []
    assert after is not None
    assert after.observation is not None
    assert position.observation is not None
    assert after.observation.observed_at == position.observation.observed_at
    assert not await pair.jobs()
    assert pair.asked.repairs == []


async def test_after_a_quarter_of_an_hour_it_is_told_and_nothing_is_done() -> None:
    watched = Watched()
    position_id = await watched.hold()
    await watched.mark("100", after=890)
    assert await watched.alarms() == set()
    await watched.mark("100", after=20)
    assert await watched.alarms() == {AlarmKind.RISK_UNKNOWN}
    assert await watched.closings() == []
    assert watched.defender.asked == []
    assert await watched.verdicts(position_id) == [Verdict.HOLD, Verdict.HOLD]


async def test_an_unknown_long_hides_no_danger_of_the_short() -> None:
    watched = Watched()
    await watched.hold(health=None)
    await watched.mark("145", lenders=())
    assert len(await watched.closings()) == 1
