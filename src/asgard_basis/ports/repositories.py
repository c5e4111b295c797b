"""What must be remembered: one Protocol for each kind of record.

Inside a user's unit of work every call sees and changes that user's rows only; inside the
system's it sees all. Times are UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.market.funding import FundingObservation, FundingPayment
from asgard_basis.domain.market.redemption import Redemption
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import Journal, Step
from asgard_basis.ports.wallets import Wallet, WalletRole


@dataclass(frozen=True, slots=True)
class User:
    """A person who signed in."""

    id: UserId
    email: str | None
    created_at: datetime
    last_sign_in_at: datetime


class Users(Protocol):
    """People."""

    async def get(self, user_id: UserId) -> User | None:
        """The person, or None."""
        ...

    async def save(self, user: User) -> None:
        """Insert or update by id."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser; only the hash of its secret is kept."""

    id: str
    """SHA-256 hex of the cookie's random part."""
    user_id: UserId
    created_at: datetime
    expires_at: datetime
    """Host time."""
    revoked_at: datetime | None = None


class Sessions(Protocol):
    """Signed-in browsers."""

    async def get(self, session_id: str) -> Session | None:
        """The session, or None."""
        ...

    async def save(self, session: Session) -> None:
        """Insert or update by id."""
        ...


class Wallets(Protocol):
    """Server wallets, at most one per user and role."""

    async def of_user(self, user_id: UserId) -> dict[WalletRole, Wallet]:
        """The user's wallets by role; empty before provisioning."""
        ...

    async def add(self, user_id: UserId, wallet: Wallet) -> Wallet:
        """Remember a wallet; returns the one already kept when the role is taken."""
        ...

    async def owners(self) -> Sequence[UserId]:
        """Everybody with a wallet, in the order of their ids."""
        ...


class Positions(Protocol):
    """Hedged positions."""

    async def get(self, position_id: PositionId) -> Position | None:
        """The position, or None when there is none or it is another user's."""
        ...

    async def add(self, position: Position) -> None:
        """Insert a new position."""
        ...

    async def save(self, position: Position) -> Position:
        """Update where the stored version equals; returns it with the next version.

        Raises DomainError POS-0006 when somebody else changed it in between.
        """
        ...

    async def held(self) -> Sequence[Position]:
        """All that are not ended, oldest first."""
        ...

    async def ended(self, *, limit: int) -> Sequence[Position]:
        """Ended ones, newest first."""
        ...


class JobKind(StrEnum):
    """What a job does."""

    PROVISION = "provision"
    DEPOSIT = "deposit"
    OPEN = "open"
    CLOSE = "close"
    REDUCE = "reduce"
    """Both legs by the same fraction."""
    REPAIR = "repair"
    """The legs do not match any more: restore the hedge, trim it, or close."""
    MOVE = "move"
    """USDC from one leg's venue to the other's, over Circle's protocol."""
    SWEEP = "sweep"
    """Something is held that no position claims: close it."""


class JobStatus(StrEnum):
    """How far a job is."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """Durable work a user can watch; a saga's journal hangs under its id."""

    id: JobId
    user_id: UserId
    kind: JobKind
    status: JobStatus
    created_at: datetime
    """Host time, as the two below."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    position_id: PositionId | None = None
    amount_usdc: Decimal | None = None
    """Of a deposit."""
    fraction: Decimal | None = None
    """Of a reduction: the part of both legs that goes."""
    plan: EntryPlan | None = None
    """Of an opening, once it is decided."""
    idempotency_key: str | None = None
    request_hash: str | None = None
    """Of the request the key came with, to notice a key used for something else."""
    error_code: str | None = None
    error: str | None = None
    details: dict[str, str] = field(default_factory=dict)


class Jobs(Protocol):
    """Durable work."""

    async def get(self, job_id: JobId) -> Job | None:
        """The job, or None."""
        ...

    async def by_key(self, user_id: UserId, idempotency_key: str) -> Job | None:
        """The user's job asked for under that key, or None."""
        ...

    async def add(self, job: Job) -> None:
        """Insert a new job and hand it to the workers, both in this transaction.

        Raises DomainError POS-0006 when the same key was used by a request at the same moment,
        or when something else is still to be done with the position.
        """
        ...

    async def save(self, job: Job) -> None:
        """Update one that has not ended, which then stays as it is; details are only added to."""
        ...

    async def note(self, job_id: JobId, details: Mapping[str, str]) -> None:
        """Add to the details of a job that is not ended, and change nothing else of it."""
        ...

    async def unfinished(self, *, position_id: PositionId | None = None) -> Sequence[Job]:
        """Pending and running ones, oldest first."""
        ...

    async def of_position(self, position_id: PositionId) -> Sequence[Job]:
        """All of a position, oldest first."""
        ...

    async def recent(self, *, kind: JobKind | None = None, limit: int = 50) -> Sequence[Job]:
        """Newest first."""
        ...


class Journals(Protocol):
    """Saga journals, by job."""

    async def of_job(self, job_id: JobId) -> Journal:
        """Everything written for the job, oldest first."""
        ...

    async def intend(self, job_id: JobId, user_id: UserId, step: Step) -> None:
        """Append a step that is about to happen."""
        ...

    async def conclude(self, job_id: JobId, step: Step) -> None:
        """Write the outcome of the intended step of the same name and attempt."""
        ...

    async def of_position(self, position_id: PositionId) -> Sequence[Step]:
        """The steps of all jobs of a position, oldest first."""
        ...


class Payments(Protocol):
    """Funding payments booked to positions, from the venue's records."""

    async def book(
        self, user_id: UserId, position_id: PositionId, payment: FundingPayment, *, share: Decimal
    ) -> bool:
        """Insert once by (position, settlement hour); False when it was there already.

        `share` is the part of the account's payment that belongs to the position, in USDC.
        """
        ...

    async def total(self, position_id: PositionId) -> Decimal:
        """Sum of the shares."""
        ...

    async def of_position(
        self, position_id: PositionId, *, limit: int
    ) -> Sequence[tuple[datetime, Decimal]]:
        """(settlement, share), newest first."""
        ...


class FundingHours(Protocol):
    """The market's settled hours; the same for everybody."""

    async def save(self, observations: Sequence[FundingObservation]) -> None:
        """Insert those that are new."""
        ...

    async def between(self, since: datetime, until: datetime) -> Sequence[FundingObservation]:
        """Oldest first, both ends included."""
        ...


class Redemptions(Protocol):
    """What staking tokens redeemed for; the same for everybody."""

    async def save(self, rows: Sequence[Redemption]) -> None:
        """Insert those of an hour that is new; the first figure of an hour stays."""
        ...

    async def since(self, asset: Asset, since: datetime) -> Sequence[Redemption]:
        """Of one token from then on, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """Something a dashboard wants to hear, written with the state it announces."""

    kind: str
    """position_opened, position_closed, position_update, balance_update, job_update, ..."""
    payload: dict[str, object]
    user_id: UserId | None = None
    """None is for everybody."""


class Outbox(Protocol):
    """Events on their way out."""

    async def append(self, event: Event) -> None:
        """Write it in this transaction."""
        ...

    async def extend(self, events: Sequence[Event]) -> None:
        """Write all of them in this transaction, in their order; one statement."""
        ...

    async def take(self, limit: int) -> Sequence[tuple[int, Event]]:
        """Oldest unsent events, locked for this transaction; system unit of work only."""
        ...

    async def sent(self, ids: Sequence[int]) -> None:
        """Forget events that were published."""
        ...
