"""Positions: every figure a column, so that the database can check and sum it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from asgard_basis.adapters.postgres.rows import Connection, Row, insert_sql, storable, update_sql
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.position.lifecycle import ENDED, PositionState
from asgard_basis.domain.position.position import (
    LegObservation,
    LongRecord,
    Position,
    ShortRecord,
)

_OWN = (
    "user_id",
    "asset",
    "protocol",
    "state",
    "size_usd",
    "leverage",
    "requested_at",
    "hedged_at",
    "closed_at",
    "funding_usdc",
    "failure_code",
    "failure",
)
_LONG = tuple(f.name for f in dataclasses.fields(LongRecord))
_SHORT = tuple(f.name for f in dataclasses.fields(ShortRecord))
SEEN = tuple(f.name for f in dataclasses.fields(LegObservation))
_COLUMNS = (
    *_OWN,
    *(f"long_{name}" for name in _LONG),
    *(f"short_{name}" for name in _SHORT),
    *(f"seen_{name}" for name in SEEN),
)
_ENDED = sorted(state.value for state in ENDED)
HELD = "state NOT IN (" + ", ".join(f"'{state}'" for state in _ENDED) + ")"


class PostgresPositions:
    """Implements Positions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, position_id: PositionId) -> Position | None:
        """The position, or None."""
        row = await self._connection.fetchrow("SELECT * FROM positions WHERE id = $1", position_id)
        return None if row is None else position_of(row)

    async def add(self, position: Position) -> None:
        """Insert a new position."""
        await self._connection.execute(
            insert_sql("positions", ("id", "version", *_COLUMNS)),
            position.id,
            position.version,
            *_values(position),
        )

    async def save(self, position: Position) -> Position:
        """Update where the stored version equals; raises DomainError POS-0006 otherwise."""
        version = await self._connection.fetchval(
            update_sql("positions", _COLUMNS, first=3)
            + ", version = version + 1 WHERE id = $1 AND version = $2 RETURNING version",
            position.id,
            position.version,
            *_values(position),
        )
        if version is None:
            raise DomainError(
                ErrorCode.POSITION_BUSY,
                "the position was changed by somebody else in between",
                {"position_id": position.id, "version": str(position.version)},
            )
        return dataclasses.replace(position, version=version)

    async def held(self) -> Sequence[Position]:
        """All that are not ended, oldest first."""
        rows = await self._connection.fetch(
            f"SELECT * FROM positions WHERE {HELD} ORDER BY requested_at, id"
        )
        return [position_of(row) for row in rows]

    async def ended(self, *, limit: int) -> Sequence[Position]:
        """Ended ones, newest first."""
        rows = await self._connection.fetch(
            f"SELECT * FROM positions WHERE NOT ({HELD})"
            " ORDER BY coalesce(closed_at, requested_at) DESC, id DESC LIMIT $1",
            limit,
        )
        return [position_of(row) for row in rows]


def plain(value: object) -> object:
    """A figure as a column takes it."""
    return value.value if isinstance(value, HealthFactor) else value


def _part(value: object | None, names: Sequence[str]) -> list[object]:
    if value is None:
        return [None] * len(names)
    return [plain(getattr(value, name)) for name in names]


def _values(position: Position) -> list[object]:
    return [
        position.user_id,
        position.asset.value,
        position.protocol.value,
        position.state.value,
        position.size_usd,
        position.leverage,
        position.requested_at,
        position.hedged_at,
        position.closed_at,
        position.funding_usdc,
        position.failure_code,
        storable(position.failure),
        *_part(position.long, _LONG),
        *_part(position.short, _SHORT),
        *_part(position.observation, SEEN),
    ]


def _taken(row: Row, prefix: str, names: Sequence[str]) -> dict[str, Any]:
    return {name: row[f"{prefix}_{name}"] for name in names}


def position_of(row: Row) -> Position:
    """The position a row keeps."""
    long = short = seen = None
    if row["long_usdc_spent"] is not None:
        long = LongRecord(**_taken(row, "long", _LONG))
    if row["short_size"] is not None:
        short = ShortRecord(**_taken(row, "short", _SHORT))
    if row["seen_observed_at"] is not None:
        parts = _taken(row, "seen", SEEN)
        if parts["health"] is not None:
            parts["health"] = HealthFactor(parts["health"])
        seen = LegObservation(**parts)
    return Position(
        id=PositionId(row["id"]),
        user_id=UserId(row["user_id"]),
        asset=Asset(row["asset"]),
        protocol=LendingProtocol(row["protocol"]),
        state=PositionState(row["state"]),
        size_usd=row["size_usd"],
        leverage=row["leverage"],
        requested_at=row["requested_at"],
        hedged_at=row["hedged_at"],
        closed_at=row["closed_at"],
        long=long,
        short=short,
        funding_usdc=row["funding_usdc"],
        observation=seen,
        failure_code=row["failure_code"],
        failure=row["failure"],
        version=row["version"],
    )
