"""/deposits: USDC from Arbitrum to Hyperliquid."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, KeyDep, PersonDep
from asgard_basis.api.schemas.money import DepositRequest, DepositsResponse
from asgard_basis.api.schemas.trading import JobAccepted
from asgard_basis.domain.money import exact

router = APIRouter(prefix="/deposits", tags=["deposits"])


@router.post("", status_code=202)
async def deposit(
    body: DepositRequest, app: AppDep, person: PersonDep, key: KeyDep = None
) -> JobAccepted:
    """Move USDC to Hyperliquid; watch the job. Under 5 USDC is refused: it would be lost."""
    job = await app.deposits.request(person.user.id, exact(body.amount_usdc), key)
    return JobAccepted(job_id=job.id)


@router.get("", response_model=DepositsResponse)
async def deposits(app: AppDep, person: PersonDep) -> object:
    """Movements, newest first."""
    user_id = person.user.id
    return {
        "deposits": await app.deposits.list(user_id),
        "moves": await app.moves.list(user_id),
    }
