"""/ledger: statements, entries, exports; where a position's result came from."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.ledger import (
    AttributionResponse,
    EntriesResponse,
    LedgerEntry,
    PostingLine,
    StatementResponse,
)
from asgard_basis.api.schemas.trading import ResultSplit
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.ports.ledger import Kept

router = APIRouter(tags=["ledger"])

Since = Annotated[datetime | None, Query(alias="from", description="From when on, inclusive.")]
Until = Annotated[datetime | None, Query(alias="to", description="Until when, exclusive.")]


def _utc(at: datetime | None) -> datetime | None:
    """A time without a zone is meant as UTC."""
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@router.get("/ledger/statement", response_model=StatementResponse)
async def statement(
    app: AppDep, person: PersonDep, since: Since = None, until: Until = None
) -> object:
    """From the opening balance by source to the closing one; by default since the first entry."""
    return await app.accounting.books.statement(person.user.id, _utc(since), _utc(until))


@router.get("/ledger/entries")
async def entries(
    app: AppDep,
    person: PersonDep,
    since: Since = None,
    until: Until = None,
    kind: Annotated[str, Query(description="all, funding, interest, fees, transfers")] = "all",
    position_id: Annotated[str | None, Query(max_length=100)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> EntriesResponse:
    """Newest first, each with its venue record; `before` goes on after an earlier page."""
    found = await app.accounting.books.entries(
        person.user.id,
        since=_utc(since),
        until=_utc(until),
        position_id=PositionId(position_id) if position_id else None,
        kind=kind,
        before=before,
        limit=limit,
    )
    return EntriesResponse(
        entries=[_entry(kept) for kept in found.entries], next_before=found.next_before
    )


@router.get("/ledger/export.csv", responses={200: {"content": {"text/csv": {}}}})
async def export_csv(
    app: AppDep, person: PersonDep, since: Since = None, until: Until = None
) -> StreamingResponse:
    """Every posting on a line, oldest first."""
    lines = app.accounting.books.csv(person.user.id, _utc(since), _utc(until))
    return _file(lines, "ledger.csv", "text/csv; charset=utf-8")


@router.get("/ledger/export.beancount", responses={200: {"content": {"text/plain": {}}}})
async def export_beancount(
    app: AppDep, person: PersonDep, since: Since = None, until: Until = None
) -> StreamingResponse:
    """The same as a beancount file."""
    lines = app.accounting.books.beancount(person.user.id, _utc(since), _utc(until))
    return _file(lines, "ledger.beancount", "text/plain; charset=utf-8")


@router.get("/positions/{position_id}/attribution", response_model=AttributionResponse)
async def attribution(position_id: str, app: AppDep, person: PersonDep) -> object:
    """Where its result came from: booked, and come on top since."""
    return await app.accounting.books.attribution(person.user.id, PositionId(position_id))


def _file(lines: AsyncIterator[str], name: str, kind: str) -> StreamingResponse:
    disposition = f'attachment; filename="{name}"'
    return StreamingResponse(lines, media_type=kind, headers={"Content-Disposition": disposition})


def _entry(kept: Kept) -> LedgerEntry:
    entry = kept.entry
    return LedgerEntry(
        number=kept.number,
        at=entry.at,
        venue=entry.venue,
        kind=entry.kind,
        record=entry.record,
        key=entry.key,
        memo=entry.memo,
        position_id=entry.position_id,
        result=ResultSplit.model_validate(entry.result),
        flow_usd=entry.flow_usd,
        postings=[PostingLine.model_validate(posting) for posting in entry.postings],
    )
