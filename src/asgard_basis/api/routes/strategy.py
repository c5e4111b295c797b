"""/strategy: what the bot may do by itself, and what it does. Saving moves no money."""

from collections.abc import Callable

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.strategy import (
    EffectiveField,
    PresetResponse,
    PresetSave,
    PresetsResponse,
    StrategyBound,
    StrategyChange,
    StrategyFields,
    StrategyFundingResponse,
    StrategyResponse,
    StrategySave,
    StrategyStatusResponse,
)
from asgard_basis.application.accounts.strategy_settings import Preset
from asgard_basis.bootstrap import App
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.strategy.config import BOUNDS, StrategyConfig, changed

router = APIRouter(prefix="/strategy", tags=["strategy"])


@router.get("")
async def strategy(app: AppDep, person: PersonDep) -> StrategyResponse:
    """The wish, what it comes to under the limits, and what is done now."""
    return await shown(app, person.user.id)


@router.put("")
async def save(body: StrategySave, app: AppDep, person: PersonDep) -> StrategyResponse:
    """Save the wish; it counts from the next look on. 409 VAL-0021 for a stale version."""
    await app.strategies.settings.change(person.user.id, body.version, changing(body))
    return await shown(app, person.user.id)


@router.post("/enable")
async def enable(app: AppDep, person: PersonDep) -> StrategyResponse:
    """Let it enter and leave by itself. Done already is done."""
    await app.strategies.settings.switch(person.user.id, is_on=True)
    return await shown(app, person.user.id)


@router.post("/disable")
async def disable(app: AppDep, person: PersonDep) -> StrategyResponse:
    """Let it open nothing any more; what it has opened it still watches and leaves."""
    await app.strategies.settings.switch(person.user.id, is_on=False)
    return await shown(app, person.user.id)


@router.get("/presets")
async def presets(app: AppDep, person: PersonDep) -> PresetsResponse:
    """Ready-made wishes and your own."""
    found = await app.strategies.settings.presets(person.user.id)
    return PresetsResponse(presets=[_preset(preset) for preset in found])


@router.put("/presets/{slot}")
async def keep_preset(
    slot: int, body: PresetSave, app: AppDep, person: PersonDep
) -> PresetResponse:
    """Keep thresholds under a name, in slot 1, 2 or 3."""
    return _preset(
        await app.strategies.settings.keep(person.user.id, slot, body.name, changing(body))
    )


@router.delete("/presets/{slot}", status_code=204)
async def drop_preset(slot: int, app: AppDep, person: PersonDep) -> None:
    """Empty a slot."""
    await app.strategies.settings.drop(person.user.id, slot)


def changing(body: StrategyChange) -> Callable[[StrategyConfig], StrategyConfig]:
    """The change a request asks for; null clears what may be cleared, and is refused elsewhere."""
    given = {
        name: getattr(body, name)
        for name in StrategyFields.model_fields
        if name in body.model_fields_set
    }
    cleared = [
        name
        for name, value in given.items()
        if value is None and name not in {"protocols", "take_profit_pct"}
    ]
    if cleared:
        raise DomainError(
            ErrorCode.OUT_OF_BOUNDS, f"{cleared[0]} cannot be empty.", {"field": cleared[0]}
        )
    return lambda config: changed(config, given)


async def shown(app: App, user_id: UserId) -> StrategyResponse:
    """The whole page's data."""
    view = await app.strategies.views.of(user_id)
    return StrategyResponse(
        config=fields_of(view.config),
        version=view.version,
        updated_at=view.updated_at,
        enabled_at=view.enabled_at,
        preset=view.preset,
        status=StrategyStatusResponse.model_validate(view.status),
        effective=[EffectiveField.model_validate(value) for value in view.effective],
        bounds=[
            StrategyBound(field=name, least=bounds.least, most=bounds.most)
            for name, bounds in BOUNDS.items()
        ],
        funding=None
        if view.funding is None
        else StrategyFundingResponse.model_validate(view.funding),
        left_apr=view.left_apr,
        left_at=view.left_at,
        positions_held=view.positions_held,
        trades_today=view.trades_today,
        trades_daily_max=view.trades_daily_max,
        paused_at=view.paused_at,
        paused_reason=view.paused_reason,
        last_close_time=view.last_close_time,
        cooldown_at_close=view.cooldown_at_close,
    )


def fields_of(config: StrategyConfig) -> StrategyFields:
    """A wish in the API's words."""
    return StrategyFields.model_validate(config)


def _preset(preset: Preset) -> PresetResponse:
    return PresetResponse(name=preset.name, slot=preset.slot, config=fields_of(preset.config))
