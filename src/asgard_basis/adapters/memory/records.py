"""People, positions and what was paid to them, in memory."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.funding import FundingObservation, FundingPayment
from asgard_basis.domain.market.redemption import Redemption
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.repositories import Session, User
from asgard_basis.ports.wallets import Wallet, WalletRole


class MemoryUsers:
    """Implements Users."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def get(self, user_id: UserId) -> User | None:
        """The person, or None."""
        row = self._rows.find("users", user_id)
        return row.value if row else None

    async def save(self, user: User) -> None:
        """Insert or update by id."""
        self._rows.put("users", user.id, user, owner=user.id)


class MemorySessions:
    """Implements Sessions."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def get(self, session_id: str) -> Session | None:
        """The session, or None."""
        row = self._rows.find("sessions", session_id)
        return row.value if row else None

    async def save(self, session: Session) -> None:
        """Insert or update by id."""
        self._rows.put("sessions", session.id, session, owner=session.user_id)


class MemoryWallets:
    """Implements Wallets."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def of_user(self, user_id: UserId) -> dict[WalletRole, Wallet]:
        """The user's wallets by role."""
        rows = [row for row in self._rows.rows("wallets") if row.owner == user_id]
        return {row.value.role: row.value for row in rows}

    async def add(self, user_id: UserId, wallet: Wallet) -> Wallet:
        """Remember a wallet; returns the one already kept when the role is taken."""
        if self._rows.find("wallets", (user_id, wallet.role)) is None:
            self._rows.put("wallets", (user_id, wallet.role), wallet, owner=user_id)
        return (await self.of_user(user_id))[wallet.role]

    async def owners(self) -> Sequence[UserId]:
        """Everybody with a wallet, in the order of their ids."""
        return sorted({row.owner for row in self._rows.rows("wallets") if row.owner})


class MemoryPositions:
    """Implements Positions."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def get(self, position_id: PositionId) -> Position | None:
        """The position, or None."""
        row = self._rows.find("positions", position_id)
        return row.value if row else None

    async def add(self, position: Position) -> None:
        """Insert a new position."""
        self._rows.put("positions", position.id, position, owner=position.user_id)

    async def save(self, position: Position) -> Position:
        """Update where the stored version equals; raises DomainError POS-0006 otherwise."""
        refusal = DomainError(
            ErrorCode.POSITION_BUSY,
            "the position was changed by somebody else in between",
            {"position_id": position.id, "version": str(position.version)},
        )
        present = await self.get(position.id)
        if present is None or present.version != position.version:
            raise refusal
        saved = dataclasses.replace(position, version=position.version + 1)
        self._rows.guard("positions", position.id, refusal)
        self._rows.put("positions", position.id, saved, owner=position.user_id)
        return saved

    async def held(self) -> Sequence[Position]:
        """All that are not ended, oldest first."""
        found = [p for p in self._all() if p.state not in ENDED]
        return sorted(found, key=lambda p: (p.requested_at, p.id))

    async def ended(self, *, limit: int) -> Sequence[Position]:
        """Ended ones, newest first."""
        found = [p for p in self._all() if p.state in ENDED]
        found.sort(key=lambda p: (p.closed_at or p.requested_at, p.id), reverse=True)
        return found[:limit]

    def _all(self) -> list[Position]:
        return [row.value for row in self._rows.rows("positions")]


class MemoryPayments:
    """Implements Payments."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def book(
        self, user_id: UserId, position_id: PositionId, payment: FundingPayment, *, share: Decimal
    ) -> bool:
        """Insert once by (position, settlement hour); False when it was there already."""
        settled = payment.settled_at.astimezone(UTC)
        hour = settled.replace(minute=0, second=0, microsecond=0)
        key = (position_id, hour)
        if self._rows.find("payments", key) is not None:
            return False
        self._rows.put("payments", key, (position_id, settled, share), owner=user_id)
        return True

    async def total(self, position_id: PositionId) -> Decimal:
        """Sum of the shares."""
        return sum((share for _, share in self._of(position_id)), Decimal(0))

    async def of_position(
        self, position_id: PositionId, *, limit: int
    ) -> Sequence[tuple[datetime, Decimal]]:
        """(settlement, share), newest first."""
        return sorted(self._of(position_id), reverse=True)[:limit]

    def _of(self, position_id: PositionId) -> list[tuple[datetime, Decimal]]:
        rows = [row.value for row in self._rows.rows("payments")]
        return [(settled, share) for owner, settled, share in rows if owner == position_id]


class MemoryFundingHours:
    """Implements FundingHours."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def save(self, observations: Sequence[FundingObservation]) -> None:
        """Insert those that are new."""
        for observation in observations:
            if self._rows.find("funding", observation.hour) is None:
                self._rows.put("funding", observation.hour, observation, owner=None)

    async def between(self, since: datetime, until: datetime) -> Sequence[FundingObservation]:
        """Oldest first, both ends included."""
        found = [row.value for row in self._rows.rows("funding")]
        return sorted((o for o in found if since <= o.hour <= until), key=lambda o: o.hour)


class MemoryRedemptions:
    """Implements Redemptions."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def save(self, rows: Sequence[Redemption]) -> None:
        """Insert those of an hour that is new."""
        for row in rows:
            key = (row.asset, row.hour)
            if self._rows.find("redemptions", key) is None:
                self._rows.put("redemptions", key, row, owner=None)

    async def since(self, asset: Asset, since: datetime) -> Sequence[Redemption]:
        """Of one token from then on, oldest first."""
        found = [row.value for row in self._rows.rows("redemptions")]
        of = [row for row in found if row.asset is asset and row.hour >= since]
        return sorted(of, key=lambda row: row.hour)
