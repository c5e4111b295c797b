"""Events on their way out, committed with the state they announce."""

from collections.abc import Sequence

from asgard_basis.adapters.postgres.codec import from_json, json_text
from asgard_basis.adapters.postgres.rows import Connection
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.repositories import Event


class PostgresOutbox:
    """Implements Outbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def append(self, event: Event) -> None:
        """Write it in this transaction; decimals become text."""
        await self.extend([event])

    async def extend(self, events: Sequence[Event]) -> None:
        """Write all of them in this transaction, in their order; one statement."""
        await self._connection.execute(
            "INSERT INTO outbox (user_id, kind, payload)"
            " SELECT user_id, kind, payload::jsonb"
            " FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY"
            " AS event (user_id, kind, payload, place) ORDER BY place",
            [event.user_id for event in events],
            [event.kind for event in events],
            [json_text(event.payload).replace("\\u0000", "�") for event in events],
        )

    async def take(self, limit: int) -> Sequence[tuple[int, Event]]:
        """Oldest unsent events, locked for this transaction; others skip them."""
        rows = await self._connection.fetch(
            "SELECT id, user_id, kind, payload FROM outbox ORDER BY id LIMIT $1"
            " FOR UPDATE SKIP LOCKED",
            limit,
        )
        return [
            (
                row["id"],
                Event(
                    kind=row["kind"],
                    payload=from_json(row["payload"], dict[str, object]),
                    user_id=None if row["user_id"] is None else UserId(row["user_id"]),
                ),
            )
            for row in rows
        ]

    async def sent(self, ids: Sequence[int]) -> None:
        """Forget events that were published."""
        await self._connection.execute("DELETE FROM outbox WHERE id = ANY($1)", list(ids))
