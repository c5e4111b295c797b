"""/rates: the market."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query

from asgard_basis.api.dependencies import AppDep
from asgard_basis.api.schemas.market import (
    FundingHistoryResponse,
    OpportunitiesResponse,
    RatesResponse,
)
from asgard_basis.application.market.opportunities import LEVERAGES
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


@router.get("/opportunities", response_model=OpportunitiesResponse)
async def opportunities(
    app: AppDep,
    size_usd: Annotated[Decimal, Query(gt=0)] = Decimal(10_000),
    leverage: Annotated[list[Decimal] | None, Query(max_length=10)] = None,
) -> object:
    """Every asset, lender and leverage for one capital, best first, with its worst case."""
    wished = [Leverage(exact(each)).value for each in leverage or LEVERAGES]
    return await app.opportunities.ranked(exact(size_usd), wished)
