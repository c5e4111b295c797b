"""What the venues hold for a user and no position of theirs claims.

Inside a user's unit of work every call sees and changes that user's rows only; inside the
system's it sees all. Times are host times, UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import JobId, PositionId, UserId


class OrphanKind(StrEnum):
    """Where it is held."""

    LONG = "long"
    """A position in Asgard's list."""
    PERP = "perp"
    """A part of the perpetual account."""


class OrphanEnding(StrEnum):
    """How it came to an end."""

    SWEPT = "swept"
    """Closed by us; the figures say for what."""
    GONE = "gone"
    """The venue does not hold it any more, or a position claims it now."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """One exposure without a position, from the moment it was seen until it is closed or gone."""

    id: str
    user_id: UserId
    kind: OrphanKind
    key: str
    """The long's position key; for the perpetual a name that is the same at every look."""
    size: Decimal
    """Of the perpetual: SOL sold short, negative when held long. Of a long: tokens, zero while
    that is not known."""
    seen_at: datetime
    acts_at: datetime
    """When it is swept, unless it is gone by then."""
    asset: Asset | None = None
    """Of a long, as the next."""
    protocol: LendingProtocol | None = None
    position_id: PositionId | None = None
    """Whose journal names it; None when it is nobody's."""
    entry_price: Decimal | None = None
    """USD per SOL of the account's perpetual when it was seen."""
    job_id: JobId | None = None
    """Which sweeps it."""
    ended_at: datetime | None = None
    ending: OrphanEnding | None = None
    swept: Decimal = Decimal(0)
    """SOL bought back (negative: sold), or tokens of the long sold."""
    swept_usd: Decimal = Decimal(0)
    """Paid for what was bought back (negative: received); for a long USDC received."""
    fee_usdc: Decimal = Decimal(0)
    network_fee_sol: Decimal = Decimal(0)


class Orphans(Protocol):
    """Exposures without a position; at most one open per user, kind and key."""

    async def put(self, orphan: Orphan) -> Orphan:
        """Insert it, or update the open one of the same user, kind and key.

        The open one keeps its id, when it was seen and when it is acted on; its entry price and
        its job are kept unless new ones are given.
        """
        ...

    async def get(self, orphan_id: str) -> Orphan | None:
        """The orphan, or None when there is none or it is another user's."""
        ...

    async def end(self, orphan: Orphan) -> None:
        """Write the end of an open one; one that has ended stays as it is."""
        ...

    async def unended(self) -> Sequence[Orphan]:
        """Open ones, oldest first."""
        ...

    async def recent(self, *, limit: int = 50) -> Sequence[Orphan]:
        """Newest first, ended ones included."""
        ...
