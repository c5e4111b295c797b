"""/events: what happens, as it happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from asgard_basis.api.dependencies import AppDep, PersonDep, TicketDep
from asgard_basis.api.schemas.account import EventsStatusResponse
from asgard_basis.domain.errors import DomainError, ErrorCode

router = APIRouter(prefix="/events", tags=["events"])

_CHECK_SECONDS = 15.0
"""How long a stream may outlive its session."""
_EVERYBODY = "everybody"


@router.get("/stream", response_class=StreamingResponse)
async def stream(
    request: Request, app: AppDep, person: PersonDep, ticket: TicketDep
) -> StreamingResponse:
    """Server-sent events of this person and of the market; resumes after `Last-Event-ID`."""
    channels = [f"user:{person.user.id}", _EVERYBODY]
    after = request.headers.get("Last-Event-ID")

    async def still_signed_in() -> bool:
        try:
            await app.sign_in.resume(ticket.user_id, ticket.secret)
        except DomainError as error:
            # A database that is away for a moment ends nobody's session.
            return error.code not in {ErrorCode.NOT_SIGNED_IN, ErrorCode.SESSION_EXPIRED}
        return True

    return StreamingResponse(
        frames(app.events.subscribe(channels, after=after), still_signed_in),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/status")
async def status(app: AppDep, person: PersonDep) -> EventsStatusResponse:
    """Whether events reach dashboards: they are published by a worker, through Redis."""
    state = await app.health.readiness()
    return EventsStatusResponse(connected=state.redis and state.worker)


async def frames(
    source: AsyncIterator[tuple[str, str, bytes]],
    still_signed_in: Callable[[], Awaitable[bool]],
    *,
    check_seconds: float = _CHECK_SECONDS,
) -> AsyncIterator[bytes]:
    """The events as they are sent, with pings between, until the session has ended."""
    yield b'retry: 2000\nevent: bot_status\ndata: {"connected": true}\n\n'
    loop = asyncio.get_running_loop()
    check_at = loop.time() + check_seconds
    waiting = asyncio.ensure_future(anext(source))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=max(0, check_at - loop.time()))
            if loop.time() >= check_at:
                if not await still_signed_in():
                    return
                check_at = loop.time() + check_seconds
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
