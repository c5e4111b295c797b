"""What each person wishes of the strategy, and what has come of it.

Inside a user's unit of work every call sees and changes that user's rows only; inside the
system's it sees all. Times are market times, UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.strategy.config import StrategyConfig, defaults
from asgard_basis.domain.strategy.entry_choice import (
    LastClose,
)

STRATEGY_KEY = "strategy:"
"""How the idempotency keys of openings begin that the strategy asks for."""


@dataclass(frozen=True, slots=True)
class StrategyRecord:
    """One person's strategy as it is stored."""

    user_id: UserId
    config: StrategyConfig = field(default_factory=defaults)
    version: int = 0
    """Grows with every saved wish; 0 while nothing was ever saved."""
    updated_at: datetime | None = None
    enabled_at: datetime | None = None
    """Since when it has been switched on; None while it is off."""
    last_close: LastClose | None = None
    trades_day: date | None = None
    """The UTC day of the last trade."""
    trades_count: int = 0
    """Openings and closings on that day."""
    openings: int = 0
    """Ever; tells one opening from the next."""

    def trades_on(self, day: date) -> int:
        """Openings and closings of a UTC day that is not over before the last trade's."""
        return self.trades_count if self.trades_day == day else 0


@dataclass(frozen=True, slots=True)
class OwnPreset:
    """Thresholds a person keeps under a name."""

    slot: int
    name: str
    config: StrategyConfig
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What a person prefers; what the strategy does is in its config."""

    theme: str = "system"
    """`system`, `light` or `dark`."""
    default_asset: Asset = Asset.SOL
    """What the form for opening begins with, as the two below."""
    default_leverage: Decimal = Decimal(2)
    default_size_usd: Decimal = Decimal(1000)


class Strategies(Protocol):
    """Wishes and what is counted for them."""

    async def of(self, user_id: UserId) -> StrategyRecord:
        """The person's, or the defaults at version 0."""
        ...

    async def enabled(self, *, besides: Sequence[UserId] = ()) -> Sequence[StrategyRecord]:
        """All that are switched on, and those of `besides`; in the order of their users' ids."""
        ...

    async def save(
        self, user_id: UserId, config: StrategyConfig, *, version: int, at: datetime
    ) -> StrategyRecord:
        """Replace the config where the stored version equals; returns it with the next version.

        Raises DomainError VAL-0021 when somebody else saved in between. What was counted, the
        last close and its cooldown stay; `enabled_at` moves only when it is switched on or off.
        """
        ...

    async def opening(self, user_id: UserId, *, at: datetime) -> None:
        """Count an opening that was taken on, in the transaction that takes it on."""
        ...

    async def closed(self, user_id: UserId, *, at: datetime) -> None:
        """Count a closing and freeze the cooldown that is wished at this moment."""
        ...

    async def opened_by_strategy(self, held: Sequence[PositionId]) -> frozenset[PositionId]:
        """Which of these positions were opened by the strategy."""
        ...

    async def presets(self, user_id: UserId) -> Sequence[OwnPreset]:
        """The person's own, by slot."""
        ...

    async def keep_preset(self, user_id: UserId, preset: OwnPreset) -> None:
        """Put it into its slot, instead of what is there."""
        ...

    async def drop_preset(self, user_id: UserId, slot: int) -> bool:
        """Empty a slot; False when it was."""
        ...

    async def settings(self, user_id: UserId) -> UserSettings:
        """The person's, or the defaults."""
        ...

    async def save_settings(self, user_id: UserId, settings: UserSettings) -> None:
        """Replace them."""
        ...
