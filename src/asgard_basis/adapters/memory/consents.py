"""What people allow, in memory."""

from asgard_basis.adapters.memory.tables import Row, Transaction
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.consents import MoveConsent


class MemoryMoveConsents:
    """Implements MoveConsents."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def get(self, user_id: UserId) -> MoveConsent | None:
        """What the person has allowed, or None when never asked."""
        row: Row | None = self._rows.find("move_consents", user_id)
        return row.value if row else None

    async def save(self, consent: MoveConsent) -> None:
        """Insert, or replace what was allowed before."""
        self._rows.put("move_consents", consent.user_id, consent, owner=consent.user_id)
