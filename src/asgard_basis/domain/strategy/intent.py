"""A standing order: open when all of these hold at the same time."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import Ruling
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import IntentId, JobId, PositionId, UserId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.intent_rule import IntentFacts, IntentThresholds

EXPIRES_AFTER = timedelta(days=7)
"""When nobody says until when."""
EXPIRES_AFTER_MAX = timedelta(days=90)
OPEN_MAX = 20
"""Open intents of one person."""
_AGAIN_MINUTES_FIRST = 5
_AGAIN_MINUTES_MAX = 60


class IntentStatus(StrEnum):
    """Where an intent is in its life."""

    PENDING = "pending"
    """Written, and not yet held against the market."""
    ACTIVE = "active"
    """Watched; with a job, it is being carried out."""
    EXECUTED = "executed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    """It was carried out and did not end in a position."""


_NEXT: dict[IntentStatus, frozenset[IntentStatus]] = {
    IntentStatus.PENDING: frozenset(
        {IntentStatus.ACTIVE, IntentStatus.CANCELLED, IntentStatus.EXPIRED, IntentStatus.FAILED}
    ),
    IntentStatus.ACTIVE: frozenset(IntentStatus) - {IntentStatus.PENDING},
}
OPEN = frozenset(_NEXT)
"""Still to be carried out."""
ENDED = frozenset(IntentStatus) - OPEN


@dataclass(frozen=True, slots=True)
class CriteriaSnapshot:
    """What the market was and what the rule said when an intent was carried out."""

    at: datetime
    """Market time."""
    rule: str
    version: int
    facts: IntentFacts
    thresholds: IntentThresholds
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class Intent:
    """One standing order. Times are market times, but for the claim's."""

    id: IntentId
    user_id: UserId
    asset: Asset
    protocol: LendingProtocol | None
    """None takes the best enabled lender of the moment."""
    size_usd: Decimal
    """Total capital of both legs."""
    leverage: Decimal
    criteria: EntryCriteria
    status: IntentStatus
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    executed_at: datetime | None = None
    position_id: PositionId | None = None
    """Of the opening under way, or of the one it ended with."""
    job_id: JobId | None = None
    execution_code: str | None = None
    execution_error: str | None = None
    """Why the last try came to nothing."""
    tries: int = 0
    """How many came to nothing."""
    retry_at: datetime | None = None
    """Not tried again before."""
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    """Host time: whoever claimed it is believed to have died by then."""
    snapshot: CriteriaSnapshot | None = None
    idempotency_key: str | None = None
    request_hash: str | None = None
    version: int = field(default=1)

    @property
    def is_under_way(self) -> bool:
        """Whether a job is carrying it out."""
        return self.status in OPEN and self.job_id is not None


def moved(intent: Intent, status: IntentStatus) -> Intent:
    """The intent in that status; raises DomainError GEN-0002 where its life does not lead there."""
    if status not in _NEXT.get(intent.status, frozenset()):
        raise DomainError(
            ErrorCode.INTERNAL, f"an intent cannot go from {intent.status} to {status}"
        )
    return replace(intent, status=status)


def cancelled(intent: Intent, *, at: datetime) -> Intent:
    """Called off; raises DomainError POS-0013 when it has ended, POS-0014 when it is under way."""
    if intent.status in ENDED:
        raise DomainError(ErrorCode.INTENT_ENDED, f"This intent is {intent.status} already.")
    if intent.is_under_way:
        raise DomainError(
            ErrorCode.INTENT_UNDER_WAY,
            "It is being carried out just now. Close the position to leave it.",
            {"position_id": intent.position_id or "", "job_id": intent.job_id or ""},
        )
    return replace(moved(intent, IntentStatus.CANCELLED), ended_at=at, claimed_by=None)


def taken_on(
    intent: Intent,
    *,
    claimed_by: str,
    job_id: JobId,
    position_id: PositionId,
    snapshot: CriteriaSnapshot,
) -> Intent:
    """With the job that carries it out; raises DomainError POS-0006 when the claim is lost."""
    if intent.status not in OPEN or intent.claimed_by != claimed_by or intent.is_under_way:
        raise DomainError(ErrorCode.POSITION_BUSY, "the intent was claimed by somebody else")
    active = intent if intent.status is IntentStatus.ACTIVE else moved(intent, IntentStatus.ACTIVE)
    return replace(
        active,
        job_id=job_id,
        position_id=position_id,
        snapshot=snapshot,
        claimed_by=None,
        claimed_until=None,
    )


def executed(intent: Intent, *, at: datetime) -> Intent:
    """It has become a position."""
    return replace(
        moved(intent, IntentStatus.EXECUTED),
        executed_at=at,
        ended_at=at,
        execution_code=None,
        execution_error=None,
        retry_at=None,
    )


def missed(
    intent: Intent, failure: DomainError, *, at: datetime, state: PositionState | None
) -> Intent:
    """After a try that came to nothing: waiting again where nothing was bought, else failed.

    `state` is that of the position the try left behind; None when there is none.
    """
    tried = replace(
        intent,
        execution_code=failure.code.code,
        execution_error=failure.message,
        tries=intent.tries + 1,
        claimed_by=None,
        claimed_until=None,
    )
    if not _may_try_again(failure, state):
        return replace(moved(tried, IntentStatus.FAILED), ended_at=at)
    minutes = min(_AGAIN_MINUTES_MAX, _AGAIN_MINUTES_FIRST << min(intent.tries, 10))
    waits_until = at + timedelta(minutes=minutes)
    held_until = failure.details.get("until")
    if failure.code is ErrorCode.HELD_BACK and held_until is not None:
        waits_until = datetime.fromisoformat(held_until)
    active = tried if tried.status is IntentStatus.ACTIVE else moved(tried, IntentStatus.ACTIVE)
    return replace(active, job_id=None, position_id=None, snapshot=None, retry_at=waits_until)


def held_back_told(intent: Intent, *, now: datetime) -> str | None:
    """Why it is not tried just now; None when it may be."""
    if intent.retry_at is None or intent.retry_at <= now:
        return None
    return f"{intent.execution_error} Not tried again before {intent.retry_at:%-d %B %H:%M} UTC."


_PASSING = frozenset(
    {
        ErrorCode.NOT_READY,
        ErrorCode.SUPERSEDED,
        ErrorCode.ASGARD_LIQUIDITY,
        ErrorCode.HEALTH_TOO_LOW,
        ErrorCode.HYPERLIQUID_MARGIN,
        ErrorCode.HYPERLIQUID_ACCOUNT,
        ErrorCode.POSITION_BUSY,
        ErrorCode.UNCLAIMED_EXPOSURE,
        ErrorCode.INSUFFICIENT_SOL,
        ErrorCode.INSUFFICIENT_USDC,
        ErrorCode.INSUFFICIENT_ETH,
        ErrorCode.WALLETS_NOT_READY,
        ErrorCode.SIGNING_UNAVAILABLE,
        ErrorCode.INVALID_PROTOCOL,
        ErrorCode.SIZE_TOO_SMALL,
    }
)
"""Refusals that may be none an hour later, besides those of risk and of the network."""


def _may_try_again(failure: DomainError, state: PositionState | None) -> bool:
    """Whether nothing was bought, and the reason may pass."""
    if state is not None and state is not PositionState.FAILED:
        return False
    return failure.code in _PASSING or failure.code.category in {"RISK", "NETWORK"}
