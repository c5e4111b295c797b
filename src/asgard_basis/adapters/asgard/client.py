"""Asgard's REST transport: paced below its public limit, submits never repeated blindly."""

from collections.abc import Mapping
from typing import Any

import msgspec

from asgard_basis.adapters.asgard.errors import refusal_of
from asgard_basis.adapters.http import HttpClient, Reply
from asgard_basis.adapters.metering import Gate, Meter
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import Allowance

ALLOWANCE = Allowance(
    name="asgard", burst=1, unit_microseconds=1_050_000, reserve=0, venue_minute=60
)
"""One request a second for each address without a key, with room for jitter."""
_BUSY_ATTEMPTS = 5
_BUSY_SECONDS = 1.1
_ERROR_STATUS = 400
# Fractions travel as JSON numbers with all their digits; a float never exists.
_encoder = msgspec.json.Encoder(decimal_format="number")


class AsgardClient:
    """Requests to one Asgard deployment; those that are metered wait for their turn."""

    def __init__(
        self, *, http: HttpClient, api_key: str | None, clock: Clock, meter: Meter | None = None
    ) -> None:
        self._http = http
        self._clock = clock
        self._headers = {"X-API-Key": api_key} if api_key else {}
        # A key has a limit of its own, which nobody has stated.
        self._gate = Gate(meter, 1) if meter is not None and not api_key else None

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
            try:
                return await self._http.request_json(
                    method,
                    path,
                    None if body is None else _encoder.encode(body),
                    headers=self._headers,
                    repeatable=repeatable,
                    error=ErrorCode.ASGARD_API,
                    unknown=ErrorCode.ASGARD_UNKNOWN,
                    gate=self._gate,
                )
            except Unavailable as error:
                if "429" not in error.details.get("cause", "") or attempt == _BUSY_ATTEMPTS:
                    raise
            # Somebody else behind the same address may have taken the turn.
            attempt += 1
            await self._clock.sleep(_BUSY_SECONDS)
