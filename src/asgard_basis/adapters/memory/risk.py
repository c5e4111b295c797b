"""What risk remembers, in memory."""

from collections.abc import Sequence

from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.risk import AccountMemory, PositionMemory


class MemoryRiskRecords:
    """Implements RiskRecords."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def near(self) -> Sequence[PositionMemory]:
        """Of every position with a danger that stands."""
        return [row.value for row in self._rows.rows("risk_near")]

    async def remember(self, memory: PositionMemory) -> None:
        """Replace all that stood for the position."""
        if memory.near:
            self._rows.put("risk_near", memory.position_id, memory, owner=memory.user_id)
        elif self._rows.find("risk_near", memory.position_id) is not None:
            self._rows.remove("risk_near", [memory.position_id])

    async def account(self, user_id: UserId) -> AccountMemory | None:
        """The user's, or None before anything was remembered."""
        row = self._rows.find("risk_accounts", user_id)
        return row.value if row else None

    async def accounts(self) -> Sequence[AccountMemory]:
        """Everybody's, in the order of their ids."""
        found = [row.value for row in self._rows.rows("risk_accounts")]
        return sorted(found, key=lambda account: account.user_id)

    async def keep_account(self, account: AccountMemory) -> None:
        """Insert or replace the user's."""
        self._rows.put("risk_accounts", account.user_id, account, owner=account.user_id)
