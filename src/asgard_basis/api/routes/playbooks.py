"""/playbooks: what has failed outside, what is done about it, and what it may cost."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.playbooks import PlaybooksResponse

router = APIRouter(prefix="/playbooks", tags=["playbooks"])


@router.get("", response_model=PlaybooksResponse)
async def playbooks(app: AppDep, person: PersonDep) -> object:
    """All playbooks, those in force first, with the maximum loss of what you hold."""
    return {"playbooks": await app.playbooks.views.of_user(person.user.id)}
