"""Wishes for the strategy: every threshold a column, so that the database can check it."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from asgard_basis.adapters.postgres.codec import decoded, encoded
from asgard_basis.adapters.postgres.rows import Connection, Row, affected, storable
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.strategy.config import FIELDS, FundingExit, StrategyConfig, defaults
from asgard_basis.domain.strategy.entry_choice import (
    LastClose,
)
from asgard_basis.ports.strategies import (
    STRATEGY_KEY,
    OwnPreset,
    StrategyRecord,
    UserSettings,
)

_COLUMNS = ", ".join(FIELDS)
_MARKS = ", ".join(f"${n}" for n in range(2, 2 + len(FIELDS)))
_NEXT = 2 + len(FIELDS)
_ENABLED_AT = (
    f"CASE WHEN excluded.enabled THEN coalesce(stored.enabled_at, ${_NEXT + 1}::timestamptz) END"
)
_ASSIGNED = ", ".join(f"{name} = excluded.{name}" for name in FIELDS)
_SAVE = f"""
INSERT INTO user_strategy_config AS stored
    (user_id, {_COLUMNS}, version, updated_at, enabled_at)
SELECT $1, {_MARKS}, 1, ${_NEXT + 1}, CASE WHEN $2 THEN ${_NEXT + 1}::timestamptz END
WHERE ${_NEXT} = 0 OR EXISTS (SELECT FROM user_strategy_config WHERE user_id = $1)
ON CONFLICT (user_id) DO UPDATE SET {_ASSIGNED},
    version = stored.version + 1, updated_at = excluded.updated_at, enabled_at = {_ENABLED_AT}
WHERE stored.version = ${_NEXT}
RETURNING *
"""
_COUNT = """
    trades_count = CASE WHEN stored.trades_day = $DAY THEN stored.trades_count + 1 ELSE 1 END,
    trades_day = $DAY
""".replace("$DAY", f"${_NEXT}::date")
_OPENING = f"""
INSERT INTO user_strategy_config AS stored
    (user_id, {_COLUMNS}, trades_day, trades_count, openings)
VALUES ($1, {_MARKS}, ${_NEXT}::date, 1, 1)
ON CONFLICT (user_id) DO UPDATE SET openings = stored.openings + 1, {_COUNT}
"""
_CLOSED = f"""
INSERT INTO user_strategy_config AS stored
    (user_id, {_COLUMNS}, trades_day, trades_count, last_close_time, cooldown_at_close)
VALUES ($1, {_MARKS}, ${_NEXT}::date, 1, ${_NEXT + 1}, ${_NEXT + 2})
ON CONFLICT (user_id) DO UPDATE SET last_close_time = excluded.last_close_time,
    cooldown_at_close = stored.cooldown_minutes, {_COUNT}
"""
_SETTINGS = tuple(field.name for field in fields(UserSettings))


class PostgresStrategies:
    """Implements Strategies."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, user_id: UserId) -> StrategyRecord:
        """The person's, or the defaults at version 0."""
        row = await self._connection.fetchrow(
            "SELECT * FROM user_strategy_config WHERE user_id = $1", user_id
        )
        return StrategyRecord(user_id) if row is None else _record(row)

    async def enabled(self, *, besides: Sequence[UserId] = ()) -> Sequence[StrategyRecord]:
        """All that are switched on, and those of `besides`; in the order of their users' ids."""
        rows = await self._connection.fetch(
            "SELECT * FROM user_strategy_config WHERE enabled OR user_id = ANY($1)"
            " ORDER BY user_id",
            list(besides),
        )
        return [_record(row) for row in rows]

    async def save(
        self, user_id: UserId, config: StrategyConfig, *, version: int, at: datetime
    ) -> StrategyRecord:
        """Replace the config where the stored version equals; raises DomainError VAL-0021."""
        row = await self._connection.fetchrow(_SAVE, user_id, *_values(config), version, at)
        if row is None:
            present = await self.of(user_id)
            raise DomainError(
                ErrorCode.CHANGED_MEANWHILE,
                "The strategy was changed elsewhere in between: load it again.",
                {"version": str(present.version)},
            )
        return _record(row)

    async def opening(self, user_id: UserId, *, at: datetime) -> None:
        """Count an opening."""
        await self._connection.execute(_OPENING, user_id, *_values(defaults()), at.date())

    async def closed(self, user_id: UserId, *, at: datetime) -> None:
        """Count a closing and freeze the cooldown."""
        config = defaults()
        await self._connection.execute(
            _CLOSED, user_id, *_values(config), at.date(), at, config.cooldown_minutes
        )

    async def opened_by_strategy(self, held: Sequence[PositionId]) -> frozenset[PositionId]:
        """Which of these positions were opened by the strategy."""
        rows = await self._connection.fetch(
            "SELECT DISTINCT position_id FROM position_jobs WHERE kind = 'open'"
            f" AND starts_with(idempotency_key, '{STRATEGY_KEY}') AND position_id = ANY($1)",
            list(held),
        )
        return frozenset(PositionId(row["position_id"]) for row in rows)

    async def presets(self, user_id: UserId) -> Sequence[OwnPreset]:
        """The person's own, by slot."""
        rows = await self._connection.fetch(
            "SELECT * FROM strategy_presets WHERE user_id = $1 ORDER BY slot", user_id
        )
        return [_preset(row) for row in rows]

    async def keep_preset(self, user_id: UserId, preset: OwnPreset) -> None:
        """Put it into its slot."""
        await self._connection.execute(
            "INSERT INTO strategy_presets (user_id, slot, name, config, saved_at)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, slot) DO UPDATE SET"
            " name = excluded.name, config = excluded.config, saved_at = excluded.saved_at",
            user_id,
            preset.slot,
            storable(preset.name),
            encoded(preset.config),
            preset.saved_at,
        )

    async def drop_preset(self, user_id: UserId, slot: int) -> bool:
        """Empty a slot; False when it was."""
        status = await self._connection.execute(
            "DELETE FROM strategy_presets WHERE user_id = $1 AND slot = $2", user_id, slot
        )
        return affected(status) == 1

    async def settings(self, user_id: UserId) -> UserSettings:
        """The person's, or the defaults."""
        row = await self._connection.fetchrow(
            "SELECT * FROM user_settings WHERE user_id = $1", user_id
        )
        if row is None:
            return UserSettings()
        values = {name: row[name] for name in _SETTINGS}
        return UserSettings(**{**values, "default_asset": Asset(row["default_asset"])})

    async def save_settings(self, user_id: UserId, settings: UserSettings) -> None:
        """Replace them."""
        assigned = ", ".join(f"{name} = excluded.{name}" for name in _SETTINGS)
        await self._connection.execute(
            f"INSERT INTO user_settings (user_id, {', '.join(_SETTINGS)})"
            f" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO UPDATE SET {assigned}",
            user_id,
            *(getattr(settings, name) for name in _SETTINGS),
        )


def _values(config: StrategyConfig) -> list[object]:
    values = {name: getattr(config, name) for name in FIELDS}
    values["assets"] = [asset.value for asset in config.assets]
    if config.protocols is not None:
        values["protocols"] = [protocol.value for protocol in config.protocols]
    return list(values.values())


def _record(row: Row) -> StrategyRecord:
    values = {name: row[name] for name in FIELDS}
    values["assets"] = tuple(map(Asset, row["assets"]))
    values["funding_exit"] = FundingExit(row["funding_exit"])
    if row["protocols"] is not None:
        values["protocols"] = tuple(map(LendingProtocol, row["protocols"]))
    last = None
    if row["last_close_time"] is not None:
        last = LastClose(row["last_close_time"], row["cooldown_at_close"])
    return StrategyRecord(
        user_id=UserId(row["user_id"]),
        config=StrategyConfig(**values),
        version=row["version"],
        updated_at=row["updated_at"],
        enabled_at=row["enabled_at"],
        last_close=last,
        trades_day=row["trades_day"],
        trades_count=row["trades_count"],
        openings=row["openings"],
    )


def _preset(row: Row) -> OwnPreset:
    config = decoded(row["config"])
    if not isinstance(config, StrategyConfig):
        raise ValueError(f"expected a stored StrategyConfig, was {type(config)!r}")
    return OwnPreset(row["slot"], row["name"], config, row["saved_at"])
