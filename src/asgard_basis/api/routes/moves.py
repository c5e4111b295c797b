"""/settings/moves: whether the bot may use free money to defend a leg, and how much of it."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.moves import MoveConsentRequest, MoveConsentResponse

router = APIRouter(prefix="/settings/moves", tags=["settings"])


@router.get("", response_model=MoveConsentResponse)
async def allowed_moves(app: AppDep, person: PersonDep) -> object:
    """What is allowed now; nothing until it was chosen."""
    return await app.move_consents.of(person.user.id)


@router.put("", response_model=MoveConsentResponse)
async def allow_moves(body: MoveConsentRequest, app: AppDep, person: PersonDep) -> object:
    """Allow it up to these caps, or forbid it."""
    return await app.move_consents.change(
        person.user.id,
        is_given=body.is_given,
        per_move_usd=body.per_move_usd,
        per_day_usd=body.per_day_usd,
        may_cross=body.may_cross,
    )
