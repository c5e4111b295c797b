"""/health: is the process there, and can it do its work."""

from fastapi import APIRouter, Response

from asgard_basis.api.dependencies import AppDep
from asgard_basis.api.schemas.account import LiveResponse, ReadyResponse

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> LiveResponse:
    """The process answers."""
    return LiveResponse()


@router.get("/ready", responses={503: {"model": ReadyResponse}})
async def ready(app: AppDep, response: Response) -> ReadyResponse:
    """200 when everything needed answers, 503 otherwise."""
    state = await app.health.readiness()
    if not state.is_ready:
        response.status_code = 503
    return ReadyResponse(
        status="ready" if state.is_ready else "not_ready",
        database=state.database,
        redis=state.redis,
        worker=state.worker,
        market=state.market,
    )
