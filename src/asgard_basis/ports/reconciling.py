"""What the position monitor reads and writes: everybody's at once, one statement for each.

Only inside the system's unit of work.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from asgard_basis.domain.identifiers import EvmAddress, PositionId, UserId
from asgard_basis.domain.market.funding import FundingPayment
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import LegObservation, Position
from asgard_basis.domain.saga.step import Step
from asgard_basis.ports.oversight import AlarmKind

WATCHED = frozenset({PositionState.HEDGED, PositionState.STUCK_UNWIND, PositionState.QUARANTINED})
"""States in which no saga is working on a position: its records are the monitor's to keep."""
GATE_ALARMS = frozenset(
    {
        AlarmKind.LEG_LOST,
        AlarmKind.BOOK_MISMATCH,
        AlarmKind.ORPHAN_EXPOSURE,
        AlarmKind.LEDGER_MISMATCH,
    }
)
"""Alarms of the existence gate: while one is open its user is looked at closely."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One position with what its record-keeping needs."""

    position: Position
    booked_until: datetime | None
    """The full hour of its newest payment."""
    steps: tuple[Step, ...] | None
    """Of all its jobs, oldest first, where its funding is to be asked for; else None."""


@dataclass(frozen=True, slots=True)
class Household:
    """One user's part of an overview."""

    user_id: UserId
    address: EvmAddress | None
    """Of the account at Hyperliquid; None while wallets are being set up."""
    is_moving: bool
    """Some job on a position of this user has not ended."""
    is_troubled: bool
    """An orphan, or an alarm of the existence gate, is open."""
    held: tuple[Kept, ...]
    """Positions that have not ended, oldest first."""
    ended: tuple[Kept, ...]
    """Those that ended lately and had a short, and miss a settlement."""

    @property
    def is_funding_due(self) -> bool:
        """Whether payments of this user were chosen to be asked for."""
        return any(kept.steps is not None for kept in (*self.held, *self.ended))


@dataclass(frozen=True, slots=True)
class FundingWanted:
    """Of whom payments are to be read."""

    hour: datetime
    """The last full hour of market time: there may be a payment for it."""
    users_max: int
    but_not: Collection[UserId] = ()
    read: Collection[PositionId] = ()
    """Ended positions that have no payment for the hour they miss."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One payment's share of one position."""

    payment: FundingPayment
    share: Decimal
    """In USDC."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was found out about one position, to be written if it is still as it was read."""

    position_id: PositionId
    version: int
    """As it was read."""
    observation: LegObservation | None = None
    """None leaves it as it is."""
    fee_usdc: Decimal | None = None
    """The long's, when it has become known."""
    bookings: tuple[Booking, ...] = ()
    """Written only while no job is at work on the position."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return self.observation is None and self.fee_usdc is None and not self.bookings


class Reconciling(Protocol):
    """Everybody's positions at once."""

    async def overview(
        self, *, ended_since: datetime, funding: FundingWanted
    ) -> Sequence[Household]:
        """Everybody who holds something, misses a settlement or is troubled, by user.

        Funding is due for a watched or ended position that has had a short, that no job is at
        work on, and whose newest payment is older than the last full hour it was there; it is
        chosen of so many users at most, those that miss most first.
        """
        ...

    async def write(self, changes: Sequence[Change]) -> frozenset[PositionId]:
        """Those that were written; one that has been changed meanwhile, or is being, is left.

        Each payment once by (position, hour); the position's total follows, and its user is told.
        """
        ...
