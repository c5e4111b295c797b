"""What operators do by hand stands in the audit log under their own name, not under the user's."""

from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import AuditEntry, AuditKind
from asgard_basis.ports.unit_of_work import Transactions


class OperatorLog:
    """Writes an operator's command down before it is carried out."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def note(
        self,
        command: str,
        *,
        who: str,
        user_id: UserId | None = None,
        position_id: PositionId | None = None,
        reason: str | None = None,
    ) -> None:
        """One line in the user's chain, or in the operators' when it concerns everybody."""
        body = {"command": command, "by": f"operator ({who})"}
        if reason is not None:
            body["reason"] = reason
        entry = AuditEntry(self._clock.host(), AuditKind.OPERATOR, body, user_id, position_id)
        async with self._transactions.for_system() as work:
            await work.audit.append(entry)
