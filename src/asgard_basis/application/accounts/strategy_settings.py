"""Reading and saving what a person wishes: the strategy's config, own presets, settings."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.strategy.config import (
    PRESETS,
    SLOTS,
    StrategyConfig,
    as_preset,
    checked,
    defaults,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.strategies import OwnPreset, StrategyRecord, UserSettings
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork


@dataclass(frozen=True, slots=True)
class Preset:
    """Thresholds under a name; `slot` is None for those that come with the product."""

    name: str
    config: StrategyConfig
    slot: int | None = None


class StrategySettings:
    """Saves wishes with their version: of two who changed the same one, the second is told."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def change(
        self,
        user_id: UserId,
        version: int,
        changed: Callable[[StrategyConfig], StrategyConfig],
    ) -> StrategyRecord:
        """Save what `changed` makes of the present wish.

        Raises DomainError VAL-0021 when `version` is not the present one, VAL-0020 for a value
        out of its bounds.
        """
        async with self._transactions.for_user(user_id) as work:
            present = await work.strategies.of(user_id)
            return await self._save(work, present, changed(present.config), version)

    async def switch(self, user_id: UserId, *, is_on: bool) -> StrategyRecord:
        """Start or stop it, whatever the version; done already is done."""
        async with self._transactions.for_user(user_id) as work:
            present = await work.strategies.of(user_id)
            if present.config.enabled is is_on:
                return present
            wished = replace(present.config, enabled=is_on)
            return await self._save(work, present, wished, present.version)

    async def presets(self, user_id: UserId) -> list[Preset]:
        """Those of the product, safest first, then the person's own by slot."""
        async with self._transactions.for_user(user_id) as work:
            own = await work.strategies.presets(user_id)
        return [Preset(name, config) for name, config in PRESETS.items()] + [
            Preset(preset.name, preset.config, preset.slot) for preset in own
        ]

    async def keep(
        self,
        user_id: UserId,
        slot: int,
        name: str,
        changed: Callable[[StrategyConfig], StrategyConfig],
    ) -> Preset:
        """Put the present wish, as `changed` makes it, into a slot under a name.

        Raises DomainError GEN-0005 for a slot that does not exist, VAL-0020 out of bounds.
        """
        _check_slot(slot)
        async with self._transactions.for_user(user_id) as work:
            present = await work.strategies.of(user_id)
            config = as_preset(checked(changed(present.config)))
            kept = OwnPreset(slot, name.strip(), config, self._clock.now())
            await work.strategies.keep_preset(user_id, kept)
        return Preset(kept.name, kept.config, slot)

    async def drop(self, user_id: UserId, slot: int) -> None:
        """Empty a slot, which may be empty; raises DomainError GEN-0005 when there is none."""
        _check_slot(slot)
        async with self._transactions.for_user(user_id) as work:
            await work.strategies.drop_preset(user_id, slot)

    async def settings(self, user_id: UserId) -> tuple[UserSettings, StrategyRecord]:
        """What a person prefers, with what the strategy is to do."""
        async with self._transactions.for_user(user_id) as work:
            settings = await work.strategies.settings(user_id)
            return settings, await work.strategies.of(user_id)

    async def save_settings(
        self,
        user_id: UserId,
        settings: Callable[[UserSettings], UserSettings],
        strategy: Callable[[StrategyConfig], StrategyConfig],
        version: int | None,
    ) -> tuple[UserSettings, StrategyRecord]:
        """Both at once, or neither; `version` None leaves the strategy as it is.

        Raises DomainError VAL-0021 or VAL-0020 as `change`.
        """
        async with self._transactions.for_user(user_id) as work:
            preferred = settings(await work.strategies.settings(user_id))
            await work.strategies.save_settings(user_id, preferred)
            record = await work.strategies.of(user_id)
            if version is not None:
                record = await self._save(work, record, strategy(record.config), version)
        return preferred, record

    async def reset(self, user_id: UserId) -> tuple[UserSettings, StrategyRecord]:
        """Back to the defaults, the strategy switched off; a cooldown goes on."""
        async with self._transactions.for_user(user_id) as work:
            await work.strategies.save_settings(user_id, UserSettings())
            present = await work.strategies.of(user_id)
            record = present
            if present.config != defaults():
                record = await self._save(work, present, defaults(), present.version)
        return UserSettings(), record

    async def _save(
        self, work: UnitOfWork, present: StrategyRecord, config: StrategyConfig, version: int
    ) -> StrategyRecord:
        user_id = present.user_id
        saved = await work.strategies.save(
            user_id, checked(config), version=version, at=self._clock.now()
        )
        payload: dict[str, object] = {"version": saved.version, "enabled": config.enabled}
        await work.outbox.append(Event("strategy_update", payload, user_id))
        return saved


def _check_slot(slot: int) -> None:
    if slot not in SLOTS:
        raise DomainError(
            ErrorCode.NOT_FOUND, f"presets are kept in slots {SLOTS[0]} to {SLOTS[-1]}"
        )
