"""The kill switch: nothing that increases risk, anywhere, until an operator lifts it.

It is latched twice, as a flag that needs neither database nor Redis nor API and as a pause in the
database; either is enough. It forbids opening only: hedging what is bought, and leaving, go on.
"""

from dataclasses import dataclass
from decimal import Decimal

import structlog

from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.exposure import net_sol
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.kill_flag import KillFlag
from asgard_basis.ports.oversight import EVERYBODY, Pause
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

PLACE = "flag"
"""In the pause's details: which flag it came from."""
_BY = PauseSetter.KILL_SWITCH.value


@dataclass(frozen=True, slots=True)
class Exposure:
    """One position that is held all the same."""

    position_id: PositionId
    user_id: UserId
    state: str
    asset: str
    long_tokens: Decimal
    short_sol: Decimal
    net_sol: Decimal | None
    """Without its opposite leg, long positive; None while neither leg is recorded."""


@dataclass(frozen=True, slots=True)
class KillState:
    """Where the switch stands, and what is held all the same."""

    flag: str | None
    """What the flag says; None when it is down."""
    database: str | None
    """What the pause in the database says; None when there is none, or no database."""
    is_database_known: bool
    exposed: tuple[Position, ...] = ()
    """Positions that are not ended; empty while the database does not answer."""

    @property
    def exposure(self) -> tuple[Exposure, ...]:
        """The same with their sizes, for people."""
        return tuple(_exposure(position) for position in self.exposed)

    @property
    def is_on(self) -> bool:
        """Whether either latch holds."""
        return self.flag is not None or self.database is not None


class KillSwitch:
    """Throws it, releases it, and says whether it is on."""

    def __init__(self, *, transactions: Transactions, flag: KillFlag, clock: Clock) -> None:
        self._transactions = transactions
        self._flag = flag
        self._clock = clock

    def told(self) -> str | None:
        """In one sentence why nothing may be opened, by this machine's flag alone."""
        reason = self._flag.reason()
        return None if reason is None else f"The kill switch is on: {reason}"

    async def throw(self, reason: str) -> KillState:
        """Latch it in both places; raises Unavailable GEN-0006 when neither can be reached."""
        failures = []
        try:
            self._flag.hoist(reason)
        except Unavailable as error:
            failures.append(error)
        try:
            await self._latch(reason)
        except DomainError as error:
            log.warning("kill_switch_not_in_database", why=error.message)
            if failures:
                raise Unavailable(
                    ErrorCode.NOT_READY, f"The kill switch is NOT on: {failures[0].message}"
                ) from error
        return await self.state()

    async def release(self) -> KillState:
        """Lift both; raises Unavailable GEN-0006, with both still latched, when one cannot be."""
        reason = self._flag.reason()
        self._flag.lower()
        try:
            async with self._transactions.for_system() as work:
                if await work.pauses.lift(EVERYBODY, by=_BY):
                    await work.outbox.append(_event(is_on=False))
        except DomainError:
            if reason is not None:
                self._flag.hoist(reason)
            raise
        return await self.state()

    async def state(self) -> KillState:
        """Both latches, and what is held."""
        flag = self._flag.reason()
        try:
            async with self._transactions.for_system() as work:
                pauses = await work.pauses.in_force()
                held = tuple(await work.positions.held())
        except DomainError:
            return KillState(flag, None, is_database_known=False)
        reason = next((p.reason for p in pauses if p.by == _BY), None)
        return KillState(flag, reason, is_database_known=True, exposed=held)

    async def keep(self) -> bool:
        """Carry a flag that somebody hoisted by hand into the database; whether it was new.

        To be called every few seconds by every process that has a flag of its own.
        """
        reason = self._flag.reason()
        if reason is None:
            return False
        async with self._transactions.for_system() as work:
            if any(p.by == _BY for p in await work.pauses.in_force()):
                return False
        await self._latch(reason)
        log.error("kill_switch_is_on", place=self._flag.place, reason=reason)
        return True

    async def _latch(self, reason: str) -> None:
        details = {PLACE: self._flag.place}
        pause = Pause(EVERYBODY, _BY, reason, self._clock.host(), details)
        async with self._transactions.for_system() as work:
            await work.pauses.put(pause)
            await work.outbox.append(_event(is_on=True))


def _exposure(position: Position) -> Exposure:
    long, short = position.long, position.short
    return Exposure(
        position_id=position.id,
        user_id=position.user_id,
        state=position.state.value,
        asset=position.asset.value,
        long_tokens=long.collateral_bought - long.collateral_sold if long else ZERO,
        short_sol=short.size if short else ZERO,
        net_sol=net_sol(position),
    )


def _event(*, is_on: bool) -> Event:
    return Event("control_update", {"is_paused": is_on, "by": _BY})
