"""Entries, jobs, positions, history."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from asgard_basis.api.schemas.shapes import DecimalText, Failure, Request, Shape


class EntryRequest(Request):
    """What to open. `size_usd` is the total capital of both legs."""

    asset: str = "SOL"
    protocol: int | None = None
    """Null takes the best enabled lender."""
    size_usd: Decimal
    leverage: Decimal


class ReduceRequest(Request):
    """How much of a position goes: `0.25` is a quarter of both legs. Whole percent only."""

    fraction: Decimal


class CheckResult(Shape):
    """One check before anything is sent."""

    key: str
    label: str
    passed: bool
    figure: str
    limit: str
    remedy: str | None
    code: str | None


class EntryQuote(Shape):
    """What the capital becomes."""

    asset: str
    protocol: int
    protocol_name: str
    collateral_usdc: DecimalText
    margin_usdc: DecimalText
    collateral_share: DecimalText
    collateral_tokens: DecimalText
    borrow_usdc: DecimalText
    short_sol: DecimalText
    short_leverage: DecimalText
    mark_price: DecimalText
    opening_health: DecimalText
    safe_leverage: DecimalText
    long_liquidation_price: DecimalText
    short_liquidation_price: DecimalText
    long_defence_price: DecimalText
    short_defence_price: DecimalText
    cost_open_usd: DecimalText
    cost_close_usd: DecimalText
    net_apr: DecimalText
    earns_daily_usd: DecimalText
    break_even_days: DecimalText | None
    break_even_days_half_funding: DecimalText | None
    break_even_days_no_funding: DecimalText | None


class PreflightResponse(Shape):
    """Every check with its figure; a quote when the request can be sized."""

    passed: bool
    checks: list[CheckResult]
    quote: EntryQuote | None


class JobAccepted(Shape):
    """The work was taken on; watch the job."""

    job_id: str
    position_id: str | None = None


class JobStep(Shape):
    """One step of a job, in the order it happens."""

    name: str
    title: str
    status: Literal["waiting", "running", "unknown", "done", "failed"]
    attempt: int
    seconds: DecimalText | None
    detail: str | None


class JobResponse(Shape):
    """How far a job is."""

    job_id: str
    kind: str
    status: Literal["pending", "running", "completed", "failed"]
    position_id: str | None
    amount_usdc: DecimalText | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: Failure | None
    steps: list[JobStep]
    waiting_for: str | None
    """Who does not answer, while the job cannot get on."""
    waiting_since: datetime | None
    """Market time."""
    remains: list[str]
    """Of a closing: the legs that are still held, in words."""


class LongLeg(Shape):
    """The long, valued at the oracle price."""

    collateral: DecimalText
    redemption_rate: DecimalText
    sol_equivalent: DecimalText
    value_usd: DecimalText
    debt_usdc: DecimalText
    equity_usd: DecimalText
    leverage: DecimalText | None
    health: DecimalText | None
    """Fraction the collateral may fall; null is unknown."""
    liquidation_price: DecimalText | None
    liquidation_distance: DecimalText | None
    defence_price: DecimalText | None


class ShortLeg(Shape):
    """The short, valued at the mark price."""

    size_sol: DecimalText
    entry_price: DecimalText
    value_usd: DecimalText
    margin_usdc: DecimalText
    leverage: DecimalText | None
    margin_fraction: DecimalText | None
    liquidation_price: DecimalText | None
    liquidation_distance: DecimalText | None
    defence_price: DecimalText | None


class NextAction(Shape):
    """One thing the bot will do when the price gets there."""

    when: Literal["below", "above", "now"]
    price: DecimalText
    act: str
    leg: str | None
    """The leg it is done for: `long` or `short`."""
    fraction: DecimalText
    """Of both legs."""
    told: str


class DefenceState(Shape):
    """How far both legs are from liquidation, and what follows when they come nearer."""

    long_distance: DecimalText | None
    """Fraction the price may fall."""
    short_distance: DecimalText | None
    """Fraction the price may rise."""
    trigger: DecimalText
    """A leg that is no further from liquidation is defended."""
    emergency: DecimalText
    restores: DecimalText
    """The distance both legs have after a defence, at least."""
    is_busy: bool
    next_actions: list[NextAction]


class ResultSplit(Shape):
    """USD, income positive; the six parts add up to `total`."""

    funding: DecimalText
    lending: DecimalText
    borrowing: DecimalText
    staking: DecimalText
    fees: DecimalText
    price_residual: DecimalText
    total: DecimalText


class AlarmEntry(Shape):
    """Something a person must know of until it is over."""

    id: str
    kind: str
    message: str
    position_id: str | None
    raised_at: datetime
    """Host time, as `acts_at`, `acknowledged_at` and `resolved_at`."""
    age_seconds: int
    exposure_sol: DecimalText | None
    """Held without its opposite leg, long positive; null is not known."""
    exposure_usd: DecimalText | None
    tried: str | None
    acts_at: datetime | None
    """When the bot acts by itself; null waits for a person."""
    action: str | None
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    is_open: bool
    can_retry: bool
    """Closing the position again is what a person can do."""


class AlarmsResponse(Shape):
    """Open ones first, oldest first; then those that are over, newest first."""

    alarms: list[AlarmEntry]


class PositionResponse(Shape):
    """One hedged pair."""

    id: str
    asset: str
    protocol: int
    protocol_name: str
    state: str
    size_usd: DecimalText
    leverage: DecimalText
    requested_at: datetime
    hedged_at: datetime | None
    closed_at: datetime | None
    failure: Failure | None
    job_id: str | None
    """The job working on it now."""
    mark_price: DecimalText | None
    long: LongLeg | None
    short: ShortLeg | None
    delta_sol: DecimalText | None
    delta_fraction: DecimalText | None
    equity_usd: DecimalText | None
    result: ResultSplit | None
    """Null while a leg is unknown: never a figure with a part missing."""
    costs_earned_back: DecimalText | None
    """Income so far over costs to open and close."""
    net_apr: DecimalText | None
    """At the present rates, on the capital."""
    age_seconds: int | None
    """Of what the venues last said."""
    alarms: list[AlarmEntry]
    """Open ones about this position, oldest first."""
    defence: DefenceState | None
    """Null before both legs have been observed, and of an ended position."""


class PositionsResponse(Shape):
    """The user's positions that are not ended."""

    positions: list[PositionResponse]


class TimelineEntry(Shape):
    """One thing that happened to a position, as the audit log tells it."""

    at: datetime
    name: str
    title: str
    status: str
    attempt: int
    seconds: DecimalText | None
    detail: str | None
    error: Failure | None
    kind: str
    """command, step, signed, state, alarm, outcome or operator."""
    hash: str | None
    """Of its line in the audit log."""


class TimelineResponse(Shape):
    """Oldest first."""

    entries: list[TimelineEntry]


class PaymentEntry(Shape):
    """One funding payment booked to the position."""

    settled_at: datetime
    amount_usdc: DecimalText


class PaymentsResponse(Shape):
    """Newest first."""

    payments: list[PaymentEntry]


class HistoryResponse(Shape):
    """Ended positions, newest first, and their results together."""

    positions: list[PositionResponse]
    totals: ResultSplit | None
    """Null while the result of one that held something is not known."""
