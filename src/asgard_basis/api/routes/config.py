"""/config: what the dashboard must know before anybody signs in."""

from fastapi import APIRouter, Request

from asgard_basis.api.dependencies import AppDep
from asgard_basis.api.schemas.account import ConfigResponse, LimitsConfig, PaperConfig, PrivyConfig
from asgard_basis.bootstrap import WebSettings
from asgard_basis.domain.money import LEVERAGE_MAX, LEVERAGE_MIN

router = APIRouter(tags=["config"])


@router.get("/config")
async def config(request: Request, app: AppDep) -> ConfigResponse:
    """Mode, sign-in service, simulated world and limits."""
    web: WebSettings = request.app.state.web
    limits = app.limits
    paper = None
    if web.paper_control_url and web.paper_mailbox_url:
        paper = PaperConfig(control_url=web.paper_control_url, mailbox_url=web.paper_mailbox_url)
    return ConfigResponse(
        mode=web.mode,
        is_replay=web.is_replay,
        version=web.version,
        privy=PrivyConfig(app_id=web.privy_app_id, auth_url=web.privy_auth_url),
        paper=paper,
        limits=LimitsConfig(
            size_min_usd=limits.size_min_usd,
            size_max_usd=limits.size_max_usd,
            leverage_min=LEVERAGE_MIN,
            leverage_max=LEVERAGE_MAX,
            leverage_default=limits.leverage_default,
            deposit_min_usdc=limits.deposit_usdc_min,
            deposit_max_usdc=limits.deposit_usdc_max,
        ),
        market_time=app.clock.now(),
    )
