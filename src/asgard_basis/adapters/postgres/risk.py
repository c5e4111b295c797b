"""What risk remembers."""

from collections.abc import Sequence
from dataclasses import fields

from asgard_basis.adapters.postgres.rows import Connection, Row, insert_sql
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.risk.facts import Near, NearKind
from asgard_basis.ports.risk import AccountMemory, PositionMemory

_ACCOUNT = tuple(field.name for field in fields(AccountMemory))
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in _ACCOUNT if name != "user_id")


class PostgresRiskRecords:
    """Implements RiskRecords."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def near(self) -> Sequence[PositionMemory]:
        """Of every position with a danger that stands."""
        rows = await self._connection.fetch(
            "SELECT position_id, user_id, array_agg(kind ORDER BY kind) AS kinds,"
            " array_agg(since ORDER BY kind) AS moments"
            " FROM risk_near GROUP BY position_id, user_id"
        )
        return [
            PositionMemory(
                PositionId(row["position_id"]),
                UserId(row["user_id"]),
                tuple(
                    Near(NearKind(kind), since)
                    for kind, since in zip(row["kinds"], row["moments"], strict=True)
                ),
            )
            for row in rows
        ]

    async def remember(self, memory: PositionMemory) -> None:
        """Replace all that stood for the position."""
        kinds = [near.kind.value for near in memory.near]
        await self._connection.execute(
            "DELETE FROM risk_near WHERE position_id = $1 AND NOT kind = ANY($2::text[])",
            memory.position_id,
            kinds,
        )
        if memory.near:
            await self._connection.execute(
                "INSERT INTO risk_near (position_id, user_id, kind, since)"
                " SELECT $1, $2, * FROM unnest($3::text[], $4::timestamptz[])"
                " ON CONFLICT (position_id, kind) DO UPDATE SET since = excluded.since",
                memory.position_id,
                memory.user_id,
                kinds,
                [near.since for near in memory.near],
            )

    async def account(self, user_id: UserId) -> AccountMemory | None:
        """The user's, or None before anything was remembered."""
        row = await self._connection.fetchrow(
            "SELECT * FROM risk_accounts WHERE user_id = $1", user_id
        )
        return None if row is None else _account(row)

    async def accounts(self) -> Sequence[AccountMemory]:
        """Everybody's, in the order of their ids."""
        rows = await self._connection.fetch("SELECT * FROM risk_accounts ORDER BY user_id")
        return [_account(row) for row in rows]

    async def keep_account(self, account: AccountMemory) -> None:
        """Insert or replace the user's."""
        await self._connection.execute(
            insert_sql("risk_accounts", _ACCOUNT)
            + f" ON CONFLICT (user_id) DO UPDATE SET {_CHANGES}",
            *(getattr(account, name) for name in _ACCOUNT),
        )


def _account(row: Row) -> AccountMemory:
    return AccountMemory(**{name: row[name] for name in _ACCOUNT})
