"""/rates: the market."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query

from asgard_basis.api.dependencies import AppDep
from asgard_basis.api.schemas.market import FundingHistoryResponse, RatesResponse
from asgard_basis.domain.money import Leverage, exact

router = APIRouter(prefix="/rates", tags=["rates"])


@router.get("", response_model=RatesResponse)
async def rates(app: AppDep, leverage: Annotated[Decimal, Query()] = Decimal(3)) -> object:
    """Every lender at a leverage, and what the short earns."""
    return await app.board.at(Leverage(exact(leverage)))


@router.get("/funding", response_model=FundingHistoryResponse)
async def funding(app: AppDep, hours: Annotated[int, Query(ge=1, le=2160)] = 336) -> object:
    """The last settled hours, oldest first."""
    return await app.board.funding_hours(hours)
