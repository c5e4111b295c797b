"""Asgard's REST transport: paced below its public limit, submits never repeated blindly."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from asgard_basis.adapters.asgard.errors import refusal_of
from asgard_basis.adapters.http import HttpClient, Reply
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import is_at_work

PUBLIC_INTERVAL = timedelta(seconds=1.05)
"""One request a second for each address without a key, with room for jitter."""
_BUSY_ATTEMPTS = 5
_BUSY_SECONDS = 1.1
_ERROR_STATUS = 400
# Fractions travel as JSON numbers with all their digits; a float never exists.
_encoder = msgspec.json.Encoder(decimal_format="number")


class Pace:
    """Spaces calls apart; jobs go in the order they came, and looks between them one by one."""

    def __init__(self, interval: timedelta, clock: Clock) -> None:
        self._interval = interval
        self._clock = clock
        self._lock = asyncio.Lock()
        self._looks = asyncio.Lock()
        self._free_at: datetime | None = None

    async def turn(self) -> None:
        """Return when the next call may be sent.

        However many only look at what they hold, whoever closes waits for one of them.
        """
        if is_at_work():
            await self._next()
            return
        async with self._looks:
            await self._next()

    async def _next(self) -> None:
        async with self._lock:
            now = self._clock.host()
            if self._free_at is not None and self._free_at > now:
                await self._clock.sleep((self._free_at - now).total_seconds())
                now = max(self._clock.host(), self._free_at)
            self._free_at = now + self._interval


class AsgardClient:
    """Requests to one Asgard deployment."""

    def __init__(self, *, http: HttpClient, api_key: str | None, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._headers = {"X-API-Key": api_key} if api_key else {}
        self._pace = Pace(timedelta(0) if api_key else PUBLIC_INTERVAL, clock)

    async def get(self, path: str) -> Any:
        """The parsed answer; raises Refused or Unavailable ASG-0001."""
        return await self._ask("GET", path, None, ErrorCode.ASGARD_API)

    async def post(
        self, path: str, body: Mapping[str, Any], *, error: ErrorCode = ErrorCode.ASGARD_API
    ) -> Any:
        """POST that only reads or builds, so that it may be repeated."""
        return await self._ask("POST", path, body, error)

    async def submit(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send once; raises OutcomeUnknown ASG-0007 when the reply is lost.

        A request turned away for its rate was not looked at and is sent again.
        """
        return await self._patiently("POST", path, body, repeatable=False)

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, error: ErrorCode
    ) -> Any:
        reply = await self._patiently(method, path, body, repeatable=True)
        if reply.status >= _ERROR_STATUS:
            raise refusal_of(reply, error)
        return reply.json

    async def _patiently(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, repeatable: bool
    ) -> Reply:
        attempt = 1
        while True:
            await self._pace.turn()
            try:
                return await self._http.request_json(
                    method,
                    path,
                    None if body is None else _encoder.encode(body),
                    headers=self._headers,
                    repeatable=repeatable,
                    error=ErrorCode.ASGARD_API,
                    unknown=ErrorCode.ASGARD_UNKNOWN,
                )
            except Unavailable as error:
                if "429" not in error.details.get("cause", "") or attempt == _BUSY_ATTEMPTS:
                    raise
            # Another process behind the same address may have taken the turn.
            attempt += 1
            await self._clock.sleep(_BUSY_SECONDS)
