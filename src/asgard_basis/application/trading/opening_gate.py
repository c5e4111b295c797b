"""What stands between a wish and an opening: the kill switch, pauses, and what has just failed.

It is asked when an opening is requested, when its job starts, and right before the long is built
and signed. A short that hedges a long is never asked for anything.
"""

from datetime import datetime, timedelta

from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.operations.pause import pause_told
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.breakers import too_many_today
from asgard_basis.domain.risk.churn import (
    Attempt,
    Hold,
    Result,
    attempt_of,
    held_back,
    hold_told,
)
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

_OWN_REMEMBERED = 100
_SHARED_REMEMBERED = 50
_SHARED_FOR = timedelta(seconds=5)


class OpeningGate:
    """Says whether a user may open, and why not."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        kill_switch: KillSwitch,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._kill_switch = kill_switch
        self._clock = clock
        self._limits = limits
        self._shared: tuple[Attempt, ...] = ()
        self._shared_at: datetime | None = None

    async def admit(
        self,
        user_id: UserId,
        asset: Asset,
        protocol: LendingProtocol | None,
    ) -> None:
        """Pass when the user may open; raises Refused RSK-0007 or RSK-0008."""
        told = await self.paused(user_id)
        if told is not None:
            raise Refused(ErrorCode.PAUSED, told)
        hold = await self.held_back(user_id, asset, protocol)
        if hold is not None:
            raise Refused(
                ErrorCode.HELD_BACK,
                hold_told(hold),
                {"until": hold.until.isoformat(), "figure": hold.figure, "limit": hold.limit},
            )

    async def paused(self, user_id: UserId) -> str | None:
        """In one sentence why opening is forbidden; None when it is not."""
        by_flag = self._kill_switch.told()
        if by_flag is not None:
            return by_flag
        async with self._transactions.for_user(user_id) as work:
            return pause_told(await work.pauses.in_force(user_id))

    async def held_back(
        self,
        user_id: UserId,
        asset: Asset,
        protocol: LendingProtocol | None,
    ) -> Hold | None:
        """Until when the user's own failures, or everybody's, hold an opening back.

        Without a protocol the lender has not been chosen yet.
        """
        now = self._clock.now()
        async with self._transactions.for_user(user_id) as work:
            own = await _attempts(work, now, limit=_OWN_REMEMBERED)
        churned = held_back(
            own,
            asset=asset,
            lender=None if protocol is None else protocol.name.title(),
            now=now,
            limits=self._limits,
            shared=await self._of_everybody(now),
        )
        used_up = too_many_today([a.at for a in own], now=now, limits=self._limits)
        standing = [hold for hold in (churned, used_up) if hold is not None]
        return max(standing, key=lambda hold: hold.until, default=None)

    async def _of_everybody(self, now: datetime) -> tuple[Attempt, ...]:
        """Looked at every few seconds; successes only while there are failures to forgive."""
        host = self._clock.host()
        if self._shared_at is not None and host - self._shared_at < _SHARED_FOR:
            return self._shared
        async with self._transactions.for_system() as work:
            ended = await work.positions.ended(limit=_SHARED_REMEMBERED)
            attempts = [a for p in ended if (a := attempt_of(p, now)) is not None]
            if any(a.result is not Result.HEDGED for a in attempts):
                attempts = await _attempts(work, now, limit=_SHARED_REMEMBERED)
        self._shared, self._shared_at = tuple(attempts), host
        return self._shared


async def _attempts(work: UnitOfWork, now: datetime, *, limit: int) -> list[Attempt]:
    positions = [*await work.positions.held(), *await work.positions.ended(limit=limit)]
    found = [attempt_of(p, now) for p in positions]
    return [attempt for attempt in found if attempt is not None]
