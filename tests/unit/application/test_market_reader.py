"""The shared snapshot, also while its store does not answer."""

import pytest

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.domain.errors import ErrorCode, Unavailable
from tests.unit.application.pair import SNAPSHOT
from tests.unit.application.world import Outside, StillClock

AWAY = Unavailable(ErrorCode.NOT_READY, "Redis does not answer")


async def test_while_the_store_is_away_the_last_snapshot_stands_in_and_grows_old() -> None:
    clock = StillClock(SNAPSHOT.perp.observed_at)
    store = Outside(latest=SNAPSHOT)
    reader = MarketReader(store, clock)  # type: ignore[arg-type]
    assert await reader.is_fresh()
    store.answers["latest"] = AWAY
    clock.pass_time(20)
    assert await reader.latest() == SNAPSHOT
    clock.pass_time(20)
    assert not await reader.is_fresh()
    assert store.calls == ["latest"] * 3


async def test_without_any_snapshot_the_silence_is_told() -> None:
    reader = MarketReader(Outside(latest=AWAY), StillClock())  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Unavailable, match="Redis"):
            await reader.latest()
