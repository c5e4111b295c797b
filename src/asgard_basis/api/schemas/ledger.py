"""Statements, entries, where results came from."""

from datetime import date, datetime

from asgard_basis.api.schemas.shapes import DecimalText, Shape
from asgard_basis.api.schemas.trading import ResultSplit


class StatementPeriod(Shape):
    """One column: opening balance, what came and went, the result by source, closing balance.

    opening + deposits - withdrawals + result.total - performance fee = closing, in USD.
    """

    since: datetime
    until: datetime
    opening_usd: DecimalText
    deposits_usd: DecimalText
    withdrawals_usd: DecimalText
    """What went out: never negative."""
    result: ResultSplit
    performance_fee_usd: DecimalText
    """What the operator's fee took: never negative."""
    closing_usd: DecimalText


class UnvaluedAmount(Shape):
    """What was moved or paid in units whose worth nobody has stated; in no total."""

    account: str
    commodity: str
    quantity: DecimalText


class DayResultEntry(Shape):
    """What one day earned, less what it cost."""

    day: date
    usd: DecimalText


class UsageSummary(Shape):
    """What was used of the service in that time."""

    hedged_usd_hours: DecimalText
    """Hours x notional that was hedged."""
    jobs: int
    requests: int


class StatementBody(Shape):
    """All of the time, and its calendar months (UTC)."""

    whole: StatementPeriod
    months: list[StatementPeriod]
    unvalued: list[UnvaluedAmount]
    fee_owed_usd: DecimalText
    """To the operator at the end; never taken by itself."""


class StatementResponse(Shape):
    """A statement with what it does not say."""

    since: datetime
    until: datetime
    statement: StatementBody
    money_weighted_yearly: DecimalText | None
    """A fraction: 0.132 is 13.2 % a year on the money while it was here; null is not known."""
    days: list[DayResultEntry]
    usage: UsageSummary
    unsettled: ResultSplit | None
    """Of open positions, since their last entry: in no total; null is not known."""
    missing: list[str]
    """What is known not to be in it; empty when the books are complete."""
    fee_fraction: DecimalText
    """Of new profit, for the operator; zero is none."""


class PostingLine(Shape):
    """One account's part of an entry."""

    account: str
    commodity: str
    quantity: DecimalText
    usd: DecimalText | None
    """Null where nobody has said what a unit is worth."""


class LedgerEntry(Shape):
    """One venue record, and what it means for the books."""

    number: int
    at: datetime
    venue: str
    kind: str
    record: str
    """The venue's own name for it."""
    key: str
    """The natural key it is booked once under."""
    memo: str
    position_id: str | None
    result: ResultSplit
    """What it earned and cost, by source."""
    flow_usd: DecimalText
    """What the owner brought (positive) or took out with it."""
    postings: list[PostingLine]


class EntriesResponse(Shape):
    """Newest first."""

    entries: list[LedgerEntry]
    next_before: int | None
    """Where the next page begins; null at the end."""


class AttributionResponse(Shape):
    """Where a position's result came from; settled and unsettled add up to the total."""

    position_id: str
    settled: ResultSplit
    """By the entries in the books."""
    unsettled: ResultSplit | None
    """What has come on top since the last of them; null while it is not known."""
    total: ResultSplit | None
    """What the position's page shows; null while a part is not known."""
    is_complete: bool
    missing: list[str]
