"""/decisions: what was decided for a user, and why."""

from typing import Annotated

from fastapi import APIRouter, Query

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.decisions import DecisionsResponse

router = APIRouter(prefix="/decisions", tags=["decisions"])

LimitQuery = Annotated[int, Query(ge=1, le=200)]


@router.get("", response_model=DecisionsResponse)
async def decisions(
    app: AppDep,
    person: PersonDep,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    position_id: Annotated[str | None, Query(max_length=100)] = None,
    limit: LimitQuery = 50,
) -> object:
    """Newest first; of one position, of one subject, or of everything of yours."""
    if position_id is not None:
        found = await app.decisions.of_position(person.user.id, position_id, limit=limit)
    else:
        found = await app.decisions.of_user(person.user.id, subject=subject, limit=limit)
    return {"decisions": found}
