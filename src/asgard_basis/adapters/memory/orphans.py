"""Exposures without a position, in memory."""

from collections.abc import Sequence
from dataclasses import replace

from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.ports.orphans import Orphan


class MemoryOrphans:
    """Implements Orphans."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def put(self, orphan: Orphan) -> Orphan:
        """Insert it, or update the open one of the same user, kind and key."""
        name = (orphan.user_id, orphan.kind, orphan.key)
        present = next(
            (o for o in await self.unended() if (o.user_id, o.kind, o.key) == name), None
        )
        if present is not None:
            orphan = replace(
                present,
                size=orphan.size,
                position_id=orphan.position_id,
                entry_price=orphan.entry_price or present.entry_price,
                job_id=orphan.job_id or present.job_id,
            )
        # One row for each name, which every writer changes: two at once meet there.
        self._rows.guard("orphan_names", name, DomainError(ErrorCode.POSITION_BUSY))
        self._rows.put("orphan_names", name, orphan.id, owner=orphan.user_id)
        self._rows.put("orphans", orphan.id, orphan, owner=orphan.user_id)
        return orphan

    async def get(self, orphan_id: str) -> Orphan | None:
        """The orphan, or None."""
        row = self._rows.find("orphans", orphan_id)
        return row.value if row else None

    async def end(self, orphan: Orphan) -> None:
        """Write the end of an open one."""
        present = await self.get(orphan.id)
        if present is not None and present.ended_at is None:
            ended = replace(
                present,
                ended_at=orphan.ended_at,
                ending=orphan.ending,
                swept=orphan.swept,
                swept_usd=orphan.swept_usd,
                fee_usdc=orphan.fee_usdc,
                network_fee_sol=orphan.network_fee_sol,
            )
            self._rows.put("orphans", orphan.id, ended, owner=orphan.user_id)

    async def unended(self) -> Sequence[Orphan]:
        """Open ones, oldest first."""
        return [orphan for orphan in self._all() if orphan.ended_at is None]

    async def recent(self, *, limit: int = 50) -> Sequence[Orphan]:
        """Newest first."""
        return self._all()[::-1][:limit]

    def _all(self) -> list[Orphan]:
        return [row.value for row in self._rows.rows("orphans")]
