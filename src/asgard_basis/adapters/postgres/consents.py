"""What people allow."""

from asgard_basis.adapters.postgres.rows import Connection
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.consents import MoveConsent

_SAVE = """
INSERT INTO move_consents (user_id, is_given, per_move_usd, per_day_usd, changed_at, may_cross)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id) DO UPDATE SET
    is_given = excluded.is_given,
    per_move_usd = excluded.per_move_usd,
    per_day_usd = excluded.per_day_usd,
    changed_at = excluded.changed_at,
    may_cross = excluded.may_cross
"""


class PostgresMoveConsents:
    """Implements MoveConsents."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, user_id: UserId) -> MoveConsent | None:
        """What the person has allowed, or None when never asked."""
        row = await self._connection.fetchrow(
            "SELECT * FROM move_consents WHERE user_id = $1", user_id
        )
        if row is None:
            return None
        return MoveConsent(
            user_id=UserId(row["user_id"]),
            is_given=row["is_given"],
            per_move_usd=row["per_move_usd"],
            per_day_usd=row["per_day_usd"],
            changed_at=row["changed_at"],
            may_cross=row["may_cross"],
        )

    async def save(self, consent: MoveConsent) -> None:
        """Insert, or replace what was allowed before."""
        await self._connection.execute(
            _SAVE,
            consent.user_id,
            consent.is_given,
            consent.per_move_usd,
            consent.per_day_usd,
            consent.changed_at,
            consent.may_cross,
        )
