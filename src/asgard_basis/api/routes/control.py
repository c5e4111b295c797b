"""/control: pause opening and resume it, close everything; closing is always allowed."""

import structlog
from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, KeyDep, OperatorDep, PersonDep
from asgard_basis.api.schemas.control import (
    ControlResponse,
    KillRequest,
    KillResponse,
    LeavingResponse,
    NotTakenEntry,
    PauseRequest,
    StopRequest,
)
from asgard_basis.api.schemas.trading import JobAccepted
from asgard_basis.application.trading.close_all import Leaving
from asgard_basis.domain.risk.permissions import PauseSetter

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/control", tags=["control"])


@router.get("", response_model=ControlResponse)
async def control(app: AppDep, person: PersonDep) -> object:
    """What is allowed now, and who has paused what."""
    return await app.pauses.control(person.user.id)


@router.post("/pause", response_model=ControlResponse)
async def pause(body: PauseRequest, app: AppDep, person: PersonDep) -> object:
    """Open nothing any more for this person, until resumed."""
    return await app.pauses.pause(person.user.id, by=PauseSetter.USER, reason=body.reason)


@router.post("/resume", response_model=ControlResponse)
async def resume(app: AppDep, person: PersonDep) -> object:
    """End the person's own pause; what an operator or the system has set stays."""
    return await app.pauses.resume(person.user.id, by=PauseSetter.USER)


@router.post("/close-all", status_code=202)
async def close_all(app: AppDep, person: PersonDep, key: KeyDep = None) -> LeavingResponse:
    """Close every position, one job for each. Asked again it gives the same jobs."""
    return _leaving(await app.close_all.request(person.user.id, key))


@router.post("/emergency-stop", status_code=202)
async def emergency_stop(
    body: StopRequest, app: AppDep, person: PersonDep, key: KeyDep = None
) -> LeavingResponse:
    """Open nothing any more and close everything now, leg by leg where a venue is away.

    It stays in force until resumed: what is being opened meanwhile is closed too.
    """
    return _leaving(await app.emergency_stop.request(person.user.id, reason=body.reason, key=key))


@router.get("/kill", response_model=KillResponse)
async def kill_state(app: AppDep, _operator: OperatorDep) -> object:
    """For operators: where the kill switch stands, and what is held."""
    return await app.kill_switch.state()


@router.post("/kill", response_model=KillResponse)
async def kill(body: KillRequest, app: AppDep, operator: OperatorDep) -> object:
    """For operators: nothing is opened any more, anywhere, until `basis unkill`.

    It closes nothing, and says what is held.
    """
    log.error("kill_switch_thrown", by=operator.user.id)
    return await app.kill_switch.throw(body.reason)


def _leaving(leaving: Leaving) -> LeavingResponse:
    return LeavingResponse(
        jobs=[JobAccepted(job_id=j.id, position_id=j.position_id) for j in leaving.jobs],
        not_taken=[NotTakenEntry.model_validate(n) for n in leaving.not_taken],
    )
