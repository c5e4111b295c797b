"""The red button: nothing is opened any more, and everything is closed as far as it can be.

What is being opened at that moment is not forgotten: it is closed as soon as it is hedged,
because a stop is in force until somebody lifts it.
"""

from dataclasses import dataclass

import structlog

from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.trading.close_all import CloseAll, Leaving
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.ports.oversight import EVERYBODY, Pause
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

CLOSES, EVERYTHING = "closes", "everything"
"""In a pause's details: it is an emergency stop."""
_LEFT_OVER = frozenset({PositionState.HEDGED, PositionState.QUARANTINED})
"""What a stop in force still closes; what is stuck waits for a person."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """One user's part of a stop."""

    user_id: UserId
    leaving: Leaving


class EmergencyStop:
    """Pauses opening and closes everything, for one user or for all."""

    def __init__(
        self, *, transactions: Transactions, pauses: PauseControl, close_all: CloseAll
    ) -> None:
        self._transactions = transactions
        self._pauses = pauses
        self._close_all = close_all

    async def request(self, user_id: UserId, *, reason: str, key: str | None) -> Leaving:
        """Stop everything of one user: the user asks, and the user alone lifts the pause."""
        await self._pauses.pause(
            user_id, by=PauseSetter.USER, reason=reason, details={CLOSES: EVERYTHING}
        )
        return await self._close_all.request(user_id, key, is_emergency=True)

    async def by_operator(self, user_id: UserId | None, *, reason: str) -> list[Stopped]:
        """Stop everything of one user, or of everybody; an operator lifts the pause."""
        await self._pauses.pause(
            user_id, by=PauseSetter.OPERATOR, reason=reason, details={CLOSES: EVERYTHING}
        )
        users = [user_id] if user_id is not None else await self._holders()
        return [
            Stopped(user, await self._close_all.request(user, None, is_emergency=True))
            for user in users
        ]

    async def keep(self) -> int:
        """Close what became closeable since a stop that is still in force; how many jobs began.

        To be called every few seconds, by any worker: it also finishes a stop whose process died
        between pausing and closing.
        """
        async with self._transactions.for_system() as work:
            stops = [p for p in await work.pauses.in_force() if _is_stop(p)]
            if not stops:
                return 0
            held = await work.positions.held()
            running = await work.jobs.unfinished()
        busy = {job.position_id for job in running}
        scopes = {stop.scope for stop in stops}
        users = {
            p.user_id
            for p in held
            if p.state in _LEFT_OVER
            and p.id not in busy
            and (EVERYBODY in scopes or p.user_id in scopes)
        }
        under_way = {job.id for job in running}
        count = 0
        for user in sorted(users):
            count += await self._kept(user, under_way)
        return count

    async def _kept(self, user_id: UserId, known: set[JobId]) -> int:
        try:
            left = await self._close_all.request(
                user_id, None, is_emergency=True, states=_LEFT_OVER
            )
        except DomainError as error:
            log.warning("emergency_not_kept", code=error.code.code, why=error.message)
            return 0
        return sum(job.id not in known for job in left.jobs)

    async def _holders(self) -> list[UserId]:
        async with self._transactions.for_system() as work:
            return sorted({p.user_id for p in await work.positions.held()})


def _is_stop(pause: Pause) -> bool:
    return pause.details.get(CLOSES) == EVERYTHING
