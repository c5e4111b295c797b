"""/alarms: what a person must know of until it is over."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.trading import AlarmEntry, AlarmsResponse

router = APIRouter(prefix="/alarms", tags=["alarms"])


@router.get("", response_model=AlarmsResponse)
async def alarms(app: AppDep, person: PersonDep) -> object:
    """Open ones first, with what is at risk, what was tried and what happens next."""
    return {"alarms": await app.alarms.of_user(person.user.id)}


@router.post("/{alarm_id}/acknowledge", response_model=AlarmEntry)
async def acknowledge(alarm_id: str, app: AppDep, person: PersonDep) -> object:
    """Note that it was seen; it stays open until it is over."""
    return await app.alarms.acknowledge(person.user.id, alarm_id)
