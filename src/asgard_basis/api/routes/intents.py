"""/intents: write a standing order, watch it, call it off."""

from typing import Annotated

from fastapi import APIRouter, Query

from asgard_basis.api.dependencies import AppDep, KeyDep, PersonDep
from asgard_basis.api.schemas.intents import (
    IntentCreated,
    IntentRequest,
    IntentResponse,
    IntentsResponse,
)
from asgard_basis.application.strategy.intents import IntentWish
from asgard_basis.application.trading.preflight import entry_order
from asgard_basis.bootstrap import App
from asgard_basis.domain.identifiers import IntentId
from asgard_basis.domain.money import exact
from asgard_basis.domain.strategy.criteria import entry_criteria
from asgard_basis.domain.strategy.intent import IntentStatus

router = APIRouter(prefix="/intents", tags=["intents"])

CRITERIA = (
    "min_funding_apr",
    "min_funding_rate",
    "max_funding_volatility",
    "max_entry_price",
    "min_net_apr",
    "max_break_even_days",
)
"""The fields of a request that become the intent's criteria."""


def wish(app: App, body: IntentRequest) -> IntentWish:
    """What was asked for; raises DomainError with a VAL- code."""
    given = {name: getattr(body, name) for name in CRITERIA}
    return IntentWish(
        order=entry_order(
            asset=body.asset,
            size_usd=exact(body.size_usd),
            leverage=exact(body.leverage),
            protocol=body.protocol,
            limits=app.limits,
        ),
        criteria=entry_criteria(
            **{name: None if value is None else exact(value) for name, value in given.items()}
        ),
        expires_at=body.expires_at,
    )


@router.post("", status_code=201, response_model=IntentCreated)
async def create(body: IntentRequest, app: AppDep, person: PersonDep, key: KeyDep = None) -> object:
    """Open a position once all criteria hold. The same key gives the same intent again."""
    return await app.intents.create(person.user.id, wish(app, body), key)


@router.get("", response_model=IntentsResponse)
async def intents(
    app: AppDep,
    person: PersonDep,
    status: Annotated[list[IntentStatus] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> object:
    """The person's intents, each waiting one judged against the present market."""
    found = await app.intents.listed(person.user.id, statuses=status, limit=limit)
    return {"intents": found}


@router.get("/{intent_id}", response_model=IntentResponse)
async def intent(intent_id: str, app: AppDep, person: PersonDep) -> object:
    """One of them."""
    return await app.intents.get(person.user.id, IntentId(intent_id))


@router.delete("/{intent_id}", response_model=IntentResponse)
async def cancel(intent_id: str, app: AppDep, person: PersonDep) -> object:
    """Call it off. Once its opening is under way, close the position instead."""
    return await app.intents.cancel(person.user.id, IntentId(intent_id))
