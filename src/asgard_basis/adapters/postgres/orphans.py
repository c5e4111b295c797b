"""Exposures without a position."""

from collections.abc import Sequence
from dataclasses import fields

from asgard_basis.adapters.postgres.rows import Connection, Row, insert_sql
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.ports.orphans import Orphan, OrphanEnding, OrphanKind

_COLUMNS = tuple(field.name for field in fields(Orphan))


class PostgresOrphans:
    """Implements Orphans."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(self, orphan: Orphan) -> Orphan:
        """Insert it, or update the open one of the same user, kind and key."""
        row = await self._connection.fetchrow(
            insert_sql("orphans", _COLUMNS)
            + " ON CONFLICT (user_id, kind, key) WHERE ended_at IS NULL DO UPDATE SET"
            " size = excluded.size, position_id = excluded.position_id,"
            " entry_price = coalesce(excluded.entry_price, orphans.entry_price),"
            " job_id = coalesce(excluded.job_id, orphans.job_id) RETURNING *",
            *_values(orphan),
        )
        if row is None:
            raise RuntimeError("an orphan was neither inserted nor updated")
        return _orphan(row)

    async def get(self, orphan_id: str) -> Orphan | None:
        """The orphan, or None."""
        row = await self._connection.fetchrow("SELECT * FROM orphans WHERE id = $1", orphan_id)
        return None if row is None else _orphan(row)

    async def end(self, orphan: Orphan) -> None:
        """Write the end of an open one."""
        await self._connection.execute(
            "UPDATE orphans SET ended_at = $2, ending = $3, swept = $4, swept_usd = $5,"
            " fee_usdc = $6, network_fee_sol = $7 WHERE id = $1 AND ended_at IS NULL",
            orphan.id,
            orphan.ended_at,
            orphan.ending,
            orphan.swept,
            orphan.swept_usd,
            orphan.fee_usdc,
            orphan.network_fee_sol,
        )

    async def unended(self) -> Sequence[Orphan]:
        """Open ones, oldest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM orphans WHERE ended_at IS NULL ORDER BY sequence"
        )
        return [_orphan(row) for row in rows]

    async def recent(self, *, limit: int = 50) -> Sequence[Orphan]:
        """Newest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM orphans ORDER BY sequence DESC LIMIT $1", limit
        )
        return [_orphan(row) for row in rows]


def _values(orphan: Orphan) -> list[object]:
    values = {name: getattr(orphan, name) for name in _COLUMNS}
    values["protocol"] = None if orphan.protocol is None else orphan.protocol.value
    return list(values.values())


def _orphan(row: Row) -> Orphan:
    values = {name: row[name] for name in _COLUMNS}
    values["kind"] = OrphanKind(row["kind"])
    values["asset"] = None if row["asset"] is None else Asset(row["asset"])
    values["protocol"] = None if row["protocol"] is None else LendingProtocol(row["protocol"])
    values["ending"] = None if row["ending"] is None else OrphanEnding(row["ending"])
    return Orphan(**values)
