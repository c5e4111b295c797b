"""HTTP to the outside: strict time limits, and errors that say whether something was done.

All adapters go through `HttpClient`. It knows two kinds of calls: repeatable ones (reads, and
writes that the other side deduplicates), which are tried a few times, and all others, which are
sent exactly once and whose lost reply is an unknown outcome, never a failure.
"""

import asyncio
import json
import random
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import httpx
import msgspec
import structlog

from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.ports.coordination import ensure_sure

CONNECT_SECONDS = 3.0
ATTEMPTS = 3
_FIRST_BACKOFF_SECONDS = 0.25
_LIMITED_BACKOFF_SECONDS = 1.0
"""After 429: request budgets fill up by the second, so asking sooner only costs more of them."""
_TOO_MANY = "HTTP 429"
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

A = TypeVar("A")
B = TypeVar("B")

_log = structlog.get_logger(__name__)


class Reply(NamedTuple):
    """An answer with a status below 500 that is neither 429 nor 408."""

    status: int
    json: Any
    """The parsed body with fractions as Decimal; text when it is not JSON, None when empty."""


class Gate(Protocol):
    """Who says when a request may be sent, because the other side counts them."""

    async def enter(self) -> None:
        """Return when the next attempt may be sent; raises Unavailable when it may not."""
        ...

    async def turned_away(self) -> None:
        """The other side answered 429."""
        ...


class HttpClient:
    """One outside system's HTTP door; keeps connections open between calls.

    A call never takes longer than `timeout_seconds`, repetitions included. One attempt of a
    repeatable call may use half of that, so that a lost reply leaves time for another. Time is
    the event loop's; without a `transport` it goes over sockets.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_seconds: float,
        name: str,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._jitter = jitter or random.Random()
        # Where to go is a setting: proxies from the environment are not followed.
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers=dict(headers or {}),
            auth=auth,
            trust_env=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def get_json(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        error: ErrorCode,
        timeout_seconds: float | None = None,
    ) -> Reply:
        """GET, which is always repeatable; raises as `request_json`."""
        return await self.request_json(
            "GET",
            path,
            params=params,
            headers=headers,
            repeatable=True,
            error=error,
            timeout_seconds=timeout_seconds,
        )

    async def post_json(
        self,
        path: str,
        body: object,
        *,
        repeatable: bool,
        error: ErrorCode,
        unknown: ErrorCode | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        gate: Gate | None = None,
    ) -> Reply:
        """POST a JSON body; raises as `request_json`."""
        return await self.request_json(
            "POST",
            path,
            body,
            headers=headers,
            repeatable=repeatable,
            error=error,
            unknown=unknown,
            timeout_seconds=timeout_seconds,
            gate=gate,
        )

    async def request_json(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool,
        error: ErrorCode,
        unknown: ErrorCode | None = None,
        timeout_seconds: float | None = None,
        gate: Gate | None = None,
    ) -> Reply:
        """Send a request; statuses below 500 (except 408 and 429) are the caller's to judge.

        Raises `Unavailable` under `error` when nothing was done: never connected, 429, or a
        repeatable call that failed to the end. Raises `OutcomeUnknown` under `unknown` (or
        `error`) when a call that must not be repeated was sent and got no answer, 408 or 5xx.
        Raises `Superseded` GEN-0008 instead of sending, or sending again, under a tenure that
        somebody else may have taken over. A body given as bytes is sent as it is. Every attempt
        passes `gate` first: what it raises is raised, and waiting there takes no time of the call.
        """
        total = self._timeout_seconds if timeout_seconds is None else timeout_seconds
        content = body if isinstance(body, bytes | None) else msgspec.json.encode(body)
        # An empty path is the base URL as it was given: joining would add a slash to it.
        request = self._client.build_request(
            method,
            path or self.base_url,
            content=content,
            params=dict(params) if params else None,
            headers=_with_type(headers, content),
            timeout=httpx.Timeout(total, connect=min(CONNECT_SECONDS, total)),
        )
        now = asyncio.get_running_loop().time
        if gate is not None:
            await gate.enter()
        deadline = now() + total
        per_attempt = total / 2 if repeatable else total
        attempts = ATTEMPTS if repeatable else 1
        attempt = 1
        while True:
            remaining = deadline - now()
            outcome = await self._attempt(request, path, min(per_attempt, remaining), attempt)
            if isinstance(outcome, Reply):
                return outcome
            if gate is not None and outcome.what == _TOO_MANY:
                await gate.turned_away()
            pause = outcome.pause(attempt, self._jitter)
            if attempt == attempts or now() + pause >= deadline:
                sure = repeatable or outcome.not_done
                raise outcome.as_error(self.name, sure=sure, error=error, unknown=unknown or error)
            await asyncio.sleep(pause)
            if gate is not None:
                waited = now()
                await gate.enter()
                deadline += now() - waited
            attempt += 1

    async def _attempt(
        self, request: httpx.Request, path: str, seconds: float, attempt: int
    ) -> "Reply | _Failure":
        now = asyncio.get_running_loop().time
        started = now()
        outcome: Reply | _Failure
        ensure_sure()
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.send(request)
        except _NEVER_SENT as problem:
            outcome = _Failure(type(problem).__name__, not_done=True)
        except (httpx.TransportError, httpx.DecodingError) as problem:
            outcome = _Failure(type(problem).__name__, not_done=False)
        except TimeoutError:
            outcome = _Failure("Timeout", not_done=False)
        else:
            outcome = _read(response)
        # Neither address nor headers nor bodies: each of them may hold a secret.
        (_log.debug if isinstance(outcome, Reply) else _log.warning)(
            "http request",
            system=self.name,
            method=request.method,
            path=path,
            attempt=attempt,
            result=outcome.status if isinstance(outcome, Reply) else outcome.what,
            milliseconds=round((now() - started) * 1000),
        )
        return outcome


class _Failure(NamedTuple):
    what: str
    not_done: bool
    retry_after: float | None = None

    def pause(self, attempt: int, jitter: random.Random) -> float:
        """Seconds before the next attempt: what the server asked for, else with full jitter."""
        if self.retry_after is not None:
            return self.retry_after
        first = _FIRST_BACKOFF_SECONDS
        if self.what == _TOO_MANY:
            first = _LIMITED_BACKOFF_SECONDS
        ceiling = first * 2 ** (attempt - 1)
        return jitter.uniform(ceiling / 2, ceiling)

    def as_error(
        self, name: str, *, sure: bool, error: ErrorCode, unknown: ErrorCode
    ) -> Unavailable | OutcomeUnknown:
        details = {"system": name, "cause": self.what}
        if self.retry_after is not None:
            details["retry_after_seconds"] = f"{self.retry_after:.3f}"
        if sure:
            return Unavailable(error, f"{name} could not be asked ({self.what})", details)
        return OutcomeUnknown(unknown, f"{name} gave no clear answer ({self.what})", details)


def _read(response: httpx.Response) -> Reply | _Failure:
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return _Failure(_TOO_MANY, not_done=True, retry_after=_retry_after(response))
    if response.status_code >= 500 or response.status_code == httpx.codes.REQUEST_TIMEOUT:
        return _Failure(
            f"HTTP {response.status_code}", not_done=False, retry_after=_retry_after(response)
        )
    return Reply(response.status_code, parse_body(response.content))


def parse_body(content: bytes) -> Any:
    """JSON with fractions as Decimal (also NaN), text when it is not JSON, None when empty."""
    if not content:
        return None
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=Decimal)
    except ValueError:
        return content.decode("utf-8", errors="replace")


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after")
    if value is None:
        return None
    if value.isdecimal():
        return float(value)
    # A date is measured from the answer's own: the server's clock need not agree with ours.
    moment, answered = _date(value), _date(response.headers.get("date", ""))
    if moment is None or answered is None:
        return None
    return max(0.0, (moment - answered).total_seconds())


def _date(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _with_type(headers: Mapping[str, str] | None, content: bytes | None) -> dict[str, str]:
    described = {} if content is None else {"content-type": "application/json"}
    return described | dict(headers or {})


async def together(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Two calls at the same time; when one fails the other is ended before the error goes on."""
    tasks = asyncio.ensure_future(first), asyncio.ensure_future(second)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
