"""The session cookie: a signed statement of who and which session, and its CSRF twin."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

import jwt

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId

SESSION_COOKIE = "basis_session"
CSRF_COOKIE = "basis_csrf"
CSRF_HEADER = "X-CSRF-Token"
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the cookie says: whose session, and its secret."""

    user_id: UserId
    secret: str


class SessionCookies:
    """Issues and reads session cookies with one server secret."""

    def __init__(self, server_secret: str) -> None:
        self._key = hashlib.sha256(b"basis session " + server_secret.encode()).digest()

    def issue(self, ticket: Ticket, *, expires_at: datetime) -> str:
        """The cookie's value."""
        claims = {"sub": ticket.user_id, "sid": ticket.secret, "exp": int(expires_at.timestamp())}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, cookie: str) -> Ticket:
        """The ticket; raises DomainError AUT-0003 when it has ended, AUT-0001 if not ours."""
        try:
            claims = jwt.decode(
                cookie,
                self._key,
                algorithms=[_ALGORITHM],
                options={"require": ["sub", "sid", "exp"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise DomainError(ErrorCode.SESSION_EXPIRED) from error
        except jwt.InvalidTokenError as error:
            raise DomainError(ErrorCode.NOT_SIGNED_IN) from error
        return Ticket(UserId(claims["sub"]), claims["sid"])

    def csrf(self, ticket: Ticket) -> str:
        """What a request that changes something must carry in its header."""
        return hmac.new(self._key, b"csrf " + ticket.secret.encode(), hashlib.sha256).hexdigest()

    def check_csrf(self, ticket: Ticket, header: str | None) -> None:
        """Raises DomainError AUT-0004 unless the header is this session's."""
        if header is None or not hmac.compare_digest(self.csrf(ticket).encode(), header.encode()):
            raise DomainError(ErrorCode.CSRF)
