"""From a verified e-mail code to a session of our own."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.identity import IdentityProvider
from asgard_basis.ports.repositories import JobKind, Session, User
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.ports.wallets import Wallet, WalletRole

_RESUMED_KEPT = timedelta(seconds=2)
_RESUMED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a session."""

    user: User
    session: Session
    wallets: dict[WalletRole, Wallet]
    is_new: bool
    secret: str | None = None
    """The random part of a new session; only its hash is kept."""


class SignIn:
    """Starting, checking and ending sessions."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        identity: IdentityProvider,
        desk: JobDesk,
        clock: Clock,
        long_session: timedelta = timedelta(days=7),
        short_session: timedelta = timedelta(hours=24),
    ) -> None:
        self._transactions = transactions
        self._identity = identity
        self._desk = desk
        self._clock = clock
        self._long = long_session
        self._short = short_session
        self._resumed: dict[str, tuple[SignedIn, datetime]] = {}

    async def start(self, access_token: str, *, stay_signed_in: bool) -> SignedIn:
        """A session for the person behind the token; wallets are set up in the background.

        Raises Refused AUT-0005 for a token the identity provider does not vouch for.
        """
        identity = await self._identity.verify(access_token)
        now = self._clock.host()
        secret = secrets.token_urlsafe(32)
        session = Session(
            id=hashed(secret),
            user_id=identity.user_id,
            created_at=now,
            expires_at=now + (self._long if stay_signed_in else self._short),
        )
        async with self._transactions.for_user(identity.user_id) as work:
            known = await work.users.get(identity.user_id)
            user = User(
                id=identity.user_id,
                email=identity.email or (known.email if known else None),
                created_at=known.created_at if known else now,
                last_sign_in_at=now,
            )
            await work.users.save(user)
            await work.sessions.save(session)
            wallets = await work.wallets.of_user(user.id)
            if set(wallets) != set(WalletRole):
                await self._enqueue_provisioning(work, user.id)
        return SignedIn(user, session, wallets, is_new=known is None, secret=secret)

    async def resume(self, user_id: UserId, secret: str) -> SignedIn:
        """The person a cookie speaks for.

        A session that was good a moment ago is not looked up again: one ended by another
        process is noticed two seconds later. Raises DomainError AUT-0003 when the session has
        ended, AUT-0001 when there was none.
        """
        now = self._clock.host()
        kept = self._resumed.get(hashed(secret))
        if kept is not None and kept[0].user.id == user_id and now < kept[1]:
            return kept[0]
        person = await self._looked_up(user_id, secret)
        if len(self._resumed) >= _RESUMED_MAX:
            self._resumed.clear()
        if set(person.wallets) == set(WalletRole):
            until = min(now + _RESUMED_KEPT, person.session.expires_at)
            self._resumed[person.session.id] = (person, until)
        return person

    async def _looked_up(self, user_id: UserId, secret: str) -> SignedIn:
        async with self._transactions.for_user(user_id) as work:
            session = await work.sessions.get(hashed(secret))
            user = await work.users.get(user_id)
            wallets = await work.wallets.of_user(user_id)
        if session is None or user is None or session.user_id != user_id:
            raise DomainError(ErrorCode.NOT_SIGNED_IN)
        if session.revoked_at is not None or session.expires_at <= self._clock.host():
            raise DomainError(ErrorCode.SESSION_EXPIRED)
        return SignedIn(user, session, wallets, is_new=False)

    async def end(self, user_id: UserId, secret: str) -> None:
        """Revoke the session; harmless when it has ended."""
        self._resumed.pop(hashed(secret), None)
        async with self._transactions.for_user(user_id) as work:
            session = await work.sessions.get(hashed(secret))
            if session is not None and session.revoked_at is None:
                await work.sessions.save(replace(session, revoked_at=self._clock.host()))

    async def ensure_wallets(self, user_id: UserId) -> dict[WalletRole, Wallet]:
        """The wallets there are; the missing ones are set up in the background."""
        async with self._transactions.for_user(user_id) as work:
            wallets = await work.wallets.of_user(user_id)
            if set(wallets) != set(WalletRole):
                await self._enqueue_provisioning(work, user_id)
        return wallets

    async def _enqueue_provisioning(self, work: UnitOfWork, user_id: UserId) -> None:
        waiting = [j for j in await work.jobs.unfinished() if j.kind is JobKind.PROVISION]
        if not waiting:
            await work.jobs.add(self._desk.new(user_id, JobKind.PROVISION))


def hashed(secret: str) -> str:
    """What is kept of a session's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
