"""Alarms, the audit log and pauses."""

from collections.abc import Sequence
from datetime import datetime

from asgard_basis.adapters.postgres.codec import from_json, json_text
from asgard_basis.adapters.postgres.rows import Connection, Row, affected, insert_sql, storable
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.audit_chain import ChainWalk, Head, Line
from asgard_basis.ports.oversight import (
    EVERYBODY,
    Alarm,
    AlarmKind,
    AuditEntry,
    AuditRecord,
    Pause,
)

_ALARM = (
    "id",
    "user_id",
    "kind",
    "subject",
    "raised_at",
    "message",
    "position_id",
    "exposure_sol",
    "exposure_usd",
    "tried",
    "acts_at",
    "action",
    "acknowledged_at",
    "acknowledged_by",
    "resolved_at",
)
_BROUGHT_UP_TO_DATE = (
    "message",
    "position_id",
    "exposure_sol",
    "exposure_usd",
    "tried",
    "acts_at",
    "action",
)
_LINES_AT_ONCE = 1000


class PostgresAlarms:
    """Implements Alarms."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(self, alarm: Alarm) -> Alarm:
        """Raise it, or bring the open one of the same kind, subject and user up to date."""
        changes = ", ".join(f"{column} = excluded.{column}" for column in _BROUGHT_UP_TO_DATE)
        row = await self._connection.fetchrow(
            insert_sql("alarms", _ALARM)
            + " ON CONFLICT (user_id, kind, subject) WHERE resolved_at IS NULL"
            + f" DO UPDATE SET {changes} RETURNING *",
            alarm.id,
            alarm.user_id,
            alarm.kind.value,
            storable(alarm.subject),
            alarm.raised_at,
            storable(alarm.message),
            alarm.position_id,
            alarm.exposure_sol,
            alarm.exposure_usd,
            storable(alarm.tried),
            alarm.acts_at,
            storable(alarm.action),
            alarm.acknowledged_at,
            alarm.acknowledged_by,
            alarm.resolved_at,
        )
        if row is None:
            raise RuntimeError("an alarm was neither inserted nor updated")
        return _alarm(row)

    async def get(self, alarm_id: str) -> Alarm | None:
        """The alarm, or None when there is none or it is another user's."""
        row = await self._connection.fetchrow("SELECT * FROM alarms WHERE id = $1", alarm_id)
        return None if row is None else _alarm(row)

    async def acknowledge(self, alarm_id: str, *, by: UserId, at: datetime) -> Alarm | None:
        """Note that somebody has seen it; the first one stays."""
        row = await self._connection.fetchrow(
            "UPDATE alarms SET acknowledged_at = coalesce(acknowledged_at, $2),"
            " acknowledged_by = coalesce(acknowledged_by, $3) WHERE id = $1 RETURNING *",
            alarm_id,
            at,
            by,
        )
        return None if row is None else _alarm(row)

    async def resolve(self, kind: AlarmKind, subject: str, *, at: datetime) -> bool:
        """End the open one of this kind and subject; False when there is none."""
        status = await self._connection.execute(
            "UPDATE alarms SET resolved_at = $3"
            " WHERE kind = $1 AND subject = $2 AND resolved_at IS NULL",
            kind.value,
            storable(subject),
            at,
        )
        return affected(status) > 0

    async def unresolved(self, *, position_id: PositionId | None = None) -> Sequence[Alarm]:
        """Open ones, oldest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM alarms WHERE resolved_at IS NULL"
            " AND ($1::text IS NULL OR position_id = $1) ORDER BY sequence",
            position_id,
        )
        return [_alarm(row) for row in rows]

    async def recent(self, *, limit: int = 100) -> Sequence[Alarm]:
        """Newest first, resolved ones included."""
        rows = await self._connection.fetch(
            "SELECT * FROM alarms ORDER BY sequence DESC LIMIT $1", limit
        )
        return [_alarm(row) for row in rows]


def _alarm(row: Row) -> Alarm:
    return Alarm(**{column: row[column] for column in _ALARM} | {"kind": AlarmKind(row["kind"])})


class PostgresAuditLog:
    """Implements AuditLog; what is appended is sent together, right before the commit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[AuditEntry] = []

    async def append(self, entry: AuditEntry) -> None:
        """Write it in this transaction, at the end of its user's chain.

        Chains are locked last and in one order, so that transactions never wait for each other
        in a circle.
        """
        self._waiting.append(entry)

    async def flush(self) -> None:
        """Send what was appended; raises asyncpg's error for a line of somebody else."""
        if not self._waiting:
            return
        entries = sorted(self._waiting, key=lambda entry: entry.chain)
        self._waiting = []
        await self._connection.execute(
            "SELECT basis_audit(chain, told)"
            " FROM unnest($1::text[], $2::text[]) AS entry (chain, told)",
            [entry.chain for entry in entries],
            [entry.text for entry in entries],
        )

    async def of_position(self, position_id: PositionId) -> Sequence[AuditRecord]:
        """All that concerns a position, oldest first."""
        await self.flush()
        rows = await self._connection.fetch(
            "SELECT * FROM audit_log WHERE position_id = $1 ORDER BY sequence", position_id
        )
        return [_record(row) for row in rows]

    async def recent(self, *, limit: int = 200) -> Sequence[AuditRecord]:
        """Newest first."""
        await self.flush()
        rows = await self._connection.fetch(
            "SELECT * FROM audit_log ORDER BY sequence DESC LIMIT $1", limit
        )
        return [_record(row) for row in rows]

    async def verify(self) -> ChainWalk:
        """All chains read from end to end, with every fault; system unit of work only."""
        await self.flush()
        walk = ChainWalk()
        chain = None
        # One statement, so that lines and ends are of the same moment.
        async for row in self._connection.cursor(
            "SELECT coalesce(head.chain, line.chain) AS of_chain, line.number, line.text,"
            " line.previous, line.hash, head.number AS head_number, head.hash AS head_hash"
            " FROM audit_heads AS head FULL JOIN audit_log AS line ON line.chain = head.chain"
            " ORDER BY 1, 2",
            prefetch=_LINES_AT_ONCE,
        ):
            if row["of_chain"] != chain:
                chain = str(row["of_chain"])
                number = row["head_number"]
                walk.begin(chain, None if number is None else Head(number, row["head_hash"]))
            if row["number"] is not None:
                name = str(row["of_chain"])
                walk.read(Line(name, row["number"], row["text"], row["previous"], row["hash"]))
        walk.finish()
        return walk


def _record(row: Row) -> AuditRecord:
    return AuditRecord(
        row["number"], AuditEntry.from_text(row["text"]), row["previous"], row["hash"]
    )


class PostgresPauses:
    """Implements Pauses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(self, pause: Pause) -> None:
        """Set it; one for each scope and setter: the newest reason stands, no detail is lost."""
        await self._connection.execute(
            "INSERT INTO pauses (scope, set_by, reason, since, details)"
            " VALUES ($1, $2, $3, $4, $5::jsonb) ON CONFLICT (scope, set_by)"
            " DO UPDATE SET reason = excluded.reason, details = pauses.details || excluded.details",
            pause.scope,
            pause.by,
            storable(pause.reason),
            pause.since,
            json_text({name: storable(text) for name, text in pause.details.items()}),
        )

    async def lift(self, scope: str, *, by: str) -> bool:
        """Lift the one of that scope and setter; False when there is none."""
        status = await self._connection.execute(
            "DELETE FROM pauses WHERE scope = $1 AND set_by = $2", scope, by
        )
        return affected(status) > 0

    async def in_force(self, user_id: UserId | None = None) -> Sequence[Pause]:
        """Those that concern the user (everybody's included), or all; oldest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM pauses WHERE $1::text IS NULL OR scope IN ($1, $2)"
            " ORDER BY since, scope, set_by",
            user_id,
            EVERYBODY,
        )
        return [
            Pause(
                scope=row["scope"],
                by=row["set_by"],
                reason=row["reason"],
                since=row["since"],
                details=from_json(row["details"], dict[str, str]),
            )
            for row in rows
        ]
