"""Who signed in: Privy's access tokens, verified by its published keys."""

import json
from typing import Any
from urllib.parse import quote

import jwt
from jwt.algorithms import ECAlgorithm

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.privy.client import PrivyClient
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.identity import Identity

_ISSUER = "privy.io"
_LEEWAY_SECONDS = 30
_REFETCH_SECONDS = 60.0
_TRUST_SECONDS = 3600.0
"""A withdrawn key is believed at most this much longer."""
_USER_PREFIX = "did:privy:"


class PrivyIdentity:
    """Implements IdentityProvider. Times are judged by the host clock."""

    def __init__(self, *, http: HttpClient, app_id: str, app_secret: str, clock: Clock) -> None:
        self._client = PrivyClient(http=http, app_id=app_id, app_secret=app_secret, clock=clock)
        self._app_id = app_id
        self._clock = clock
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None

    async def verify(self, access_token: str) -> Identity:
        """See IdentityProvider."""
        claims = await self._claims(access_token)
        user_id = UserId(claims["sub"])
        return Identity(user_id=user_id, email=await self._email(user_id), session_id=claims["sid"])

    async def _claims(self, token: str) -> dict[str, str]:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid") or ""))
            # PyJWT would read this machine's clock: times are judged below instead.
            claims = jwt.decode(
                token,
                key,
                algorithms=["ES256"],
                issuer=_ISSUER,
                audience=self._app_id,
                options={
                    "require": ["exp", "iat", "sub", "sid", "aud", "iss"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise _invalid(str(error)) from error
        now = self._clock.host().timestamp()
        expires, issued = claims["exp"], claims["iat"]
        if not isinstance(expires, int) or not isinstance(issued, int):
            raise _invalid("times are not whole seconds")
        if expires + _LEEWAY_SECONDS <= now:
            raise _invalid("the token has expired")
        if issued - _LEEWAY_SECONDS > now:
            raise _invalid("the token is from the future")
        subject, session = claims["sub"], claims["sid"]
        if not isinstance(subject, str) or not subject.startswith(_USER_PREFIX):
            raise _invalid("the subject is not a person")
        if not isinstance(session, str) or not session:
            raise _invalid("there is no session")
        return {"sub": subject, "sid": session}

    async def _key(self, kid: str) -> Any:
        age = self._age()
        # Anyone can invent key ids: they must not make us ask Privy each time.
        if age is None or age >= (_TRUST_SECONDS if kid in self._keys else _REFETCH_SECONDS):
            await self._fetch()
        if kid not in self._keys:
            raise _invalid("the token is signed with an unknown key")
        return self._keys[kid]

    def _age(self) -> float | None:
        if self._fetched_at is None:
            return None
        return self._clock.host().timestamp() - self._fetched_at

    async def _fetch(self) -> None:
        try:
            answer = await self._client.get(f"/v1/apps/{self._app_id}/jwks.json")
        except Refused as error:
            raise Unavailable(
                ErrorCode.SIGNING_UNAVAILABLE, f"no verification keys: {error.message}"
            ) from error
        listed = answer.get("keys") if isinstance(answer.get("keys"), list) else []
        keys = {
            str(entry.get("kid") or ""): ECAlgorithm.from_jwk(json.dumps(entry))
            for entry in listed
            if isinstance(entry, dict) and entry.get("kty") == "EC" and entry.get("crv") == "P-256"
        }
        self._fetched_at = self._clock.host().timestamp()
        if keys:
            self._keys = keys

    async def _email(self, user_id: UserId) -> str | None:
        user = await self._client.find(f"/v1/users/{quote(user_id, safe=':')}")
        if user is None:
            raise _invalid("the person does not exist")
        accounts = user.get("linked_accounts") or []
        found = [entry.get("address") for entry in accounts if entry.get("type") == "email"]
        return str(found[0]) if found and found[0] else None


def _invalid(reason: str) -> DomainError:
    return Refused(
        ErrorCode.BAD_ACCESS_TOKEN, "the sign-in could not be verified", {"reason": reason}
    )
