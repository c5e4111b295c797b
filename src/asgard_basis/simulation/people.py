"""People at their browsers: they ask, ask again when nothing answers, and sometimes twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from asgard_basis.application.trading.preflight import entry_order
from asgard_basis.bootstrap.app import App
from asgard_basis.domain.errors import DomainError, OutcomeUnknown, Unavailable
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.position.lifecycle import CLOSEABLE, ENDED
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.ports.repositories import Job
from asgard_basis.simulation.deployment import Deployment
from asgard_basis.simulation.machine import Shared
from asgard_basis.simulation.plan import CONTROLS, Wish, WishKind
from asgard_basis.simulation.prehistory import Person

_TRIES = 8
_LOOK_SECONDS = 5.0
_WAIT_SECONDS = 1_200.0
"""Longer nobody waits for an opening before closing what there is, if anything."""


class Browser:
    """One person's wishes, carried to the API process."""

    def __init__(
        self, person: Person, deployment: Deployment, shared: Shared, tell: Callable[[str], None]
    ) -> None:
        self._person = person
        self._deployment = deployment
        self._shared = shared
        self._tell = tell

    async def wish(self, wish: Wish, earlier: "asyncio.Task[Job | None] | None") -> Job | None:
        """Ask for it at its moment, from a second browser too; the job that came of it."""
        position_id: PositionId | None = None
        if wish.kind in {WishKind.CLOSE, WishKind.REDUCE}:
            position_id = await self._opened(earlier)
            if position_id is None:
                return None
        await asyncio.sleep(wish.at)
        key = f"wish-{wish.number}"
        asked = [self._ask(wish, position_id, key)]
        if wish.again_after is not None:
            other = key if wish.again_is_same else f"{key}-again"
            asked.append(self._late(wish.again_after, self._ask(wish, position_id, other)))
        jobs = await asyncio.gather(*asked)
        return next((job for job in jobs if job is not None), None)

    async def close(self, position_id: PositionId) -> Job | None:
        """Close one position, whatever its state."""
        job: Job | None = await self._asked(
            lambda app: app.close_position.request(self._person.user_id, position_id, None),
            f"close {position_id[:8]}",
        )
        return job

    def positions(self) -> list[Position]:
        """The person's positions as they are stored."""
        rows = self._shared.tables.rows["positions"].values()
        return [row.value for row in rows if row.owner == self._person.user_id]

    async def _opened(self, earlier: "asyncio.Task[Job | None] | None") -> PositionId | None:
        """The position of an earlier opening, once it can be closed or will not come about."""
        job = None if earlier is None else await asyncio.shield(earlier)
        if job is None or job.position_id is None:
            return None
        waited = 0.0
        while waited < _WAIT_SECONDS:
            found = next((p for p in self.positions() if p.id == job.position_id), None)
            if found is None or found.state in ENDED:
                return None
            if found.state in CLOSEABLE:
                return found.id
            await asyncio.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS
        return job.position_id

    async def _late(self, seconds: float, asking: Awaitable[Job | None]) -> Job | None:
        await asyncio.sleep(seconds)
        return await asking

    async def _ask(self, wish: Wish, position_id: PositionId | None, key: str) -> Job | None:
        user_id = self._person.user_id
        job: Job | None
        if wish.kind in CONTROLS or wish.kind is WishKind.CLOSE_ALL:
            await self._control(wish, key)
            return None
        if wish.kind is WishKind.DEPOSIT:
            job = await self._asked(
                lambda app: app.deposits.request(user_id, wish.size_usd, key), wish.says()
            )
            return job
        if position_id is not None and wish.kind is WishKind.REDUCE:
            held, fraction = position_id, wish.fraction
            job = await self._asked(
                lambda app: app.reduce_position.request(user_id, held, fraction, key), wish.says()
            )
            return job
        if position_id is not None:
            closing = position_id
            job = await self._asked(
                lambda app: app.close_position.request(user_id, closing, key), wish.says()
            )
            return job
        order = entry_order(
            asset=wish.asset.value,
            size_usd=wish.size_usd,
            leverage=wish.leverage,
            protocol=None,
            limits=self._shared.limits,
        )
        job = await self._asked(
            lambda app: app.open_position.request(user_id, order, key), wish.says()
        )
        return job

    async def _control(self, wish: Wish, key: str) -> None:
        user_id, reason = self._person.user_id, wish.says()
        if wish.kind is WishKind.CLOSE_ALL:
            await self._asked(lambda app: app.close_all.request(user_id, key), reason)
        elif wish.kind is WishKind.STOP:
            await self._asked(
                lambda app: app.emergency_stop.request(user_id, reason=reason, key=key), reason
            )
        elif wish.kind is WishKind.PAUSE:
            await self._asked(
                lambda app: app.pauses.pause(user_id, by=PauseSetter.USER, reason=reason), reason
            )
            await asyncio.sleep(wish.seconds)
            await self._asked(lambda app: app.pauses.resume(user_id, by=PauseSetter.USER), "resume")
        else:
            await self._asked(lambda app: app.kill_switch.throw(reason), reason)
            await asyncio.sleep(wish.seconds)
            await self._asked(lambda app: app.kill_switch.release(), "release")

    async def _asked(self, request: Callable[[App], Awaitable[Any]], what: str) -> Any:
        for _ in range(_TRIES):
            machine = self._deployment.machine("api")
            if machine is not None:
                asking = self._deployment.run_in(machine, _awaited(request(machine.app)), what)
                await asyncio.wait({asking})
                if not asking.cancelled():
                    error = asking.exception()
                    if error is None:
                        answer = asking.result()
                        told = f"job {answer.id[:8]}" if isinstance(answer, Job) else "done"
                        self._tell(f"{self._person.name}: {what}: {told}")
                        return answer
                    if not isinstance(error, DomainError):
                        raise error
                    if not isinstance(error, Unavailable | OutcomeUnknown):
                        self._tell(f"{self._person.name}: {what}: {error.code.code}")
                        return None
            await asyncio.sleep(3)
        self._tell(f"{self._person.name}: {what}: given up")
        return None


async def _awaited(asking: Awaitable[Any]) -> Any:
    return await asking
