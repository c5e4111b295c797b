"""/events: what happens, as it happens."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.account import EventsStatusResponse
from asgard_basis.bootstrap import App

router = APIRouter(prefix="/events", tags=["events"])

_PING_SECONDS = 15
_EVERYBODY = "everybody"


@router.get("/stream", response_class=StreamingResponse)
async def stream(request: Request, app: AppDep, person: PersonDep) -> StreamingResponse:
    """Server-sent events of this person and of the market; resumes after `Last-Event-ID`."""
    channels = [f"user:{person.user.id}", _EVERYBODY]
    after = request.headers.get("Last-Event-ID")
    return StreamingResponse(
        _frames(app, channels, after),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/status")
async def status(app: AppDep, person: PersonDep) -> EventsStatusResponse:
    """Whether events reach dashboards: they are published by a worker, through Redis."""
    state = await app.health.readiness()
    return EventsStatusResponse(connected=state.redis and state.worker)


async def _frames(app: App, channels: list[str], after: str | None) -> AsyncIterator[bytes]:
    yield b'retry: 2000\nevent: bot_status\ndata: {"connected": true}\n\n'
    source = app.events.subscribe(channels, after=after)
    waiting = asyncio.ensure_future(anext(source))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=_PING_SECONDS)
            if not done:
                yield b"event: ping\ndata: {}\n\n"
                continue
            _channel, event_id, payload = waiting.result()
            kind, _, data = payload.partition(b"\n")
            yield b"id: " + event_id.encode() + b"\nevent: " + kind + b"\ndata: " + data + b"\n\n"
            waiting = asyncio.ensure_future(anext(source))
    except StopAsyncIteration:
        return
    finally:
        waiting.cancel()
