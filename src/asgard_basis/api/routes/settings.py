"""/settings: what a person prefers, with what the strategy is to do."""

from dataclasses import replace

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.routes.strategy import changing, fields_of
from asgard_basis.api.schemas.strategy import SettingsResponse, SettingsSave
from asgard_basis.application.trading.preflight import entry_order
from asgard_basis.domain.money import exact
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.strategies import StrategyRecord, UserSettings

router = APIRouter(prefix="/settings", tags=["settings"])


@router.get("")
async def settings(app: AppDep, person: PersonDep) -> SettingsResponse:
    """What you prefer."""
    return _response(*await app.strategies.settings.settings(person.user.id))


@router.post("")
async def save(body: SettingsSave, app: AppDep, person: PersonDep) -> SettingsResponse:
    """Save it, all or nothing."""

    def preferred(present: UserSettings) -> UserSettings:
        return _preferred(present, body, app.limits)

    strategy = body.strategy
    return _response(
        *await app.strategies.settings.save_settings(
            person.user.id,
            preferred,
            (lambda config: config) if strategy is None else changing(strategy),
            None if strategy is None else strategy.version,
        )
    )


@router.post("/reset")
async def reset(app: AppDep, person: PersonDep) -> SettingsResponse:
    """Back to the defaults; the strategy is switched off, what it holds stays watched."""
    return _response(*await app.strategies.settings.reset(person.user.id))


def _preferred(present: UserSettings, body: SettingsSave, limits: RiskLimits) -> UserSettings:
    """The settings a request asks for; judged as an opening with them would be."""
    size = present.default_size_usd if body.default_size_usd is None else body.default_size_usd
    leverage = present.default_leverage if body.default_leverage is None else body.default_leverage
    order = entry_order(
        asset=body.default_asset or present.default_asset.value,
        size_usd=exact(size),
        leverage=exact(leverage),
        protocol=None,
        limits=limits,
    )
    return replace(
        present,
        theme=body.theme or present.theme,
        default_asset=order.asset,
        default_leverage=order.leverage.value,
        default_size_usd=order.size_usd,
    )


def _response(settings: UserSettings, record: StrategyRecord) -> SettingsResponse:
    return SettingsResponse.model_validate(
        {
            "theme": settings.theme,
            "default_asset": settings.default_asset.value,
            "default_leverage": settings.default_leverage,
            "default_size_usd": settings.default_size_usd,
            "strategy": fields_of(record.config),
            "strategy_version": record.version,
        }
    )
