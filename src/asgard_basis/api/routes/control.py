"""/control: pause opening and resume it; closing is always allowed."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.control import ControlResponse, PauseRequest
from asgard_basis.domain.risk.permissions import PauseSetter

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
