"""Standing orders: what to open, and what must hold before."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from asgard_basis.api.schemas.shapes import DecimalText, Failure, Shape
from asgard_basis.api.schemas.trading import CheckResult, EntryRequest


class IntentRequest(EntryRequest):
    """Open it once all of these hold at the same time; a criterion left out asks for nothing more.

    Whatever is asked, the short must earn now and in the next hour.
    """

    min_funding_apr: Decimal | None = None
    """The least the short must earn a year on its notional: `0.05` is 5 %."""
    min_funding_rate: Decimal | None = None
    """The same as what the short pays, so never positive: `-0.05` is `min_funding_apr` 0.05."""
    max_funding_volatility: Decimal | None = None
    """Standard deviation of the yearly funding rate over the last 168 hours; 0.50 by default."""
    max_entry_price: Decimal | None = None
    """USD a SOL on Hyperliquid."""
    min_net_apr: Decimal | None = None
    """The least that is left a year on the whole capital after borrowing."""
    max_break_even_days: Decimal | None = None
    """The longest that the costs of getting in and out may take to come back."""
    expires_at: AwareDatetime | None = None
    """Market time, at most 90 days from now; a week by default."""


class OpenRequest(IntentRequest):
    """What to open: at once, or by default as an intent once its criteria hold."""

    execute_immediately: bool = False
    """Open now, if the checks pass; criteria do not apply then."""


class OpenAccepted(Shape):
    """What was taken on: an intent that waits, or an opening to watch by its job."""

    job_id: str | None = None
    position_id: str | None = None
    intent_id: str | None = None
    warnings: list[CheckResult] = Field(default_factory=list)
    """Money that is not where the intent needs it yet."""


class IntentSnapshot(Shape):
    """What was true when it was carried out."""

    at: datetime
    reason: str
    criteria: list[CheckResult]
    mark_price: DecimalText
    funding_now: DecimalText
    funding_next: DecimalText | None
    funding_volatility: DecimalText | None
    net_apr: DecimalText | None


class IntentResponse(Shape):
    """One standing order. Times are market times."""

    id: str
    asset: str
    protocol: int | None
    """Null takes the best enabled lender of the moment."""
    protocol_name: str | None
    size_usd: DecimalText
    leverage: DecimalText
    min_funding_apr: DecimalText | None
    min_funding_rate: DecimalText | None
    """`min_funding_apr` with the opposite sign."""
    max_funding_volatility: DecimalText
    max_entry_price: DecimalText | None
    min_net_apr: DecimalText | None
    max_break_even_days: DecimalText | None
    status: Literal["pending", "active", "executed", "cancelled", "expired", "failed"]
    is_opening: bool
    """Its opening is under way; watch the job."""
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    executed_at: datetime | None
    position_id: str | None
    job_id: str | None
    execution_error: Failure | None
    """Why the last try came to nothing."""
    retry_at: datetime | None
    """Not tried again before."""
    verdict: Literal["enter", "wait", "refuse"] | None
    """At the present market: refuse is what waiting alone does not mend. Null is not known."""
    reason: str | None
    criteria: list[CheckResult]
    """Each with its figure of the moment; empty once it is carried out or ended."""
    judged_at: datetime | None
    criteria_snapshot: IntentSnapshot | None


class IntentCreated(Shape):
    """The intent, and the money that is not where it needs it yet."""

    intent: IntentResponse
    warnings: list[CheckResult]


class IntentsResponse(Shape):
    """Newest first."""

    intents: list[IntentResponse]
