"""/positions: preflight, open, watch, close, history."""

from typing import Annotated

from fastapi import APIRouter, Query

from asgard_basis.api.dependencies import AppDep, KeyDep, PersonDep
from asgard_basis.api.routes.intents import CRITERIA, wish
from asgard_basis.api.schemas.intents import OpenAccepted, OpenRequest
from asgard_basis.api.schemas.trading import (
    CheckResult,
    EntryRequest,
    HistoryResponse,
    JobAccepted,
    JobResponse,
    PaymentEntry,
    PaymentsResponse,
    PositionResponse,
    PositionsResponse,
    PreflightResponse,
    ReduceRequest,
    TimelineResponse,
)
from asgard_basis.application.context import trading_context
from asgard_basis.application.trading.preflight import EntryOrder, entry_order
from asgard_basis.bootstrap import App
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import JobId, PositionId
from asgard_basis.domain.money import exact

router = APIRouter(prefix="/positions", tags=["positions"])


def _order(app: App, body: EntryRequest) -> EntryOrder:
    return entry_order(
        asset=body.asset,
        size_usd=exact(body.size_usd),
        leverage=exact(body.leverage),
        protocol=body.protocol,
        limits=app.limits,
    )


@router.get("", response_model=PositionsResponse)
async def positions(app: AppDep, person: PersonDep) -> object:
    """Positions that are not ended."""
    return {"positions": await app.views.held(person.user.id)}


@router.post("/preflight", response_model=PreflightResponse)
async def preflight(body: EntryRequest, app: AppDep, person: PersonDep) -> object:
    """Every check with its figure; nothing is sent."""
    context = await trading_context(app.transactions, person.user.id)
    return await app.preflight.check(context, _order(app, body))


@router.post("/open", status_code=202)
async def open_position(
    body: OpenRequest, app: AppDep, person: PersonDep, key: KeyDep = None
) -> OpenAccepted:
    """Write an intent, or with `execute_immediately` open a hedged position now.

    The same key gives the same intent, or the same job, again.
    """
    if not body.execute_immediately:
        created = await app.intents.create(person.user.id, wish(app, body), key)
        return OpenAccepted(
            intent_id=created.intent.id,
            warnings=[CheckResult.model_validate(check) for check in created.warnings],
        )
    named = [name for name in (*CRITERIA, "expires_at") if getattr(body, name) is not None]
    if named:
        raise DomainError(
            ErrorCode.INVALID_INPUT,
            f"{', '.join(named)} would not be looked at when opening immediately: leave it out,"
            " or execute_immediately",
        )
    job = await app.open_position.request(person.user.id, _order(app, body), key)
    return OpenAccepted(job_id=job.id, position_id=job.position_id)


@router.get("/history", response_model=HistoryResponse)
async def history(
    app: AppDep, person: PersonDep, limit: Annotated[int, Query(ge=1, le=500)] = 200
) -> object:
    """Ended positions and their results."""
    return await app.views.history(person.user.id, limit=limit)


@router.get("/jobs/{job_id}", response_model=JobResponse)
async def job(job_id: str, app: AppDep, person: PersonDep) -> object:
    """How far a job is, step by step."""
    return await app.desk.view(person.user.id, JobId(job_id))


@router.post("/jobs/{job_id}/cancel", response_model=JobResponse)
async def cancel(job_id: str, app: AppDep, person: PersonDep) -> object:
    """Call off a closing that still waits for a venue; one that has begun goes on."""
    job = await app.close_position.cancel(person.user.id, JobId(job_id))
    return await app.desk.view(person.user.id, job.id)


@router.get("/{position_id}", response_model=PositionResponse)
async def position(position_id: str, app: AppDep, person: PersonDep) -> object:
    """One position."""
    return await app.views.one(person.user.id, PositionId(position_id))


@router.get("/{position_id}/timeline", response_model=TimelineResponse)
async def timeline(position_id: str, app: AppDep, person: PersonDep) -> object:
    """Every step of its life."""
    return {"entries": await app.views.timeline(person.user.id, PositionId(position_id))}


@router.get("/{position_id}/payments")
async def payments(
    position_id: str,
    app: AppDep,
    person: PersonDep,
    limit: Annotated[int, Query(ge=1, le=2160)] = 336,
) -> PaymentsResponse:
    """Funding payments booked to it, newest first."""
    found = await app.views.payments(person.user.id, PositionId(position_id), limit=limit)
    return PaymentsResponse(
        payments=[PaymentEntry(settled_at=at, amount_usdc=amount) for at, amount in found]
    )


@router.post("/{position_id}/close", status_code=202)
async def close_position(
    position_id: str, app: AppDep, person: PersonDep, key: KeyDep = None
) -> JobAccepted:
    """Close both legs; watch the job. Asked again while it runs, it gives the same job."""
    job = await app.close_position.request(person.user.id, PositionId(position_id), key)
    return JobAccepted(job_id=job.id, position_id=job.position_id)


@router.post("/{position_id}/reduce", status_code=202)
async def reduce_position(
    position_id: str, body: ReduceRequest, app: AppDep, person: PersonDep, key: KeyDep = None
) -> JobAccepted:
    """Sell the same part of both legs; watch the job. The same key gives the same job again."""
    job = await app.reduce_position.request(
        person.user.id, PositionId(position_id), exact(body.fraction), key
    )
    return JobAccepted(job_id=job.id, position_id=job.position_id)
