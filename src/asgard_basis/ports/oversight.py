"""What people must hear of, what was done, and what is forbidden for now.

Inside a user's unit of work every call sees and changes that user's rows only; inside the
system's it sees all. Times are host times, UTC.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.ledger.audit_chain import ChainWalk

OPERATORS = "operators"
"""The chain of what concerns no single user."""
EVERYBODY = "everybody"
"""The scope of a pause that concerns all users."""


class AlarmKind(StrEnum):
    """Why somebody must look."""

    STUCK_UNWIND = "stuck_unwind"
    """Something is still held that could not be closed; a person is needed."""
    LEG_EXPOSED = "leg_exposed"
    """One leg has been without the other for too long while a saga works on it."""
    LEG_LOST = "leg_lost"
    """A leg shrank or vanished without our doing: liquidation, ADL, or somebody else's hand."""
    ORPHAN_EXPOSURE = "orphan_exposure"
    """The venue holds something that belongs to no position."""
    BOOK_MISMATCH = "book_mismatch"
    """Venue and book disagree about a position, which is quarantined."""
    SIGNING_DOWN = "signing_down"
    """Nothing can be signed, so nothing can be closed."""
    LEDGER_MISMATCH = "ledger_mismatch"
    """What is booked does not add up to what the venues say."""
    LIQUIDATION_NEAR = "liquidation_near"
    """A leg is near its liquidation price: it is being defended, or left."""
    RISK_UNKNOWN = "risk_unknown"
    """A figure that tells how safe a position is, is not known."""
    PEG_OFF = "peg_off"
    """A staking token trades far from what it redeems for, or moves fast."""
    MARKET_BLIND = "market_blind"
    """The price is stale or disputed: nothing is defended or left by it."""
    MONEY_STRANDED = "money_stranded"
    """Money left one leg's venue and did not arrive at the other's: a person is needed."""
    PLAYBOOK = "playbook"
    """Something outside has failed; the playbook named in the subject says what is done."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person must know of until it is over; never only a log line."""

    id: str
    kind: AlarmKind
    subject: str
    """What it is about: a position id, a job id, a venue. One open alarm per kind and subject."""
    raised_at: datetime
    message: str
    """One sentence for the user: what is the matter and what is being done."""
    user_id: UserId | None = None
    """None is the operators' alone."""
    position_id: PositionId | None = None
    exposure_sol: Decimal | None = None
    """Net SOL without its opposite leg (long positive); None when it is not known."""
    exposure_usd: Decimal | None = None
    tried: str | None = None
    """What was tried so far."""
    acts_at: datetime | None = None
    """When the bot will act by itself (sweep, close); None when it waits for a person."""
    action: str | None = None
    """What it will do then, in words."""
    acknowledged_at: datetime | None = None
    acknowledged_by: UserId | None = None
    resolved_at: datetime | None = None


class Alarms(Protocol):
    """Alarms, open until they are resolved; acknowledging silences, it does not resolve."""

    async def put(self, alarm: Alarm) -> Alarm:
        """Raise it, or bring the open one of the same kind and subject up to date.

        The open one keeps its id, the moment it was raised and its acknowledgement.
        """
        ...

    async def get(self, alarm_id: str) -> Alarm | None:
        """The alarm, or None when there is none or it is another user's."""
        ...

    async def acknowledge(self, alarm_id: str, *, by: UserId, at: datetime) -> Alarm | None:
        """Note that somebody has seen it; the first one stays."""
        ...

    async def resolve(self, kind: AlarmKind, subject: str, *, at: datetime) -> bool:
        """End the open one of this kind and subject; False when there is none."""
        ...

    async def unresolved(self, *, position_id: PositionId | None = None) -> Sequence[Alarm]:
        """Open ones, oldest first."""
        ...

    async def recent(self, *, limit: int = 100) -> Sequence[Alarm]:
        """Newest first, resolved ones included."""
        ...


class AuditKind(StrEnum):
    """What a line of the audit log tells."""

    COMMAND = "command"
    """Somebody asked for something."""
    INTENDED = "intended"
    """A step is about to have an effect outside; with the key it can be found by."""
    SIGNED = "signed"
    """A payload was signed; with its SHA-256."""
    OUTCOME = "outcome"
    """What a step came to."""
    STATE = "state"
    """A position went from one state to another."""
    ALARM = "alarm"
    """An alarm was raised, acknowledged or resolved."""
    OPERATOR = "operator"
    """An operator or the machine's owner did something: pause, resume, emergency stop."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened. What is written is never changed."""

    at: datetime
    kind: AuditKind
    body: Mapping[str, str]
    """Names and texts, no secrets: `step`, `attempt`, `key`, `sha256`, `from`, `to`, ..."""
    user_id: UserId | None = None
    position_id: PositionId | None = None
    job_id: JobId | None = None

    @property
    def chain(self) -> str:
        """Whose chain it belongs to: a user id, or `operators`."""
        return OPERATORS if self.user_id is None else self.user_id

    @property
    def text(self) -> str:
        """All of it as JSON: the same entry always gives the same text, which is what is hashed."""
        told = {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "body": {name: _clean(text) for name, text in self.body.items()},
            "job_id": self.job_id,
            "kind": self.kind.value,
            "position_id": self.position_id,
            "user_id": self.user_id,
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @staticmethod
    def from_text(text: str) -> "AuditEntry":
        """The entry again; raises ValueError or KeyError for a text that is none."""
        told = json.loads(text)
        return AuditEntry(
            at=datetime.fromisoformat(told["at"]),
            kind=AuditKind(told["kind"]),
            body=told["body"],
            user_id=told["user_id"],
            position_id=told["position_id"],
            job_id=told["job_id"],
        )


def _clean(text: str) -> str:
    """As PostgreSQL can hold it: without NUL characters and lone surrogates."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An entry as it stands in its chain; each user has one, the operators another."""

    number: int
    """From 1 on, without gaps, in its chain."""
    entry: AuditEntry
    previous: str
    """Hash of the record before (hex); 64 zeros for the first."""
    hash: str
    """SHA-256 (hex) over `previous`, the number, the chain and the entry's text."""


class AuditLog(Protocol):
    """Append-only, hash-chained; the database refuses to change or delete a line.

    A user's unit of work reads and continues that user's chain only.
    """

    async def append(self, entry: AuditEntry) -> None:
        """Write it in this transaction, at the end of its user's chain.

        Its place in the chain is taken when the transaction ends, so that nobody waits for it
        longer than that.
        """
        ...

    async def of_position(self, position_id: PositionId) -> Sequence[AuditRecord]:
        """All that concerns a position, oldest first."""
        ...

    async def recent(self, *, limit: int = 200) -> Sequence[AuditRecord]:
        """Newest first."""
        ...

    async def verify(self) -> ChainWalk:
        """All chains read from end to end, with every fault; system unit of work only."""
        ...


@dataclass(frozen=True, slots=True)
class Pause:
    """Opening is forbidden, closing never is."""

    scope: str
    """`everybody`, or a user id."""
    by: str
    """`kill_switch`, `operator`, `system` or `user`: who set it decides who may lift it."""
    reason: str
    since: datetime
    details: Mapping[str, str] = field(default_factory=dict)


class Pauses(Protocol):
    """What is paused. A user cannot lift what the system or an operator has set.

    In a user's unit of work only the user's own pause can be set or lifted: the database refuses
    to set another, and does not find another to lift.
    """

    async def put(self, pause: Pause) -> None:
        """Set it; one for each scope and setter: the newest reason stands, no detail is lost."""
        ...

    async def lift(self, scope: str, *, by: str) -> bool:
        """Lift the one of that scope and setter; False when there is none."""
        ...

    async def in_force(self, user_id: UserId | None = None) -> Sequence[Pause]:
        """Those that concern the user (everybody's included), or all; oldest first."""
        ...
