"""/risk: how safe each position is, and what happens next."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.risk import RiskResponse

router = APIRouter(prefix="/risk", tags=["risk"])


@router.get("", response_model=RiskResponse)
async def risk(app: AppDep, person: PersonDep) -> object:
    """Both distances of every position, what stands, and at which price what is done."""
    return await app.risk.views.of_user(person.user.id)
