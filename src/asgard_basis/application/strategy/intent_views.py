"""Intents as people see them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.application.operations.jobs import FailureView
from asgard_basis.domain.decision.card import Ruling
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.strategy.intent import OPEN, CriteriaSnapshot, Intent


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """What was true when an intent was carried out."""

    at: datetime
    reason: str
    criteria: tuple[Check, ...]
    mark_price: Decimal
    funding_now: Decimal
    funding_next: Decimal | None
    funding_volatility: Decimal | None
    net_apr: Decimal | None


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent as a person sees it."""

    id: str
    asset: str
    protocol: int | None
    protocol_name: str | None
    size_usd: Decimal
    leverage: Decimal
    min_funding_apr: Decimal | None
    min_funding_rate: Decimal | None
    max_funding_volatility: Decimal
    max_entry_price: Decimal | None
    min_net_apr: Decimal | None
    max_break_even_days: Decimal | None
    status: str
    is_opening: bool
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    executed_at: datetime | None
    position_id: str | None
    job_id: str | None
    execution_error: FailureView | None
    retry_at: datetime | None
    verdict: str | None
    reason: str | None
    criteria: tuple[Check, ...]
    judged_at: datetime | None
    criteria_snapshot: SnapshotView | None


def intent_view(intent: Intent, ruling: Ruling | None, judged_at: datetime | None) -> IntentView:
    """With the ruling of the moment, for one that waits; `judged_at` is market time."""
    wish, error = intent.criteria, intent.execution_code
    return IntentView(
        id=intent.id,
        asset=intent.asset.value,
        protocol=None if intent.protocol is None else int(intent.protocol),
        protocol_name=None if intent.protocol is None else intent.protocol.name.title(),
        size_usd=intent.size_usd,
        leverage=intent.leverage,
        min_funding_apr=wish.min_funding_apr,
        min_funding_rate=wish.min_funding_rate,
        max_funding_volatility=wish.max_funding_volatility,
        max_entry_price=wish.max_entry_price,
        min_net_apr=wish.min_net_apr,
        max_break_even_days=wish.max_break_even_days,
        status=intent.status.value,
        is_opening=intent.is_under_way,
        created_at=intent.created_at,
        expires_at=intent.expires_at,
        ended_at=intent.ended_at,
        executed_at=intent.executed_at,
        position_id=intent.position_id,
        job_id=intent.job_id,
        execution_error=None if error is None else FailureView(error, intent.execution_error or ""),
        retry_at=intent.retry_at if intent.status in OPEN else None,
        verdict=None if ruling is None else ruling.verdict.value,
        reason=None if ruling is None else ruling.reason,
        criteria=() if ruling is None else ruling.criteria,
        judged_at=None if ruling is None else judged_at,
        criteria_snapshot=None if intent.snapshot is None else _snapshot_view(intent.snapshot),
    )


def _snapshot_view(snapshot: CriteriaSnapshot) -> SnapshotView:
    market = snapshot.facts.market
    return SnapshotView(
        at=snapshot.at,
        reason=snapshot.ruling.reason,
        criteria=snapshot.ruling.criteria,
        mark_price=market.mark_price,
        funding_now=market.funding_now,
        funding_next=market.funding_next,
        funding_volatility=market.funding_volatility,
        net_apr=market.net_apr,
    )
