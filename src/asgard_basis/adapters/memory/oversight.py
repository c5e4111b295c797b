"""Alarms, the audit log and pauses, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from asgard_basis.adapters.memory.tables import NOBODY, Transaction
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.audit_chain import GENESIS, ChainWalk, Head, Line, line_hash
from asgard_basis.ports.oversight import (
    EVERYBODY,
    Alarm,
    AlarmKind,
    AuditEntry,
    AuditRecord,
    Pause,
)


def _clean(text: str | None) -> str | None:
    """As PostgreSQL can hold it: without NUL characters."""
    return None if text is None else text.replace("\x00", "�")


class MemoryAlarms:
    """Implements Alarms; those without a user are seen by the system only."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction
        self._raised: list[Alarm] = []
        transaction.before_commit(self._meet)

    async def put(self, alarm: Alarm) -> Alarm:
        """Raise it, or bring the open one of the same kind, subject and user up to date."""
        alarm = replace(
            alarm,
            subject=_clean(alarm.subject) or "",
            message=_clean(alarm.message) or "",
            tried=_clean(alarm.tried),
            action=_clean(alarm.action),
        )
        present = self._open_like(alarm)
        if present is None:
            self._raised.append(alarm)
        else:
            alarm = _up_to_date(present, alarm)
        self._put(alarm)
        return alarm

    async def get(self, alarm_id: str) -> Alarm | None:
        """The alarm, or None when there is none or it is another user's."""
        row = self._rows.find("alarms", alarm_id)
        return row.value if row else None

    async def acknowledge(self, alarm_id: str, *, by: UserId, at: datetime) -> Alarm | None:
        """Note that somebody has seen it; the first one stays."""
        alarm = await self.get(alarm_id)
        if alarm is None or alarm.acknowledged_at is not None:
            return alarm
        alarm = replace(alarm, acknowledged_at=at, acknowledged_by=by)
        self._put(alarm)
        return alarm

    async def resolve(self, kind: AlarmKind, subject: str, *, at: datetime) -> bool:
        """End the open one of this kind and subject; False when there is none."""
        meant = (kind, _clean(subject))
        ended = [a for a in await self.unresolved() if (a.kind, a.subject) == meant]
        for alarm in ended:
            self._put(replace(alarm, resolved_at=at))
        return bool(ended)

    async def unresolved(self, *, position_id: PositionId | None = None) -> Sequence[Alarm]:
        """Open ones, oldest first."""
        return [
            alarm
            for alarm in self._all()
            if alarm.resolved_at is None
            and (position_id is None or alarm.position_id == position_id)
        ]

    async def recent(self, *, limit: int = 100) -> Sequence[Alarm]:
        """Newest first, resolved ones included."""
        return self._all()[::-1][:limit]

    def _meet(self) -> None:
        """Somebody else has raised the same in the meantime: theirs stays."""
        for raised in self._raised:
            row = self._rows.find("alarms", raised.id)
            alarm: Alarm = row.value if row else raised
            other = self._open_like(alarm, than=alarm.id)
            if other is not None and alarm.resolved_at is None:
                self._rows.remove("alarms", [alarm.id])
                self._put(_up_to_date(other, alarm))

    def _open_like(self, alarm: Alarm, *, than: str = "") -> Alarm | None:
        name = (alarm.user_id, alarm.kind, alarm.subject)
        return next(
            (
                other
                for other in self._all()
                if (other.user_id, other.kind, other.subject) == name
                and other.resolved_at is None
                and other.id != than
            ),
            None,
        )

    def _put(self, alarm: Alarm) -> None:
        self._rows.put("alarms", alarm.id, alarm, owner=alarm.user_id or NOBODY)

    def _all(self) -> list[Alarm]:
        return [row.value for row in self._rows.rows("alarms")]


def _up_to_date(present: Alarm, news: Alarm) -> Alarm:
    """The open alarm with what is newer about it."""
    return replace(
        news,
        id=present.id,
        raised_at=present.raised_at,
        acknowledged_at=present.acknowledged_at,
        acknowledged_by=present.acknowledged_by,
        resolved_at=present.resolved_at,
    )


class MemoryAuditLog:
    """Implements AuditLog; a line gets its place in the chain when it is committed."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction
        self._waiting: list[AuditEntry] = []
        transaction.before_commit(self._write)

    async def append(self, entry: AuditEntry) -> None:
        """Write it in this transaction, at the end of its user's chain."""
        if not self._rows.may_see(entry.user_id or NOBODY):
            raise PermissionError(f"chain {entry.chain} belongs to somebody else")
        self._waiting.append(entry)

    async def of_position(self, position_id: PositionId) -> Sequence[AuditRecord]:
        """All that concerns a position, oldest first."""
        return [r for r in self._records() if r.entry.position_id == position_id]

    async def recent(self, *, limit: int = 200) -> Sequence[AuditRecord]:
        """Newest first."""
        return self._records()[::-1][:limit]

    async def verify(self) -> ChainWalk:
        """All chains read from end to end, with every fault; system unit of work only."""
        if not self._rows.may_see(NOBODY):
            raise PermissionError("only the system reads all chains")
        heads: dict[str, Head] = dict(row.value for row in self._rows.rows("audit_heads"))
        lines: dict[str, list[Line]] = {chain: [] for chain in heads}
        for row in self._rows.rows("audit_log"):
            lines.setdefault(row.value.chain, []).append(row.value)
        walk = ChainWalk()
        for chain in sorted(lines):
            walk.begin(chain, heads.get(chain))
            for line in sorted(lines[chain], key=lambda line: line.number):
                walk.read(line)
        walk.finish()
        return walk

    def _write(self) -> None:
        heads: dict[str, Head] = {}
        for entry, line in zip(self._waiting, self._next_lines(), strict=True):
            owner = entry.user_id or NOBODY
            self._rows.put("audit_log", (line.chain, line.number), line, owner=owner)
            heads[line.chain] = Head(line.number, line.hash)
            self._rows.put("audit_heads", line.chain, (line.chain, heads[line.chain]), owner=owner)

    def _next_lines(self) -> list[Line]:
        """What waits, at the present ends of the chains."""
        ends: dict[str, Head] = {}
        lines = []
        for entry in self._waiting:
            chain, text = entry.chain, entry.text
            stored = self._rows.find("audit_heads", chain)
            end = ends.get(chain) or (stored.value[1] if stored else Head(0, GENESIS))
            number = end.number + 1
            digest = line_hash(previous=end.hash, number=number, chain=chain, text=text)
            ends[chain] = Head(number, digest)
            lines.append(Line(chain, number, text, end.hash, digest))
        return lines

    def _records(self) -> list[AuditRecord]:
        stored: list[Line] = [row.value for row in self._rows.rows("audit_log")]
        return [
            AuditRecord(line.number, AuditEntry.from_text(line.text), line.previous, line.hash)
            for line in (*stored, *self._next_lines())
        ]


class MemoryPauses:
    """Implements Pauses."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def put(self, pause: Pause) -> None:
        """Set it; one for each scope and setter: the newest reason stands, no detail is lost."""
        if not self._may_change(pause.scope, pause.by):
            raise PermissionError("a user sets nothing but the user's own pause")
        present = self._rows.find("pauses", (pause.scope, pause.by))
        details = {name: _clean(text) or "" for name, text in pause.details.items()}
        stored = replace(
            pause,
            reason=_clean(pause.reason) or "",
            since=present.value.since if present else pause.since,
            details={**present.value.details, **details} if present else details,
        )
        owner = None if pause.scope == EVERYBODY else UserId(pause.scope)
        self._rows.put("pauses", (pause.scope, pause.by), stored, owner=owner)

    async def lift(self, scope: str, *, by: str) -> bool:
        """Lift the one of that scope and setter; False when there is none."""
        if not self._may_change(scope, by) or self._rows.find("pauses", (scope, by)) is None:
            return False
        self._rows.remove("pauses", [(scope, by)])
        return True

    async def in_force(self, user_id: UserId | None = None) -> Sequence[Pause]:
        """Those that concern the user (everybody's included), or all; oldest first."""
        pauses: list[Pause] = [row.value for row in self._rows.rows("pauses")]
        concerned = [p for p in pauses if user_id is None or p.scope in {user_id, EVERYBODY}]
        return sorted(concerned, key=lambda p: (p.since, p.scope, p.by))

    def _may_change(self, scope: str, by: str) -> bool:
        is_own = by == "user" and scope != EVERYBODY and self._rows.may_see(UserId(scope))
        return is_own or self._rows.may_see(NOBODY)
