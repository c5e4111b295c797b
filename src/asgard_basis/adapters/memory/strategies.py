"""Wishes for the strategy, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.entry_choice import (
    LastClose,
)
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.strategies import (
    STRATEGY_KEY,
    OwnPreset,
    StrategyRecord,
    UserSettings,
)

_TABLE, _PRESETS, _SETTINGS = "user_strategy_config", "strategy_presets", "user_settings"
_BUSY = DomainError(ErrorCode.POSITION_BUSY, "something else of this user is being written")


class MemoryStrategies:
    """Implements Strategies."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def of(self, user_id: UserId) -> StrategyRecord:
        """The person's, or the defaults at version 0."""
        row = self._rows.find(_TABLE, user_id)
        return row.value if row else StrategyRecord(user_id)

    async def enabled(self, *, besides: Sequence[UserId] = ()) -> Sequence[StrategyRecord]:
        """All that are switched on, and those of `besides`; in the order of their users' ids."""
        records = [row.value for row in self._rows.rows(_TABLE)]
        found = [r for r in records if r.config.enabled or r.user_id in besides]
        return sorted(found, key=lambda record: record.user_id)

    async def save(
        self, user_id: UserId, config: StrategyConfig, *, version: int, at: datetime
    ) -> StrategyRecord:
        """Replace the config where the stored version equals; raises DomainError VAL-0021."""
        present = await self.of(user_id)
        if present.version != version:
            raise _refusal(present.version)
        enabled_at = present.enabled_at or at if config.enabled else None
        saved = replace(
            present, config=config, version=version + 1, updated_at=at, enabled_at=enabled_at
        )
        self._put(saved, _refusal(present.version))
        return saved

    async def opening(self, user_id: UserId, *, at: datetime) -> None:
        """Count an opening."""
        counted = _counted(await self.of(user_id), at)
        self._put(replace(counted, openings=counted.openings + 1))

    async def closed(self, user_id: UserId, *, at: datetime) -> None:
        """Count a closing and freeze the cooldown."""
        counted = _counted(await self.of(user_id), at)
        last = LastClose(at, counted.config.cooldown_minutes)
        self._put(replace(counted, last_close=last))

    async def opened_by_strategy(self, held: Sequence[PositionId]) -> frozenset[PositionId]:
        """Which of these positions were opened by the strategy."""
        wanted = set(held)
        jobs = [row.value for row in self._rows.rows("jobs")]
        return frozenset(
            job.position_id
            for job in jobs
            if job.kind is JobKind.OPEN
            and job.position_id in wanted
            and (job.idempotency_key or "").startswith(STRATEGY_KEY)
        )

    async def presets(self, user_id: UserId) -> Sequence[OwnPreset]:
        """The person's own, by slot."""
        found = [row.value for row in self._rows.rows(_PRESETS) if row.owner == user_id]
        return sorted(found, key=lambda preset: preset.slot)

    async def keep_preset(self, user_id: UserId, preset: OwnPreset) -> None:
        """Put it into its slot."""
        self._rows.put(_PRESETS, (user_id, preset.slot), preset, owner=user_id)

    async def drop_preset(self, user_id: UserId, slot: int) -> bool:
        """Empty a slot; False when it was."""
        if self._rows.find(_PRESETS, (user_id, slot)) is None:
            return False
        self._rows.remove(_PRESETS, [(user_id, slot)])
        return True

    async def settings(self, user_id: UserId) -> UserSettings:
        """The person's, or the defaults."""
        row = self._rows.find(_SETTINGS, user_id)
        return row.value if row else UserSettings()

    async def save_settings(self, user_id: UserId, settings: UserSettings) -> None:
        """Replace them."""
        self._rows.put(_SETTINGS, user_id, settings, owner=user_id)

    def _put(self, record: StrategyRecord, refusal: DomainError = _BUSY) -> None:
        # PostgreSQL lets two writers take turns; here the second is refused and tried again.
        self._rows.guard(_TABLE, record.user_id, refusal)
        self._rows.put(_TABLE, record.user_id, record, owner=record.user_id)


def _counted(record: StrategyRecord, at: datetime) -> StrategyRecord:
    day = at.date()
    return replace(record, trades_day=day, trades_count=record.trades_on(day) + 1)


def _refusal(version: int) -> DomainError:
    return DomainError(
        ErrorCode.CHANGED_MEANWHILE,
        "The strategy was changed elsewhere in between: load it again.",
        {"version": str(version)},
    )
