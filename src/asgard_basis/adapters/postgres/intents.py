"""Standing orders: every criterion a column."""

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from asgard_basis.adapters.postgres.codec import decoded, encoded
from asgard_basis.adapters.postgres.jobs import job_of
from asgard_basis.adapters.postgres.positions import HELD
from asgard_basis.adapters.postgres.rows import (
    Connection,
    Row,
    affected,
    insert_sql,
    storable,
    update_sql,
)
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.intent import CriteriaSnapshot, Intent, IntentStatus
from asgard_basis.ports.intents import WaitingIntent
from asgard_basis.ports.repositories import Job

_CRITERIA = tuple(f.name for f in dataclasses.fields(EntryCriteria))
_PLAIN = (
    "user_id",
    "size_usd",
    "leverage",
    "created_at",
    "expires_at",
    "ended_at",
    "executed_at",
    "position_id",
    "job_id",
    "execution_code",
    "execution_error",
    "tries",
    "retry_at",
    "claimed_by",
    "claimed_until",
    "idempotency_key",
    "request_hash",
)
_COLUMNS = (*_PLAIN, *_CRITERIA, "asset", "protocol", "status", "criteria_snapshot")
_OPEN = "status IN ('pending', 'active')"
_WAITING = f"""
WITH held AS (
    SELECT user_id, count(*) AS positions FROM positions WHERE {HELD} GROUP BY user_id
), opening AS (
    SELECT DISTINCT user_id FROM position_jobs
    WHERE kind = 'open' AND status IN ('pending', 'running')
)
SELECT intent.*, coalesce(held.positions, 0) AS positions_held,
    opening.user_id IS NOT NULL AS is_opening
FROM position_intents AS intent
LEFT JOIN held ON held.user_id = intent.user_id
LEFT JOIN opening ON opening.user_id = intent.user_id
WHERE intent.status IN ('pending', 'active') ORDER BY intent.sequence
"""
_TRIED = """
SELECT job.*, intent.id AS intent_id FROM position_intents AS intent
JOIN position_jobs AS job ON job.id = intent.job_id
WHERE intent.status IN ('pending', 'active') AND job.status IN ('completed', 'failed')
ORDER BY intent.sequence
"""


class PostgresIntents:
    """Implements Intents."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, intent: Intent) -> None:
        """Insert a new one; raises DomainError POS-0006 when the key was used just now."""
        status = await self._connection.execute(
            insert_sql("position_intents", ("id", "version", *_COLUMNS))
            + " ON CONFLICT (user_id, idempotency_key) DO NOTHING",
            intent.id,
            intent.version,
            *_values(intent),
        )
        if affected(status) != 1:
            raise DomainError(ErrorCode.POSITION_BUSY, "the same request is being handled already")

    async def get(self, intent_id: IntentId) -> Intent | None:
        """The intent, or None."""
        row = await self._connection.fetchrow(
            "SELECT * FROM position_intents WHERE id = $1", intent_id
        )
        return None if row is None else _intent(row)

    async def by_key(self, user_id: UserId, idempotency_key: str) -> Intent | None:
        """The user's intent asked for under that key, or None."""
        row = await self._connection.fetchrow(
            "SELECT * FROM position_intents WHERE user_id = $1 AND idempotency_key = $2",
            user_id,
            idempotency_key,
        )
        return None if row is None else _intent(row)

    async def save(self, intent: Intent) -> Intent:
        """Update where the stored version equals; raises DomainError POS-0006 otherwise."""
        version = await self._connection.fetchval(
            update_sql("position_intents", _COLUMNS, first=3)
            + ", version = version + 1 WHERE id = $1 AND version = $2 RETURNING version",
            intent.id,
            intent.version,
            *_values(intent),
        )
        if version is None:
            raise DomainError(
                ErrorCode.POSITION_BUSY,
                "the intent was changed by somebody else in between",
                {"intent_id": intent.id, "version": str(intent.version)},
            )
        return dataclasses.replace(intent, version=version)

    async def listed(
        self, *, statuses: Collection[IntentStatus] | None = None, limit: int = 100
    ) -> Sequence[Intent]:
        """Newest first."""
        rows = await self._connection.fetch(
            "SELECT * FROM position_intents WHERE $1::text[] IS NULL OR status = ANY($1)"
            " ORDER BY sequence DESC LIMIT $2",
            None if statuses is None else [status.value for status in statuses],
            limit,
        )
        return [_intent(row) for row in rows]

    async def waiting(self) -> Sequence[WaitingIntent]:
        """Every open one, oldest first."""
        rows = await self._connection.fetch(_WAITING)
        return [
            WaitingIntent(_intent(row), row["positions_held"], row["is_opening"]) for row in rows
        ]

    async def looked_at(self, intent_ids: Collection[IntentId]) -> None:
        """Pending ones among them are active from now on."""
        await self._connection.execute(
            "UPDATE position_intents SET status = 'active'"
            " WHERE id = ANY($1) AND status = 'pending'",
            list(intent_ids),
        )

    async def expire(self, now: datetime) -> Sequence[Intent]:
        """End those whose time is over and that are not under way."""
        rows = await self._connection.fetch(
            "UPDATE position_intents SET status = 'expired', ended_at = $1,"
            " claimed_by = NULL, claimed_until = NULL, version = version + 1"
            f" WHERE {_OPEN} AND job_id IS NULL AND expires_at <= $1 RETURNING *",
            now,
        )
        return [_intent(row) for row in sorted(rows, key=lambda row: int(row["sequence"]))]

    async def claim(
        self, intent_id: IntentId, *, by: str, until: datetime, host: datetime, now: datetime
    ) -> Intent | None:
        """Of all who ask at once one gets the intent.

        The second to come waits for the first's transaction, and then finds it claimed.
        """
        row = await self._connection.fetchrow(
            "UPDATE position_intents SET claimed_by = $2, claimed_until = $3,"
            f" version = version + 1 WHERE id = $1 AND {_OPEN} AND job_id IS NULL"
            " AND expires_at > $5 AND (claimed_until IS NULL OR claimed_until <= $4) RETURNING *",
            intent_id,
            by,
            until,
            host,
            now,
        )
        return None if row is None else _intent(row)

    async def tried(self) -> Sequence[tuple[Intent, Job]]:
        """Those under way whose job has ended, with that job."""
        rows = await self._connection.fetch(_TRIED)
        jobs = {row["intent_id"]: job_of(row) for row in rows}
        found = await self._connection.fetch(
            "SELECT * FROM position_intents WHERE id = ANY($1) ORDER BY sequence", list(jobs)
        )
        return [(intent, jobs[intent.id]) for intent in map(_intent, found)]


def _values(intent: Intent) -> list[object]:
    plain = [getattr(intent, name) for name in _PLAIN]
    plain[_PLAIN.index("execution_error")] = storable(intent.execution_error)
    return [
        *plain,
        *(getattr(intent.criteria, name) for name in _CRITERIA),
        intent.asset.value,
        None if intent.protocol is None else intent.protocol.value,
        intent.status.value,
        None if intent.snapshot is None else encoded(intent.snapshot),
    ]


def _intent(row: Row) -> Intent:
    plain: dict[str, Any] = {name: row[name] for name in _PLAIN}
    protocol = row["protocol"]
    return Intent(
        id=IntentId(row["id"]),
        asset=Asset(row["asset"]),
        protocol=None if protocol is None else LendingProtocol(protocol),
        criteria=EntryCriteria(**{name: row[name] for name in _CRITERIA}),
        status=IntentStatus(row["status"]),
        snapshot=_snapshot(row["criteria_snapshot"]),
        version=row["version"],
        **plain,
    )


def _snapshot(text: str | None) -> CriteriaSnapshot | None:
    if text is None:
        return None
    snapshot = decoded(text)
    if not isinstance(snapshot, CriteriaSnapshot):
        raise ValueError(f"expected a stored CriteriaSnapshot, was {type(snapshot)!r}")
    return snapshot
