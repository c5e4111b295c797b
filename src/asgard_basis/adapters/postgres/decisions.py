"""Why-cards."""

from collections.abc import Sequence

from asgard_basis.adapters.postgres.codec import decoded, encoded, from_json, json_text
from asgard_basis.adapters.postgres.rows import Connection, Row
from asgard_basis.domain.decision.card import Ruling, WhyCard
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.ports.decisions import CONFIRMED_EVERY, KeptCard

_NOTE = """
WITH given AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[]
    ) AS card (
        id, user_id, subject, rule, version, position_id,
        facts, thresholds, ruling, verdict, decided_at, fingerprint
    )
), changed AS (
    INSERT INTO decision_heads AS head
        (subject, rule, user_id, decision_id, fingerprint, confirmed_at)
    SELECT subject, rule, user_id, id, fingerprint, decided_at FROM given
    ON CONFLICT (subject, rule) DO UPDATE SET
        decision_id = CASE WHEN head.fingerprint = excluded.fingerprint
            THEN head.decision_id ELSE excluded.decision_id END,
        fingerprint = excluded.fingerprint,
        confirmed_at = excluded.confirmed_at
    WHERE head.fingerprint <> excluded.fingerprint
        OR head.confirmed_at <= excluded.confirmed_at - $13::interval
    RETURNING decision_id
)
INSERT INTO decisions (
    id, user_id, subject, rule, version, position_id,
    facts, thresholds, ruling, verdict, decided_at
)
SELECT given.id, user_id, subject, rule, version, position_id,
    facts::json, thresholds::json, ruling::json, verdict, decided_at
FROM given JOIN changed ON changed.decision_id = given.id
RETURNING id
"""
_SELECT = """
SELECT decisions.*, head.confirmed_at FROM decisions
LEFT JOIN decision_heads AS head ON head.decision_id = decisions.id
"""


class PostgresDecisions:
    """Implements Decisions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def note(self, cards: Sequence[WhyCard]) -> Sequence[str]:
        """Keep those that differ from their subject's last one of the same rule."""
        if not cards:
            return []
        columns = zip(*(_values(card) for card in cards), strict=True)
        rows = await self._connection.fetch(_NOTE, *map(list, columns), CONFIRMED_EVERY)
        return [row["id"] for row in rows]

    async def of_subject(self, subject: str, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first."""
        return await self._read(
            "WHERE decisions.subject = $1 ORDER BY sequence DESC LIMIT $2", subject, limit
        )

    async def of_position(self, position_id: str, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first, of every rule."""
        return await self._read(
            "WHERE position_id = $1 ORDER BY sequence DESC LIMIT $2", position_id, limit
        )

    async def recent(self, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first."""
        return await self._read("ORDER BY sequence DESC LIMIT $1", limit)

    async def after(self, number: int, *, limit: int) -> Sequence[KeptCard]:
        """Cards with greater numbers, oldest first."""
        return await self._read("WHERE sequence > $1 ORDER BY sequence LIMIT $2", number, limit)

    async def _read(self, which: str, *values: object) -> list[KeptCard]:
        rows = await self._connection.fetch(_SELECT + which, *values)
        return [_kept(row) for row in rows]


def _values(card: WhyCard) -> tuple[object, ...]:
    return (
        card.id,
        card.user_id,
        card.subject,
        card.rule,
        card.version,
        card.position_id,
        encoded(card.facts),
        encoded(card.thresholds),
        json_text(card.ruling),
        card.ruling.verdict.value,
        card.decided_at,
        card.fingerprint,
    )


def _kept(row: Row) -> KeptCard:
    card = WhyCard(
        id=row["id"],
        user_id=UserId(row["user_id"]),
        subject=row["subject"],
        rule=row["rule"],
        version=row["version"],
        facts=decoded(row["facts"]),
        thresholds=decoded(row["thresholds"]),
        ruling=from_json(row["ruling"], Ruling),
        decided_at=row["decided_at"],
        position_id=None if row["position_id"] is None else PositionId(row["position_id"]),
    )
    return KeptCard(row["sequence"], card, row["confirmed_at"])
