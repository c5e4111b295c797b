"""Asgard's one request a second is shared so that whoever closes does not wait for who looks."""

import asyncio
from datetime import timedelta

from asgard_basis.adapters.asgard.client import Pace
from asgard_basis.ports.coordination import WATCHING, Tenure, acting_under
from tests.unit.application.world import StillClock


class BusyClock(StillClock):
    """Others go on while somebody sleeps."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        await super().sleep(seconds)


async def test_a_job_waits_for_one_look_however_many_are_in_line() -> None:
    pace = Pace(timedelta(seconds=1), BusyClock())
    order: list[str] = []

    async def call(name: str, tenure: str) -> None:
        with acting_under(Tenure(tenure, 1, "here")):
            await pace.turn()
        order.append(name)

    looks = [asyncio.create_task(call("look", f"{WATCHING}monitor")) for _ in range(20)]
    await asyncio.sleep(0)
    job = asyncio.create_task(call("job", "user:ada"))
    await asyncio.gather(job, *looks)
    assert order.index("job") <= 2
