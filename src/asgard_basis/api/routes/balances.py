"""/balances: money on every venue."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.money import BalanceCheckResponse, BalancesResponse

router = APIRouter(prefix="/balances", tags=["balances"])


@router.get("", response_model=BalancesResponse)
async def balances(app: AppDep, person: PersonDep) -> object:
    """Solana, Arbitrum and Hyperliquid; a part that cannot be asked is null, never zero."""
    return await app.balances.of(person.user.id)


@router.get("/check", response_model=BalanceCheckResponse)
async def check(app: AppDep, person: PersonDep) -> object:
    """Whether there is enough in the right places for a smallest position."""
    return await app.balances.check(person.user.id)
