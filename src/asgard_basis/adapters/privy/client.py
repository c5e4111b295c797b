"""Privy's REST interface: credentials, request authorisation, and bounded repetition.

Everything sent here may be repeated: signing has no effect outside the reply, creations carry
an idempotency key, and a policy is replaced as a whole.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from asgard_basis.adapters.http import HttpClient, Reply
from asgard_basis.adapters.privy.errors import is_transient, refusal_of
from asgard_basis.domain.errors import (
    DomainError,
    ErrorCode,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from asgard_basis.ports.clock import Clock

_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 1.0
_PAUSE_MAX_SECONDS = 10.0
_EXPIRY_MS = 15 * 60 * 1000
_ERROR_STATUS = 400
_NOT_FOUND = 404


class AuthorizationKey:
    """The P-256 key whose signature Privy demands for everything that matters.

    Accepts base64 PKCS#8 as the dashboard shows it (with or without `wallet-auth:`) or PEM.
    Raises DomainError VAL-0001 for anything else.
    """

    def __init__(self, text: str) -> None:
        lines = text.strip().removeprefix("wallet-auth:").splitlines()
        body = "".join(line.strip() for line in lines if not line.startswith("-----"))
        try:
            key = serialization.load_der_private_key(base64.b64decode(body, validate=True), None)
        except (ValueError, TypeError) as error:
            raise DomainError(
                ErrorCode.INVALID_INPUT, "the Privy authorization key is not a PKCS#8 key"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(
            key.curve, ec.SECP256R1
        ):
            raise DomainError(
                ErrorCode.INVALID_INPUT, "the Privy authorization key is not a P-256 key"
            )
        self._key = key

    @property
    def public_key(self) -> str:
        """Base64 SPKI: what is registered in the key quorum."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def sign(self, payload: bytes) -> str:
        """Base64 DER ECDSA signature over SHA-256 of the payload."""
        return base64.b64encode(self._key.sign(payload, ec.ECDSA(hashes.SHA256()))).decode()


def authorization_payload(
    *, method: str, url: str, body: object, headers: Mapping[str, str]
) -> bytes:
    """The canonical JSON (RFC 8785) that an authorisation signature covers.

    Exact for bodies of text, integers and nesting; our bodies hold no fractions.
    """
    facts = {"version": 1, "method": method, "url": url, "body": body, "headers": dict(headers)}
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class PrivyClient:
    """Requests to one Privy application."""

    def __init__(
        self,
        *,
        http: HttpClient,
        app_id: str,
        app_secret: str,
        clock: Clock,
        authorization_key: AuthorizationKey | None = None,
    ) -> None:
        self._http = http
        self._app_id = app_id
        self._clock = clock
        self._key = authorization_key
        credentials = base64.b64encode(f"{app_id}:{app_secret}".encode()).decode()
        self._headers = {"authorization": f"Basic {credentials}", "privy-app-id": app_id}

    async def get(self, path: str, *, query: Mapping[str, str] | None = None) -> Any:
        """The parsed answer; raises as `change`."""
        reply = await self._repeat("GET", f"{path}?{urlencode(query)}" if query else path, None, {})
        return _judged(reply)

    async def find(self, path: str) -> Any | None:
        """The parsed answer, or None when it does not exist."""
        reply = await self._repeat("GET", path, None, {})
        return None if reply.status == _NOT_FOUND else _judged(reply)

    async def create(self, path: str, body: Mapping[str, Any], *, idempotency_key: str) -> Any:
        """POST that is done at most once a day under its key; raises as `change`."""
        return _judged(
            await self._repeat("POST", path, body, {"privy-idempotency-key": idempotency_key})
        )

    async def change(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """A request authorised by our key.

        Raises Refused WAL-0005 for a policy denial, Refused WAL-0007 for every other refusal,
        Unavailable WAL-0006 after three attempts without an answer.
        """
        return _judged(await self._repeat(method, path, body, {}))

    async def _repeat(
        self, method: str, path: str, body: Mapping[str, Any] | None, extra: Mapping[str, str]
    ) -> Reply:
        problem: DomainError | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                await self._clock.sleep(_pause(attempt, problem))
            try:
                reply = await self._once(method, path, body, extra)
            except (Unavailable, OutcomeUnknown) as error:
                problem = error
                continue
            if not is_transient(reply):
                return reply
            problem = refusal_of(reply)
        raise Unavailable(
            ErrorCode.SIGNING_UNAVAILABLE,
            "the signing service does not answer",
            problem.details if problem else None,
        )

    async def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, extra: Mapping[str, str]
    ) -> Reply:
        headers = self._headers | dict(extra)
        if body is not None and self._key is not None:
            headers |= self._authorization(self._key, method, path, body, extra)
        return await self._http.request_json(
            method,
            path,
            body,
            headers=headers,
            repeatable=False,
            error=ErrorCode.SIGNING_UNAVAILABLE,
        )

    def _authorization(
        self,
        key: AuthorizationKey,
        method: str,
        path: str,
        body: Mapping[str, Any],
        extra: Mapping[str, str],
    ) -> dict[str, str]:
        expiry = int(self._clock.host().timestamp() * 1000) + _EXPIRY_MS
        covered = {
            "privy-app-id": self._app_id,
            **extra,
            "privy-request-expiry": str(expiry),
        }
        payload = authorization_payload(
            method=method, url=self._http.base_url + path, body=body, headers=covered
        )
        return {
            "privy-request-expiry": str(expiry),
            "privy-authorization-signature": key.sign(payload),
        }


def _pause(attempt: int, problem: DomainError | None) -> float:
    asked = problem.details.get("retry_after_seconds") if problem else None
    if asked is not None:
        return min(float(asked), _PAUSE_MAX_SECONDS)
    return float(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))


def _judged(reply: Reply) -> Any:
    if reply.status >= _ERROR_STATUS:
        raise refusal_of(reply)
    if not isinstance(reply.json, dict):
        raise Refused(ErrorCode.CUSTODY_API, "Privy answered with something that is not an object")
    return reply.json


def text_in(answer: Mapping[str, Any], field: str) -> str:
    """A field that must be a text; raises Refused WAL-0007 when it is not."""
    value = answer.get(field)
    if not isinstance(value, str) or not value:
        raise unexpected(field)
    return value


def unexpected(field: str) -> Refused:
    """The error for an answer that lacks what it must have."""
    return Refused(ErrorCode.CUSTODY_API, f"Privy's answer has no usable {field}")
