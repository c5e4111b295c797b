"""The life of an intent: what may follow what, and which misses are final."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import IntentId, JobId, PositionId, UserId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.intent import (
    ENDED,
    CriteriaSnapshot,
    Intent,
    IntentStatus,
    cancelled,
    held_back_told,
    missed,
    moved,
    taken_on,
)
from asgard_basis.domain.strategy.intent_rule import INTENT, decide
from tests.unit.domain.strategy.test_intent_rule import FACTS, LIMITS

NOW = datetime(2025, 7, 1, tzinfo=UTC)
SNAPSHOT = CriteriaSnapshot(NOW, INTENT.name, 1, FACTS, LIMITS, decide(FACTS, LIMITS))
WAITS = Intent(
    id=IntentId("one"),
    user_id=UserId("ada"),
    asset=Asset.SOL,
    protocol=None,
    size_usd=Decimal(1000),
    leverage=Decimal(2),
    criteria=EntryCriteria(),
    status=IntentStatus.ACTIVE,
    created_at=NOW,
    expires_at=NOW + timedelta(days=7),
    claimed_by="me",
)
JOB, POSITION = JobId("job"), PositionId("position")


def taken(intent: Intent, by: str) -> Intent:
    return taken_on(intent, claimed_by=by, job_id=JOB, position_id=POSITION, snapshot=SNAPSHOT)


def test_only_who_holds_the_claim_may_take_it_on() -> None:
    assert taken(WAITS, "me").is_under_way
    for intent in (
        replace(WAITS, claimed_by="another"),
        replace(WAITS, claimed_by=None),
        cancelled(WAITS, at=NOW),
        taken(WAITS, "me"),
    ):
        with pytest.raises(DomainError) as refusal:
            taken(intent, "me")
        assert refusal.value.code is ErrorCode.POSITION_BUSY


@pytest.mark.parametrize("ended", sorted(ENDED))
def test_nothing_follows_an_end(ended: IntentStatus) -> None:
    for after in IntentStatus:
        with pytest.raises(DomainError):
            moved(replace(WAITS, status=ended), after)


@pytest.mark.parametrize(
    ("code", "state", "status"),
    [
        (ErrorCode.PREFLIGHT_FAILED, None, IntentStatus.ACTIVE),
        (ErrorCode.HELD_BACK, PositionState.FAILED, IntentStatus.ACTIVE),
        (ErrorCode.INSUFFICIENT_USDC, PositionState.FAILED, IntentStatus.ACTIVE),
        (ErrorCode.VENUE_DOWN, None, IntentStatus.ACTIVE),
        (ErrorCode.HYPERLIQUID_MARGIN, PositionState.UNWOUND, IntentStatus.FAILED),
        (ErrorCode.VENUE_DOWN, PositionState.STUCK_UNWIND, IntentStatus.FAILED),
        (ErrorCode.POLICY_DENIED, None, IntentStatus.FAILED),
        (ErrorCode.HYPERLIQUID_RETRIES, PositionState.UNWOUND, IntentStatus.FAILED),
    ],
)
def test_a_miss_is_final_where_something_was_bought_or_never_will_be(
    code: ErrorCode, state: PositionState | None, status: IntentStatus
) -> None:
    after = missed(taken(WAITS, "me"), DomainError(code, "why"), at=NOW, state=state)
    assert after.status is status
    assert (after.execution_code, after.execution_error) == (code.code, "why")
    assert (after.ended_at is None) is (status is IntentStatus.ACTIVE)
    assert (after.job_id is None) is (status is IntentStatus.ACTIVE)


def test_it_waits_longer_after_each_miss_but_at_most_an_hour() -> None:
    refusal, intent, waits = DomainError(ErrorCode.PREFLIGHT_FAILED), WAITS, []
    for _ in range(6):
        intent = missed(intent, refusal, at=NOW, state=None)
        assert intent.retry_at is not None
        waits.append((intent.retry_at - NOW) // timedelta(minutes=1))
    assert waits == [5, 10, 20, 40, 60, 60]
    assert held_back_told(intent, now=NOW) is not None
    assert held_back_told(intent, now=NOW + timedelta(hours=1)) is None


def test_the_churn_budget_says_how_long_it_is_held_back() -> None:
    until = NOW + timedelta(hours=7)
    held = DomainError(ErrorCode.HELD_BACK, "wait", {"until": until.isoformat()})
    assert missed(WAITS, held, at=NOW, state=None).retry_at == until
