"""Sign-in by e-mail code, sessions with rotating refresh tokens, and the users they belong to.

All times are host times: a person waits for a mail in real seconds, however fast the market runs.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import replace

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.records import LoginCode, Mail, Session, User
from asgard_paper.privy.refusals import (
    INVALID_CREDENTIALS,
    INVALID_TOKEN,
    TOO_MANY_REQUESTS,
    UNKNOWN_USER,
    Refusal,
)
from asgard_paper.privy.shelf import Shelf
from asgard_paper.privy.tokens import Tokens
from asgard_paper.privy.users import Users, normal_email

CODE_LIFETIME_MS = 10 * 60_000
CODE_ATTEMPTS = 5
CODES_PER_WINDOW = 5
REFRESH_LIFETIME_MS = 30 * 24 * 3_600_000
ROTATION_GRACE_MS = 30_000
MAILS_KEPT = 500
CODE = re.compile(r"[0-9]{6}")


class SignIn:
    """What a successful sign-in or refresh hands to the browser."""

    __slots__ = ("access_token", "action", "identity_token", "is_new_user", "refresh_token", "user")

    def __init__(
        self,
        user: User,
        access_token: str,
        identity_token: str,
        refresh_token: str | None,
        action: str,
        is_new_user: bool,
    ) -> None:
        self.user = user
        self.access_token = access_token
        self.identity_token = identity_token
        self.refresh_token = refresh_token
        self.action = action
        self.is_new_user = is_new_user


class Identity:
    """The auth API of the app."""

    def __init__(
        self,
        clock: Clock,
        store: Store,
        secrets: Secrets,
        users: Users,
        tokens: Tokens,
        access_token_seconds: int,
    ) -> None:
        self._clock = clock
        self._secrets = secrets
        self._users = users
        self._tokens = tokens
        self._lifetime = access_token_seconds
        self._codes = Shelf(store, "login_codes", LoginCode)
        self._mails = Shelf(store, "mails", Mail)
        self._sessions = Shelf(store, "sessions", Session)

    def send_code(self, email: str) -> None:
        """Mail a fresh code, which replaces any older one; raises Refusal 429 after five."""
        address = normal_email(email)
        now_ms = self._clock.host_ms()
        recent = [
            mail for mail in self.mailbox(address) if mail.sent_at_ms > now_ms - CODE_LIFETIME_MS
        ]
        if len(recent) >= CODES_PER_WINDOW:
            raise Refusal(429, "Too many codes requested, please try later", TOO_MANY_REQUESTS)
        code = self._secrets.new_code()
        self._codes.put(address, LoginCode(address, code, now_ms))
        self._mails.put(self._secrets.new_id("mail"), Mail(address, code, now_ms))
        for key in self._mails.oldest_beyond(MAILS_KEPT):
            self._mails.remove(key)

    def mailbox(self, email: str | None) -> list[Mail]:
        """Mails sent, oldest first; all of them, or those to one address."""
        wanted = None if email is None else email.strip().lower()
        return [mail for mail in self._mails if wanted in (None, mail.email)]

    def sign_in(self, email: str, code: str, *, may_sign_up: bool) -> SignIn:
        """Exchange a code for a session; a code works once and dies after five wrong tries.

        Raises Refusal 422 for a wrong, used or expired code, 404 for an unknown user who may not
        sign up.
        """
        address = normal_email(email)
        self._check_code(address, code)
        user = self._users.by_email(address)
        if user is None and not may_sign_up:
            raise Refusal(404, "User does not exist", UNKNOWN_USER)
        is_new = user is None
        user = self._users.verified(user) if user is not None else self._users.join(address)
        session = Session(
            id=self._secrets.new_id("session", 25),
            user_id=user.id,
            refresh_hash="",
            expires_at_ms=0,
        )
        return self._rotate(session, user, is_new=is_new)

    def refresh(self, access_token: str | None, refresh_token: str | None) -> SignIn:
        """New tokens for old; raises Refusal 401 unless both belong to one living session.

        A refresh token that was rotated moments ago still earns an access token (another tab of
        the same browser asked first), and `ignore` tells that tab to leave the stored one alone.
        """
        session = self._session(access_token)
        offered = _hash(refresh_token or "")
        now_ms = self._clock.host_ms()
        user = self._users.find(session.user_id)
        if user is None or now_ms >= session.expires_at_ms:
            raise _unauthorized()
        if hmac.compare_digest(offered, session.refresh_hash):
            return self._rotate(session, user, is_new=False)
        in_grace = now_ms < session.rotated_at_ms + ROTATION_GRACE_MS
        if session.previous_hash is None or not in_grace:
            raise _unauthorized()
        if not hmac.compare_digest(offered, session.previous_hash):
            raise _unauthorized()
        return self._signed_in(session, user, None, "ignore", is_new=False)

    def log_out(self, access_token: str | None) -> None:
        """End the session; its access token lives on until it expires, as at the service."""
        self._sessions.remove(self._session(access_token).id)

    def user_of(self, access_token: str | None) -> User:
        """Who holds this unexpired token; raises Refusal 401."""
        claims = self._claims(access_token)
        expires = claims.get("exp")
        user = self._users.find(str(claims.get("sub")))
        if not isinstance(expires, int) or expires * 1000 <= self._clock.host_ms() or user is None:
            raise _unauthorized()
        return user

    def identity_token(self, user: User) -> str:
        """A token that states the user's linked accounts."""
        now = self._clock.host_ms() // 1000
        return self._tokens.identity(user, now, self._lifetime)

    def forget(self, user_id: str) -> None:
        """End all sessions of a user."""
        for session in self._sessions:
            if session.user_id == user_id:
                self._sessions.remove(session.id)

    def _check_code(self, address: str, code: str) -> None:
        known = self._codes.get(address)
        live = (
            known is not None
            and known.attempts < CODE_ATTEMPTS
            and self._clock.host_ms() < known.sent_at_ms + CODE_LIFETIME_MS
        )
        if known is None or not live or CODE.fullmatch(code) is None:
            raise _wrong_code()
        if not hmac.compare_digest(known.code, code):
            self._codes.put(address, replace(known, attempts=known.attempts + 1))
            raise _wrong_code()
        self._codes.remove(address)

    def _rotate(self, session: Session, user: User, *, is_new: bool) -> SignIn:
        raw = self._secrets.draw("refresh token")
        token = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        now_ms = self._clock.host_ms()
        session = replace(
            session,
            refresh_hash=_hash(token),
            previous_hash=session.refresh_hash or None,
            rotated_at_ms=now_ms,
            expires_at_ms=now_ms + REFRESH_LIFETIME_MS,
        )
        self._sessions.put(session.id, session)
        return self._signed_in(session, user, token, "set", is_new=is_new)

    def _signed_in(
        self, session: Session, user: User, refresh: str | None, action: str, *, is_new: bool
    ) -> SignIn:
        now = self._clock.host_ms() // 1000
        access = self._tokens.access(user.id, session.id, now, self._lifetime)
        return SignIn(user, access, self.identity_token(user), refresh, action, is_new)

    def _session(self, access_token: str | None) -> Session:
        session = self._sessions.get(str(self._claims(access_token).get("sid")))
        if session is None:
            raise _unauthorized()
        return session

    def _claims(self, access_token: str | None) -> dict[str, object]:
        claims = None if access_token is None else self._tokens.read(access_token)
        if claims is None or "sid" not in claims:
            raise _unauthorized()
        return claims


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _wrong_code() -> Refusal:
    return Refusal(422, "Invalid email and code combination", INVALID_CREDENTIALS)


def _unauthorized() -> Refusal:
    return Refusal(401, "Invalid auth token", INVALID_TOKEN)
